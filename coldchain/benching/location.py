"""Runs of the siting of counties on published location files; every cost is recomputed from the plan alone."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from coldchain.benching.places import published, read_median, read_warehouses, without_capacity
from coldchain.benching.run import BenchRow, ended_by, gap_of
from coldchain.benching.warehouses import WarehousePlan, Warehouses, service, siting_problem
from coldchain.errors import ColdchainError
from coldchain.language import _
from coldchain.siting import prepare_siting, solve_siting
from coldchain.work import Clock, Meter

LocationKind = Literal["cflp", "pmedian"]
WORK = 60.0  # units for each file, about seconds
OVERRIDES = {False: "CFLP-splittable", True: "UFLP (ignore capacities)"}


@dataclass(frozen=True)
class LocationSettings:
    """Effort and seed of a run; ``capacity`` of every site, or ``uncapacitated``, instead of the file's figures.

    Without a time limit a run ends after ``WORK`` units of work, at the same place on any machine.
    """

    time_limit_s: float = math.inf
    seed: int = 0
    gap: float = 1e-6
    capacity: float | None = None
    uncapacitated: bool = False


@dataclass(frozen=True)
class LocationRun:
    """One row of results and the plan as text; ``suffix`` tells apart the capacities of one file."""

    row: BenchRow
    text: str
    suffix: str = ""


def run_location(kind: LocationKind, path: Path, settings: LocationSettings) -> Iterator[LocationRun]:
    """Read, solve and recompute one file: once, or once for each capacity that ``../optima.csv`` publishes for it.

    Each is given when it is known.

    Raises
    ------
    BadInputError
        When the file is wrong, or has no capacities and none is given or published.
    """
    if kind == "pmedian":
        yield _solve(path.name, read_median(path), settings)
        return
    if settings.uncapacitated:
        yield _solve(path.name, without_capacity(read_warehouses(path, math.inf)), settings)
        return
    capacities = [settings.capacity]
    if settings.capacity is None:
        capacities = [c for c, _rest in published(path, OVERRIDES[False])] or [None]
    for capacity in capacities:
        yield _solve(path.name, read_warehouses(path, capacity), settings, capacity)


def plan_text(plan: WarehousePlan) -> str:
    """One open site per line: ``3: 1 5 7=0.25``; sites and customers count from 1, a share under 1 is written."""
    lines = []
    for site in plan.opened.nonzero()[0]:
        own = sorted(
            (int(c), float(s))
            for c, s in zip(plan.customer[plan.site == site], plan.share[plan.site == site], strict=True)
        )
        words = [f"{c + 1}" if s >= 1 - 1e-12 else f"{c + 1}={s!r}" for c, s in own]
        lines.append(" ".join([f"{site + 1}:", *words]) + "\n")
    return "".join(lines)


def _solve(name: str, given: Warehouses, settings: LocationSettings, capacity: float | None = None) -> LocationRun:
    prepare_siting()
    problem, began = siting_problem(given), time.monotonic()
    allowance = Meter(WORK) if math.isinf(settings.time_limit_s) else Clock(settings.time_limit_s)
    found = solve_siting(problem, gap=settings.gap, work=WORK, seed=settings.seed, meter=allowance)
    seconds = round(time.monotonic() - began, 3)
    many = settings.capacity is None and capacity is not None
    suffix = f"-{capacity:g}" if many else ""
    cut = found.status == "feasible" and math.isfinite(settings.time_limit_s)
    ended = ended_by("limit" if cut else found.status, seconds, settings.time_limit_s)
    if not math.isfinite(found.value):
        bound = found.bound if math.isfinite(found.bound) else None
        return LocationRun(BenchRow(name + suffix, None, bound, None, found.status, seconds, ended=ended), "", suffix)
    plan = service(given, found)
    wrong, cost = plan.violations(given), plan.cost(given)
    if wrong or abs(cost - found.value) > 1e-6 * max(1.0, abs(cost)):
        raise ColdchainError(
            _("{name}: the plan does not hold: {names}").format(
                name=name, names=", ".join(wrong) or _("costs {cost}, not {value}").format(cost=cost, value=found.value)
            )
        )
    gap = gap_of(cost, found.bound)
    row = BenchRow(name + suffix, cost, found.bound, gap, found.status, seconds, ended=ended)
    return LocationRun(row, plan_text(plan), suffix)
