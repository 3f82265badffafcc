"""From a scenario to who pays what: group costs, every rule, stability, what-ifs, bands."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.progress import Event, Say, Stage, silent
from coldchain.settlement.costing import GroupCost, GroupEffort, as_table, cost_table, fingerprint
from coldchain.settlement.members import Members
from coldchain.sharing import (
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
class AnySettlement(ABC):
    """What a settlement says, on all groups or on some of them.

    Attributes
    ----------
    rule : the one the bills follow
    fingerprint : hash of all inputs
    planned : costs of the groups planned, by mask
    known : the same made consistent
    bills : by rule, CNY a year, shape (n,)
    bands : rule -> low and high end of the bills, shape (n,) each
    leaving : what happens when each member leaves, or read backwards joins
    misreport : rule -> gain of each member by reporting 10 % more and 10 % less, shape (n, 2)
    """

    scenario: Scenario
    members: Members
    rule: str
    fingerprint: str
    planned: dict[int, GroupCost]
    known: dict[int, float]
    bills: dict[str, Floats]
    bands: dict[str, tuple[Floats, Floats]]
    leaving: tuple[Leaving, ...]
    misreport: dict[str, Floats]

    @property
    def amounts(self) -> Floats:
        """Bills by the chosen rule, CNY a year, shape (n,)."""
        return self.bills[self.rule]

    @property
    def n(self) -> int:
        """Number of members."""
        return len(self.members.names)

    @property
    def alone(self) -> Floats:
        """Cost of each member alone, shape (n,)."""
        return np.array([self.known[1 << i] for i in range(self.n)])

    @property
    def everyone(self) -> int:
        """Mask of all."""
        return (1 << self.n) - 1

    def nearest(self, member: int) -> tuple[int, float]:
        """Return the group with this member that comes nearest to leaving, and what it would lose (negative: gain)."""
        loses = {
            mask: cost - float(sum(self.amounts[i] for i in range(self.n) if mask >> i & 1))
            for mask, cost in self.known.items()
            if mask >> member & 1 and (mask != self.everyone or self.n == 1)
        }
        best = min(loses, key=lambda mask: loses[mask])
        return best, loses[best]

    def saved(self) -> dict[str, tuple[float, float]]:
        """Return figures of all standing alone and of all together: cost, loss in t and CNY, transport."""
        return saved_by([self.planned[1 << i] for i in range(self.n)], self.planned[self.everyone])

    @abstractmethod
    def verdict(self, rule: str) -> dict[str, Any]:
        """Return whether a rule holds, and the group that gains most by leaving with its gain."""

    @property
    @abstractmethod
    def corrected(self) -> dict[str, int]:
        """Count the groups whose parts apart, or a larger group, were cheaper."""

    @abstractmethod
    def more(self) -> dict[str, Any]:
        """Return what the trustee sees besides."""


@dataclass(frozen=True)
class Settlement(AnySettlement):
    """A settlement on all groups.

    Attributes
    ----------
    closure : what was corrected to make costs consistent
    game : on consistent costs
    found : every rule on the consistent costs
    """

    closure: Closure
    game: Game
    found: Divisions

    def saved(self) -> dict[str, tuple[float, float]]:
        """Return the same with costs made consistent."""
        return {**super().saved(), "cost_cny": (float(self.game.alone.sum()), float(self.game.values[-1]))}

    def verdict(self, rule: str) -> dict[str, Any]:
        """Return whether a rule holds, and how many groups gain by leaving."""
        told = self.found.divisions[rule].stability
        return {
            "holds": told.holds, "worst_group": list(told.group), "gain": told.gain, "groups_that_gain": told.groups,
        }  # fmt: skip

    @property
    def corrected(self) -> dict[str, int]:
        """Count the groups whose parts apart, or a larger group, were cheaper."""
        return {"subadditive": self.closure.split, "monotone": self.closure.shrunk}

    def more(self) -> dict[str, Any]:
        """Return the rules left out, and how far costs were corrected."""
        return {
            "least_epsilon": self.found.least_epsilon, "left_out": self.found.left_out,
            "largest_correction": self.closure.largest,
        }  # fmt: skip


def saved_by(alone: Sequence[GroupCost], joint: GroupCost) -> dict[str, tuple[float, float]]:
    """Return figures of members alone and of all together."""
    haul = [sum(cost.annual_cny[part] for part in TRANSPORT) for cost in (*alone, joint)]
    return {
        "cost_cny": (sum(c.cost_cny for c in alone), joint.cost_cny),
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
    effort: GroupEffort | None = None,
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
    effort = effort or GroupEffort()
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
    known = {mask: float(game.values[mask]) for mask in range(1, 1 << game.n)}
    producers = range(game.n) if game.volume is None else np.flatnonzero(game.volume).tolist()

    def gain(member: int, share: float) -> dict[str, float]:
        gains = gain_of_misreport(game, misreported(game, member, share), tuple(now), now)
        return {rule: float(one[member]) for rule, one in gains.items()}

    return Settlement(
        scenario, members, rule, mark, {cost.mask: cost for cost in costs}, known, now,
        {name: (band.low[name], band.high[name]) for name in now}, leaving,
        gains_by_misreport(game.n, producers, tuple(now), gain), closure, game, found,
    )  # fmt: skip


def gains_by_misreport(
    n: int, producers: Iterable[int], rules: Sequence[str], gain: Callable[[int, float], Mapping[str, float]]
) -> dict[str, Floats]:
    """Return by rule what each member gains by reporting a tenth more, and a tenth less; nothing without produce.

    Parameters
    ----------
    gain : of a member by reporting a share more, by rule
    """
    gains = {rule: np.zeros((n, 2)) for rule in rules}
    for i in producers:
        for column, share in enumerate((MISREPORT, -MISREPORT)):
            for rule, one in gain(i, share).items():
                gains[rule][i, column] = one
    return gains
