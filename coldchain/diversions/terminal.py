"""Proposals on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coldchain.diversions.proposals import ACTIONS, Proposal
from coldchain.language import _
from coldchain.telemetry.terminal import WIDTH
from coldchain.telemetry.watch import Watched


def print_proposals(given: Sequence[Proposal], found: Watched, most: int) -> None:
    """Print at most so many proposals, the best first."""
    console = Console()
    out = console if console.is_terminal else Console(width=WIDTH)
    if not given:
        out.print(_("nothing that pays can be done for lots in danger"))
        return
    heads = [
        (_("proposal"), False), (_("what"), False), (_("place"), False), (_("goes to"), False), (_("lots"), True),
        (_("kg saved"), True), (_("km"), True), (_("costs CNY"), True), (_("net CNY"), True), (_("arrives"), False),
    ]  # fmt: skip
    table = Table(box=None, pad_edge=False)
    for name, number in heads:
        table.add_column(name, justify="right" if number else "left")
    for one in given[:most]:
        table.add_row(
            one.id, _(ACTIONS[one.action]), escape(one.room), escape(one.to), str(len(one.lots)),
            f"{one.saved_kg:,.0f}", f"{one.km:,.0f}", f"{one.cost_cny:,.0f}", f"{one.net_cny:,.0f}",
            found.moment(one.arrive_h)[11:16],
        )  # fmt: skip
    out.print(table)
