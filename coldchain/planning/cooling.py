"""Who is cooled when, where depots have only so much refrigeration; and the most heat they take at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property, reduce

import numpy as np
import pandas as pd

from coldchain.arrays import HOURS_PER_DAY, ROUNDING, Floats, Indices, Ints
from coldchain.planning.arcs import existing_modules
from coldchain.planning.basis import Basis
from coldchain.planning.decision import Decision
from coldchain.spoilage import (
    LONGEST_WAIT_H,
    CoolerPlaces,
    Fate,
    Starts,
    base_kw,
    first_come,
    longer_haul_losses,
    peak_kw_t,
    stored_kw_t,
)

CHUNK = 64


@dataclass(frozen=True)
class CoolingPlant:
    """Refrigeration of one cooling class of a depot in a period: what it takes, the room it cools, its places."""

    cooling_kw: float
    net_m3: float
    places: CoolerPlaces


class Refrigeration:
    """What refrigeration the depots of a decision have."""

    def __init__(self, basis: Basis, count: Ints, standing: Ints) -> None:
        self.basis, self.standing = basis, standing
        self.count = count + existing_modules(basis)

    @cached_property
    def limited(self) -> bool:
        """Whether any type states its refrigeration."""
        return any(kind.cooling_kw is not None for kind in self.basis.scenario.depot_types)

    def plant(self, site: int, cooling: int, period: int) -> CoolingPlant | None:
        """Return the refrigeration of a class; None where a module that stands there does not state its own."""
        basis, fixed = self.basis, self.basis.scenario.fixed_types
        power = volume = 0.0
        modules = []
        for k in np.flatnonzero(basis.class_of_type == cooling):
            kind = basis.scenario.depot_types[k]
            number = self.count[site, k] if k < fixed else self.standing[site, k - fixed, period]
            if number and kind.cooling_kw is None:
                return None
            power += number * (kind.cooling_kw or 0.0)
            volume += number * kind.net_m3
            modules.append((kind, float(number)))
        places = CoolerPlaces.of(modules, basis.lanes.batch_h)
        return CoolingPlant(float(power), float(volume), places) if power else None


def by_power(basis: Basis, decision: Decision, lots: pd.DataFrame) -> pd.DataFrame:
    """Part lots by the slot in which they are put into the pre-cooler.

    Parameters
    ----------
    lots : of depots; ``batch`` is the slot in which each is there, counted from the period's first

    Returns
    -------
    the same lots with ``batch`` in which they are put in; a row for each part of a lot that is put in piece by piece
    """
    plants = Refrigeration(basis, decision.count, decision.standing)
    if not plants.limited or lots.empty:
        return lots
    names = ("site", "cooling", "period", "commodity", "batch")
    site, cooling, period, crop, batch = (lots[name].to_numpy(dtype=np.intp) for name in names)
    come = Arrivals(site, cooling, period, crop, batch, lots["tonnes"].to_numpy(dtype=np.float64))
    parts = put_in(basis, plants, come)
    return lots.iloc[parts.lot].assign(batch=parts.batch, tonnes=parts.tonnes).reset_index(drop=True)


@dataclass(frozen=True)
class Arrivals:
    """Lots of a year that come to pre-coolers, shape (lots,): where, when, what and how much.

    ``batch`` is the slot in which each is there, counted from its period's first.
    """

    site: Indices
    cooling: Indices
    period: Indices
    commodity: Indices
    batch: Indices
    tonnes: Floats

    def take(self, rows: Indices) -> Arrivals:
        """Return some of them."""
        return Arrivals(**{name: values[rows] for name, values in vars(self).items()})


@dataclass(frozen=True)
class Parts:
    """Parts of lots in the order of their coolers: row of the lot, slot in which the part is put in, its tonnes."""

    lot: Indices
    batch: Indices
    tonnes: Floats


def put_in(basis: Basis, plants: Refrigeration, come: Arrivals) -> Parts:
    """Let lots queue at each cooler in each period, as its power allows."""
    keys = np.stack([come.site, come.cooling, come.period])
    coolers, which = np.unique(keys, axis=1, return_inverse=True)
    found = []
    for n, (site, cooling, period) in enumerate(coolers.T.tolist()):
        rows = np.flatnonzero(which.ravel() == n)
        plant, mine = plants.plant(site, cooling, period), come.take(rows)
        if plant is None:
            found.append(Parts(rows, mine.batch, mine.tonnes))
        else:
            parts = _queued(basis, cooling, period, plant, mine)
            found.append(replace(parts, lot=rows[parts.lot]))
    return Parts(*(np.concatenate([getattr(one, name) for one in found]) for name in ("lot", "batch", "tonnes")))


def _queued(basis: Basis, cooling: int, period: int, plant: CoolingPlant, come: Arrivals) -> Parts:
    """Part the lots of one class of a depot in a period; all lots that come in a slot are parted alike."""
    ready, cohort = np.unique(come.batch, return_inverse=True)
    load = _Load(basis, cooling, period)
    tonnes, crop = load.t_day(come.tonnes), come.commodity
    slots = math.ceil(LONGEST_WAIT_H / basis.lanes.batch_h) + int(ready[-1] - ready[0]) + 1
    peak = np.zeros((len(ready), slots))
    come_t = np.bincount(cohort, tonnes, minlength=len(ready)).astype(np.float64)
    for c in np.unique(crop):
        mine = np.bincount(cohort[crop == c], tonnes[crop == c], minlength=len(ready))
        peak += mine[:, None] * load.peak_kw_t(int(c), ready[0] + np.arange(slots))
    power = plant.cooling_kw - load.base_kw(plant, tonnes, crop)
    starts = first_come(
        peak, come_t, ready - ready[0], max(power, 0.0),
        half_slots=load.half_slots, day_slots=load.day_slots, places=plant.places,
    )  # fmt: skip
    return _parted(come.tonnes, cohort, starts, int(ready[0]))


def _parted(tonnes: Floats, cohort: Indices, starts: Starts, first: int) -> Parts:
    """Give every lot a row for each part of its cohort."""
    order = np.argsort(starts.cohort, kind="stable")
    parts = np.bincount(starts.cohort, minlength=int(cohort.max()) + 1)
    begin = np.concatenate([[0], np.cumsum(parts)])
    row = np.repeat(np.arange(len(tonnes)), parts[cohort])
    within = np.arange(len(row)) - np.repeat(np.cumsum(parts[cohort]) - parts[cohort], parts[cohort])
    part = order[begin[cohort[row]] + within]
    return Parts(row, first + starts.slot[part], tonnes[row] * starts.share[part])


class _Load:
    """Heat of lots of one cooling class in a period."""

    def __init__(self, basis: Basis, cooling: int, period: int) -> None:
        self.basis, self.cooling, self.period = basis, cooling, period
        self.half_slots = basis.classes[cooling].half_cooling_h / basis.lanes.batch_h
        self.day_slots = max(round(HOURS_PER_DAY / basis.lanes.batch_h), 1)

    def t_day(self, tonnes: Floats) -> Floats:
        """Tonnes of a typical day, of those of a period."""
        return np.asarray(tonnes / self.basis.scenario.periods[self.period].days)

    def peak_kw_t(self, crop: int, batch: Indices) -> Floats:
        """Heat at first of a tonne put in in each slot, kW."""
        scenario = self.basis.scenario
        clocks = self.basis.lanes.first_batch_h[self.period] + self.basis.lanes.batch_h * batch
        kind, season = self.basis.classes[self.cooling], scenario.periods[self.period]
        return peak_kw_t(scenario.commodities[crop], kind, season, clocks)

    def base_kw(self, plant: CoolingPlant, t_day: Floats, crop: Indices) -> float:
        """Walls, doors and what lies in store."""
        scenario, kind = self.basis.scenario, self.basis.classes[self.cooling]
        present, which = np.unique(crop, return_inverse=True)
        breath = np.array([stored_kw_t(scenario.chain, scenario.commodities[c], kind) for c in present])
        stored = float((t_day * breath[which]).sum())
        return base_kw(scenario.chain, kind, scenario.periods[self.period], plant.net_m3, stored)


def batch_of(basis: Basis, lots: pd.DataFrame) -> Indices:
    """Slot in which each lot of a depot is put into the pre-cooler, from the hours until it is cooled; (lots,)."""
    first = basis.timing.cooled_h(
        lots["period"].to_numpy(), lots["cooling"].to_numpy(), np.zeros(len(lots), dtype=np.intp)
    )
    return np.rint((lots["cooled_h"].to_numpy() - first) / basis.lanes.batch_h).astype(np.intp)


def late_losses(basis: Basis, lots: pd.DataFrame, haul_h: Floats, known: Indices, kept_d: float = 0.0) -> Fate:
    """Return what is lost of lots that are cooled later than the tables of lanes reach; NaN for all others.

    Parameters
    ----------
    lots : with ``batch``; haul_h : hours of each one's line haul, straight or on a tour; kept_d : days in store
    known : slots that the table of each lot's lane holds, shape (lots,)
    """
    found = Fate.unknown(len(lots))
    batch = lots["batch"].to_numpy(dtype=np.intp)
    late = np.flatnonzero(batch >= known)
    names = ("commodity", "period", "cooling", "site")
    keys = np.column_stack([lots[name].to_numpy(dtype=np.intp)[late] for name in names])
    for n, (c, p, o, j) in zip(late, keys, strict=True):
        ways = {float(basis.lane_haul_h[j]), float(haul_h[n])}
        lane = int(c), int(p), int(o), int(j)
        found.put(n, reduce(Fate.at_least, (_late(basis, lane, (way, kept_d), int(batch[n])) for way in ways)))
    return found


def _late(basis: Basis, lane: tuple[int, int, int, int], stay: tuple[float, float], batch: int) -> Fate:
    """Return what is lost of a lane in a slot; ``stay`` are the hours of its line haul and its days in store."""
    known = basis.late.get((*lane, *stay))
    if known is None or batch >= len(known.loss):
        c, p, o, j = lane
        haul_h, kept_d = stay
        scenario, chain = basis.scenario, basis.scenario.chain
        longer = {"depot_dwell_h": chain.depot_dwell_h + HOURS_PER_DAY * kept_d}
        kept = replace(scenario, chain=chain.model_copy(update=longer)) if kept_d else scenario
        lot = scenario.commodities[c], scenario.periods[p], basis.classes[o]
        hub = scenario.hubs[basis.site_hub[j]]
        known = longer_haul_losses(kept, lot, hub, np.array([haul_h]), CHUNK * (batch // CHUNK + 1))[0]
        basis.late[*lane, *stay] = known
    return known[batch]


def heat_taken(basis: Basis, decision: Decision, lots: pd.DataFrame) -> dict[str, float]:
    """Return the most heat that all depots take at once on a typical day, and what their refrigeration can, kW."""
    plants = Refrigeration(basis, decision.count, decision.standing)
    installed = _installed_kw(plants)
    most = 0.0
    cold = lots[lots["cooling"] >= 0]
    for p in range(len(basis.scenario.periods)):
        flows = sum(_flows(basis, plants, p, cold[cold["period"] == p]), np.zeros(1))
        most = max(most, float(flows.max()))
    return {"peak_kw": most, "installed_kw": installed}


def _installed_kw(plants: Refrigeration) -> float:
    kinds = plants.basis.scenario.depot_types
    power = np.array([kind.cooling_kw or 0.0 for kind in kinds])
    return float((plants.count * power).sum())


def _flows(basis: Basis, plants: Refrigeration, period: int, lots: pd.DataFrame) -> Iterator[Floats]:
    """Yield the heat that each limited class of a depot takes at each slot of the day, kW."""
    for key, mine in lots.groupby(["site", "cooling"], sort=True):
        site, cooling = np.array(key, dtype=np.intp).tolist()
        plant = plants.plant(site, cooling, period)
        if plant is None:
            continue
        load = _Load(basis, cooling, period)
        tonnes, crop = load.t_day(mine["tonnes"].to_numpy(dtype=np.float64)), mine["commodity"].to_numpy(dtype=np.intp)
        batch = batch_of(basis, mine)
        put_in = np.zeros(load.day_slots)
        for c in np.unique(crop):
            of = crop == c
            np.add.at(put_in, batch[of] % load.day_slots, tonnes[of] * load.peak_kw_t(int(c), batch[of]))
        decay, flow = 0.5 ** (1.0 / load.half_slots), 0.0
        flows = np.zeros(load.day_slots)
        for n in range((1 + math.ceil(-math.log2(ROUNDING) * load.half_slots / load.day_slots)) * load.day_slots):
            flow = flow * decay + put_in[n % load.day_slots]
            flows[n % load.day_slots] = flow
        yield flows + load.base_kw(plant, tonnes, crop)
