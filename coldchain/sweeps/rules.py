"""Many rules of subsidy: each decided warm from the plan of the scenario's own rule, and what it would decide.

A rule is another rate, another cap or another programme; every rule is planned for every budget. The plan of the own
rule, repaired to the other rule, competes with what a short search from it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.errors import Fault, UsageError
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.progress import Event, Stage
from coldchain.scenario.programmes import programme_keys
from coldchain.scenario.rules import Rule
from coldchain.sweeps.points import DOUBT_COLUMNS, Point, keep_point, kept_point, point_key
from coldchain.sweeps.solving import BudgetTask, PointEffort, solver
from coldchain.sweeps.sweep import POINTS, Sweep

MOST_CASES = 2000
DECIDED = [
    "rate", "cap_cny", "programme", "budget_cny", "status", "sites_built", "depots", "opens", "closes", "cooled_t",
    "loss_t", "loss_rate", "subsidy_cny", "investment_cny", "annual_cny", "objective", "bound", "ended",
    *DOUBT_COLUMNS[1:],
]  # fmt: skip


@dataclass(frozen=True)
class DecidedRules:
    """What each rule and budget would decide.

    Attributes
    ----------
    rows : rule and point, the scenario's own rule first
    own_budget_cny : the scenario's own budget; its plan is what ``opens`` and ``closes`` are told against
    solved, kept : points computed now, and read from an earlier sweep
    """

    rows: tuple[tuple[Rule, Point], ...]
    own_budget_cny: float
    solved: int = 0
    kept: int = 0

    def table(self) -> pd.DataFrame:
        """Return one row for each rule and budget, columns in docs/results.md; empty cells: as the scenario states."""
        own = next((p for rule, p in self.rows if rule == Rule() and p.budget_cny == self.own_budget_cny), None)
        return pd.DataFrame([_row(rule, point, own) for rule, point in self.rows], columns=DECIDED)

    @property
    def problems(self) -> tuple[str, ...]:
        """What the independent check found in any plan."""
        return tuple(dict.fromkeys(text for _rule, point in self.rows if point.planned for text in point.problems))


def rules_of(
    rates: Iterable[float] = (), caps_cny: Iterable[float] = (), programmes: Iterable[str] = ()
) -> tuple[Rule, ...]:
    """Return every rule that these lists make, each list's own value of the scenario left out where it has others.

    Raises
    ------
    UsageError
        For a rate beyond 0 to 1, a cap below 0 or a programme that is not shipped.

    Examples
    --------
    >>> [(rule.rate, rule.cap_cny) for rule in rules_of([0.3, 0.4], [1e6])]
    [(0.3, 1000000.0), (0.4, 1000000.0)]
    """
    shares, most, names = tuple(dict.fromkeys(rates)), tuple(dict.fromkeys(caps_cny)), tuple(dict.fromkeys(programmes))
    known = programme_keys()
    for rate in shares:
        if not 0.0 <= rate <= 1.0:
            raise UsageError(_("rates must lie between 0 and 1; got {rate}").format(rate=rate))
    for cap in most:
        if not 0.0 <= cap < float("inf"):
            raise UsageError(_("caps must be finite and not negative; got {cap}").format(cap=cap))
    for name in names:
        if name not in known:
            listed = _(", ").join(sorted(known))
            raise UsageError(_("there is no programme {name}; there are {known}").format(name=name, known=listed))
    made = (Rule(*one) for one in product(shares or (None,), most or (None,), names or ("",)))
    return tuple(rule for rule in made if rule != Rule())


def decide_rules(
    scenario: Scenario,
    rules: Sequence[Rule],
    own: Sweep,
    folder: Path,
    effort: PointEffort,
    faults: tuple[Fault, ...] = (),
) -> DecidedRules:
    """Plan every rule for every budget that a sweep of the scenario's own rule was asked for.

    Parameters
    ----------
    own : the sweep; its plans are started from
    folder : finished points are kept in its folder ``points`` and never computed again

    Raises
    ------
    UsageError
        When there are too many.
    """
    budgets = own.asked
    if len(rules) * len(budgets) > MOST_CASES:
        told = _("these are {count} plans, more than {most}; give fewer rates, caps, programmes or budgets")
        raise UsageError(told.format(count=len(rules) * len(budgets), most=MOST_CASES))
    rows = [(Rule(), point) for point in own.points if point.budget_cny in {*budgets, scenario.siting.budget_cny}]
    cases = [(rule, budget) for rule in rules for budget in budgets]
    known = dict(_kept(scenario, cases, folder, effort))
    fresh = [BudgetTask(budget, rule=rule, former=_former(own, budget)) for rule, budget in cases
             if (rule, budget) not in known]  # fmt: skip
    with solver(scenario, faults, effort) as solve:
        for task, point in solve(fresh):
            known[task.rule, task.budget_cny] = point
            keep_point(folder / POINTS, point, _key(scenario, task.rule, task.budget_cny, effort))
            effort.say(Event(Stage.BUDGET, facts={"point": point}))
    rows += [(rule, known[rule, budget]) for rule, budget in cases if (rule, budget) in known]
    kept = len(cases) - len(fresh)
    return DecidedRules(tuple(rows), scenario.siting.budget_cny, len(known) - kept, kept)


def _kept(
    scenario: Scenario, cases: Iterable[tuple[Rule, float]], folder: Path, effort: PointEffort
) -> Iterator[tuple[tuple[Rule, float], Point]]:
    for rule, budget in cases:
        point = kept_point(folder / POINTS, budget, _key(scenario, rule, budget, effort))
        if point is not None:
            yield (rule, budget), point


def _key(scenario: Scenario, rule: Rule, budget: float, effort: PointEffort) -> str:
    """Return the hash of all that decides a point of a rule."""
    return point_key(rule.on(scenario), budget, {"warm": 1.0, "seed": effort.seed})


def _former(own: Sweep, budget: float) -> dict[str, str]:
    """Return the new modules, type:count by site, of the own rule's plan of that budget."""
    plans = [point for point in own.points if point.planned]
    nearest = min(plans, key=lambda point: (abs(point.budget_cny - budget), point.budget_cny), default=None)
    drawn = {} if nearest is None else nearest.drawn.get("depots", {})
    return {site: str(row[0]) for site, row in drawn.items() if row[0]}


def _row(rule: Rule, point: Point, own: Point | None) -> dict[str, Any]:
    built, before = set(point.depots), set(own.depots) if own is not None else set()
    told = own is not None and own.planned and point.planned
    cooled = sum(row[2] for row in point.drawn.get("depots", {}).values()) if point.planned else float("nan")
    figures = {name: value for name, value in vars(point).items() if name in DECIDED}
    return {
        **figures,
        **point.doubts(),
        **asdict(rule),
        "sites_built": len(built),
        "depots": ";".join(point.depots),
        "opens": ";".join(sorted(built - before)) if told else "",
        "closes": ";".join(sorted(before - built)) if told else "",
        "cooled_t": cooled,
        "objective": point.value,
    }
