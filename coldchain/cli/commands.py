"""The commands: each reads its options, calls one function of the rooms below and prints."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.manners import Money, json_option, next_step, of_a_run, path_argument, quiet_option, quoted
from coldchain.cli.sizing import dry_run_option, show_size
from coldchain.cli.telling import progress
from coldchain.errors import BrokenOffError, ColdchainError, Fault, UsageError, grouped, system_reason
from coldchain.inputs import way_to
from coldchain.language import _, plural

if TYPE_CHECKING:
    from coldchain.importing.draft import Import
    from coldchain.model import Scenario
    from coldchain.network import RoadsUsed
    from coldchain.planning import Plan
    from coldchain.progress import Say
    from coldchain.runs import Run

EXIT_BAD_INPUT, EXIT_INFEASIBLE, EXIT_GAP, EXIT_MISSING, EXIT_BUG = 3, 4, 6, 8, 1
LARGEST_TEMPLATE = 2000
MOST_COUNTIES = 5000
SHOWN_WARNINGS = 12
DEMO_VILLAGES = 30
DEMO_ROWS = 12

variant_option = click.option("--variant", default="base", show_default=True, help="Variant named in scenario.toml.")


@click.command(epilog="Example: coldchain init county --template upland --villages 120 --seed 3")
@click.argument("folder", type=path_argument)
@click.option("--template", type=click.Choice(["upland", "nation"]), default="upland", show_default=True,
              help="One county in hills, or many differing counties.")  # fmt: skip
@click.option("--workbook", is_flag=True, help="One Excel workbook to fill in, instead of a folder of tables.")
@click.option("--villages", type=click.IntRange(1, LARGEST_TEMPLATE), show_default="200; in a workbook 12",
              help="How many.")  # fmt: skip
@click.option("--counties", type=click.IntRange(1, MOST_COUNTIES), help="With --template nation.")
@click.option("--seed", type=click.IntRange(0), default=7, show_default=True, help="Same seed, same county.")
@click.option("--after", type=path_argument, help="Run of last year: what it built stands, its awards count.")
@click.option("--through", type=int, help="With --after: last programme year that is built; the first by default.")
@click.option("--budget", type=Money(), help="With --after: subsidy budget of the new year; what is left by default.")
@click.option("--scenario", type=path_argument, help="With --after: where last year's scenario lies now.")
@json_option
def init(folder: Path, template: str, seed: int, as_json: bool, **given: Any) -> None:
    """Write a FOLDER to start from: a synthetic upland county, or a nation of differing counties (one folder each).

    Of a nation --villages is the mean over its counties. With --after RUN it is the scenario of RUN a year later.
    """
    from coldchain.cli.following import init_after, refuse_without_after

    if given["after"] is not None:
        init_after(folder, given, as_json=as_json)
        return
    refuse_without_after(given)
    _init_new(folder, template, seed, given, as_json=as_json)


def _init_new(folder: Path, template: str, seed: int, given: dict[str, Any], *, as_json: bool) -> None:
    from coldchain.scenario import upland, write_nation, write_scenario

    counties, villages = given["counties"], given["villages"] or (DEMO_ROWS if given["workbook"] else 200)
    if (template == "nation") != (counties is not None):
        raise UsageError(_("--counties N goes with --template nation, and with nothing else"))
    if counties is not None and given["workbook"]:
        raise UsageError(_("--workbook makes one county; leave out --template nation"))
    if counties is not None:
        listed = write_nation(counties, seed, folder, villages)
        if as_json:
            say_written(folder, counties=counties, villages=int(listed["villages"].sum()))
            return
        told = _("wrote {folder}: {counties} counties, {villages:,} villages, counties.csv")
        click.echo(told.format(folder=folder, counties=counties, villages=listed["villages"].sum()))
        next_step(f"coldchain batch {quoted(folder / 'counties.csv')} --out runs/{folder.name} --jobs 2")
        return
    if given["workbook"]:
        _init_workbook(folder, villages, seed, as_json=as_json)
        return
    write_scenario(upland(villages, seed), folder)
    if as_json:
        say_written(folder, villages=villages)
        return
    told = plural(
        "wrote {folder}: {villages} village, scenario.toml and its tables",
        "wrote {folder}: {villages} villages, scenario.toml and its tables",
        villages,
    )
    click.echo(told.format(folder=folder, villages=villages))
    next_step(f"coldchain check {quoted(folder)}", f"coldchain plan {quoted(folder)}")


def _init_workbook(folder: Path, villages: int, seed: int, *, as_json: bool) -> None:
    from coldchain.scenario import upland
    from coldchain.scenario.template import write_template

    book = write_template(upland(villages, seed), folder)
    if as_json:
        say_written(book, villages=villages)
        return
    told = _("wrote {book}: a workbook with {villages} sample villages; replace them with your own")
    click.echo(told.format(book=book, villages=villages))
    next_step(f"coldchain check {quoted(book)}", f"coldchain plan {quoted(book)}")


def say_written(folder: Path, **counts: int) -> None:
    """Print the object of ``--json`` of a command that writes a folder to start from."""
    click.echo(json.dumps({"schema": "coldchain.written/1", "folder": str(folder), **counts}, ensure_ascii=False))


@click.group(name="import")
def import_() -> None:
    """Make a scenario from a map or a list of points."""


@import_.command(name="osm", epilog="Example: coldchain import osm andorra.osm.pbf --out andorra")
@click.argument("file", type=path_argument)
@click.option("--out", "folder", type=path_argument, required=True, help="Folder to write.")
@click.option("--rules", type=path_argument, help="TOML file of harvest rules; see docs/import.md.")
@click.option("--elevation", type=path_argument, help="SRTM tile (.hgt or .hgt.zip) for slopes.")
@json_option
@quiet_option
def import_osm(folder: Path, as_json: bool, quiet: bool, **given: Any) -> None:
    """Read roads and places from an OpenStreetMap FILE (PBF or XML)."""
    from coldchain.importing import draft_from_osm, write_import

    drafted = draft_from_osm(given["file"], rules=given["rules"], elevation=given["elevation"])
    _finish_import(write_import(drafted, folder), folder, drafted, as_json=as_json, quiet=quiet)


@import_.command(name="points", epilog="Example: coldchain import points villages.csv --datum gcj02 --out county")
@click.argument("file", type=path_argument)
@click.option("--datum", required=True, help="Datum of the coordinates: wgs84, cgcs2000, gcj02 or bd09.")
@click.option("--out", "folder", type=path_argument, required=True, help="Folder to write.")
@click.option("--rules", type=path_argument, help="TOML file of harvest rules; see docs/import.md.")
@click.option("--roads", type=path_argument, help="Roads to copy in: GeoPackage of lines, OSM file or GMNS folder.")
@click.option("--missing", type=click.Choice(["refuse", "skip", "township"]), default="refuse", show_default=True,
              help="Places without usable coordinates: refuse the list, leave them out, or put villages at their "
              "township, marked.")  # fmt: skip
@click.option("--skip-missing", is_flag=True, help="The same as --missing skip.")
@json_option
@quiet_option
def import_points(file: Path, folder: Path, as_json: bool, quiet: bool, skip_missing: bool, **given: Any) -> None:
    """Read villages, sites, hubs and harvests from a list FILE with a level column: a table, a workbook or a map."""
    from coldchain.importing import draft_from_points, write_import

    if skip_missing:
        given["missing"] = "skip"
    drafted = draft_from_points(file, **given)
    _finish_import(write_import(drafted, folder), folder, drafted, as_json=as_json, quiet=quiet)


@import_.command(
    name="atlas", epilog="Example: coldchain import atlas county.osm.pbf --crops spam_P_TA.csv --out county"
)
@click.argument("file", type=path_argument)
@click.option("--crops", type=path_argument, multiple=True, required=True,
              help="MapSPAM table of production (P_TA), or a GeoTIFF named after its crop; repeatable.")  # fmt: skip
@click.option("--people", type=path_argument, help="GeoTIFF of inhabitants, to share cells out over villages.")
@click.option("--climate", type=path_argument, multiple=True,
              help="Monthly normals: a table of month, temp_min_c, temp_max_c, or GeoTIFFs of tmin and tmax or their "
              "folder; may be repeated.")  # fmt: skip
@click.option("--elevation", type=path_argument, help="SRTM tile (.hgt or .hgt.zip) for slopes of roads and sites.")
@click.option("--datum", help="FILE is a list of places instead of a map, in this datum.")
@click.option("--roads", type=path_argument, help="With --datum: roads to copy in.")
@click.option("--rules", type=path_argument, help="TOML file of harvest rules; see docs/import.md.")
@click.option("--out", "folder", type=path_argument, required=True, help="Folder to write.")
@json_option
@quiet_option
def import_atlas(file: Path, folder: Path, as_json: bool, quiet: bool, **given: Any) -> None:
    """Make a county of open data: roads and places of a map FILE, harvests of a crop raster, people, climate.

    Each figure stands in OUT/atlas with its source and spread; the villages worth a visit first are named.
    """
    from coldchain.atlas import Layers, draft_from_atlas
    from coldchain.importing import write_import

    if given["roads"] is not None and given["datum"] is None:
        raise UsageError(_("--roads goes with --datum; a map brings its own roads"))
    layers = Layers(given["crops"], given["people"], given["climate"], given["elevation"])
    drafted = draft_from_atlas(file, layers, rules=given["rules"], datum=given["datum"], roads=given["roads"])
    _finish_import(write_import(drafted, folder), folder, drafted, as_json=as_json, quiet=quiet)


def _finish_import(faults: Sequence[Fault], folder: Path, drafted: Import, *, as_json: bool, quiet: bool) -> None:
    if not quiet:
        print_faults(faults, most=SHOWN_WARNINGS)
    if as_json:
        click.echo(json.dumps(drafted.account.printed(faults, drafted.draft.assumptions), ensure_ascii=False))
        return
    account = drafted.account
    text = plural(
        "wrote {folder}: {count} village, {t:,.0f} t a year",
        "wrote {folder}: {count} villages, {t:,.0f} t a year",
        account.villages,
    )
    click.echo(text.format(folder=folder, count=account.villages, t=account.harvest_t))
    for one in () if quiet else drafted.draft.assumptions:
        text = _("note: {text}") if one.what == "licence" else _("assumed: {text}")
        click.echo(text.format(text=one))
    for place, visit in enumerate(account.visit_first, 1):
        text = _("visit {place}: {name}, {t:,.0f} t a year, {cny:,.0f} CNY unsure")
        click.echo(text.format(place=place, name=visit.name, t=visit.tonnes, cny=visit.spread_cny))
    next_step(f"coldchain check {quoted(folder)}", f"coldchain plan {quoted(folder)}")


@click.command(epilog="Example: coldchain check scenarios/upland")
@click.argument("scenario", type=path_argument)
@variant_option
@json_option
def check(scenario: Path, variant: str, as_json: bool) -> int:
    """List every fault of a SCENARIO: tables, settings, coordinates and roads.

    Of a workbook a copy is written beside it in which every faulty cell is marked.
    """
    found = find_faults(scenario, variant)
    faults, used = found.faults, found.roads
    errors = [fault for fault in faults if not fault.warning]
    marked = mark_workbook(scenario, faults)
    if as_json:
        rows = [group.as_dict() for group in grouped(faults)]
        copy = {} if marked is None else {"marked": str(marked)}
        roads = {} if used is None else {"roads": used.record()}
        click.echo(json.dumps({"ok": not errors, "faults": rows, **roads, **copy}, ensure_ascii=False))
    else:
        print_faults(faults)
        told = [
            plural("{n} error", "{n} errors", len(errors)).format(n=len(errors)),
            plural("{n} warning", "{n} warnings", len(faults) - len(errors)).format(n=len(faults) - len(errors)),
        ]
        if used is not None:
            click.echo(used.line())
        click.echo(_("{scenario}: {told}").format(scenario=scenario, told=_(", ").join(told)))
        if marked is not None:
            click.echo(_("wrote {marked}: a copy in which every faulty cell is marked").format(marked=marked))
        if not errors:
            next_step(f"coldchain plan {quoted(scenario)}")
    return EXIT_BAD_INPUT if errors else 0


def mark_workbook(book: Path, faults: Sequence[Fault]) -> Path | None:
    """Write the marked copy of a workbook that can be opened and has faults; return its path."""
    from coldchain.scenario import is_book, is_scenario, scenario_path
    from coldchain.scenario.marking import write_marked

    book = scenario_path(book)
    if not faults or not is_book(book) or not is_scenario(book) or any(f.code == "unreadable" for f in faults):
        return None
    try:
        return write_marked(book, faults)
    except OSError as error:
        told = _("the marked copy cannot be written: {strerror}; close it if it is open")
        click.echo(told.format(strerror=system_reason(error)), err=True)
        return None


@dataclass(frozen=True)
class Findings:
    """Faults of a scenario, and the account of its roads where a road file was read."""

    faults: tuple[Fault, ...]
    roads: RoadsUsed | None = None


def find_faults(folder: Path, variant: str) -> Findings:
    """Return the faults of the inputs and, as far as they can be read, of how the places meet the roads."""
    from coldchain.errors import BadInputError
    from coldchain.runs import place_on_roads
    from coldchain.scenario import inspect

    scenario, faults = inspect(folder, variant)
    if scenario is None:
        return Findings(faults)
    try:
        placed, more = place_on_roads(scenario)
    except BadInputError as error:
        return Findings((*faults, *error.faults))
    return Findings((*faults, *more), placed.network.used if scenario.roads.file else None)


def print_faults(faults: Sequence[Fault], most: int | None = None) -> None:
    """Print faults on stderr, a line for each kind, errors first; past ``most`` lines only how many kinds are left."""
    groups = grouped(sorted(faults, key=lambda fault: fault.warning))
    for group in groups[:most]:
        told = _("warning: {text}") if group.warning else _("error: {text}")
        click.echo(told.format(text=group), err=True)
    if most is not None and len(groups) > most:
        told = plural("… and {count} more kind; `coldchain check` lists all",
                      "… and {count} more kinds; `coldchain check` lists all", len(groups) - most)  # fmt: skip
        click.echo(told.format(count=len(groups) - most), err=True)


@click.command(epilog="Example: coldchain plan scenarios/upland --variant half --out runs/half")
@click.argument("scenario", type=path_argument)
@click.option("--out", "folder", type=path_argument, help="Run folder; runs/NAME-VARIANT when left out.")
@variant_option
@click.option("--budget", type=Money(), help="Subsidy budget in CNY (or 36万元), instead of the scenario's.")
@click.option("--time-limit", type=click.FloatRange(1), help="Seconds after which the best plan so far counts; none.")
@click.option("--effort", type=click.Choice(["quick", "normal", "deep"]),
              help="Work, the same on any machine: quick: least, as `coldchain batch` does; normal (default): about 2 "
              "minutes; deep: about 10, every move judged by full routes. With --after a short search is the "
              "default.")  # fmt: skip
@click.option("--after", type=path_argument, help="Run to start from: what it built and who went where is kept where "
              "it still pays. Seconds instead of minutes, never dearer than that run repaired.")  # fmt: skip
@click.option("--forbid", multiple=True, help="Site (id or name) at which nothing may stand; may be repeated.")
@click.option("--force", multiple=True, help="Site (id or name) that must have a depot; may be repeated.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result.")
@click.option(
    "--threads",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Steps worked on side by side; they change the time, never the plan.",
)
@click.option("--require-gap", type=click.FloatRange(0), help="Leave with code 6 when the proven gap is larger.")
@dry_run_option
@json_option
@quiet_option
def plan(scenario: Path, folder: Path | None, variant: str, as_json: bool, quiet: bool, **given: Any) -> int:
    """Plan a SCENARIO: depots, routes, losses, subsidy, map. Ctrl-C keeps the best plan so far."""
    if given.pop("dry_run"):
        _size_plan(scenario, variant, given, as_json=as_json, quiet=quiet)
        return 0
    made, folder = make_plan(scenario, variant, folder, _as_saved(scenario, given), quiet=quiet)
    if as_json:
        click.echo(json.dumps(made.summary, ensure_ascii=False))
    else:
        _show(made, folder)
    for problem in made.report.problems[:SHOWN_WARNINGS]:
        click.echo(_("bug: the plan does not verify: {problem}").format(problem=problem), err=True)
    if not made.report.ok:
        return EXIT_BUG
    wanted = given["require_gap"]
    return EXIT_GAP if wanted is not None and made.summary["objective"]["gap"] > wanted else 0


def _as_saved(source: Path, given: dict[str, Any]) -> dict[str, Any]:
    """Return the options, those that a folder saved from a page states for itself where none of them is given."""
    from coldchain.runs.saved import saved_options

    if given["seed"] or any(given[name] is not None for name in ("effort", "after", "time_limit")):
        return given
    return {**given, **saved_options(source)}


def _size_plan(source: Path, variant: str, given: dict[str, Any], *, as_json: bool, quiet: bool) -> None:
    from coldchain.planning import Options, size_of
    from coldchain.scenario import load

    loaded, _faults = _budgeted(*load(source, variant), given["budget"], quiet=quiet)
    size, effort = size_of(loaded), given["effort"]
    quick = effort == "quick"
    limit = None if quick else given["time_limit"]
    effort = effort or "normal"
    seconds = size.quick_s if quick else Options.of(effort, None).work if limit is None else limit
    show_size(size, seconds, at_most=limit is not None, as_json=as_json)
    next_step(f"coldchain plan {quoted(source)}")


def make_plan(
    source: Path, variant: str, folder: Path | None, given: dict[str, Any], *, quiet: bool
) -> tuple[Plan, Path]:
    """Load, plan and write one run."""
    from coldchain.reports import write_run
    from coldchain.runs import Run, check_target, run_information
    from coldchain.scenario import load
    from coldchain.scenario.edits import Edits

    loaded, faults = _budgeted(*load(source, variant), given["budget"], quiet=quiet)
    edits = Edits.asked(loaded, None, given.get("forbid", ()), given.get("force", ()))
    loaded, given = edits.on(loaded), {**given, "forbid": list(edits.forbid), "force": list(edits.force)}
    former = None if given.get("after") is None else Run.open(given["after"]).checked()
    target = folder or Path("runs") / f"{loaded.name}-{variant}"
    check_target(target)
    with interruptible() as stopped:
        say = progress(quiet=quiet)
        try:
            made = _computed(loaded, faults, former, given, say, stopped)
        except ColdchainError:
            if stopped():
                raise BrokenOffError(_("interrupted before any plan was found")) from None
            raise
    beside = way_to(source, target)
    arguments = {"scenario": str(source), "scenario_from_run": beside, "variant": variant, **given}
    return made, write_run(made, target, run_information(made, arguments))


def _computed(
    scenario: Scenario,
    faults: tuple[Fault, ...],
    former: Run | None,
    given: Mapping[str, Any],
    say: Say,
    stopped: Callable[[], bool],
) -> Plan:
    """Plan with the effort that was asked for: from nothing, or from an earlier run."""
    from coldchain.planning import Options, lay_ground, plan_on, plan_quickly, replan

    effort, seed, limit = given.get("effort"), given["seed"], given.get("time_limit")
    if effort == "quick" and former is None:
        return plan_quickly(scenario, seed, faults, say, stopped, threads=given["threads"])
    options = Options.of(effort or "normal", limit, seed, say, stopped)
    if former is not None:
        options = Options.warm(effort, limit, seed, say, stopped)
    options = replace(options, threads=given["threads"])
    ground = lay_ground(scenario, options, faults)
    return plan_on(ground, options) if former is None else replan(ground, former, options)


def _budgeted(
    loaded: Scenario, faults: tuple[Fault, ...], budget_cny: float | None, *, quiet: bool
) -> tuple[Scenario, tuple[Fault, ...]]:
    """Put the budget of the option instead of the scenario's; refuse or doubt it as that one."""
    from coldchain.scenario import budget_doubts, budget_faults
    from coldchain.scenario.edits import Edits

    if not quiet:
        print_faults(faults, most=SHOWN_WARNINGS)
    if budget_cny is None:
        return loaded, faults
    loaded = Edits(budget_cny).on(loaded)
    if wrong := budget_faults(loaded.siting):
        raise UsageError(_("--budget {budget:g} {message}").format(budget=budget_cny, message=wrong[0].message))
    fresh = tuple(budget_doubts(loaded))
    if not quiet:
        print_faults(fresh)
    return loaded, (*(fault for fault in faults if fault.code != "budget-above-awards"), *fresh)


