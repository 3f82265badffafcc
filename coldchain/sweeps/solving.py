"""Plans of one scenario under changed settings, on ground laid once: in this process or in several."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from coldchain.errors import Fault, InfeasibleError, LimitError
from coldchain.model import Scenario, modules_of
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, near_to, plan_on
from coldchain.progress import Say, silent
from coldchain.scenario.edits import Edits
from coldchain.scenario.rules import Rule
from coldchain.sweeps.points import Modules, Point, count_of, point_of

WIDE, NARROW = (0.15, 0.2, 0.55, 0.0), (0.15, 0.55, 0.0, 0.0)
"""Shares of the work: among all modules, or among those of the plans known already (see ``Options``)."""
QUICK_WIDE, QUICK_NARROW = (0.4, 0.0, 0.6, 0.0), (0.4, 0.6, 0.0, 0.0)
Stop = Callable[[], bool]


@dataclass(frozen=True)
class BudgetTask:
    """One budget to plan: what to start from, a bound known from a larger budget, whether to look at all modules.

    Attributes
    ----------
    rule : another rule of subsidy than the scenario's
    former : new modules of a plan to re-plan warm from, site -> type:count; None plans as the effort says
    """

    budget_cny: float
    starts: tuple[Modules, ...] = ()
    bound: float = 0.0
    wide: bool = True
    rule: Rule = field(default=Rule())
    former: Mapping[str, str] | None = None


@dataclass(frozen=True)
class PointEffort:
    """How hard to try at each point, in units of work of about a second.

    ``say`` hears progress, ``stop`` is asked for an early end.

    ``quick`` plans without regard to the clock (see :class:`coldchain.planning.Options`).
    """

    time_limit_s: float = 30.0
    seed: int = 0
    jobs: int = 1
    say: Say = silent
    stop: Stop = field(default=lambda: False)
    quick: bool = False

    def options(self, *, wide: bool = True) -> Options:
        """Return the options of one plan, with work of its own."""
        if self.quick:
            shares = QUICK_WIDE if wide else QUICK_NARROW
            return replace(Options.quickly(self.seed, stop=self.stop), shares=shares)
        return Options(self.time_limit_s, self.seed, WIDE if wide else NARROW, stop=self.stop)


def plan_task(ground: Ground, task: BudgetTask, effort: PointEffort) -> Plan:
    """Plan one budget.

    Raises
    ------
    InfeasibleError, LimitError
        As :func:`coldchain.planning.plan_on`.
    """
    scenario = task.rule.on(Edits(task.budget_cny).on(ground.scenario))
    if task.former is not None:
        options = Options.warm(seed=effort.seed, stop=effort.stop)
        ground, former = ground.under(scenario), {site: modules_of(text) for site, text in task.former.items()}
        near = near_to(ground, count_of(scenario, former), options)
        return plan_on(ground, options, replace(near, doubt=False))
    starts = tuple(count_of(scenario, modules) for modules in task.starts)
    near = Near(starts=starts, bound=task.bound, further=False, doubt=False)
    return plan_on(ground.under(scenario), effort.options(wide=task.wide), near)


def solve_point(ground: Ground, task: BudgetTask, effort: PointEffort) -> Point:
    """Plan one budget and read its figures; an infeasible budget is a point too."""
    began = time.monotonic()
    try:
        plan = plan_task(ground, task, effort)
    except InfeasibleError as error:
        return _without(task, "infeasible", error, began)
    except LimitError as error:
        return _without(task, "limit", error, began)
    return point_of(plan, task.budget_cny, time.monotonic() - began)


def _without(task: BudgetTask, status: str, error: Exception, began: float) -> Point:
    seconds = time.monotonic() - began
    return Point(task.budget_cny, status, seconds=seconds, of_budget_cny=task.budget_cny, problems=(str(error),))


Solver = Callable[[list[BudgetTask]], Iterator[tuple[BudgetTask, Point]]]


@contextmanager
def solver(scenario: Scenario, faults: tuple[Fault, ...], effort: PointEffort) -> Iterator[Solver]:
    """Open what solves lists of tasks: this process, or ``effort.jobs`` of them, each with its own ground.

    The ground is laid when the first task arrives, so that a sweep with nothing left to do costs nothing. Points come
    as they are finished; those begun when ``stop`` turned true are kept only when they were not cut short.
    """
    if effort.jobs > 1:
        with _pool(scenario, faults, effort) as solve:
            yield solve
        return
    ground: list[Ground] = []

    def here(tasks: list[BudgetTask]) -> Iterator[tuple[BudgetTask, Point]]:
        for task in tasks:
            if effort.stop():
                return
            if not ground:
                ground.append(lay_ground(scenario, replace(effort.options(), say=effort.say), faults))
            point = solve_point(ground[0], task, effort)
            if not effort.stop():
                yield task, point

    yield here


@contextmanager
def _pool(scenario: Scenario, faults: tuple[Fault, ...], effort: PointEffort) -> Iterator[Solver]:
    context = multiprocessing.get_context("spawn")
    halt = context.Event()
    inputs = (scenario, faults, replace(effort, say=silent, stop=_never), halt)
    with ProcessPoolExecutor(effort.jobs, context, initializer=_open, initargs=inputs) as pool:

        def there(tasks: list[BudgetTask]) -> Iterator[tuple[BudgetTask, Point]]:
            waiting = {pool.submit(_solve_in_worker, task): task for task in tasks}
            while waiting:
                if effort.stop():
                    halt.set()
                done = [future for future in waiting if future.done()]
                ended = [(waiting.pop(future), future.result()) for future in done]
                yield from ((task, point) for task, point in ended if point is not None)
                time.sleep(0.05)

        yield there


_WORKER: dict[str, Any] = {}


def _never() -> bool:
    return False


def _open(scenario: Scenario, faults: tuple[Fault, ...], effort: PointEffort, halt: Any) -> None:
    import signal

    for number in (signal.SIGINT, signal.SIGTERM):  # the process that asked is told as well, and stops this one
        signal.signal(number, signal.SIG_IGN)
    _WORKER["effort"] = replace(effort, stop=halt.is_set)
    _WORKER["inputs"] = (scenario, faults)


def _solve_in_worker(task: BudgetTask) -> Point | None:
    effort = _WORKER["effort"]
    if effort.stop():
        return None
    if "ground" not in _WORKER:
        scenario, faults = _WORKER["inputs"]
        _WORKER["ground"] = lay_ground(scenario, effort.options(), faults)
    point = solve_point(_WORKER["ground"], task, effort)
    return None if effort.stop() else point
