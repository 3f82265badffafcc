"""The command ``coldchain share``: who pays what, and who would leave."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.manners import Money, json_option, next_step, path_argument, quiet_option, quoted
from coldchain.cli.shares import as_object, show, show_settlement
from coldchain.cli.sizing import dry_run_option, sharing_seconds, show_size
from coldchain.cli.telling import progress
from coldchain.errors import BadInputError, Fault, UsageError
from coldchain.language import N_, _

if TYPE_CHECKING:
    from coldchain.model import Scenario
    from coldchain.settlement.settle import AnySettlement

MEASURES = {"tonnes": N_("tonnes"), "value": N_("value")}


@click.command(epilog="Example: coldchain share scenarios/upland --out runs/upland-share")
@click.argument("source", type=path_argument, required=False)
@click.option("--game", type=path_argument, help="JSON table of group costs or profits; format in docs/sharing.md.")
@click.option("--id", "name", help="The game to take, when the file holds several.")
@click.option("--rule", "rules", multiple=True, help="Rule, may be repeated; the first is billed. All when left out.")
@click.option("--epsilon", type=click.FloatRange(0), default=0.0, help="What leaving costs a group.", show_default=True)
@click.option("--members", "column", default="cooperative", show_default=True, help="Column of the villages.")
@click.option("--owners", is_flag=True, help="Owners of standing depots and of vehicles are members too.")
@click.option("--unions", help="Column of the villages for the two-level rule, e.g. county.")
@click.option("--leaves", multiple=True, help="Print what changes when this member leaves; may be repeated.")
@click.option("--disclose", type=click.IntRange(0, 30), default=0,
              help="Tell each member what its groups of up to so many save: 2 for pairs first, then more.")  # fmt: skip
@click.option("--groups", type=click.IntRange(0), default=0, help="Past 12 members: most groups to plan; 6 a member.")
@click.option("--sales", type=Money(), help="Platform sales, CNY a year: return a levy on them, no plans.")
@click.option(
    "--sold", type=path_argument, help="Table of real sales: village, commodity, date, kg, price_cny_kg or cny."
)
@click.option("--levy", type=click.FloatRange(0, 1), default=0.01, show_default=True, help="Share of sales returned.")
@click.option("--taxes", type=Money(), help="Taxes on the trade where it is sold, CNY a year: return a share of them.")
@click.option(
    "--tax-share", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Share of --taxes returned."
)
@click.option("--fund-by", type=click.Choice(["tonnes", "value"]), default="value", show_default=True, help="Measure.")
@click.option("--variant", default="base", show_default=True, help="Variant named in scenario.toml.")
@click.option("--out", "folder", type=path_argument, help="Folder to write; SOURCE-share when left out.")
@click.option(
    "--plan-seconds", "seconds", type=click.FloatRange(1), default=1.0, show_default=True, help="For each plan."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result.")
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="Plans side by side.")
@dry_run_option
@json_option
@quiet_option
def share(source: Path | None, game: Path | None, rules: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Split a joint cost between members and name the group that would leave.

    SOURCE is a scenario or a run: every group of its members is planned, and each member gets a statement. With --game
    the table of group costs or profits comes from a file.
    """
    if (game is None) == (source is None):
        raise UsageError(_("name either a scenario or run to share, or a table of group costs with --game FILE.json"))
    if game is not None:
        _share_table(game, rules, as_json, given)
    elif source is not None:
        _share_scenario(source, rules, as_json, given)


def _share_table(game: Path, rules: tuple[str, ...], as_json: bool, given: dict[str, Any]) -> None:
    from coldchain.sharing import Airport, divide, divide_airport, read_game

    read, epsilon = read_game(game, given["name"]), given["epsilon"]
    if isinstance(read, Airport):
        found = divide_airport(read, rules, epsilon=epsilon)
    else:
        found = divide(read, rules, epsilon=epsilon)
    if as_json:
        click.echo(json.dumps(as_object(found), ensure_ascii=False))
    else:
        show(found)


def _share_scenario(source: Path, rules: tuple[str, ...], as_json: bool, given: dict[str, Any]) -> None:
    from coldchain.settlement import (
        GROUPS,
        MOST_MEMBERS,
        GroupEffort,
        members_of,
        settle,
        settle_many,
        write_settlement,
    )
    from coldchain.sharing import known_rules

    chosen = known_rules(rules) if rules else ()
    say = progress(quiet=given["quiet"])
    scenario = _scenario(source, given["variant"])
    if given["sold"] is not None:
        _book(scenario, as_json, given)
        return
    if given["sales"] is not None or given["taxes"] is not None:
        _fund(scenario, as_json, given)
        return
    folder = given["folder"] or Path("runs") / f"{scenario.name}-{scenario.variant}-share"
    effort = GroupEffort(given["seconds"], given["seed"], given["processes"])
    members = members_of(scenario, given["column"], owners=given["owners"], unions=given["unions"])
    if given["dry_run"]:
        _size_share(scenario, len(members.names), given, as_json=as_json)
        return
    leaving = _members_named(members.names, given["leaves"])
    settled: AnySettlement
    if len(members.names) > MOST_MEMBERS:
        rule, most = chosen[0] if chosen else "equal_profit", given["groups"]
        settled = settle_many(scenario, members, folder / GROUPS, rule=rule, effort=effort, most=most, say=say)
    else:
        settled = settle(scenario, members, folder / GROUPS, rules=chosen, effort=effort, say=say)
    told = write_settlement(settled, folder, given["disclose"])
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        show_settlement(settled, told, folder, leaving)
    next_step(*_next(source, folder))


