"""Settling between more members than a table of all groups allows: the planner is asked for single groups only.

Members alone, all together and all but one are planned first. Equal profit inside the core is worked out on the groups
planned so far; the group that could gain most by then is planned next, until none gains or ``most`` groups are
planned. What no plan can undercut (:mod:`coldchain.settlement.floors`) bounds all other groups, so the verdict
names an epsilon: no group whatever gains more than that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault, LimitError
from coldchain.language import N_, _
from coldchain.model import Scenario
from coldchain.progress import Event, Say, Stage, silent
from coldchain.settlement.asking import ASKED_RULES, leaving_known, lying_known
from coldchain.settlement.costing import GroupCost, GroupEffort, GroupPlanner, fingerprint
from coldchain.settlement.floors import member_floors
from coldchain.settlement.members import Members
from coldchain.settlement.settle import AnySettlement, gains_by_misreport
from coldchain.sharing import (
    ON_REQUEST,
    AskedCosts,
    Verdict,
    core_test,
    equal_charge_of,
    equal_profit_known,
    equal_profit_of,
    in_proportion,
    least_epsilon_known,
    scrb_of,
    shapley_sampled,
)
from coldchain.sharing import members as members_in

MOST_MANY = 30
RULES_OF_MANY = ("equal_profit", "proportional", "volume", "scrb_aca", "equal_charge", "shapley")
GROUPS_A_MEMBER = 6
ORDERS = 6
NINETY = 1.645  # standard errors on either side that hold nine of ten estimates
BAND_DRAWS = 20
SLACK = 1e-7


@dataclass(frozen=True)
class ManySettlement(AnySettlement):
    """A settlement on some of the groups; no group is dearer than the cheapest parts of it that were planned.

    The billed rule alone has a band. What leaving and misreporting change is told by the rules of ``asking``.

    Attributes
    ----------
    verdicts : by rule, who gains by leaving, and the epsilon that is proved
    epsilon : above 0 the core of the groups planned is empty, and equal profit is taken at this epsilon
    standard_error : of a sampled Shapley value, shape (n,); None where it is not billed
    """

    verdicts: dict[str, Verdict]
    epsilon: float
    standard_error: Floats | None = None

    def verdict(self, rule: str) -> dict[str, Any]:
        """Return whether a rule holds among the groups planned, and what is proved of all others."""
        told = self.verdicts[rule]
        return {
            "holds": told.gain <= self.epsilon, "worst_group": [self.members.names[i] for i in members_in(told.mask)],
            "gain": told.gain, "proved_epsilon": told.epsilon,
        }  # fmt: skip

    @property
    def corrected(self) -> dict[str, int]:
        """Count the groups whose parts apart were cheaper."""
        cheaper = sum(self.known[mask] < cost.cost_cny * (1 - 1e-12) for mask, cost in self.planned.items())
        return {"subadditive": cheaper, "monotone": 0}

    def more(self) -> dict[str, Any]:
        """Return how far a sampled value may be off."""
        error = self.standard_error
        told = None if error is None else dict(zip(self.members.names, np.round(error, 2).tolist(), strict=True))
        return {"least_epsilon": self.epsilon, "standard_error_cny": told}


def settle_many(
    scenario: Scenario,
    members: Members,
    folder: Path,
    *,
    rule: str = "equal_profit",
    effort: GroupEffort | None = None,
    most: int = 0,
    say: Say = silent,
) -> ManySettlement:
    """Settle a scenario between up to thirty members.

    Parameters
    ----------
    rule : the one billed; Shapley is sampled and plans the groups of a few orders of joining besides
    most : most groups to plan in all; six a member when 0

    Raises
    ------
    BadInputError
        When the members are more than thirty, or the rule needs all groups.
    """
    effort, n = effort or GroupEffort(), len(members.names)
    _check(members, rule)
    most = most or GROUPS_A_MEMBER * n
    say(Event(Stage.GROUPS, done=most, of=(1 << n) - 1, facts={"members": n}))
    with GroupPlanner(scenario, members, effort, folder, say) as desk:
        oracle = _Oracle(desk, n)
        oracle.begin()
        ledger = AskedCosts(oracle.cost, n, monotone=False, floor=member_floors(desk.floor, members))
        verdict, epsilon = _inside(ledger, most, say)
        sampled = shapley_sampled(ledger.ask, n, ORDERS, effort.seed) if rule == "shapley" else None
    plain = _plain_rules(ledger, members)
    bills = {
        "equal_profit": verdict.amounts,
        **{k: bill for k, bill in plain.items() if k not in ON_REQUEST or k == rule},
    }
    if sampled is not None:
        bills["shapley"] = sampled.value
    if rule not in bills:
        told = _("has nothing to split in proportion to")
        raise BadInputError([Fault("--rule", None, "", rule, told, "rule-left-out")])
    stopped = len(ledger.known)
    verdicts = {name: core_test(ledger, bill, worst=True, most=stopped) for name, bill in bills.items()}
    costs = {mask: desk.known[mask] for mask in ledger.known}
    low, high = _band(ledger, costs, rule, bills[rule], members, effort.seed)
    error = None if sampled is None else sampled.standard_error
    if error is not None:
        low, high = low - NINETY * error, high + NINETY * error
    mark, known = fingerprint(scenario, members, effort), dict(ledger.known)
    leaving = tuple(leaving_known(known, i, members.tonnes, bills) for i in range(n))
    lies = gains_by_misreport(
        n, np.flatnonzero(members.tonnes).tolist(), [rule for rule in ASKED_RULES if rule in bills],
        lambda i, share: lying_known(known, i, share, members.tonnes, bills),
    )  # fmt: skip
    return ManySettlement(
        scenario, members, rule, mark, costs, known, bills, {rule: (low, high)}, leaving, lies, verdicts, epsilon, error
    )


def _check(members: Members, rule: str) -> None:
    n = len(members.names)
    if n > MOST_MANY:
        message = _("{n} members are too many to share between; at most {most}: join some into one by --members")
        message = message.format(n=n, most=MOST_MANY)
        raise BadInputError([Fault("villages.csv", None, members.column, str(n), message, "too-many-members")])
    if rule not in RULES_OF_MANY:
        message = _("needs the plans of all {groups:,} groups; with {n} members one of {names}").format(
            groups=(1 << n) - 1, n=n, names=", ".join(RULES_OF_MANY)
        )
        raise BadInputError([Fault("--rule", None, "", rule, message, "rule-left-out")])


class _Oracle:
    """Costs of groups from the planner, never more than the parts planned already."""

    def __init__(self, desk: GroupPlanner, n: int) -> None:
        self.desk, self.n = desk, n
        self.closed: dict[int, float] = {}

    def begin(self) -> None:
        """Plan members alone, all together, and all but one, side by side."""
        everyone = (1 << self.n) - 1
        for masks in ([1 << i for i in range(self.n)], [everyone], [everyone ^ 1 << i for i in range(self.n)]):
            self.desk.plan(masks)

    def cost(self, mask: int) -> float:
        """Return the cost of a group."""
        self.desk.plan([mask])
        apart = sum(self.closed[part] for part in cover(mask, self.closed) if part != mask)
        planned = self.desk.known[mask].cost_cny
        self.closed[mask] = min(planned, apart) if apart else planned
        return self.closed[mask]


def cover(mask: int, known: dict[int, float]) -> list[int]:
    """Cut a group into groups that are known, the largest first; nothing when they do not make it up.

    >>> cover(0b111, {0b001: 1.0, 0b010: 1.0, 0b110: 1.5})
    [6, 1]
    """
    parts, rest = [], mask
    for part in sorted(known, key=lambda part: (-part.bit_count(), part)):
        if part != mask and part & rest == part:
            parts.append(part)
            rest ^= part
    return parts if not rest else []


def _inside(ledger: AskedCosts, most: int, say: Say) -> tuple[Verdict, float]:
    """Find equal profit inside the core, or at the least epsilon of the groups planned where it is empty."""
    epsilon = 0.0
    while True:
        try:
            verdict = equal_profit_of(ledger, epsilon=epsilon, most=most)
        except LimitError:
            epsilon = least_epsilon_known(ledger.known, ledger.n) * (1 + SLACK) + ledger.slack
            say(Event(Stage.CORE, value=epsilon, done=len(ledger.known), facts={"empty": True}))
        else:
            say(Event(Stage.CORE, value=verdict.epsilon, done=len(ledger.known), facts={"empty": False}))
            return verdict, epsilon


def _plain_rules(ledger: AskedCosts, members: Members) -> dict[str, Floats]:
    """Return the rules that need members alone, all, and all but one."""
    everyone = ledger.everyone
    without = np.array([ledger.known[everyone ^ 1 << i] for i in range(ledger.n)])
    work: dict[str, Callable[[], Floats]] = {
        "proportional": lambda: in_proportion(ledger.total, ledger.alone, N_("costs alone")),
        "volume": lambda: in_proportion(ledger.total, members.tonnes, N_("tonnes")),
        "scrb_aca": lambda: scrb_of(ledger.total, ledger.alone, without),
        "equal_charge": lambda: equal_charge_of(ledger.total, without),
    }
    found = {}
    for name, rule in work.items():
        try:
            found[name] = rule()
        except ZeroDivisionError:
            continue
    return found


def _band(
    ledger: AskedCosts, costs: dict[int, GroupCost], rule: str, bill: Floats, members: Members, seed: int
) -> tuple[Floats, Floats]:
    """Draw every cost between its bound and its plan and bill again, as :func:`coldchain.sharing.bands` does."""
    rng = np.random.default_rng(seed)
    rows: list[Floats] = [bill]
    for _draw in range(BAND_DRAWS):
        drawn = {
            mask: cost - rng.random() * max(cost - costs[mask].bound_cny, 0.0) for mask, cost in ledger.known.items()
        }
        again = _drawn_bill(replace(ledger, known={}, cost=drawn.__getitem__, floor=None), drawn, rule, members, seed)
        rows += [again, again * (ledger.total / drawn[ledger.everyone])]
    low, high = np.quantile(rows, [0.05, 0.95], axis=0)
    return np.minimum(low, bill), np.maximum(high, bill)


def _drawn_bill(drawn: AskedCosts, known: dict[int, float], rule: str, members: Members, seed: int) -> Floats:
    if rule == "shapley":  # the same seed draws the same orders: all their groups are known
        return shapley_sampled(known.__getitem__, drawn.n, ORDERS, seed).value
    if rule != "equal_profit":
        return _plain_rules(drawn, members)[rule]
    epsilon = max(least_epsilon_known(known, drawn.n), 0.0) * (1 + SLACK) + drawn.slack
    return equal_profit_known(known, drawn.n, epsilon)
