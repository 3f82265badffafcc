"""Where the saving comes from, recomputed: every lot of a depot passes its way with every set of the six changes.

The loss law is that of `coldchain.verify.ageing`, for all lots of a commodity and period at once. The shares with no
change and with all changes are those of the lots as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import comb
from typing import Any, cast

import numpy as np
import pandas as pd

from coldchain.model import Commodity, Hub, Period
from coldchain.verify.ageing import (
    DOCK_AND_HALL_HALF_H,
    DRY_PER_K,
    HALF_WARMING_H,
    ICE_C,
    ICE_HALF_H,
    AgeingLots,
    Floats,
    Wear,
    drying,
    loss_share,
    mean_over_days,
    middle_h,
    priced,
)
from coldchain.verify.losses import Chains, haul_half_h
from coldchain.verify.record import PROCESS, Record, rows
from coldchain.verify.restated import Figure

CHANGES = ("collection", "packaging", "precooling", "line_haul", "onward", "hall")
WITHOUT = ("precooling", "onward")
WAY = ("zone_c", "half_h", "dry_per_k", "kept_d", "ride_h", "dwell_h", "onward_h", "market_h")
OF_A_LOT = ("tonnes", "cooled_h", "delivery_h", "loss_t", "lost_cny", "today_loss_t", "today_lost_cny")
CLOSE = 1e3
"""A part may be off by a thousandth of all that the changes move: this many times what figures are compared to."""


@dataclass(frozen=True)
class Flock:
    """Lots of one commodity and period, each under several sets of changes.

    Attributes
    ----------
    lots : as they are now, bare; arrays of shape (sets, lots)
    vacuum : water lost to vacuum, shape (sets, lots)
    made : the sets; rows of the arrays
    cooled : whether pre-cooling is among the changes
    """

    lots: AgeingLots
    vacuum: Floats
    made: tuple[frozenset[str], ...] = (frozenset(),)
    cooled: bool = False
    cargo: str = "open"

    def outside(self, hours: Floats) -> Flock:
        """Travel with a trader: on ice, in an insulated load, or as warm as the air; once cooled, approach it."""
        if self.cargo == "ice":
            return self.chill(hours, ICE_C, ICE_HALF_H, 1.0)
        if self.cargo == "insulated":
            return self.ride(hours, HALF_WARMING_H["insulated"])
        return self.ride(hours, HALF_WARMING_H["ambient"]) if self.cooled else self.in_air(hours)

    def waiting(self, hours: float) -> Flock:
        """Wait in the village for a trader."""
        return self.outside(np.asarray(hours)) if self.cargo == "ice" else self.in_air(hours)

    def stall(self, hours: Floats) -> Flock:
        """Lie at the market as today."""
        return self.ride(hours, HALF_WARMING_H["ambient"]) if self.cargo == "insulated" else self.outside(hours)

    def in_air(self, hours: Wear) -> Flock:
        """Follow the air."""
        return replace(self, lots=replace(self.lots).in_air(hours))

    def ride(self, hours: Floats, half_h: float | None) -> Flock:
        """Approach the air with a half-time; None where nothing is ridden."""
        return self if half_h is None else replace(self, lots=replace(self.lots).ride(hours, half_h))

    def chill(self, hours: Floats, target_c: Wear, half_h: Wear, humidity: float, dry_per_k: Wear = 0.0) -> Flock:
        """Approach the temperature of a cooler; what is colder stays so."""
        newer, before = self.lots.law.newer, self.lots.temp_c
        done = self.hall(hours, np.minimum(target_c, before) if newer else target_c, half_h, humidity)
        return replace(done, vacuum=self.vacuum + dry_per_k * (before - done.lots.temp_c)) if newer else done

    def hall(self, hours: Floats, target_c: Wear, half_h: Wear, humidity: float) -> Flock:
        """Approach a fixed temperature."""
        return replace(self, lots=replace(self.lots).hall(hours, target_c, half_h, humidity))

    def reefer(self, hours: Floats, air_c: Floats, crop: Commodity, humidity: float) -> Flock:
        """Ride in cold air of a temperature."""
        return replace(self, lots=replace(self.lots).reefer(hours, air_c, crop, humidity))

    def forked(self, name: str, today: Flock, planned: Flock) -> Flock:
        """Put both ways of passing a stage beside each other."""
        one, other = today.lots, planned.lots
        lots = replace(
            one,
            clock_h=np.concatenate([one.clock_h, other.clock_h]),
            temp_c=np.concatenate([one.temp_c, other.temp_c]),
            wear=np.concatenate([one.wear, other.wear], axis=1),
        )
        made = (*self.made, *(one | {name} for one in self.made))
        return replace(self, lots=lots, vacuum=np.concatenate([today.vacuum, planned.vacuum]), made=made)


def attributed(record: Record, lots: pd.DataFrame, today: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return what each change saves and what the plan loses without two of them, as the summary states them.

    A change saves the mean of what it saves in every order of the changes: its Shapley value.
    """
    plan, before = _lost(record, lots), _lost(record, today)
    gain = {made: before[made] - plan[made] for made in plan}
    worth = {name: np.zeros(2) for name in CHANGES}
    moved = np.zeros(2)
    for name in CHANGES:
        for made in (made for made in gain if name not in made):
            worth[name] += (gain[made | {name}] - gain[made]) / (len(CHANGES) * comb(len(CHANGES) - 1, len(made)))
        moved += np.abs(worth[name])
    saved = np.abs(plan[frozenset(CHANGES)] - plan[frozenset()])
    scales = [CLOSE * max(float(one), 1e-3) for one in np.maximum(moved, saved)]
    parts = [
        {"part": name, "t": Figure(t, scales[0]), "cny": Figure(cny, scales[1])} for name, (t, cny) in worth.items()
    ]
    cases = []
    for name in WITHOUT:
        t, cny = plan[frozenset(CHANGES) - {name}]
        rate = t / (float(lots["tonnes"].sum()) or 1.0)
        figures = {"loss_rate": Figure(rate, CLOSE * rate), "loss_t": Figure(t, scales[0]),
                   "loss_cny": Figure(cny, scales[1])}  # fmt: skip
        cases.append({"without": name, **figures})
    return {"waterfall": parts, "counterfactuals": cases}


