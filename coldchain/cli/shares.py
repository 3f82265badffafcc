"""What ``coldchain share`` prints: rules side by side, who would leave, what changes when a member goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from coldchain.language import N_, _, language, plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from coldchain.settlement.settle import AnySettlement
    from coldchain.sharing import Division, Divisions

RULES_A_TABLE = 3
SAVED = {
    "cost_cny": N_("cost, CNY"),
    "loss_t": N_("loss, t"),
    "loss_cny": N_("loss, CNY"),
    "transport_cny": N_("transport, CNY"),
}


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
    costs = _("what each pays, and the saving against standing alone")
    profits = _("what each gets, and the saving against standing alone")
    click.echo(costs if found.game.kind == "cost" else profits)
    for at in range(0, len(rules), RULES_A_TABLE):
        console.print(_table(found, rules[at : at + RULES_A_TABLE]))
    _say_who_leaves(found)


def _table(found: Divisions, rules: list[str]) -> Any:
    from rich.table import Table

    from coldchain.sharing import whole_fen, yuan

    game, table = found.game, Table()
    table.add_column(_("member"))
    chosen = [found.divisions[rule] for rule in rules]
    for rule in rules:
        table.add_column(_heading(rule), justify="right")
    fen = [whole_fen(division.amounts.tolist()) for division in chosen]
    for i, member in enumerate(game.players):
        saved = [_share(game.saving(division.amounts)[i], game.alone[i]) for division in chosen]
        table.add_row(member, *(f"{yuan(amount[i])} {share}" for amount, share in zip(fen, saved, strict=True)))
    table.add_row(_("all"), *(yuan(sum(amount)) for amount in fen), style="bold")
    table.add_row(_("verdict"), *(_("holds") if division.stability.holds else _("blocked") for division in chosen))
    return table


def _heading(rule: str) -> str:
    """Name a rule as the option does, in Chinese with its Chinese name above."""
    from coldchain.settlement.page import RULES

    return f"{RULES[rule][0]}\n{rule}" if language() == "zh" else rule.replace("_", " ")


def spoken_rule(rule: str) -> str:
    """Name a rule in a sentence, in Chinese with its Chinese name before it."""
    from coldchain.settlement.page import RULES

    return f"{RULES[rule][0]} {rule}" if language() == "zh" else rule


def _share(saving: float, alone: float) -> str:
    if abs(alone) <= 1e-12:
        return f"{round(saving, 2) + 0.0:+,.2f}"
    return f"{round(saving / abs(alone), 3) + 0.0:+.1%}"


def _say_who_leaves(found: Divisions) -> None:
    if found.game.n == 1:
        click.echo(_("one member: there is nothing to share, and nobody to leave"))
        return
    for rule, division in found.divisions.items():
        told = division.stability
        group = _spoken(told.group, found.game.players)
        if told.holds:
            text = _("no group gains by leaving; {group} comes nearest and would lose {loss:,.2f}")
            kept = text.format(group=group, loss=max(-told.gain, 0.0) + 0.0)
        else:
            number = plural("{count} group gains", "{count} groups gain", told.groups).format(count=told.groups)
            text = _("{number} by leaving; most of all {group}: {gain:,.2f}")
            kept = text.format(number=number, group=group, gain=told.gain)
        proof = found.certificates.get(rule)
        right, wrong = _(", certified exactly"), _(", NOT certified: {reason}")
        exact = "" if proof is None else right if proof.right else wrong.format(reason=proof.reason)
        click.echo(_("{where}: {message}").format(where=spoken_rule(rule), message=f"{kept}{exact}"))
    for rule, why in found.left_out.items():
        click.echo(_("{rule}: left out; {why}").format(rule=spoken_rule(rule), why=why))
    if found.least_epsilon > 0:
        click.echo(
            _("the core is empty: under any rule some group gains {least_epsilon:,.4f} or more by leaving;").format(
                least_epsilon=found.least_epsilon
            )
        )
        click.echo(_("equal_profit and lorenz are taken from the divisions where none gains more than that"))


def _spoken(group: Sequence[str], players: Sequence[str]) -> str:
    """Name a group, or, when it is most of the members, who is left out."""
    left = [player for player in players if player not in group]
    told = _("all but {names}").format(names=" + ".join(left))
    return told if 0 < len(left) < len(group) - 1 else " + ".join(group)


def show_leaving(overview: dict[str, Any], member: int) -> None:
    """Print the others' new plan and bills when a member leaves, and who would pay for it to stay."""
    from rich.console import Console
    from rich.table import Table

    told = overview["if_leaves"][member]
    name, without = told["member"], told["plan_without_it"]
    figures = _("{cost_cny:,.0f} CNY a year and lose {loss_t:,.1f} t").format(**without)
    click.echo(
        _("without {name} the others plan for {figures}; read the other way round, {name} joins them").format(
            name=name, figures=figures
        )
    )
    if not told["bills"]:
        click.echo(_("{rule} does not apply to the others alone").format(rule=spoken_rule(overview["rule"])))
        return
    click.echo(
        _("new modules: ") + (", ".join(f"{s} {_kinds(k)}" for s, k in without["new_modules"].items()) or _("none"))
    )
    table = Table()
    heads = (_("member"), _("bill now"), _("without {name}").format(name=name), _("would pay for it to stay"))
    for n, head in enumerate(heads):
        table.add_column(head, justify="right" if n else "left")
    now = overview["allocations"][overview["rule"]]
    for player, bill in told["bills"].items():
        pays = told["it_loses_cny"] if player == name else told["others_pay_more"][player]
        text = _("leaves: loses {pays:,.2f}").format(pays=pays) if player == name else f"{max(pays, 0.0):,.2f}"
        table.add_row(player, f"{now[player]:,.2f}", f"{bill:,.2f}", text)
    Console().print(table)


