"""Many budgets: each warm from its neighbours, never worse than a smaller one, and computed only once.

A plan whose awards fit a smaller budget is that budget's plan too, and a bound of a larger budget holds for a smaller
one. So the largest budget comes first, then the middles of the stretches in between; a stretch whose upper end leaves
money over needs no solving at all. The first few budgets look at all modules, the others at those of the plans known
by then (kernel search). Afterwards plans are carried upwards where a larger budget was found a worse one, and bounds
downwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from coldchain.errors import Fault, UsageError
from coldchain.language import _
from coldchain.language.amounts import read_cny
from coldchain.model import Scenario
from coldchain.progress import Event, Stage
from coldchain.sweeps import words
from coldchain.sweeps.points import DOUBT_COLUMNS, Point, keep_point, kept_point, point_key
from coldchain.sweeps.solving import BudgetTask, PointEffort, Solver, solver

SCHEMA = "coldchain.sweep/1"
MILLION = 1e6
MOST_BUDGETS = 500
MOST_PROBES = 6
ANCHORS = 3
BRACKET_SHARE = 0.02
MARGIN = 0.15
POINTS = "points"


@dataclass(frozen=True)
class Target:
    """A figure to reach: ``loss_rate`` at most, or ``coverage`` at least, a share."""

    figure: Literal["loss_rate", "coverage"]
    share: float

    def missing(self, point: Point) -> float:
        """How far a point is from the target; 0 or less when it is reached."""
        if self.figure == "coverage":
            return self.share - point.coverage
        return point.loss_rate - self.share


@dataclass(frozen=True)
class Threshold:
    """The least budget found for a target, CNY.

    Attributes
    ----------
    reached_cny : awards of the cheapest plan found that reaches it; None when no budget of the sweep does
    missed_cny : the largest smaller budget whose best plan found misses it; None when even the least one reaches it
    best : the figure of the point that comes closest, when none reaches it
    """

    target: Target
    reached_cny: float | None
    missed_cny: float | None
    best: float

    def as_dict(self) -> dict[str, Any]:
        """Return the target's figure and share and the bracket, flat."""
        return {
            **asdict(self.target),
            "reached_cny": self.reached_cny,
            "missed_cny": self.missed_cny,
            "best": self.best,
        }


@dataclass(frozen=True)
class NextMillion:
    """What one more million buys on top of a budget: two plans, both solved."""

    budget_cny: float
    saved_t: float
    saved_cny: float
    coverage: float


@dataclass(frozen=True)
class Sweep:
    """All points by budget, the thresholds, and what the next million buys at the scenario's own budget.

    ``asked`` are the budgets of the range; the points hold the scenario's own and those of the search for the
    thresholds besides. ``solved`` and ``kept`` count the points computed now and read from an earlier sweep.
    """

    aim: str
    points: tuple[Point, ...]
    asked: tuple[float, ...]
    thresholds: tuple[Threshold, ...]
    next_million: NextMillion | None
    solved: int
    kept: int
    interrupted: bool

    def table(self) -> pd.DataFrame:
        """Return one row for each budget, columns in docs/results.md."""
        return table(self)

    def lines(self) -> list[str]:
        """Say in sentences what the table does not."""
        said = [words.threshold_line(found) for found in self.thresholds]
        said += [words.next_million_line(self.next_million)] if self.next_million else []
        return [*said, words.work_line(self)]

    @property
    def problems(self) -> tuple[str, ...]:
        """What the independent check found in any plan."""
        return tuple(dict.fromkeys(text for point in self.points if point.planned for text in point.problems))

    @property
    def statuses(self) -> set[str]:
        """Statuses that occur."""
        return {point.status for point in self.points}

    def as_dict(self, scenario: Mapping[str, Any], own_budget_cny: float) -> dict[str, Any]:
        """Return the object of ``sweep.json``."""
        return {
            "schema": SCHEMA,
            "scenario": dict(scenario),
            "aim": self.aim,
            "own_budget_cny": own_budget_cny,
            "budgets_cny": list(self.asked),
            "thresholds": [found.as_dict() for found in self.thresholds],
            "next_million": asdict(self.next_million) if self.next_million else None,
            "solved": self.solved,
            "kept": self.kept,
            "interrupted": self.interrupted,
            "points": self.table().to_dict("records"),
        }


