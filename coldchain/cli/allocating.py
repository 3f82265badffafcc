"""The command ``coldchain allocate``: one fund between counties."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.manners import Money, json_option, next_step, path_argument
from coldchain.errors import UsageError
from coldchain.language import _

if TYPE_CHECKING:
    from coldchain.funds import Allocation, FundRules

share = click.FloatRange(0, 1)


@click.command(epilog="Example: coldchain allocate sweeps --fund 5e8 --floor-per-county 2e5 --out division")
@click.argument("sweeps", type=path_argument)
@click.option("--fund", type=Money(), required=True, help="CNY to divide, or such as 5亿元.")
@click.option("--out", "folder", type=path_argument, help="Folder to write: tables, page with map, object.")
@click.option("--minimise", type=click.Choice(["loss_t", "loss_cny", "annual_cny"]), default="loss_t",
              show_default=True, help="Total over the counties.")  # fmt: skip
@click.option("--floor-per-county", "floor_cny", type=Money(), default=0.0, help="Least award, CNY.")
@click.option("--cap-per-county", "cap_cny", type=Money(), help="Most from the fund, CNY.")
@click.option("--max-share", type=share, default=1.0, help="Most from the fund, as a share of it.")
@click.option("--coverage", type=share, default=0.0, help="Least share pre-cooled in time in each county.")
@click.option("--matching", type=click.FloatRange(0, 1, max_open=True), default=0.0, show_default=True,
              help="Share of each award that the county pays itself.")  # fmt: skip
@click.option("--matching-of", multiple=True, metavar="COUNTY=SHARE", help="The same of single counties, instead.")
@click.option("--own-money", default="", metavar="COLUMN", help="Column with what a county can pay itself, CNY.")
@click.option("--groups", default="", metavar="COLUMN", help="Column with the group of each county, for --favour.")
@click.option("--favour", multiple=True, metavar="GROUP=SHARE", help="Least share of all awards that goes there.")
@click.option("--population", default="", metavar="COLUMN", help="Compare with the division by this column, too.")
@click.option("--time-limit", "time_limit_s", type=click.FloatRange(1), default=60.0, show_default=True,
              help="Seconds to prove it optimal.")  # fmt: skip
@json_option
def allocate(sweeps: Path, folder: Path | None, as_json: bool, **given: Any) -> None:
    """Divide a fund between the counties of SWEEPS so that least is lost, and compare with simpler divisions.

    SWEEPS: folder or result table of `coldchain batch --command sweep`, or a folder of sweeps.
    """
    from coldchain.funds import allocate as divide_fund
    from coldchain.funds import read_curves
    from coldchain.funds.folder import check_allocation_folder, write_allocation

    rules = _rules(given)
    if folder is not None:
        check_allocation_folder(folder)
    made = divide_fund(read_curves(sweeps), rules)
    told: dict[str, Any] = {**made.facts, "divisions": made.compared.to_dict("records")}
    if folder is not None:
        told = write_allocation(made, folder, {"sweeps": str(sweeps), **given})
    if as_json:
        from coldchain.runs.record import plain_values

        click.echo(json.dumps(plain_values(told), ensure_ascii=False, allow_nan=False))
        return
    _show(made, folder)


def _rules(given: dict[str, Any]) -> FundRules:
    from coldchain.funds import FundRules

    names = ("minimise", "floor_cny", "max_share", "coverage", "matching", "own_money", "groups", "population")
    favoured = _pairs(given["favour"], "--favour")
    if bool(favoured) != bool(given["groups"]):
        raise UsageError(_("--favour GROUP=SHARE and --groups COLUMN go together"))
    if sum(favoured.values()) > 1:
        raise UsageError(
            _("--favour: the shares come to {sum:g}, which is more than 1").format(sum=sum(favoured.values()))
        )
    return FundRules(
        given["fund"],
        cap_cny=float("inf") if given["cap_cny"] is None else given["cap_cny"],
        matching_of=_pairs(given["matching_of"], "--matching-of"),
        favoured=favoured,
        time_limit_s=given["time_limit_s"],
        **{name: given[name] for name in names},
    )


def _pairs(texts: Sequence[str], option: str) -> dict[str, float]:
    pairs = {}
    for text in texts:
        name, _sign, number = text.rpartition("=")
        try:
            pairs[name] = float(number)
        except ValueError:
            raise UsageError(_("{option} must read NAME=SHARE; got {text}").format(option=option, text=text)) from None
        if not name or not 0 <= pairs[name] < 1:
            raise UsageError(
                _("{option} must read NAME=SHARE with a share from 0 to below 1; got {text}").format(
                    option=option, text=text
                )
            )
    return pairs


def _show(made: Allocation, folder: Path | None) -> None:
    from rich.box import ASCII2
    from rich.console import Console
    from rich.table import Table

    from coldchain.funds.words import HEADS, compared_cells, lines_of

    table = Table(box=ASCII2, show_edge=False, pad_edge=False)
    for n, head in enumerate(HEADS):
        table.add_column(_(head), justify="right" if n else "left")
    for row in made.compared.to_dict("records"):
        table.add_row(*compared_cells(row))
    Console(width=100).print(table)
    for line in lines_of(made.facts):
        click.echo(line)
    if folder is not None:
        click.echo(_("written to {folder}: counties.csv, divisions.csv, allocation.html").format(folder=folder))
        return
    next_step("coldchain allocate … --out DIR")
