"""What is lost of lots on their ways, with other figures than those a plan was made with."""

from __future__ import annotations

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, Floats, Indices
from coldchain.economy import sold_at_market
from coldchain.model import Commodity, Scenario
from coldchain.model.bands import Figures
from coldchain.model.packaging import PACKAGINGS, packed
from coldchain.planning.basis import Basis
from coldchain.planning.written import ChilledLoads
from coldchain.spoilage import (
    Fate,
    air_days,
    cold_stages,
    harvest_clock_h,
    hourly_air_c,
    line_haul_half_h,
    loading_slot,
    today_cargo_stages,
    today_wait_h,
)
from coldchain.spoilage.kernels import STAGE_COLUMNS, WEAR, follow_lots
from coldchain.spoilage.kinetics import pack
from coldchain.spoilage.stages import stage_array

HOURS, LINE_HAUL = 1, 1
"""Column of the hours of a stage; which of the cold stages the line haul is."""


def ready_slots(basis: Basis, lots: ChilledLoads) -> Indices:
    """Return the slot in which each lot is there, counted from the plan's own first of the period."""
    chain, periods = basis.scenario.chain, basis.scenario.periods
    clock = np.array([harvest_clock_h(one) for one in periods])[lots.period]
    ready = clock + chain.planned_wait_h + chain.unload_h + lots.aboard_h
    first = np.round(basis.lanes.first_batch_h / basis.lanes.batch_h)[lots.period]
    return (loading_slot(ready, basis.lanes.batch_h) - first).astype(np.intp)


def depot_ways(basis: Basis, lots: ChilledLoads, warm_h: Floats) -> Floats:
    """Return the stages of lots through depots: in the warm, then the five cold ones, shape (lots, 6, 6)."""
    scenario = basis.scenario
    half_h = line_haul_half_h(scenario)
    hub = basis.site_hub[lots.site]
    keys = np.stack([lots.commodity, lots.cooling, hub])
    kinds, which = np.unique(keys, axis=1, return_inverse=True)
    lanes = [
        cold_stages(scenario.chain, basis.classes[o], scenario.hubs[h], (1.0, half_h), scenario.commodities[c])
        for c, o, h in kinds.T.tolist()
    ]
    cold = np.array([stage_array(lane) for lane in lanes]).reshape(len(lanes), 5, STAGE_COLUMNS)[which.ravel()]
    cold[:, 0, HOURS] += HOURS_PER_DAY * lots.kept_d
    cold[:, LINE_HAUL, HOURS] = lots.haul_h
    warm = np.zeros((len(lots.site), 1, STAGE_COLUMNS))
    warm[:, 0, HOURS], warm[:, 0, 3] = warm_h, 1.0
    return np.concatenate([warm, cold], axis=1)


def today_ways(basis: Basis, scenario: Scenario, village: Indices, crop: Indices) -> Floats:
    """Return the stages of today's chain of lots, shape (lots, 3, 6): hours are sums of wait, way and market."""
    hub = basis.village_hub[village]
    stated = basis.scenario
    wait = np.array([today_wait_h(stated.chain, one) for one in stated.commodities])
    on = sold_at_market(scenario)[crop]
    ride = basis.today.hours[village, crop] - wait[crop] - on * _of_hubs(stated, "dwell_h", "onward_h")[hub]
    hours = np.stack(
        [
            np.array([today_wait_h(scenario.chain, one) for one in scenario.commodities])[crop],
            ride + on * _of_hubs(scenario, "dwell_h", "onward_h")[hub],
            on * _of_hubs(scenario, "market_h")[hub],
        ]
    )
    units = np.array(
        [[stage_array(today_cargo_stages(one, *unit)) for unit in np.eye(3)] for one in scenario.commodities]
    )
    stages = units[:, 0][crop].copy()
    stages[:, :, HOURS] = np.einsum("nl,lns->ls", hours, units[:, :, :, HOURS][crop])
    return stages


def _of_hubs(scenario: Scenario, *names: str) -> Floats:
    return np.array([sum(getattr(hub, name) for name in names) for hub in scenario.hubs], dtype=np.float64)


def shares_lost(figures: Figures, period: int, crop: Indices, stages: Floats, *, planned: bool) -> Floats:
    """Return the shares of weight and value that lots of a period lose in stages, the first in the warm; (lots, 2)."""
    scenario, season = figures.scenario, figures.scenario.periods[period]
    if not len(crop):
        return np.empty((0, 2))
    present, which = np.unique(crop, return_inverse=True)
    own = [boxed(figures, scenario.commodities[c], planned=planned) for c in present.tolist()]
    params = np.array([pack(one, season.humidity) for one in own])
    order = np.lexsort((*stages[:, ::-1, HOURS].T, crop))
    transfers = scenario.chain.planned_transfers if planned else scenario.chain.today_transfers
    days, share = air_days(scenario.chain), np.zeros((len(crop), 2))
    worn = np.empty((len(days), len(crop), WEAR))
    for n, day in enumerate(days):
        air = hourly_air_c(season) + day.warmer_c
        worn[n, order] = follow_lots(params, which[order], air, harvest_clock_h(season), stages[order])
    for n, one in enumerate(own):
        fate = Fate.of_season(one, scenario, worn[:, which == n], transfers)
        share[which == n] = np.column_stack([fate.loss, fate.value])
    return share


def boxed(figures: Figures, crop: Commodity, *, planned: bool) -> Commodity:
    """Return a crop as it is packed, with the bruising of its packaging as the figures have it."""
    name, box = (crop.packaging if planned else crop.today_packaging), packed(crop, planned=planned)
    if name is None or name not in figures.bruise:
        return box
    bruise = figures.bruise[name] / PACKAGINGS[name].bruise
    return box.model_copy(update={"handling_loss": min(box.handling_loss * bruise, 0.9)})
