"""The year after a run: what it built stands, what it was awarded counts, what has changed since is listed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from coldchain.arrays import CENT_CNY
from coldchain.errors import UsageError, bad_file
from coldchain.inputs import read_json
from coldchain.language import _, language
from coldchain.model import Site, Siting, Subsidy
from coldchain.runs.record import file_hashes, plain_values, settings_of_run
from coldchain.runs.run import Run
from coldchain.scenario import BASE, Amendment, settings_of, variants_of, write_amended
from coldchain.scenario.headings import title
from coldchain.scenario.sections import read_sections
from coldchain.scenario.source import open_source

YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
ACCEPTANCE, ACCEPTED, ACCEPTED_SCHEMA = "acceptance", "acceptance.json", "coldchain.acceptance/1"
"""Folder in a run and file of what was accepted and awarded, and the schema of that object."""
Cells = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Change:
    """One thing that is different in the new scenario, or was changed in the old one since its run.

    Attributes
    ----------
    kind : ``carried`` over from the run, or different ``since`` it was made
    table : or section, or the name of a file; row : id of the row, or variant of the setting, if any
    column : or key, empty for a file; before, after : as text, of a file its SHA-256
    """

    kind: Literal["carried", "since"]
    table: str
    row: str
    column: str
    before: str
    after: str

    def __str__(self) -> str:
        """Render as ``sites S12, existing: none → cold_forced_air_200:1``."""
        if not self.column:
            told = _("{place}: new") if not self.before else _("{place}: changed") if self.after else _("{place}: gone")
            return told.format(place=self.table)
        column = title(self.table, self.column, language())
        place = " ".join(filter(None, (self.table, self.row)))
        text = _("{place}, {column}: {before} → {after}")
        nothing = _("none")
        return text.format(place=place, column=column, before=self.before or nothing, after=self.after or nothing)


@dataclass(frozen=True)
class Standing:
    """What a run has built and awarded by the end of a year.

    Attributes
    ----------
    modules : site -> depot type -> new modules
    units : mobile unit -> number bought
    award_cny : owner -> awarded; county : owner -> county it was awarded in
    through : last programme year counted, None where the programme has none
    """

    modules: Mapping[str, Mapping[str, int]]
    units: Mapping[str, int]
    award_cny: Mapping[str, float]
    county: Mapping[str, str]
    through: int | None = None

    @property
    def total_cny(self) -> float:
        """All awards."""
        return sum(self.award_cny.values())


@dataclass(frozen=True)
class Carried:
    """A scenario that follows a run: where it was written, what stands in it, what is different."""

    folder: Path
    standing: Standing
    changes: tuple[Change, ...] = field(default=())


def standing_after(run: Run, through: int | None = None) -> Standing:
    """Return what a run has built and awarded: as accepted where it was accepted, else as planned.

    Parameters
    ----------
    through : last programme year that counts; the first one when left out. Owners that build later have not built yet

    Raises
    ------
    UsageError
        When that is not a year of the programme, or there are no programme years.
    """
    years = run.scenario.subsidy.years
    if through is not None and through not in years:
        known = _(", ").join(map(str, years)) or _("none")
        told = _("--through {year} is not a programme year; subsidy.years are: {known}")
        raise UsageError(told.format(year=through, known=known))
    accepted = _accepted(run)
    last = through if through is not None else years[0] if years else None
    later = {str(row["owner"]) for row in _rows(run, "rollout") if last is not None and int(row["year"]) > last}
    modules: dict[str, Counter[str]] = {}
    units: Counter[str] = Counter()
    owners = {site.id: site.owner or site.id for site in run.scenario.sites}
    for row in _rows(run, "depots"):
        if owners[row["depot"]] not in later:
            modules[row["depot"]] = _counted(row["new_modules"])
            units += _counted(row["units_bought"])
    rows = [row for row in _rows(run, "subsidies") if str(row["owner"]) not in later]
    award = {str(row["owner"]): float(row["award_cny"]) for row in rows}
    county = {str(row["owner"]): str(row["county"]) for row in rows}
    if accepted is not None:
        wheels = {unit.id for unit in run.scenario.mobile_units}
        counts = {site: Counter(kinds) for site, kinds in accepted["modules"].items()}
        modules = {site: Counter({k: n for k, n in one.items() if k not in wheels}) for site, one in counts.items()}
        units = Counter({k: n for one in counts.values() for k, n in one.items() if k in wheels})
        award = {str(one["owner"]): float(one["award_cny"]) for one in accepted["awards"]}
        county = {str(one["owner"]): str(one["county"]) for one in accepted["awards"]}
    return Standing({key: one for key, one in modules.items() if one}, dict(units), award, county, last)


def _accepted(run: Run) -> dict[str, Any] | None:
    """Return the object of the acceptance of a run, None where there was none."""
    path = None if run.folder is None else run.folder / ACCEPTANCE / ACCEPTED
    if path is None or not path.is_file():
        return None
    found = read_json(path)
    right = isinstance(found, dict) and found.get("schema") == ACCEPTED_SCHEMA
    if not right or not isinstance(found.get("awards"), list) or not isinstance(found.get("modules"), dict):
        message = _("is no acceptance of a run; write it again with coldchain accept")
        raise bad_file(path, message, "garbled")
    return dict(found)


def _rows(run: Run, table: str) -> list[dict[Any, Any]]:
    return run.tables[table].to_dict("records")


def _counted(text: str) -> Counter[str]:
    parts = (part.rpartition(":") for part in str(text).split(";") if part)
    return Counter({key: int(number) for key, _colon, number in parts})


def carry_over(run: Run, folder: Path, *, through: int | None = None, budget_cny: float | None = None) -> Carried:
    """Write the scenario of the year after a run.

    What the run built stands, and takes room on its plot; awards are taken from budget, pots of counties and of years
    and count against the cap of their owner; programme years that are over are left out, what they left moves on.
    Everything else is copied from the scenario as it lies there now.

    Parameters
    ----------
    folder : new
    through : last programme year that counts as built, as :func:`standing_after`
    budget_cny : of the new scenario; what is left of the old one when left out

    Raises
    ------
    UsageError, BadInputError
        When the folder holds something already; when run or scenario cannot be read.
    """
    run = run.checked()
    standing = standing_after(run, through)
    source = run.inputs.path
    settings = {**_named(run, folder), **_settings(source, run, standing)}
    if budget_cny is not None:
        settings = {key: value for key, value in settings.items() if not key.endswith("siting.budget_cny")}
        settings["siting.budget_cny"] = budget_cny
    sites = _sites(run.scenario.sites, standing)
    write_amended(source, folder, Amendment(settings, (_note(run, standing),), sites))
    changes = (*_carried(source, run, settings, sites), *since(run))
    return Carried(folder, standing, changes)


def _named(run: Run, folder: Path) -> dict[str, Any]:
    """Give the scenario a name of its own, so that its runs do not take the place of last year's."""
    name, year = run.scenario.name, YEAR.search(folder.name)
    bare = YEAR.sub("", name).strip(" -_")
    ending = year[0] if year else folder.name
    return {"name": ending if not bare else f"{bare} {ending}"}


