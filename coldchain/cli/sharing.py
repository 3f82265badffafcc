"""The command ``coldchain share``: who pays what, and who would leave."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.errors import UsageError

if TYPE_CHECKING:
    from coldchain.model import Scenario
    from coldchain.sharing import Division, Divisions

RULES_A_TABLE = 4
path_argument = click.Path(path_type=Path)


@click.command(epilog="Example: coldchain share scenarios/upland --out runs/upland-share")
@click.argument("source", type=path_argument, required=False)
@click.option("--game", type=path_argument, help="JSON table of group costs or profits; format in docs/sharing.md.")
@click.option("--id", "name", help="The game to take, when the file holds several.")
@click.option("--rule", "rules", multiple=True, help="Rule, may be repeated; the first is billed. All when left out.")
@click.option("--epsilon", type=click.FloatRange(0), default=0.0, help="What leaving costs a group.", show_default=True)
@click.option("--members", "column", default="cooperative", show_default=True, help="Column of the villages.")
@click.option("--variant", default="base", show_default=True, help="Variant named in scenario.toml.")
@click.option("--out", "folder", type=path_argument, help="Folder to write; SOURCE-share when left out.")
@click.option(
    "--plan-seconds", "seconds", type=click.FloatRange(1), default=3.0, show_default=True, help="For each plan."
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True, help="Plans side by side.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
@click.option("-q", "--quiet", is_flag=True, help="No progress on stderr.")
def share(source: Path | None, game: Path | None, rules: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """Split a joint cost between members and name the group that would leave.

    SOURCE is a scenario or a run: every group of its members is planned, and each member gets a statement. With --game
    the table of group costs or profits comes from a file.
    """
    if (game is None) == (source is None):
        raise UsageError("name either a scenario or run to share, or a table of group costs with --game FILE.json")
    if game is not None:
        _share_table(game, rules, as_json, given)
    elif source is not None:
        _share_scenario(source, rules, as_json, given)


def _share_table(game: Path, rules: tuple[str, ...], as_json: bool, given: dict[str, Any]) -> None:
    from coldchain.sharing import divide, read_game

    found = divide(read_game(game, given["name"]), rules, epsilon=given["epsilon"])
    if as_json:
        click.echo(json.dumps(as_object(found), ensure_ascii=False))
    else:
        show(found)


def _share_scenario(source: Path, rules: tuple[str, ...], as_json: bool, given: dict[str, Any]) -> None:
    from coldchain.settling import GROUPS, Effort, settle, write_settlement
    from coldchain.sharing import known_rules

    chosen = known_rules(rules) if rules else ()
    began = time.monotonic()
    say = (lambda _: None) if given["quiet"] else lambda text: _progress(began, text)
    scenario = _scenario(source, given["variant"])
    folder = given["folder"] or Path("runs") / f"{scenario.name}-{scenario.variant}-share"
    effort = Effort(given["seconds"], given["seed"], given["processes"])
    settled = settle(scenario, folder / GROUPS, column=given["column"], rules=chosen, effort=effort, say=say)
    told = write_settlement(settled, folder)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    show(settled.found)
    for what, (alone, joint) in settled.saved().items():
        click.echo(
            f"{what:14} alone {alone:15,.0f}  together {joint:15,.0f}  saved {(alone - joint) / (alone or 1):.1%}"
        )
    click.echo(
        f"bills follow {settled.rule}; statements in {folder / 'members'}, all rules in {folder / 'settlement.html'}"
    )


def _progress(began: float, text: str) -> None:
    click.echo(f"[{time.monotonic() - began:6.1f} s] {text}", err=True)


def _scenario(source: Path, variant: str) -> Scenario:
    """Load a scenario folder, or the scenario of a run with the budget it was planned with."""
    from dataclasses import replace

    from coldchain.report import read_run, scenario_folder
    from coldchain.scenario import FILE, load

    if (source / FILE).is_file() or not (source / "run.json").is_file():
        return load(source, variant)[0]
    run, summary, _ = read_run(source)
    scenario, _ = load(scenario_folder(source, run["arguments"]), summary["scenario"]["variant"])
    siting = scenario.siting.model_copy(update={"budget_cny": summary["investment"]["budget_cny"]})
    return replace(scenario, siting=siting)


def as_object(found: Divisions) -> dict[str, Any]:
    """Return the object of ``--json``: amounts unrounded, whole fen, and the verdict on each rule."""
    from coldchain.sharing import whole_fen

    players = found.game.players
    rows = found.divisions.items()
    return {
        "schema": "coldchain.share/1",
        "game": {"id": found.game.name, "kind": found.game.kind, "players": list(players)},
        "allocations": {rule: dict(zip(players, d.amounts.tolist(), strict=True)) for rule, d in rows},
        "fen": {rule: dict(zip(players, whole_fen(d.amounts.tolist()), strict=True)) for rule, d in rows},
        "stability": {rule: _verdict(d) for rule, d in rows},
        "least_epsilon": found.least_epsilon,
        "certified_exactly": {rule: proof.right for rule, proof in found.certificates.items()},
        "left_out": found.left_out,
    }


def _verdict(division: Division) -> dict[str, Any]:
    told = division.stability
    return {"holds": told.holds, "worst_group": list(told.group), "gain": told.gain, "groups_that_gain": told.groups}


def show(found: Divisions) -> None:
    """Print amounts that add up, savings, and who would leave."""
    from rich.console import Console

    console = Console()
    rules = list(found.divisions)
    click.echo(f"what each {'pays' if found.game.kind == 'cost' else 'gets'}, and the saving against standing alone")
    for at in range(0, len(rules), RULES_A_TABLE):
        console.print(_table(found, rules[at : at + RULES_A_TABLE]))
    _say_who_leaves(found)


def _table(found: Divisions, rules: list[str]) -> Any:
    from rich.table import Table

    from coldchain.sharing import whole_fen, yuan

    game, table = found.game, Table()
    table.add_column("member")
    chosen = [found.divisions[rule] for rule in rules]
    for rule in rules:
        table.add_column(rule.replace("_", " "), justify="right")
    fen = [whole_fen(division.amounts.tolist()) for division in chosen]
    for i, member in enumerate(game.players):
        saved = [_share(game.saving(division.amounts)[i], game.alone[i]) for division in chosen]
        table.add_row(member, *(f"{yuan(amount[i])} {share}" for amount, share in zip(fen, saved, strict=True)))
    table.add_row("all", *(yuan(sum(amount)) for amount in fen), style="bold")
    table.add_row("verdict", *("holds" if division.stability.holds else "blocked" for division in chosen))
    return table


def _share(saving: float, alone: float) -> str:
    return f"{saving / abs(alone):+.1%}" if abs(alone) > 1e-12 else f"{saving:+,.2f}"


def _say_who_leaves(found: Divisions) -> None:
    for rule, division in found.divisions.items():
        told = division.stability
        group = " + ".join(told.group)
        if told.holds:
            kept = f"no group gains by leaving; {group} comes nearest and would lose {max(-told.gain, 0.0) + 0.0:,.2f}"
        else:
            number = "1 group gains" if told.groups == 1 else f"{told.groups} groups gain"
            kept = f"{number} by leaving; most of all {group}: {told.gain:,.2f}"
        proof = found.certificates.get(rule)
        exact = "" if proof is None else ", certified exactly" if proof.right else f", NOT certified: {proof.reason}"
        click.echo(f"{rule}: {kept}{exact}")
    for rule, why in found.left_out.items():
        click.echo(f"{rule}: left out; {why}")
    if found.least_epsilon > 0:
        click.echo(f"the core is empty: under any rule some group gains {found.least_epsilon:,.4f} or more by leaving;")
        click.echo("equal_profit and lorenz are taken from the divisions where none gains more than that")
