"""From a scenario to who pays what: group costs, every rule, stability, what-ifs, bands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.progress import Event, Say, Stage, silent
from coldchain.settlement.costing import Effort, GroupCost, as_table, cost_table, fingerprint
from coldchain.settlement.members import Members
from coldchain.sharing import (
    Bands,
    Closure,
    Divisions,
    Game,
    Leaving,
    bands,
    consistent,
    divide,
    gain_of_misreport,
    if_leaves,
    misreported,
)

MOST_MEMBERS = 12
DEFAULT_RULE = "equal_profit"
MISREPORT = 0.1
BAND_TABLES = 60
TRANSPORT = ("collection", "line_haul")


@dataclass(frozen=True)
class Settlement:
    """Everything a settlement says.

    Attributes
    ----------
    rule : the one the bills follow
    costs : of every group as planned, in the order of masks from 1
    closure : what was corrected to make them consistent
    game : on consistent costs
    found : every rule on the consistent costs
    leaving : what happens when each member leaves, or read backwards joins
    misreport : rule -> gain of each member by reporting 10 % more and 10 % less, shape (n, 2)
    band : how far bills move within the planner's gaps
    fingerprint : hash of all inputs
    """

    scenario: Scenario
    members: Members
    rule: str
    costs: tuple[GroupCost, ...]
    closure: Closure
    game: Game
    found: Divisions
    leaving: tuple[Leaving, ...]
    misreport: dict[str, Floats]
    band: Bands
    fingerprint: str

    @property
    def amounts(self) -> Floats:
        """Bills by the chosen rule, CNY a year, shape (n,)."""
        return self.found.divisions[self.rule].amounts

    def saved(self) -> dict[str, tuple[float, float]]:
        """Return figures of all standing alone and of all together: cost, loss in t and CNY, transport."""
        return saved_by([self.costs[(1 << i) - 1] for i in range(self.game.n)], self.costs[-1], self.game)


def saved_by(alone: Sequence[GroupCost], joint: GroupCost, game: Game | None = None) -> dict[str, tuple[float, float]]:
    """Return figures of members alone and of all together; costs made consistent where the game is given."""
    haul = [sum(cost.annual_cny[part] for part in TRANSPORT) for cost in (*alone, joint)]
    cost = (sum(c.cost_cny for c in alone), joint.cost_cny)
    return {
        "cost_cny": cost if game is None else (float(game.alone.sum()), float(game.values[-1])),
        "loss_t": (sum(c.loss_t for c in alone), joint.loss_t),
        "loss_cny": (sum(c.annual_cny["loss"] for c in alone), joint.annual_cny["loss"]),
        "transport_cny": (sum(haul[:-1]), haul[-1]),
    }


def settle(
    scenario: Scenario,
    members: Members,
    folder: Path,
    *,
    rules: Sequence[str] = (),
    effort: Effort | None = None,
    say: Say = silent,
) -> Settlement:
    """Settle a scenario between its members.

    Parameters
    ----------
    members : from :func:`coldchain.settlement.members.members_of`
    folder : where group plans are kept between runs
    rules : the first is the one billed, equal profit without any; all that apply are computed

    Raises
    ------
    BadInputError
        When the members are too many for a table of all groups, or the rule cannot be billed.
    """
    effort = effort or Effort()
    n = len(members.names)
    if n > MOST_MEMBERS:
        message = _("{n} members are {groups:,} groups; a full settlement takes at most {most} members").format(
            n=n, groups=(1 << n) - 1, most=MOST_MEMBERS
        )
        raise BadInputError([Fault("villages.csv", None, members.column, str(n), message, "too-many-members")])
    if "owen" in rules and not members.unions:
        message = _("needs --unions COLUMN of the villages, which names the larger body each member belongs to")
        raise BadInputError([Fault("--rule", None, "", "owen", message, "rule-left-out")])
    say(Event(Stage.GROUPS, of=(1 << n) - 1, facts={"members": n}))
    costs = cost_table(scenario, members, effort, folder, say)
    mark = fingerprint(scenario, members, effort)
    return work_out(scenario, members, costs, rules[0] if rules else DEFAULT_RULE, mark)


def work_out(
    scenario: Scenario, members: Members, costs: Sequence[GroupCost], rule: str, mark: str, tables: int = BAND_TABLES
) -> Settlement:
    """Apply the rules to costed groups; the bill is rounded nowhere here."""
    closure = consistent(as_table(costs), members.bare)
    game = Game(members.names, "cost", closure.costs, members.tonnes, members.unions, scenario.name)
    found = divide(game, besides=(rule,))
    if rule not in found.divisions:
        why = found.left_out.get(rule, _("it does not apply to a scenario"))
        message = _("cannot be billed: {why}").format(why=why)
        raise BadInputError([Fault("--rule", None, "", rule, message, "rule-left-out")])
    now = {name: division.amounts for name, division in found.divisions.items()}
    leaving = tuple(if_leaves(game, i, tuple(now), now) for i in range(game.n)) if game.n > 1 else ()

    def mend(drawn: Floats) -> Floats:
        return consistent(drawn, members.bare).costs

    band = bands(game, as_table(costs, "bound_cny"), tuple(now), now, tables=tables, mend=mend)
    return Settlement(
        scenario, members, rule, tuple(costs), closure, game, found, leaving, _misreports(game, now), band, mark
    )


def _misreports(game: Game, now: dict[str, Floats]) -> dict[str, Floats]:
    """Return by rule what each member gains by reporting a tenth more, and a tenth less; nothing without produce."""
    gains = {rule: np.zeros((game.n, 2)) for rule in now}
    producers = range(game.n) if game.volume is None else np.flatnonzero(game.volume)
    for i in producers:
        for column, share in enumerate((MISREPORT, -MISREPORT)):
            told = gain_of_misreport(game, misreported(game, int(i), share), tuple(now), now)
            for rule, gain in told.items():
                gains[rule][i, column] = gain[i]
    return gains


def within(settlement: Settlement, member: int) -> tuple[int, float]:
    """Return the group with this member that comes nearest to leaving, and what it would lose (negative: gain)."""
    game, amounts = settlement.game, settlement.amounts
    best, slack = 1 << member, float(game.alone[member] - amounts[member])
    for mask in range(1, game.everyone):
        if mask >> member & 1:
            left = float(game.values[mask] - sum(amounts[i] for i in range(game.n) if mask >> i & 1))
            if left < slack:
                best, slack = mask, left
    return best, slack