def _kinds(kinds: dict[str, int]) -> str:
    return " + ".join(f"{number} {kind}" for kind, number in kinds.items())


def show_settlement(settled: AnySettlement, told: dict[str, Any], folder: Path, leaving: Sequence[int] = ()) -> None:
    """Print bills, verdicts, what is saved, and what changes when members leave.

    Parameters
    ----------
    told : overview of the settlement
    """
    from coldchain.settlement import Settlement

    if isinstance(settled, Settlement):
        show(settled.found)
        end = _("bills follow {rule}; statements in {members}, all rules in {page}")
    else:
        _show_bills_of_many(told)
        end = _("bills follow {rule}; statements in {members}")
    for what, figure in told["totals"]["saved"].items():
        text = _("{what:14} alone {alone:15,.0f}  together {together:15,.0f}  saved {saved_share:.1%}")
        click.echo(text.format(what=_(SAVED.get(what, what)), **figure))
    for member in leaving if settled.n > 1 else ():
        show_leaving(told, member)
    facts = {"rule": spoken_rule(settled.rule), "members": folder / "members", "page": folder / "settlement.html"}
    click.echo(end.format(**facts))


def _show_bills_of_many(told: dict[str, Any]) -> None:
    """Print bills, verdicts and what is proved of a settlement on some of the groups."""
    from coldchain.sharing import yuan

    for member, fen in told["fen"].items():
        click.echo(f"{member:32} {yuan(fen):>18}")
    click.echo(f"{_('all'):32} {yuan(sum(told['fen'].values())):>18}")
    text = _(
        "{rule}: {word} among the {planned} groups planned, {group} gains {gain:,.2f}; "
        "proved: no group whatever gains more than {proved_epsilon:,.2f}"
    )
    for rule, verdict in told["stability"].items():
        facts = {
            "rule": spoken_rule(rule), "word": _("holds") if verdict["holds"] else _("blocked"),
            "planned": told["totals"]["groups_planned"],
            "group": _spoken(verdict["worst_group"], told["game"]["players"]),
        }  # fmt: skip
        click.echo(text.format(**facts, gain=verdict["gain"], proved_epsilon=verdict["proved_epsilon"]))
    if told["least_epsilon"] > 0:
        empty = _("the core is empty: under any rule some group gains {least_epsilon:,.2f} or more by leaving")
        click.echo(empty.format(least_epsilon=told["least_epsilon"]))