@dataclass
class _Ledger:
    """Points known so far, and where they are kept."""

    scenario: Scenario
    folder: Path
    settings: dict[str, float]
    solve: Solver
    effort: PointEffort
    known: dict[float, Point] = field(default_factory=dict)
    solved: int = 0
    kept: int = 0

    def fetch(self, budgets: Sequence[float]) -> None:
        """Make these budgets known: read them, or solve them side by side."""
        fresh = []
        for budget in budgets:
            point = kept_point(self.folder, budget, self._key(budget))
            if point is None:
                fresh.append(budget)
                continue
            self.kept += 1
            self._take(point)
        for _task, point in self.solve([self._task(budget) for budget in fresh]):
            self.solved += 1
            keep_point(self.folder, point, self._key(point.budget_cny))
            self._take(point)

    def _take(self, point: Point) -> None:
        self.known[point.budget_cny] = point
        self.effort.say(Event(Stage.BUDGET, facts={"point": point}))

    def _key(self, budget: float) -> str:
        return point_key(self.scenario, budget, self.settings)

    def _task(self, budget: float) -> BudgetTask:
        """Start from the next smaller budget and the modules of all known plans; bounds of larger budgets hold."""
        planned = [self.known[b] for b in sorted(self.known) if self.known[b].planned]
        below = [point for point in planned if point.budget_cny < budget]
        above = [point for point in planned if point.budget_cny > budget]
        starts = [count for point in (*above, *below) for count in point.starts]
        first = below[-1].starts[:1] if below else ()
        wide = sum(bool(point.depots) for point in planned) < ANCHORS
        return BudgetTask(budget, (*first, *starts), max((point.bound for point in above), default=0.0), wide)

    def settled(self, budget: float) -> Point | None:
        """Return the point of a budget that needs no solving: it is known, or a larger budget's answer is its own."""
        if budget in self.known:
            return self.known[budget]
        above = [b for b in self.known if b > budget]
        if not above:
            return None
        upper = self.known[min(above)]
        if upper.status == "infeasible":
            return replace(upper, budget_cny=budget, how="same", seconds=0.0)
        if upper.planned and upper.subsidy_cny <= budget:
            return replace(upper, budget_cny=budget, how="same", seconds=0.0)
        return None


def run_sweep(
    scenario: Scenario,
    budgets: Sequence[float],
    folder: Path,
    effort: PointEffort | None = None,
    targets: Sequence[Target] = (Target("loss_rate", 0.08), Target("coverage", 0.6)),
    faults: tuple[Fault, ...] = (),
) -> Sweep:
    """Plan every budget.

    Parameters
    ----------
    budgets : CNY, any order
    folder : finished points are kept in its folder ``points`` and never computed again
    targets : whose least budgets are searched by bisection
    faults : warnings of loading
    """
    effort = effort or PointEffort()
    asked = tuple(sorted({float(budget) for budget in budgets}))
    own = scenario.siting.budget_cny
    grid = sorted({*asked, own, own + MILLION})
    limit = {"quick": 1.0} if effort.quick else {"time_limit_s": effort.time_limit_s}
    settings = {**limit, "seed": effort.seed}
    with solver(scenario, faults, effort) as solve:
        ledger = _Ledger(scenario, folder / POINTS, settings, solve, effort)
        while not effort.stop() and (todo := _next_budgets(ledger, grid, effort.jobs)):
            ledger.fetch(todo)
        probed: set[float] = set()
        for target in targets:
            probed |= _bisect(ledger, grid, target)
    points = finished(ledger, [*grid, *probed])
    thresholds = tuple(threshold(points, target) for target in targets if points)
    return Sweep(
        scenario.siting.objective[0],
        points,
        asked,
        thresholds,
        _next_million(points, own),
        ledger.solved,
        ledger.kept,
        effort.stop(),
    )


