"""Where the saving comes from: the loss of today's chain less that of the plan, by the changes that bring it.

Depots, assignment and routes are kept as planned. Each lot that goes through a depot passes its way with every set of
the six changes; a change is worth its Shapley value, the mean over all orders in which they can be made of what it
saves when its turn comes. So the parts add up to today less the plan, to the last tonne. What a plant spares stands
under pre-cooling, whose place it takes.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import factorial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from coldchain.arrays import HOURS_PER_DAY, Floats
from coldchain.economy import sold_at_market, value_cny_t
from coldchain.planning.basis import Basis
from coldchain.planning.lots import TODAY
from coldchain.planning.storing import NOT_KEPT
from coldchain.spoilage import (
    CHANGES,
    Fate,
    LaneStage,
    Way,
    cold_stages,
    forked_losses,
    line_haul_half_h,
    today_cargo_stages,
    today_wait_h,
)

if TYPE_CHECKING:
    from coldchain.planning.course import Course

SETS = 1 << len(CHANGES)
ALL = SETS - 1
DEPOT = 1 << CHANGES.index("precooling")
COUNTERFACTUALS = ("precooling", "onward")
"""The plan without depots (the same collection and reefers), and with uncooled trucks onward."""


@dataclass(frozen=True)
class Losses:
    """Tonnes and value lost in a year under every set of changes, shape (64,): bit ``n`` is ``CHANGES[n]``."""

    loss_t: Floats
    loss_cny: Floats

    def case(self, without: str, harvest_t: float) -> dict[str, Any]:
        """Return what is lost when all is as planned but one change."""
        at = ALL & ~(1 << CHANGES.index(without))
        rate = self.loss_t[at] / harvest_t if harvest_t else 0.0
        return {
            "without": without,
            "loss_rate": float(rate),
            "loss_t": float(self.loss_t[at]),
            "loss_cny": float(self.loss_cny[at]),
        }


def attributed(basis: Basis, course: Course, today: Course) -> dict[str, list[dict[str, Any]]]:
    """Return ``waterfall`` (what each change saves) and ``counterfactuals`` (the plan without one of them).

    What depots that stand already save today is taken off each part.
    """
    plan, before = losses_of(basis, course.lots), losses_of(basis, today.lots)
    worth = (shapley(plan.loss_t - before.loss_t), shapley(plan.loss_cny - before.loss_cny))
    parts = [{"part": name, "t": float(t), "cny": float(cny)} for name, t, cny in zip(CHANGES, *worth, strict=True)]
    return {
        "waterfall": parts,
        "counterfactuals": [plan.case(name, course.outcome.harvest_t) for name in COUNTERFACTUALS],
    }


def shapley(loss: Floats) -> Floats:
    """Return what each change saves: the mean over all orders of what it saves when its turn comes.

    Parameters
    ----------
    loss : under every set of changes, shape (2 ** changes,)

    Examples
    --------
    Each of two changes saves 4 alone and both save 6: each is worth 3.

    >>> shapley(np.array([10.0, 6.0, 6.0, 4.0])).tolist()
    [3.0, 3.0]
    """
    count = int(np.log2(len(loss)))
    sets = np.arange(len(loss))
    size = np.array([int(one).bit_count() for one in sets])
    worth = np.zeros(count)
    for n in range(count):
        without = sets[(sets >> n) & 1 == 0]
        weight = np.array([factorial(k) * factorial(count - 1 - k) for k in size[without]]) / factorial(count)
        worth[n] = float((weight * (loss[without] - loss[without | (1 << n)])).sum())
    return worth


def losses_of(basis: Basis, lots: pd.DataFrame) -> Losses:
    """Follow every lot of a year through all sets of changes; those of today's chain are lost alike in all."""
    shares = (lots[name].to_numpy(dtype=np.float64) for name in ("loss_share", "water_share", "value_share"))
    fate = Fate(*(np.repeat(share[:, None], SETS, axis=1) for share in shares))
    there = lots["site"].to_numpy() != TODAY
    fresh = basis.timing.fresh[lots["cooling"]] > 0
    cold, made = np.flatnonzero(there & fresh), np.flatnonzero(there & ~fresh)
    period = lots["period"].to_numpy()[cold]
    for p in np.unique(period):
        at = cold[period == p]
        ways = _ways(basis, lots.iloc[at])
        fate.put(np.s_[at, 1:ALL], forked_losses(basis.scenario, basis.scenario.periods[p], ways)[:, 1:ALL])
    for rows, sets in ((cold, np.zeros(1, dtype=np.intp)), (made, np.flatnonzero(~np.arange(SETS) & DEPOT))):
        at = tuple(lots[name].to_numpy()[rows] for name in ("village", "commodity", "period"))
        fate.put(np.ix_(rows, sets), basis.today.fate[tuple(one[:, None] for one in at)])
    price = value_cny_t(basis.scenario)
    tonnes = lots["tonnes"].to_numpy(dtype=np.float64)
    return Losses(tonnes @ fate.loss, (tonnes * price[lots["commodity"]]) @ fate.value)


def _ways(basis: Basis, lots: pd.DataFrame) -> list[Way]:
    """Return the way of each lot through its depot, and by the trader."""
    scenario, half_h = basis.scenario, line_haul_half_h(basis.scenario)
    farther = sold_at_market(scenario)
    places = lots[["village", "commodity", "cooling", "site", "keep"]].to_numpy(dtype=np.intp)
    hours = lots[["cooled_h", "delivery_h"]].to_numpy(dtype=np.float64)
    found = []
    for (v, c, o, j, keep), (cooled_h, delivery_h) in zip(places, hours, strict=True):
        crop, cooling, hub = scenario.commodities[c], basis.classes[o], scenario.hubs[basis.site_hub[j]]
        chain = scenario.chain
        haul_h = delivery_h - cooled_h - chain.depot_dwell_h - farther[c] * (hub.dwell_h + hub.onward_h)
        if keep != NOT_KEPT:
            kept_h = HOURS_PER_DAY * scenario.storage[keep].days
            chain = chain.model_copy(update={"depot_dwell_h": chain.depot_dwell_h + kept_h})
        collected = LaneStage("ambient", cooled_h - cooling.precool_h)
        planned = (collected, *cold_stages(chain, cooling, hub, (haul_h, half_h), crop))
        found.append(Way(int(c), _trader(basis, int(v), int(c), float(farther[c])), planned))
    return found


def _trader(basis: Basis, v: int, c: int, farther: float) -> tuple[LaneStage, ...]:
    """Return the stages of today's chain, none of them in a depot."""
    hub, crop = basis.scenario.hubs[basis.village_hub[v]], basis.scenario.commodities[c]
    wait_h = today_wait_h(basis.scenario.chain, crop)
    onward = farther * hub.dwell_h, farther * hub.onward_h, farther * hub.market_h
    ride_h = float(basis.today.hours[v, c]) - wait_h - onward[0] - onward[1]
    parts = ((wait_h, 0.0, 0.0), (0.0, 0.0, 0.0), *((0.0, hours, 0.0) for hours in (ride_h, *onward[:2])),
             (0.0, 0.0, onward[2]))  # fmt: skip
    return tuple(_only(today_cargo_stages(crop, *hours)) for hours in parts)


def _only(stages: tuple[LaneStage, ...]) -> LaneStage:
    """Return the stage of several that takes time; the first where none does."""
    return max(stages, key=lambda stage: stage.hours)