def _lost(record: Record, lots: pd.DataFrame) -> dict[frozenset[str], Floats]:
    """Tonnes and CNY lost in a year under every set of changes; lots of today's chain are lost alike in all."""
    sets = [frozenset(n for i, n in enumerate(CHANGES) if (m >> i) & 1) for m in range(1 << len(CHANGES))]
    outside, plant = lots[lots["depot"] == ""], lots[lots["method"] == PROCESS]
    base = np.array([outside["loss_t"].sum(), outside["lost_cny"].sum()])
    made_up, raw = (np.array([plant[name].sum() for name in names]) for names in
                    (("loss_t", "lost_cny"), ("today_loss_t", "today_lost_cny")))  # fmt: skip
    lost = {made: base + (made_up if "precooling" in made else raw) for made in sets}
    cold = _with_ways(record, lots[(lots["depot"] != "") & (lots["method"] != PROCESS)])
    whole = {name: cold[name].to_numpy(dtype=np.float64) for name in (*WAY, *OF_A_LOT)}
    groups = cold.groupby(["commodity", "period", cold["depot"].map(record.hub_of)])
    for key, mine in groups.indices.items():
        crop, period, hub = cast(tuple[str, ...], key)  # noqa: TC006
        columns = {name: column[mine] for name, column in whole.items()}
        way = _LotsToHub(record, record.crops[crop][1], record.hubs[hub][1], columns)
        for made, both in way.lost(record.periods[period][1]):
            lost[made] += both
    return lost


def _with_ways(record: Record, lots: pd.DataFrame) -> pd.DataFrame:
    """Add to lots of depots what cools them, how long they are kept, and the hours of the trader's way."""
    chains, days = Chains(record), {(r.commodity, r.period, r.until): r.days for r in record.scenario.storage}
    facts: list[tuple[float, ...]] = []
    for row in rows(lots):
        kind, (hub, ride_h, _km) = (
            chains.kind((row.zone, row.method, row.unit)), chains.trader(record.villages[row.village][0])
        )  # fmt: skip
        on = float(record.crops[row.commodity][1].sold_at == "market")
        trader = (ride_h, on * hub.dwell_h, on * hub.onward_h, on * hub.market_h)
        kept_d = days.get((row.commodity, row.period, row.until), 0.0)
        dry = DRY_PER_K if kind.method == "vacuum" else 0.0
        facts.append((kind.temp_c, kind.half_cooling_h, dry, kept_d, *trader))
    return lots.assign(**dict(zip(WAY, np.array(facts).reshape(-1, len(WAY)).T, strict=True)))


