"""A bound from the whole model with costs that siting's coefficients cannot hold: more columns, more rows, cuts.

The model is the direct one, all arcs and limits, whose cost is that of the problem given; an :class:`Extension` adds
columns that pay for what the assignment makes necessary. Any relaxation of what a plan truly costs may be added, and
cuts that every plan keeps, so that the least value found, and the bound of a search cut short, bound every plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.siting.engine import Engine, Model, Outcome, Rows, StoppedError
from coldchain.siting.frame import build_frame
from coldchain.siting.problem import SitingProblem
from coldchain.siting.result import cell_modules
from coldchain.siting.sides import direct_model, lay_out, limit_as_side
from coldchain.work import Meter

LINEAR_ROUNDS = 4
LINEAR = 0.7  # share of the work that must be left for another linear round
LEAST = 0.3  # units under which no solve is begun
SAFE = 1e-6  # relative; what the solver's tolerances could hide


@dataclass(frozen=True)
class ExtraRow:
    """One row ``Σ arc_value·x + Σ value·column ≥ least`` over arcs and further columns."""

    arc: Ints
    arc_value: Floats
    column: Ints
    value: Floats
    least: float = 0.0


@dataclass(frozen=True)
class Extension:
    """Further columns, at least 0, and rows; ``refine`` returns cuts that a solution (shares float[A], columns) breaks.

    Attributes
    ----------
    cost : float[E]; integer : bool[E]
    """

    cost: Floats
    integer: Bools
    rows: Sequence[ExtraRow]
    refine: Callable[[Floats, Floats], list[ExtraRow]]


@dataclass(frozen=True)
class ExtendedEffort:
    """How hard to try: integer solves and their gap, a bound that will do, units of work, a stop, seed, and a meter."""

    rounds: int = 15
    gap: float = 1e-3
    enough: float = float("inf")
    work: float = 60.0
    stop: Callable[[], bool] = lambda: False
    seed: int = 0
    meter: Meter | None = None


@dataclass(frozen=True)
class Extended:
    """Bound of every plan's real cost (-inf without work for any), and decisions that the integer model made.

    Attributes
    ----------
    decisions : new modules int[J, K] and shares of arcs float[A] of each integer solve, the last first
    """

    bound: float
    decisions: tuple[tuple[Ints, Floats], ...] = ()


def solve_extended(given: SitingProblem, extension: Extension, effort: ExtendedEffort) -> Extended:
    """Bound every plan of a problem whose real cost includes what the extension charges, and decide by it.

    First rounds of cuts on the linear relaxation, then on the integer model, until a round breaks none or
    there have been `LINEAR_ROUNDS` and ``effort.rounds`` of them.
    """
    problem = limit_as_side(given)
    stood = cell_modules(problem, np.zeros_like(problem.max_count))
    frame, arcs = build_frame(problem), np.arange(len(problem.arc_cost))
    layout = lay_out(problem, frame, arcs, stood)
    whole = direct_model(problem, frame, layout, arcs, (True, problem.single_source))
    scale = max(float(np.abs(whole.cost).mean()), 1e-9)
    first = len(frame.cost) + problem.sizes["D"]
    model = _joined(whole, extension, first, scale)
    bound, decisions, done = -np.inf, list[tuple[Ints, Floats]](), False
    try:
        with Engine(Meter(effort.work, effort.meter), effort.stop, effort.seed) as engine:
            loose = replace(model, integer=np.zeros(len(model.cost), bool))
            for now in (*[loose] * LINEAR_ROUNDS, *[model] * effort.rounds):
                if now is loose and (done or engine.left() < LINEAR * effort.work):
                    continue
                known = model.rows.size
                outcome = _round(engine, now, extension, (first, len(arcs)), effort.gap)
                bound = max(bound, outcome.bound)
                if now is model and outcome.values is not None:
                    share = np.clip(outcome.values[first : first + len(arcs)], 0.0, 1.0)
                    decisions.insert(0, (frame.count(problem, outcome.values), share))
                done = model.rows.size == known
                if bound * scale >= effort.enough or engine.left() < LEAST or (done and now is model):
                    break
    except StoppedError:
        pass
    safe = float((bound - SAFE * abs(bound)) * scale) if np.isfinite(bound) else -np.inf
    return Extended(safe, tuple(decisions))


def _joined(whole: Model, extension: Extension, first: int, scale: float) -> Model:
    extra = len(extension.cost)
    model = Model(
        cost=np.concatenate([whole.cost, extension.cost]) / scale,
        lower=np.concatenate([whole.lower, np.zeros(extra)]),
        upper=np.concatenate([whole.upper, np.full(extra, np.inf)]),
        integer=np.concatenate([whole.integer, extension.integer]),
        rows=whole.rows,
    )
    _put(model.rows, extension.rows, first, len(whole.cost))
    return model


def _put(rows: Rows, more: Sequence[ExtraRow], first: int, extra: int) -> None:
    for row in more:
        index = rows.new(row.least, np.inf)
        rows.put(index, first + row.arc, row.arc_value)
        rows.put(index, extra + row.column, row.value)


def _round(engine: Engine, model: Model, extension: Extension, place: tuple[int, int], gap: float) -> Outcome:
    """Solve once and add the cuts that the solution breaks."""
    first, arcs = place
    outcome = engine.solve(model, max(engine.left(), 0.1), gap=gap)
    if outcome.values is not None:
        extra = len(model.cost) - len(extension.cost)
        cuts = extension.refine(outcome.values[first : first + arcs], outcome.values[extra:])
        _put(model.rows, cuts, first, extra)
    return outcome
