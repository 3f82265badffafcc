"""A lot that passes some parts of the chain as today and the others as planned, in all combinations.

The parts are those of :data:`CHANGES`. What is not changed is today's: a longer wait, other packaging and more
transfers, no stay in a depot, the trader's truck to the hub, dock and truck onward, a warm hall. Open goods that were
never pre-cooled are as warm as the air in all of these; those that were pre-cooled warm in them as in an open truck.
Goods on ice or in an insulated load travel so. A reefer holds the temperature a lot comes with, warm or cold.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Indices
from coldchain.model import Period, Scenario
from coldchain.model.packaging import packed
from coldchain.spoilage.fate import Fate
from coldchain.spoilage.kernels import STAGE_COLUMNS, fork_lots
from coldchain.spoilage.kinetics import pack
from coldchain.spoilage.lanes import HALF_WARMING_H, harvest_clock_h
from coldchain.spoilage.stages import LaneStage, hourly_air_c, stage_array
from coldchain.spoilage.weather import air_days

CHANGES = ("collection", "packaging", "precooling", "line_haul", "onward", "hall")
"""In the order in which a lot meets them."""
TIMED = tuple(name for name in CHANGES if name != "packaging")
PART_OF_STAGE = np.array([0, 1, 2, 3, 3, 4], dtype=np.intp)
"""Of the six stages of a way: which of ``TIMED`` each belongs to; the hub's dock goes with the onward leg."""


@dataclass(frozen=True)
class Way:
    """A lot's way to its buyer as today and as planned: six stages each: collection, depot, haul, dock, road, hall."""

    crop: int
    today: tuple[LaneStage, ...]
    planned: tuple[LaneStage, ...]


def forked_losses(scenario: Scenario, period: Period, ways: list[Way]) -> Fate:
    """Return what each lot loses under every set of changes, shape (lots, 64): bit ``n`` is ``CHANGES[n]``."""
    stages = np.array([[stage_array(way.today), stage_array(way.planned)] for way in ways]).reshape(
        -1, 2, 6, STAGE_COLUMNS
    )
    crop = np.array([way.crop for way in ways], dtype=np.intp)
    warming = HALF_WARMING_H["ambient"] or 1.0
    ordered = np.ascontiguousarray(stages.transpose(0, 2, 1, 3))
    fate = Fate.unknown((len(ways), 1 << len(CHANGES)))
    timed, boxed = _columns()
    for planned, transfers in ((False, scenario.chain.today_transfers), (True, scenario.chain.planned_transfers)):
        own = [packed(one, planned=planned) for one in scenario.commodities]
        params = np.array([pack(one, period.humidity) for one in own])
        worn = [
            fork_lots(
                params, crop, hourly_air_c(period) + day.warmer_c, harvest_clock_h(period), ordered, PART_OF_STAGE,
                TIMED.index("precooling"), warming,
            )
            for day in air_days(scenario.chain)
        ]  # fmt: skip
        at = np.flatnonzero(boxed == planned)
        for c in np.unique(crop):
            rows = np.ix_(crop == c, timed[at])
            fate.put(np.ix_(crop == c, at), Fate.of_season(own[c], scenario, (one[rows] for one in worn), transfers))
    return fate


def _columns() -> tuple[Indices, Indices]:
    """Of each set of changes: the combination of timed ones, and whether packaging is among them."""
    sets = np.arange(1 << len(CHANGES))
    on = {name: (sets >> n) & 1 for n, name in enumerate(CHANGES)}
    timed = sum(on[name] << n for n, name in enumerate(TIMED))
    return np.asarray(timed, dtype=np.intp), np.asarray(on["packaging"], dtype=np.intp)