@dataclass(frozen=True)
class _LotsToHub:
    """Lots of a commodity and period whose depots deliver to one hub."""

    record: Record
    crop: Commodity
    hub: Hub
    lots: dict[str, Floats]

    def lost(self, period: Period) -> Iterator[tuple[frozenset[str], Floats]]:
        """Yield the tonnes and the CNY lost under every set of changes."""
        chain, crop = self.record.scenario.chain, self.crop
        price = self.record.price_cny_t[crop.id]
        sums = (("today_loss_t", "today_lost_cny"), ("loss_t", "lost_cny"))
        first, last = (np.array([self.lots[name].sum() for name in names]) for names in sums)
        ends = {0: first, len(CHANGES): last}
        packings = (
            (frozenset[str](), chain.today_transfers, crop.today_packaging),
            (frozenset({"packaging"}), chain.planned_transfers, crop.packaging),
        )
        sets: list[frozenset[str]] = []

        def lost(warmer_c: float) -> Floats:
            flocks = list(self._flocks(period, warmer_c))
            sets[:] = [one | packed for flock in flocks for packed, *_box in packings for one in flock.made]
            each = [
                self._shares(flock, transfers, box) @ self.lots["tonnes"]
                for flock in flocks for _packed, transfers, box in packings
            ]  # fmt: skip
            return np.concatenate(each, axis=1)

        mean = mean_over_days(chain, lost)
        for made, both in zip(sets, mean.T, strict=True):
            yield made, ends.get(len(made), both * np.array([1.0, price]))

    def _shares(self, flock: Flock, transfers: int, box: str | None) -> Floats:
        """Return the shares lost of weight and value, shape (2, sets, lots)."""
        used, dose, dry = flock.lots.wear
        water = drying(box) * dry + flock.vacuum
        lost = loss_share(self.crop, used, transfers, box, dose=dose, dry=water)
        return np.stack([lost, priced(lost, used, water, self.record.scenario.economics)[1]])

    def _flocks(self, period: Period, warmer_c: float) -> Iterator[Flock]:
        """Yield the lots of a day at their buyer, without pre-cooling and with it."""
        record, chain = self.record, self.record.scenario.chain
        half_h, dwell_h = self.lots["half_h"], chain.depot_dwell_h + 24.0 * self.lots["kept_d"]
        cooled_h, delivery_h = self.lots["cooled_h"], self.lots["delivery_h"]
        none = np.zeros((1, len(cooled_h)))
        lots = AgeingLots.begin(self.crop, period, none + middle_h(period), warmer_c=warmer_c)
        flock = Flock(lots, none, cargo=self.crop.today_cargo)
        waited = flock.waiting(chain.today_wait_h if self.crop.today_wait_h is None else self.crop.today_wait_h)
        flock = flock.forked("collection", waited, flock.in_air(cooled_h - 3.0 * half_h))
        chilled = flock.chill(
            3.0 * half_h + dwell_h, self.lots["zone_c"], half_h, chain.room_humidity, self.lots["dry_per_k"]
        )
        planned = replace(chilled, made=tuple(made | {"precooling"} for made in flock.made), cooled=True)
        haul_h = delivery_h - cooled_h - chain.depot_dwell_h - self._sold_on(self.hub.dwell_h + self.hub.onward_h)
        for one in (flock, planned):
            hauled = one.forked(
                "line_haul",
                one.outside(self.lots["ride_h"]),
                self._carried(one, haul_h, haul_half_h(record)),
            )
            yield self._to_buyer(hauled)

    def _to_buyer(self, lot: Flock) -> Flock:
        """Pass dock, onward leg and hall, as today and as planned."""
        hub, zone_c = self.hub, self.lots["zone_c"]
        today = [self.lots[name] for name in ("dwell_h", "onward_h", "market_h")]
        dwell_h, onward_h, market_h = (self._sold_on(hours) for hours in (hub.dwell_h, hub.onward_h, hub.market_h))
        chain = self.record.scenario.chain
        planned = self._carried(self._carried(lot, dwell_h, None), onward_h, HALF_WARMING_H[hub.onward_cargo])
        lot = lot.forked("onward", lot.outside(today[0]).outside(today[1]), planned)
        hall_c = np.maximum(hub.market_temp_c + chain.hall_above_c, zone_c)
        chilled = lot.hall(market_h, hall_c, DOCK_AND_HALL_HALF_H, chain.hall_humidity)
        return lot.forked("hall", lot.stall(today[2]), chilled)

    def _carried(self, lot: Flock, hours: Floats, half_h: float | None) -> Flock:
        """Take lots aboard a truck of the plan: a reefer (None), or a body that warms with a half-time."""
        chain = self.record.scenario.chain
        if half_h is not None:
            return lot.ride(hours, half_h)
        return lot.reefer(hours, self.lots["zone_c"] + chain.reefer_above_c, self.crop, chain.reefer_humidity)

    def _sold_on(self, hours: float) -> Floats:
        """Return hours behind the hub, none for what is sold at it; shape (lots,)."""
        return np.full(len(self.lots["tonnes"]), hours if self.crop.sold_at == "market" else 0.0)