def _settings(source: Path, run: Run, standing: Standing) -> dict[str, Any]:
    """Return dotted key -> value of budget, pots, years and earlier awards, of the base and of each variant."""
    tree = settings_of(source)
    opened = open_source(source)
    settings: dict[str, Any] = {}
    for variant in variants_of(source):
        nouns = read_sections(opened, variant).nouns
        siting, rule = nouns["siting"], nouns["subsidy"]
        if not isinstance(siting, Siting) or not isinstance(rule, Subsidy):
            continue
        layer = tree if variant == BASE else tree.get("variants", {}).get(variant, {})
        prefix = "" if variant == BASE else f"variants.{variant}."
        left = _left(siting, rule, standing)
        stated = {f"{section}.{key}" for section in ("siting", "subsidy") for key in layer.get(section, {})}
        settings |= {prefix + key: value for key, value in left.items() if key in stated}
    return settings | {"subsidy.awarded_by_owner_cny": _awarded(run.scenario.subsidy, standing)}


def _left(siting: Siting, rule: Subsidy, standing: Standing) -> dict[str, Any]:
    """Return what is left of the amounts of one variant."""
    left: dict[str, Any] = {"siting.budget_cny": _rest(siting.budget_cny, standing.total_cny)}
    left["subsidy.pot_by_county_cny"] = {
        county: _rest(pot, sum(cny for owner, cny in standing.award_cny.items() if standing.county[owner] == county))
        for county, pot in rule.pot_by_county_cny.items()
    }
    if standing.through is not None:
        years = [year for year in rule.years if year > standing.through]
        pots = {str(year): rule.pot_by_year_cny.get(str(year), 0.0) for year in rule.years}
        over = sum(pot for year, pot in pots.items() if int(year) <= standing.through) - standing.total_cny
        kept = {str(year): pots[str(year)] + (max(over, 0.0) if year == years[0] else 0.0) for year in years}
        left |= {"subsidy.years": years, "subsidy.pot_by_year_cny": kept}
    return left


