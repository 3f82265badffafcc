"""What to relax, and by how much, when no plan keeps every limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.language import _, plural
from coldchain.model import Limit, LimitKind
from coldchain.siting.engine import Engine, Model
from coldchain.siting.frame import build_frame
from coldchain.siting.integer import everything, integer_model
from coldchain.siting.problem import SitingProblem
from coldchain.siting.space import build_space
from coldchain.work import Meter

KINDS: tuple[LimitKind, ...] = ("budget", "pot", "floor", "power", "staff", "size", "modules", "forced")
"""Limits on modules and money; the place of a pot is a county, of the others a site."""
WHOLE = 4000  # arcs up to which the sides are examined with whole modules


@dataclass(frozen=True)
class Relaxation:
    """One limit to loosen, by at least ``amount`` of its unit."""

    limit: Limit
    amount: float

    def __str__(self) -> str:
        """Render as ``budget: at least 43,000 CNY more``; amounts are rounded up."""
        amount = float(np.ceil(self.amount - 1e-6))
        unit = plural(self.limit.unit.removesuffix("s"), self.limit.unit, amount)
        return _("{what}: at least {amount:,.0f} {unit} more").format(what=self.limit, amount=amount, unit=unit)


@dataclass(frozen=True)
class DiagnosisNames:
    """What to call sites and counties in a diagnosis, by index; numbers without."""

    sites: Sequence[str] = ()
    counties: Sequence[str] = ()

    def of(self, kind: str, index: int) -> str:
        """Return the name of a site, or of a county for a pot."""
        names = self.counties if kind == "pot" else self.sites
        return names[index] if index < len(names) else str(index)


def diagnose_siting(
    problem: SitingProblem, *, work: float = 30.0, only: LimitKind | None = None, names: DiagnosisNames | None = None
) -> list[Relaxation]:
    """Find a cheapest set of relaxations; empty when the limits on modules and money can be met.

    Every limit gets a priced slack: money as a share of the mean capex of a module, power as a share of the mean
    power of a module, one module as one; forbidding a forced site costs a thousand. Demands never cause
    infeasibility, since each may keep today's chain; sides are examined by :func:`side_relaxations`.

    Parameters
    ----------
    only : one of ``KINDS`` to loosen alone; empty also when that does not suffice
    names : of sites and counties
    """
    names = names or DiagnosisNames()
    frame = build_frame(problem, loose=True)
    rows = frame.rows.copy()
    upper = rows.limits()[1]
    size = len(frame.cost)
    power = float(problem.power_kw.mean()) if problem.power_kw.any() else 1.0
    unit = {"power": power, "modules": 1.0, "forced": 1.0}
    price = []
    for slack, (kind, row, _rest) in enumerate(frame.groups):
        rows.put(row, size + slack, -1.0 if np.isfinite(upper[row]) else 1.0)
        price.append(1e3 if kind == "forced" else 1.0 / unit.get(kind, 1.0))
    extra = len(price)
    most = np.array([np.inf if only in (None, kind) else 0.0 for kind, _rest, _rest in frame.groups])
    model = Model(
        cost=np.concatenate([np.zeros(size), price]),
        lower=np.concatenate([frame.lower, np.zeros(extra)]),
        upper=np.concatenate([frame.upper, most]),
        integer=np.concatenate([frame.integer, np.zeros(extra, bool)]),
        rows=rows,
    )
    with Engine(Meter(work), lambda: False, 0) as engine:
        outcome = engine.solve(model, work, gap=1e-6)
    if outcome.values is None:
        return []
    found = []
    for (kind, _rest, index), amount in zip(frame.groups, outcome.values[size:], strict=True):
        if amount > 1e-6:
            limit = Limit(kind, "" if kind in ("budget", "floor") else names.of(kind, index))
            scale = frame.money if limit.unit == "CNY" else 1.0
            found.append(Relaxation(limit, float(amount * scale)))
    return found


def side_relaxations(problem: SitingProblem, *, work: float = 20.0) -> list[Relaxation]:
    """Find the smallest changes of the sides that allow a plan; empty when they can be kept."""
    space = build_space(replace(problem, single_source=False), dear=True)
    model = integer_model(space, everything(space, missed=1.0))
    first = len(model.cost) - len(problem.sides)
    whole = model.integer & (len(space.arc) <= WHOLE)
    with Engine(Meter(work), lambda: False, 0) as engine:
        outcome = engine.solve(
            replace(model, cost=np.repeat([0.0, 1.0], [first, len(problem.sides)]), integer=whole), work, gap=1e-4
        )
    if outcome.values is None:
        return []
    slack = outcome.values[first:] * space.sides.size
    return [Relaxation(r.limit, float(s)) for r, s in zip(problem.sides, slack, strict=True) if s > 1e-6 * r.size]
