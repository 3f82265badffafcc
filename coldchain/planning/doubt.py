"""How far the answer of a plan may be off: its figures drawn within their bands, decisions fixed.

Every uncertain figure is drawn from its band (:meth:`coldchain.model.bands.Uncertain.drawn`), each from equally
probable slices, one a draw (a Latin hypercube; McKay, Beckman & Conover 1979, doi 10.2307/1268522), so that few draws
tell much. Draws are numbered and seeded by name: two plans of one scenario are judged by the same draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.model.bands import Figures, Uncertain, put, uncertain_figures
from coldchain.planning.fixed import FixedPlan, FixedYear

DRAWS, QUICK_DRAWS = 64, 16
"""Draws of a plan, and of one with quick effort, whose ends are rough."""
SEED = 17
ENDS = (0.05, 0.5, 0.95)
FIGURES = ("loss_today", "loss_plan", "saving_cny", "payback_years")


@dataclass(frozen=True)
class Drawn:
    """Answers of draws, and the depots they tell of."""

    answers: tuple[FixedYear, ...]
    depots: tuple[str, ...]

    def values(self, name: str) -> Floats:
        """Return one of :data:`FIGURES`, or ``benefit_cny``, of every draw; an endless payback is infinite."""
        return np.array([_figures(one)[name] for one in self.answers], dtype=np.float64)

    def pays_in(self) -> dict[str, float]:
        """Return the share of draws in which each depot that is built brings more a year than it costs."""
        net = np.array([one.net_cny for one in self.answers]).reshape(len(self.answers), len(self.depots))
        return dict(zip(self.depots, (net >= 0.0).mean(axis=0).tolist(), strict=True))

    def summary(self) -> dict[str, Any]:
        """Return the object ``doubt`` of ``summary.json``: draws, ends of each figure, ``pays_in``."""
        ends = {name: ends_of(self.values(name)) for name in FIGURES}
        return {"draws": len(self.answers), **ends, "pays_in": self.pays_in()}


def _figures(answer: FixedYear) -> dict[str, float]:
    """Return what is told of a draw."""
    harvest = answer.harvest_t or 1.0
    return {
        "loss_today": answer.today_t / harvest,
        "loss_plan": answer.plan_t / harvest,
        "saving_cny": answer.today_cny - answer.plan_cny,
        "benefit_cny": answer.benefit_cny,
        "payback_years": answer.payback_years,
    }


def draw(plan: FixedPlan, draws: int) -> Drawn:
    """Judge a plan by so many draws of its uncertain figures."""
    figures = uncertain_figures(plan.basis.scenario)
    return Drawn(tuple(plan.answer(one) for one in drawn_figures(plan.figures, figures, draws)), plan.depots)


def drawn_figures(own: Figures, figures: Sequence[Uncertain], draws: int) -> list[Figures]:
    """Return the figures of each draw."""
    normals = {one.key: _sliced(one.key, draws) for one in figures}
    return [put(own, ((one, one.drawn(float(normals[one.key][n]))) for one in figures)) for n in range(draws)]


def _sliced(key: str, count: int) -> Floats:
    """Return standard normals, one from the middle of each of so many equally probable slices, in random order.

    Examples
    --------
    >>> sorted(_sliced("x", 2).round(3).tolist())
    [-0.674, 0.674]
    """
    rng = np.random.default_rng([SEED, *key.encode()])
    normal = NormalDist()
    return np.array([normal.inv_cdf((place + 0.5) / count) for place in rng.permutation(count).tolist()])


def ends_of(values: Floats) -> list[float | None]:
    """Return the 5th, 50th and 95th percentile; None for what is not a number or beyond all bounds.

    Percentiles are values that were met, so that an infinite one does not spoil its neighbours.

    Examples
    --------
    >>> ends_of(np.array([1.0, 2.0, np.inf])), ends_of(np.array([np.nan]))
    ([1.0, 2.0, None], [None, None, None])
    """
    found = np.quantile(values, ENDS, method="closest_observation") if np.isfinite(values).any() else [np.nan] * 3
    return [float(value) if np.isfinite(value) else None for value in found]
