"""A bound from the whole model with costs that siting's coefficients cannot hold: more columns, more rows, cuts.

The model has all arcs and limits; its cost is that of the problem given; an :class:`Extension` adds
columns that pay for what the assignment makes necessary. Any relaxation of what a plan truly costs may be added, and
cuts that every plan keeps, so that the least value found, and the bound of a search cut short, bound every plan.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Bools, Floats, Ints
from coldchain.siting.engine import Engine, Model, Rows, SolveOutcome, StoppedError
from coldchain.siting.integer import everything, integer_model
from coldchain.siting.problem import SitingProblem
from coldchain.siting.space import Space, build_space
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


def solve_extended(problem: SitingProblem, extension: Extension, effort: ExtendedEffort) -> Extended:
    """Bound every plan of a problem whose real cost includes what the extension charges, and decide by it.

    First rounds of cuts on the linear relaxation, then on the integer model, until a round breaks none or
    there have been `LINEAR_ROUNDS` and ``effort.rounds`` of them.
    """
    space = build_space(problem, dear=True)
    whole = integer_model(space, everything(space))
    scale = max(float(np.abs(whole.cost).mean()), 1e-9)
    place = _Place.of(space)
    model = _joined(whole, extension, place, scale)
    bound, decisions, done = -np.inf, list[tuple[Ints, Floats]](), False
    try:
        with Engine(Meter(effort.work, effort.meter), effort.stop, effort.seed) as engine:
            loose = replace(model, integer=np.zeros(len(model.cost), bool))
            for now in (*[loose] * LINEAR_ROUNDS, *[model] * effort.rounds):
                if now is loose and (done or engine.left() < LINEAR * effort.work):
                    continue
                known = model.rows.size
                outcome = _round(engine, now, extension, place, effort.gap)
                bound = max(bound, outcome.bound)
                if now is model and outcome.values is not None:
                    decisions.insert(0, (space.frame.count(problem, outcome.values), place.shares(outcome.values)))
                done = model.rows.size == known
                if bound * scale >= effort.enough or engine.left() < LEAST or (done and now is model):
                    break
    except StoppedError:
        pass
    safe = float((bound - SAFE * abs(bound)) * scale) if np.isfinite(bound) else -np.inf
    return Extended(safe, tuple(decisions))


@dataclass(frozen=True)
class _Place:
    """Where the arcs of a problem are among the columns of its model: int[A], -1 for one that none can use."""

    column: Ints

    @classmethod
    def of(cls, space: Space) -> _Place:
        column = np.full(len(space.problem.arc_cost), -1)
        column[space.arc] = len(space.frame.cost) + space.problem.sizes["D"] + np.arange(len(space.arc))
        return cls(column)

    def shares(self, values: Floats) -> Floats:
        """Shares of all arcs in a solution, float[A]."""
        return np.where(self.column >= 0, np.clip(values[self.column], 0.0, 1.0), 0.0)


def _joined(whole: Model, extension: Extension, place: _Place, scale: float) -> Model:
    extra = len(extension.cost)
    model = Model(
        cost=np.concatenate([whole.cost, extension.cost]) / scale,
        lower=np.concatenate([whole.lower, np.zeros(extra)]),
        upper=np.concatenate([whole.upper, np.full(extra, np.inf)]),
        integer=np.concatenate([whole.integer, extension.integer]),
        rows=whole.rows,
    )
    _put(model.rows, extension.rows, place, len(whole.cost))
    return model


def _put(rows: Rows, more: Sequence[ExtraRow], place: _Place, extra: int) -> None:
    for row in more:
        index = rows.new(row.least, np.inf)
        column = place.column[row.arc]
        rows.put(index, column[column >= 0], np.broadcast_to(row.arc_value, column.shape)[column >= 0])
        rows.put(index, extra + row.column, row.value)


def _round(engine: Engine, model: Model, extension: Extension, place: _Place, gap: float) -> SolveOutcome:
    """Solve once and add the cuts that the solution breaks."""
    outcome = engine.solve(model, max(engine.left(), 0.1), gap=gap)
    if outcome.values is not None:
        extra = len(model.cost) - len(extension.cost)
        cuts = extension.refine(place.shares(outcome.values), outcome.values[extra:])
        _put(model.rows, cuts, place, extra)
    return outcome