def _rest(amount: float, spent: float) -> float:
    rest = amount - spent
    return round(rest, 2) if rest > CENT_CNY else 0.0


def _awarded(rule: Subsidy, standing: Standing) -> dict[str, float]:
    before, now = rule.awarded_by_owner_cny, standing.award_cny
    return {owner: round(before.get(owner, 0.0) + now.get(owner, 0.0), 2) for owner in {**before, **now}}


def _sites(sites: tuple[Site, ...], standing: Standing) -> Cells:
    """Return the cells of the sites that were built on."""
    cells: Cells = {}
    for site in sites:
        new = standing.modules.get(site.id, {})
        if not new:
            continue
        stands = Counter(site.modules()) + Counter(new)
        room = max(site.max_modules - sum(new.values()), 0)
        cells[site.id] = {
            "existing": ";".join(f"{key}:{count}" for key, count in stands.items()),
            "max_modules": str(room),
            "status": "existing" if not room else "candidate" if site.status == "forced" else site.status,
        }
    return cells


def _note(run: Run, standing: Standing) -> str:
    modules = sum(sum(one.values()) for one in standing.modules.values())
    depots, owners = len(standing.modules), len(standing.award_cny)
    text = _(
        "Follows the run {run}; built: {modules} modules, sites: {depots}; awarded: {cny:,.0f} CNY, owners: {owners}"
    )
    return text.format(run=Path(run.name).name, modules=modules, depots=depots, cny=standing.total_cny, owners=owners)


def _carried(source: Path, run: Run, settings: Mapping[str, Any], sites: Cells) -> Iterator[Change]:
    tree = settings_of(source)
    for dotted, value in settings.items():
        *above, key = dotted.split(".")
        before = _text(_at(tree, dotted))
        if before != _text(value):
            row = above[1] if len(above) > 1 else ""
            yield Change("carried", above[-1] if above else "scenario", row, key, before, _text(value))
    of_id = {site.id: site for site in run.scenario.sites}
    for site, cells in sites.items():
        for column, text in cells.items():
            before = str(getattr(of_id[site], column))
            if before != text:
                yield Change("carried", "sites", site, column, before, text)


def since(run: Run) -> Iterator[Change]:
    """List what has changed in the scenario of a run since it was planned: settings, and files by their hashes."""
    recorded = run.information.get("settings", {})
    for section, now in settings_of_run(run.scenario).items():
        for key, value in now.items():
            before = recorded.get(section, {}).get(key)
            if section in recorded and _text(before) != _text(value):
                yield Change("since", section, "", key, _text(before), _text(value))
    old = run.information.get("sha256", {}).get("files", {})
    new = file_hashes(run.scenario)
    for name in sorted({*old, *new} if old else ()):
        if old.get(name) != new.get(name):
            yield Change("since", name, "", "", old.get(name, ""), new.get(name, ""))


def _at(tree: Any, dotted: str) -> Any:
    for key in dotted.split("."):
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _text(value: Any) -> str:
    """Return a setting as text: figures in full, lists and tables joined."""
    value = plain_values(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{key} = {_text(one)}" for key, one in value.items())
    if isinstance(value, list):
        return "; ".join(map(_text, value))
    number = pd.to_numeric(value, errors="coerce") if isinstance(value, (int, float, str)) else None
    if number is not None and not pd.isna(number) and not isinstance(value, bool):
        return f"{float(number):,.10g}"
    return "" if value is None else str(value)