def _size_share(scenario: Scenario, members: int, given: dict[str, Any], *, as_json: bool) -> None:
    from coldchain.planning import size_of
    from coldchain.settlement import GROUPS_A_MEMBER, MOST_MEMBERS

    side = given["processes"]
    most = None if members <= MOST_MEMBERS else given["groups"] or GROUPS_A_MEMBER * members
    groups, seconds = sharing_seconds(members, given["seconds"], side, most)
    show_size(size_of(scenario), seconds, processes=side, at_most=True, plans=groups, as_json=as_json)


def _next(source: Path, folder: Path) -> tuple[str, ...]:
    asked = f"coldchain share {quoted(source)}"
    return (f"{asked} --out {quoted(folder)} --leaves MEMBER", f"{asked} --owners")


def _members_named(players: Sequence[str], names: tuple[str, ...]) -> list[int]:
    from coldchain.model.naming import of_ids

    told, known = _("must be a member: {names}").format(names=", ".join(players)), of_ids(players)
    found = [(name, known.find(name)) for name in names]
    wrong = [
        Fault("--leaves", None, "", name, told, "unknown-member", guess=match.guess)
        for name, match in found
        if not match.found
    ]
    if wrong:
        raise BadInputError(wrong)
    return [players.index(match.id) for _name, match in found]


def _fund(scenario: Scenario, as_json: bool, given: dict[str, Any]) -> None:
    """Return a levy on sales and a share of the taxes on them to the producing counties."""
    from coldchain.settlement import county_fund
    from coldchain.sharing import yuan

    sales, taxes = given["sales"] or 0.0, given["taxes"] or 0.0
    fen = county_fund(
        scenario, sales, given["levy"], given["fund_by"], taxes_cny=taxes, tax_share=given["tax_share"]
    )  # fmt: skip
    if as_json:
        told = {"schema": "coldchain.fund/1", "by": given["fund_by"], "levy_fen": sum(fen.values()), "counties": fen}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    measure = _(MEASURES[given["fund_by"]])
    if sales:
        text = _("{levy:.2%} of {sales:,.2f} CNY a year, by {fund_by} of the harvest")
        click.echo(text.format(levy=given["levy"], sales=sales, fund_by=measure))
    if taxes:
        text = _("{share:.2%} of taxes of {taxes:,.2f} CNY a year, by {fund_by} of the harvest")
        click.echo(text.format(share=given["tax_share"], taxes=taxes, fund_by=measure))
    for county, amount in fen.items():
        click.echo(f"{county:24} {yuan(amount):>18}")
    click.echo(f"{_('all'):24} {yuan(sum(fen.values())):>18}")


def _book(scenario: Scenario, as_json: bool, given: dict[str, Any]) -> None:
    """Return a levy on real sales to the villages they came from, and keep the ledger where a folder is named."""
    from coldchain.sharing import yuan
    from coldchain.weeks.sold import fund_of_sales, write_fund

    fund = fund_of_sales(given["sold"], scenario, given["levy"])
    told = fund.as_dict()
    if given["folder"] is not None:
        write_fund(fund, given["folder"])
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for fault in fund.faults:
        click.echo(_("warning: {text}").format(text=fault), err=True)
    text = _("{levy:.2%} of real sales of {sales:,.2f} CNY, {tonnes:,.1f} t")
    click.echo(text.format(levy=fund.rate, sales=told["sales_cny"], tonnes=told["tonnes"]))
    for county, amount in told["counties"].items():
        click.echo(f"{county:24} {yuan(amount):>18}")
    click.echo(f"{_('all'):24} {yuan(told['levy_fen']):>18}")
    if given["folder"] is not None:
        click.echo(_("written to {folder}").format(folder=given["folder"]))


def _scenario(source: Path, variant: str) -> Scenario:
    """Load a scenario folder, or the scenario of a run with the budget it was planned with."""
    from coldchain.runs import Run
    from coldchain.scenario import is_scenario, load

    if is_scenario(source) or not (source / "run.json").is_file():
        return load(source, variant)[0]
    return Run.open(source).planned