def _show(made: Plan, folder: Path) -> None:
    from rich.console import Console

    from coldchain.reports import print_summary
    from coldchain.reports.terminal import SHOWN_WARNINGS as SAID

    print_summary(made.summary, Console())
    click.echo(_next_budget(made))
    shown = {*map(str, grouped(made.inputs.faults)), *made.summary["warnings"][:SAID]}
    for caution in made.summary["warnings"]:
        if caution not in shown:
            click.echo(_("note: {text}").format(text=caution))
    click.echo(_("map      {path}").format(path=folder / "map.html"))
    click.echo(_("tables   {path}").format(path=folder / "tables"))
    click.echo(_("QGIS     {path}").format(path=folder / "plan.gpkg"))
    next_step(f"coldchain report {quoted(folder)}", f"coldchain verify {quoted(folder)}")


def _next_budget(made: Plan) -> str:
    """Say what a tenth more budget would buy, by the estimate of siting."""
    rows = made.tables["next_budget"].to_dict("records")
    if len(rows) < 2:
        return _("a tenth more budget: not estimated (no budget, out of time, or --effort quick)")
    saved_t, saved_cny = (rows[0][key] - rows[1][key] for key in ("loss_t", "siting_cost_cny"))
    if saved_cny <= 0:
        return _("a tenth more budget: no better plan was found for it in the time given")
    told = _("a tenth more budget: about {t:,.0f} t less lost and {cny:,.0f} CNY a year saved (estimate of siting)")
    return told.format(t=saved_t, cny=saved_cny)


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C, or request to end (SIGTERM), into a wish to stop; the second one breaks off."""
    asked = [False]

    def handle(signum: int, frame: Any) -> None:  # noqa: ARG001
        if asked[0]:
            raise KeyboardInterrupt
        asked[0] = True
        click.echo(_("stopping: the best plan so far is kept; press Ctrl-C again to break off"), err=True)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked[0]
    finally:
        for number, former in before.items():
            signal.signal(number, former)


@click.command(epilog="Example: coldchain verify runs/upland-base")
@click.argument("folder", type=path_argument)
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
@of_a_run
def verify(folder: Path, scenario: Path | None, as_json: bool) -> int:
    """Recompute a FOLDER of a plan or of routes from its tables and the inputs; works on tables edited by hand.

    An archive of a plan is checked against its fingerprint first.
    """
    from coldchain.cli.verifying import archived, figures_of, report_object, unchecked, verify_folder

    report = verify_folder(folder, scenario)
    packed = archived(folder)
    if as_json:
        added = {} if packed is None else {"archive": packed}
        click.echo(json.dumps({**report_object(folder, report), **added}, ensure_ascii=False))
        return 0 if report.ok else EXIT_BAD_INPUT
    for problem in report.problems:
        click.echo(_("problem: {text}").format(text=problem))
    count = len(report.problems)
    if more := len(report.consequences):
        told = plural("{count} more figure differs and may follow from this; --json lists it",
                      "{count} more figures differ and may follow from this; --json lists them", more)  # fmt: skip
        click.echo(told.format(count=more))
    verdict = _("verified") if report.ok else plural("{count} problem", "{count} problems", count).format(count=count)
    click.echo(
        _("{folder}: {verdict}; {figures}").format(folder=folder, verdict=verdict, figures=figures_of(folder, report))
    )
    if packed is not None:
        _tell_archive(packed, ok=report.ok)
    if listed := unchecked(folder):
        click.echo(_("not recomputed: {places}").format(places=_(", ").join(one.place for one in listed)))
    if (folder / "summary.json").is_file():
        next_step(f"coldchain explain {quoted(folder)} --unserved")
    return 0 if report.ok else EXIT_BAD_INPUT


def _tell_archive(packed: dict[str, Any], *, ok: bool) -> None:
    from coldchain import __version__

    then = _("verified") if packed["ok"] else _("with problems")
    text = _("archive of coldchain {version}, packed {then}; fingerprint {fingerprint}")
    click.echo(text.format(then=then, version=packed["version"], fingerprint=packed["fingerprint"]))
    if not ok and packed["version"] != __version__:
        text = _("coldchain {version} may reckon differently from the version that planned this")
        click.echo(_("note: {text}").format(text=text.format(version=__version__)))


@click.command(epilog="Example: coldchain doctor")
@click.option("--compile", "compiling", is_flag=True,
              help="Compile the numerical kernels now (about a minute), so that the first plan need not.")  # fmt: skip
@json_option
def doctor(compiling: bool, as_json: bool) -> int:
    """Check that this machine can plan: Python, packages, solver, compiler cache, fonts, disk."""
    from coldchain.cli.doctoring import compile_kernels, examine

    if compiling:
        compile_kernels()
    findings = examine()
    if as_json:
        click.echo(json.dumps({"ok": all(f.ok for f in findings), "findings": [f.as_dict() for f in findings]}))
    else:
        for finding in findings:
            mark = _("ok  ") if finding.ok else _("FAIL") if finding.needed else _("note")
            click.echo(_("{mark} {what}: {text}").format(mark=mark, what=finding.what, text=finding.text))
        next_step("coldchain demo")
    return 0 if all(f.ok or not f.needed for f in findings) else EXIT_MISSING


@click.command(epilog="Example: coldchain demo --out demo")
@click.option("--out", "folder", type=path_argument, default=Path("coldchain-demo"), show_default=True,
              help="Folder to write.")  # fmt: skip
@json_option
@quiet_option
def demo(folder: Path, as_json: bool, quiet: bool) -> int:
    """Make a small synthetic county, plan it and say where its map lies."""
    from coldchain.scenario import upland, write_scenario

    county = folder / "county"
    if not (county / "scenario.toml").is_file():
        write_scenario(upland(DEMO_VILLAGES, 7), county)
    given = {"budget": None, "time_limit": 60.0, "seed": 0, "threads": 1, "require_gap": None}
    made, run = make_plan(county, "base", folder / "run", given, quiet=quiet)
    if as_json:
        click.echo(json.dumps(made.summary, ensure_ascii=False))
    else:
        _show(made, run)
        next_step("coldchain init county", f"coldchain explain {quoted(run)} --unserved")
    return 0 if made.report.ok else EXIT_BUG
