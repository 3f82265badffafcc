"""Where the saving comes from, recomputed: every lot of a depot passes its way with every set of the six changes.

The loss law is that of `coldchain.verify.ageing`; here it is summed for all lots of a commodity and period at once, by
two Gauss points on stretches of a quarter of an hour, which is good to a hundred-thousandth or so. The shares with no
change and with all changes are those of the lots followed one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import permutations
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
    REEFER_HALF_H,
    Floats,
    Law,
    air_at,
    air_c,
    drying,
    loss_share,
    middle_h,
    priced,
    reefer_end_c,
)
from coldchain.verify.losses import Chains, haul_half_h
from coldchain.verify.record import PROCESS, Record, rows
from coldchain.verify.restated import Figure

CHANGES = ("collection", "packaging", "precooling", "line_haul", "onward", "hall")
WITHOUT = ("precooling", "onward")
WAY = ("zone_c", "half_h", "dry_per_k", "kept_d", "ride_h", "dwell_h", "onward_h", "market_h")
OF_A_LOT = ("tonnes", "cooled_h", "delivery_h", "loss_t", "lost_cny", "today_loss_t", "today_lost_cny")
STRETCH_H = 0.25
GAUSS = (0.5 - math.sqrt(3.0) / 6.0, 0.5 + math.sqrt(3.0) / 6.0)
CLOSE = 1e3
"""A part may be off by a thousandth of all that the changes move: this many times what figures are compared to."""


@dataclass(frozen=True)
class Flock:
    """Lots of one commodity and period, each under several sets of changes.

    Attributes
    ----------
    made : the sets; rows of the arrays
    clock_h, temp_c : now, shape (sets, lots)
    wear : life used, chilling dose, water a bare lot would lose to the air, water lost to vacuum; (4, sets, lots)
    cooled : whether pre-cooling is among the changes
    """

    law: Law
    air: tuple[float, ...]
    made: tuple[frozenset[str], ...]
    clock_h: Floats
    temp_c: Floats
    wear: Floats
    cooled: bool = False
    cargo: str = "open"

    def air_at(self, clock_h: Floats) -> Floats:
        """Air temperature, linear between full hours."""
        return np.asarray(np.interp(clock_h % 24.0, np.arange(25.0), self.air), dtype=np.float64)

    def outside(self, hours: Floats) -> Flock:
        """Travel with a trader: on ice, in an insulated load, or as warm as the air; once cooled, approach it."""
        if self.cargo == "ice":
            return self.chill(hours, np.full(len(hours), ICE_C), np.full(len(hours), ICE_HALF_H), 1.0)
        if self.cargo == "insulated":
            return self.ride(hours, HALF_WARMING_H["insulated"])
        return self.ride(hours, HALF_WARMING_H["ambient"]) if self.cooled else self.in_air(hours)

    def waiting(self, hours: Floats) -> Flock:
        """Wait in the village for a trader."""
        return self.outside(hours) if self.cargo == "ice" else self.in_air(hours)

    def stall(self, hours: Floats) -> Flock:
        """Lie at the market as today."""
        return self.ride(hours, HALF_WARMING_H["ambient"]) if self.cargo == "insulated" else self.outside(hours)

    def in_air(self, hours: Floats) -> Flock:
        """Follow the air."""
        moments, step = _moments(hours)
        temp = self.air_at(self.clock_h + moments[..., None, :])
        end_c = np.where(hours > 0, self.air_at(self.clock_h + hours), self.temp_c)
        return self._passed(hours, temp, step, end_c, self.law.humidity)

    def reefer(self, hours: Floats, end_c: Floats, humidity: float) -> Flock:
        """Approach what a load comes to in a reefer."""
        return self.hall(hours, end_c, np.full(len(hours), REEFER_HALF_H), humidity)

    def ride(self, hours: Floats, half_h: float | None) -> Flock:
        """Approach the air with a half-time; None where nothing is ridden."""
        if half_h is None or not hours.any():
            return self._passed(hours, self.temp_c[None, None], hours * len(GAUSS), self.temp_c, self.law.humidity)
        pace, (moments, step) = math.log(2.0) / half_h, _moments(hours)
        count, decay = len(moments), np.exp(-pace * step)
        edges = self.air_at(self.clock_h + step * np.arange(count + 1)[:, None, None])
        start, rise = edges[:-1], np.diff(edges, axis=0)
        lag = rise / np.maximum(step, 1e-12) / pace
        gained = edges[1:] - lag - (start - lag) * decay
        power = decay ** np.arange(count + 1)[:, None, None]
        passed = np.concatenate([self.temp_c[None], self.temp_c + np.cumsum(gained / power[1:], axis=0)]) * power
        node = np.array(GAUSS)[:, None, None]
        seen = (start - lag)[:, None] + rise[:, None] * node + (passed[:-1] - start + lag)[:, None] * decay**node
        return self._passed(hours, seen, step, np.where(hours > 0, passed[-1], self.temp_c), self.law.humidity)

    def chill(
        self, hours: Floats, target_c: Floats, half_h: Floats, humidity: float, dry_per_k: Floats | float = 0.0
    ) -> Flock:
        """Approach the temperature of a cooler; what is colder stays so."""
        target = np.minimum(target_c, self.temp_c) if self.law.newer else target_c + 0.0 * self.temp_c
        done = self.hall(hours, target, half_h, humidity)
        if not self.law.newer:
            return done
        done.wear[3] += dry_per_k * (self.temp_c - done.temp_c)
        return done

    def hall(self, hours: Floats, target_c: Floats, half_h: Floats, humidity: float) -> Flock:
        """Approach a fixed temperature."""
        moments, step = _moments(hours, half_h)
        gap = self.temp_c - target_c
        temp = target_c + gap * 0.5 ** (moments / half_h)[..., None, :]
        return self._passed(hours, temp, step, target_c + gap * 0.5 ** (hours / half_h), humidity, target_c)

    def _passed(
        self, hours: Floats, temp_c: Floats, step_h: Floats, end_c: Floats, humidity: float,
        target_c: Floats | float = math.inf,
    ) -> Flock:  # fmt: skip
        """Go on after a stage with these temperatures at the Gauss points of its stretches, (stretches, points, …)."""
        wear = self.wear.copy()
        wear[:3] += self.law.wear_per_h(temp_c, humidity, target_c).sum(axis=(1, 2)) * step_h / len(GAUSS)
        end = np.broadcast_to(end_c, wear.shape[1:])
        return replace(self, clock_h=self.clock_h + hours, wear=wear, temp_c=end)

    def forked(self, name: str, today: Flock, planned: Flock) -> Flock:
        """Put both ways of passing a stage beside each other."""
        made = (*self.made, *(one | {name} for one in self.made))
        clock_h, temp_c, wear = (
            np.concatenate([getattr(today, part), getattr(planned, part)], axis=-2)
            for part in ("clock_h", "temp_c", "wear")
        )
        return replace(self, made=made, clock_h=clock_h, temp_c=temp_c, wear=wear)


def _moments(hours: Floats, half_h: Floats | None = None) -> tuple[Floats, Floats]:
    """Cut hours into stretches: moments of the Gauss points, (stretches, points, lots); hours of a stretch, (lots,)."""
    longest = hours.max(initial=0.0) if half_h is None else (hours / np.minimum(half_h, 1.0)).max(initial=0.0)
    count = max(math.ceil(float(longest) / STRETCH_H), 1)
    step = hours / count
    return (np.arange(count)[:, None, None] + np.array(GAUSS)[:, None]) * step, step


def attributed(record: Record, lots: pd.DataFrame, today: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return what each change saves and what the plan loses without two of them, as the summary states them."""
    plan, before = _lost(record, lots), _lost(record, today)
    worth = {name: np.zeros(2) for name in CHANGES}
    orders = list(permutations(CHANGES))
    for order in orders:
        made: frozenset[str] = frozenset()
        for name in order:
            more = made | {name}
            worth[name] += plan[made] - before[made] - plan[more] + before[more]
            made = more
    moved = np.sum([np.abs(total) for total in worth.values()], axis=0) / len(orders)
    saved = np.abs(plan[frozenset(CHANGES)] - plan[frozenset()])
    scales = [CLOSE * max(float(one), 1e-3) for one in np.maximum(moved, saved)]
    parts = [
        {"part": name, "t": Figure(total[0] / len(orders), scales[0]), "cny": Figure(total[1] / len(orders), scales[1])}
        for name, total in worth.items()
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
        way = _Way(record, record.crops[crop][1], record.hubs[hub][1], columns)
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
class _Way:
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
        for flock in self._flocks(period):
            for packed, transfers, box in packings:
                both = self._shares(flock.wear, transfers, box) @ self.lots["tonnes"]
                for made, lost, worth in zip(flock.made, *both, strict=True):
                    whole = made | packed
                    yield whole, ends.get(len(whole), np.array([lost, worth * price]))

    def _shares(self, wear: Floats, transfers: int, box: str | None) -> Floats:
        """Return the shares lost of weight and value, shape (2, sets, lots)."""
        used, dose, dry, vacuum = wear
        water = drying(box) * dry + vacuum
        lost = loss_share(self.crop, used, transfers, box, dose=dose, dry=water)
        return np.stack([lost, priced(lost, used, water, self.record.scenario.economics)[1]])

    def _flocks(self, period: Period) -> Iterator[Flock]:
        """Yield the lots at their buyer, without pre-cooling and with it."""
        record, chain = self.record, self.record.scenario.chain
        half_h, dwell_h = self.lots["half_h"], chain.depot_dwell_h + 24.0 * self.lots["kept_d"]
        cooled_h, delivery_h = self.lots["cooled_h"], self.lots["delivery_h"]
        none = np.zeros((1, len(cooled_h)))
        air = air_c(period)
        begun = none + middle_h(period)
        warm = none + air_at(air, middle_h(period))
        law, unworn = Law.of(self.crop, period.humidity), np.zeros((4, *none.shape))
        flock = Flock(law, air, (frozenset(),), begun, warm, unworn, cargo=self.crop.today_cargo)
        wait_h = chain.today_wait_h if self.crop.today_wait_h is None else self.crop.today_wait_h
        waited = flock.waiting(np.full(len(cooled_h), wait_h))
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
        chilled = lot.hall(market_h, hall_c, np.full(len(hall_c), DOCK_AND_HALL_HALF_H), chain.hall_humidity)
        return lot.forked("hall", lot.stall(today[2]), chilled)

    def _carried(self, lot: Flock, hours: Floats, half_h: float | None) -> Flock:
        """Take lots aboard a truck of the plan: a reefer (None), or a body that warms with a half-time."""
        chain = self.record.scenario.chain
        if half_h is not None:
            return lot.ride(hours, half_h)
        end_c = reefer_end_c(self.crop, lot.temp_c, self.lots["zone_c"] + chain.reefer_above_c)
        return lot.reefer(hours, end_c, chain.reefer_humidity)

    def _sold_on(self, hours: float) -> Floats:
        """Return hours behind the hub, none for what is sold at it; shape (lots,)."""
        return np.full(len(self.lots["tonnes"]), hours if self.crop.sold_at == "market" else 0.0)