def _next_budgets(ledger: _Ledger, grid: Sequence[float], number: int) -> list[float]:
    """Return what to solve next: the largest budget, the least, then the middle of each open stretch."""
    ends = [budget for budget in (grid[-1], grid[0]) if ledger.settled(budget) is None]
    if ends:
        return ends[:number]
    stretches: list[list[float]] = [[]]
    for budget in grid:
        if ledger.settled(budget) is None:
            stretches[-1].append(budget)
        elif stretches[-1]:
            stretches.append([])
    longest = sorted(filter(None, stretches), key=len, reverse=True)
    return [stretch[len(stretch) // 2] for stretch in longest[:number]]


def finished(ledger: _Ledger, budgets: Iterable[float]) -> tuple[Point, ...]:
    """Return the points by budget: settled ones filled in, better plans carried upwards, bounds downwards."""
    found = [ledger.settled(budget) for budget in sorted(set(budgets))]
    points = [point for point in found if point is not None]
    best: Point | None = None
    for n, point in enumerate(points):
        if best is not None and (not point.planned or best.rank < point.rank):
            bound = point.bound if point.planned else 0.0
            points[n] = replace(best, budget_cny=point.budget_cny, how="carried", seconds=point.seconds, bound=bound)
        best = points[n] if points[n].planned else best
    bound = 0.0
    for n in reversed(range(len(points))):
        if points[n].planned:
            bound = max(bound, points[n].bound)
            points[n] = replace(points[n], bound=bound)
    return tuple(points)


def threshold(points: Sequence[Point], target: Target) -> Threshold:
    """Read the bracket of a target from the points."""
    planned = [point for point in points if point.planned]
    reached = [point.subsidy_cny for point in planned if target.missing(point) <= 0]
    if not reached:
        figures = [getattr(point, target.figure) for point in planned]
        best = (max if target.figure == "coverage" else min)(figures, default=float("nan"))
        return Threshold(target, None, max((p.budget_cny for p in planned), default=None), best)
    least = min(reached)
    missed = [p.budget_cny for p in planned if p.budget_cny < least and target.missing(p) > 0]
    return Threshold(target, least, max(missed, default=None), target.share)


def _bisect(ledger: _Ledger, grid: Sequence[float], target: Target) -> set[float]:
    """Narrow the bracket of a target by real solves at interpolated budgets."""
    probed: set[float] = set()
    for _probe in range(MOST_PROBES):
        points = finished(ledger, [*grid, *probed])
        probe = next_probe(points, target)
        if probe is None or ledger.effort.stop():
            break
        probed.add(probe)
        if ledger.settled(probe) is None:
            ledger.fetch([probe])
    return probed


def next_probe(points: Sequence[Point], target: Target) -> float | None:
    """Return the budget to try next: where the straight line between the ends of the bracket meets the target.

    The probe keeps off the ends by a share of the bracket and is a round figure; None once the bracket is narrow.
    """
    now = threshold(points, target)
    if now.reached_cny is None or now.missed_cny is None:
        return None
    low, high = now.missed_cny, now.reached_cny
    if high - low <= BRACKET_SHARE * high:
        return None
    below = max(target.missing(p) for p in points if p.budget_cny == low)
    above = max(target.missing(p) for p in points if p.subsidy_cny == high)
    part = below / (below - above) if below > above else 0.5
    probe = low + min(max(part, MARGIN), 1 - MARGIN) * (high - low)
    digits = 10 ** max(len(str(int(high - low))) - 2, 0)
    rounded = round(probe / digits) * digits
    return float(rounded) if low < rounded < high else probe


def _next_million(points: Sequence[Point], own: float) -> NextMillion | None:
    by_budget = {point.budget_cny: point for point in points if point.planned}
    if own not in by_budget or own + MILLION not in by_budget:
        return None
    now, more = by_budget[own], by_budget[own + MILLION]
    return NextMillion(own, now.loss_t - more.loss_t, now.annual_cny - more.annual_cny, more.coverage - now.coverage)


def parse_budgets(text: str) -> tuple[float, ...]:
    """Read ``0:4e7:2e6``: from, to and step in CNY, both ends included; or single budgets with commas.

    Raises
    ------
    UsageError
        Naming the text and what is wrong with it.

    Examples
    --------
    >>> parse_budgets("0:4e6:2e6"), parse_budgets("100万元,3e6")
    ((0.0, 2000000.0, 4000000.0), (1000000.0, 3000000.0))
    """
    try:
        numbers = [read_cny(part) for part in text.replace(",", ":").split(":")]
    except ValueError as error:
        raise UsageError(words.bad_range(text, str(error))) from None
    if not all(0 <= number < float("inf") for number in numbers):
        raise UsageError(words.bad_range(text, _("budgets must be finite and not negative")))
    if "," in text or ":" not in text:
        return tuple(numbers)
    if len(numbers) != 3 or numbers[2] <= 0 or numbers[1] < numbers[0]:
        raise UsageError(words.bad_range(text, _("it must read FROM:TO:STEP with FROM ≤ TO and STEP above 0")))
    low, high, step = numbers
    if (high - low) / step > MOST_BUDGETS:
        raise UsageError(words.bad_range(text, _("these are more than {most} budgets").format(most=MOST_BUDGETS)))
    return tuple(low + n * step for n in range(int((high - low) / step + 1e-9) + 1))


def table(result: Sweep) -> pd.DataFrame:
    """One row for each budget, columns in docs/results.md."""
    frame = pd.DataFrame([_row(point) for point in result.points], columns=COLUMNS)
    frame["asked"] = frame["budget_cny"].isin(result.asked)
    known = frame["annual_cny"].notna()
    budget = frame["budget_cny"][known].to_numpy(dtype=np.float64)
    inside = budget + MILLION <= budget.max(initial=0.0)
    for name in ("t", "cny"):
        figure = frame["loss_t" if name == "t" else "annual_cny"][known].to_numpy(dtype=np.float64)
        saved = np.where(inside, figure - np.interp(budget + MILLION, budget, figure), np.nan)
        frame.loc[known, f"next_million_saves_{name}"] = saved
    return frame


def _row(point: Point) -> tuple[object, ...]:
    head = (point.budget_cny, point.subsidy_cny, point.investment_cny, point.loss_rate, point.loss_t, point.loss_cny)
    figures = (point.coverage, point.annual_cny, point.value, point.bound, point.gap, len(point.depots))
    origin = (point.status, point.how, point.of_budget_cny, ";".join(point.depots), point.seconds, point.ended)
    return (*head, *figures, point.existing, point.served, *origin, *list(point.doubts().values())[1:])


COLUMNS = [
    "budget_cny", "subsidy_cny", "investment_cny", "loss_rate", "loss_t", "loss_cny", "coverage", "annual_cny",
    "objective", "bound", "gap", "sites_built", "depots_existing", "villages_served", "status", "how", "of_budget_cny",
    "depots", "seconds", "ended", *DOUBT_COLUMNS[1:],
]  # fmt: skip
