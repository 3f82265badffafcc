"""``coldchain sensitivity``: which uncertain figure moves a plan most; ``calibrate``: bands narrowed at home."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import variant_option
from coldchain.cli.manners import hushed, json_option, next_step, of_a_run, path_argument, quoted
from coldchain.cli.telling import progress
from coldchain.language import _, plural

if TYPE_CHECKING:
    import pandas as pd

    from coldchain.calibration import Calibration

SHOWN = 20


@click.command(epilog="Example: coldchain sensitivity runs/upland")
@click.argument("run", type=path_argument)
@click.option("--all", "whole", is_flag=True, help="Show every figure, not only those that move the answer most.")
@click.option(
    "--decide",
    type=click.IntRange(0, 50),
    default=0,
    show_default=True,
    help="Plan again at both ends of so many of the figures that move most: which depots come or go.",
)
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
@of_a_run
def sensitivity(
    run: Path, scenario: Path | None, *, whole: bool, decide: int, as_json: bool
) -> None:  # fmt: skip
    """Move every uncertain figure of RUN to both ends of its band and rank them by what they change.

    Depots, assignment and routes stay as planned. Lives of the crops, packaging, hours, air, coolers and prices are
    moved, each within the band that the catalogue or the scenario states. Writes tables/sensitivity.csv into RUN.

    With --decide it is decided again there, from the plan on, and written to tables/decisions.csv.
    """
    from coldchain.api import sensitivity as moved
    from coldchain.runs.archive import output_folder

    say = progress(quiet=hushed() or as_json)
    found = moved(run, figures=decide, scenario=scenario, progress=say)
    path = found.save(output_folder(run))
    if as_json:
        click.echo(json.dumps(found.facts(), ensure_ascii=False))
        return
    rows = found.table()
    _show(rows if whole else rows.head(SHOWN))
    if len(rows) > SHOWN and not whole:
        click.echo(_("and {count} figures that move less; --all shows them").format(count=len(rows) - SHOWN))
    if found.flips:
        _show_flips(found.decisions())
    click.echo(str(path))
    next_step(f"coldchain report {quoted(run)}")


def _show(rows: pd.DataFrame) -> None:
    """Print a table of the figures, those that move the net benefit most first."""
    from rich.console import Console

    from coldchain.reports.moving import moving_table

    Console(width=max(Console().width, 110), highlight=False).print(moving_table(rows))


def _show_flips(rows: pd.DataFrame) -> None:
    """Print what would be decided at the ends of figures."""
    from rich.console import Console

    from coldchain.reports.moving import flips_table

    Console(width=max(Console().width, 110), highlight=False).print(flips_table(rows))


@click.command(epilog="Example: coldchain calibrate county weighings.csv --out county-measured")
@click.argument("scenario", type=path_argument)
@click.argument("weighings", type=path_argument)
@click.option("--out", type=path_argument, help="New folder for the scenario with the narrower bands.")
@variant_option
@json_option
def calibrate(scenario: Path, weighings: Path, out: Path | None, variant: str, *, as_json: bool) -> None:
    """Narrow the bands of crops by losses that were weighed: WEIGHINGS has crop, packaging, temp, hours, loss.

    Proposes lives and losses with their bands before and after, and names the weighings that fit no band. Nothing is
    written without --out, and SCENARIO itself is never changed.
    """
    from coldchain.calibration import calibrate as fitted
    from coldchain.calibration import read_weighings, write_calibrated
    from coldchain.scenario import load

    county, _warnings = load(scenario, variant)
    found = fitted(county, read_weighings(weighings, county))
    if out is not None:
        write_calibrated(scenario, out, county, found)
    if as_json:
        click.echo(json.dumps(_facts(found, out), ensure_ascii=False))
        return
    for line in calibration_lines(found):
        click.echo(line)
    if out is not None:
        click.echo(_("wrote {folder}: the scenario with these bands").format(folder=out))
        next_step(f"coldchain check {quoted(out)}", f"coldchain plan {quoted(out)}")


def _facts(found: Calibration, out: Path | None) -> dict[str, Any]:
    """Return the object that ``--json`` prints; bands as value, low, high."""
    return {
        "schema": "coldchain.calibration/1",
        "figures": [{**asdict(one), "narrower": one.narrower} for one in found.narrowed],
        "residuals": [asdict(one) for one in found.residuals],
        "outliers": [asdict(one) for one in found.outliers],
        "folder": None if out is None else str(out),
    }


def calibration_lines(found: Calibration) -> list[str]:
    """Say what the weighings tell: each figure before and after, then the outliers."""
    from coldchain.calibration import LEAST
    from coldchain.model.base import band_of
    from coldchain.model.goods import Commodity

    lines = []
    for one in found.narrowed:
        if one.narrower < LEAST:
            continue
        told = plural(
            "{crop}, {figure}: {before} before, {after} by {count} weighing ({narrower:.0%} narrower)",
            "{crop}, {figure}: {before} before, {after} by {count} weighings ({narrower:.0%} narrower)",
            one.weighings,
        )
        band = band_of(Commodity, one.figure)
        bands = {name: "{:.3g} ({:.3g}-{:.3g})".format(*getattr(one, name)) for name in ("before", "after")}
        label = _(band.label) if band is not None else one.figure
        facts = {"count": one.weighings, "narrower": one.narrower}
        lines.append(told.format(crop=one.crop, figure=label, **bands, **facts))
    if not lines:
        lines.append(_("the weighings narrow no band"))
    odd = _(
        "outlier, left out: line {line}, {crop}, measured {measured:.1%}, expected {expected:.1%} ({deviations:+.1f} "
        "standard deviations); look at the lot, the temperature or the hours again"
    )
    return lines + [odd.format(**asdict(one)) for one in found.outliers]
