"""Pre-coolers whose refrigeration is limited: the heat they take hour by hour, and who is cooled when.

A lot that is put into a pre-cooler gives off its heat as its temperature falls: at first ``cp·(T - Tz)·ln 2/half`` and
the breath it has when warm, half of it after each half-cooling time. Pre-coolers are loaded at full slots, multiples of
``chain.dock_batch_h`` on the clock, first come, first served: as much of the next lots as the power left over allows;
the rest waits in the hall, as warm as the air. None is refused. Tunnels and chambers hold ``batch_t`` at once,
each part of it for ``cycle_h``; in rooms all that waits goes in by equal shares of what the power left over allows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, Floats, Indices
from coldchain.compiled import njit
from coldchain.model import Chain, Commodity, CoolingClass, DepotType, Period
from coldchain.spoilage.kinetics import breath_w_t, respiration_w_t
from coldchain.spoilage.stages import hourly_air_c

WATTS_PER_KW = 1000.0
SECONDS_PER_HOUR_K = 3.6  # MJ in a kWh
LONGEST_WAIT_H = 48.0
SETTLED, MOST_DAYS = 1e-9, 200
"""Days alike follow each other until what is left of yesterday's heat changes by no more than this share of power."""
UNLIMITED_T = 1e9
"""Tonnes that no tunnel reaches."""
CRUMB = 1e-9
"""Share of power or batch below which nothing more is put in."""
SPARED = 1e-8
"""Share of the power that is left unused, so that what is not yet settled never exceeds it."""


def heat_kwh_t(crop: Commodity, from_c: float, to_c: float) -> float:
    """Field heat of a tonne; none where it is colder already.

    Examples
    --------
    >>> crop = Commodity(id="x", name="X", zone="cold", kinetics="q10", q10=2.0, life_d=10, life_temp_c=0,
    ...     life_min_d=9, life_max_d=11, freezing_c=-1, density_kg_m3=300, heat_kj_kg_k=3.6,
    ...     price_cny_kg=1, precool_deadline_h=9)
    >>> heat_kwh_t(crop, 26.0, 1.0)
    25.0
    """
    return crop.heat_kj_kg_k * max(from_c - to_c, 0.0) / SECONDS_PER_HOUR_K


def peak_kw_t(crop: Commodity, cooling: CoolingClass, period: Period, clock_h: Floats) -> Floats:
    """Heat that a tonne as warm as the air gives off when it is put into a pre-cooler, kW/t; shape of ``clock_h``."""
    air = np.interp(clock_h % HOURS_PER_DAY, np.arange(25.0), [*hourly_air_c(period), hourly_air_c(period)[0]])
    falls = math.log(2.0) / cooling.half_cooling_h
    heat = crop.heat_kj_kg_k * np.maximum(air - cooling.temp_c, 0.0) / SECONDS_PER_HOUR_K
    return np.where(air > cooling.temp_c, heat * falls + breath_w_t(crop, air) / WATTS_PER_KW, 0.0)


def base_kw(chain: Chain, cooling: CoolingClass, period: Period, net_m3: float, stored_kw: float) -> float:
    """Heat through walls and doors at the warmest hour, and what lies in store breathes, kW."""
    warmest = float(hourly_air_c(period).max())
    return chain.walls_w_m3_k * net_m3 * max(warmest - cooling.temp_c, 0.0) / WATTS_PER_KW + stored_kw


def stored_kw_t(chain: Chain, crop: Commodity, cooling: CoolingClass) -> float:
    """Breath at the zone's temperature of what a tonne a day has lying in the depot, kW."""
    stay_d = (cooling.precool_h + chain.depot_dwell_h) / HOURS_PER_DAY
    return respiration_w_t(crop, cooling.temp_c) * stay_d / WATTS_PER_KW


@dataclass(frozen=True)
class CoolerPlaces:
    """How what waits is let in: t that cool at once, for how many slots; whether by equal shares, as in rooms."""

    batch_t: float = UNLIMITED_T
    cycle_slots: int = 1
    shared: bool = False

    @classmethod
    def of(cls, modules: Iterable[tuple[DepotType, float]], slot_h: float) -> CoolerPlaces:
        """Take modules of one class and their numbers: batches add up, the longest cycle counts."""
        kinds = [(kind, number) for kind, number in modules if number]
        if not kinds:
            return cls()
        whole = sum(number * (kind.batch_t or UNLIMITED_T) for kind, number in kinds)
        cycle_h = max(kind.cycle_h or 0.0 for kind, _number in kinds)
        return cls(whole, max(math.ceil(cycle_h / slot_h - 1e-9), 1), kinds[0][0].method == "room")


@dataclass(frozen=True)
class Starts:
    """Parts of cohorts in the order in which they are cooled.

    Attributes
    ----------
    cohort : index of each part's cohort; share : of the cohort
    slot : in which it is put in, counted from the first cohort's
    """

    cohort: Indices
    slot: Indices
    share: Floats


def first_come(
    peak_kw: Floats,
    tonnes: Floats,
    ready: Indices,
    power_kw: float,
    *,
    half_slots: float,
    day_slots: int,
    places: CoolerPlaces,
) -> Starts:
    """Put cohorts into a pre-cooler as its power allows.

    Parameters
    ----------
    peak_kw : heat at first of each cohort if it is put in in a slot, shape (cohorts, slots); in the last slot
        all that is left is put in, whatever the power
    tonnes : of each cohort
    ready : slot in which each cohort is there, rising, the first 0
    power_kw : what is left for cooling; half_slots : slots of a half-cooling time; day_slots : of a day

    Examples
    --------
    Two cohorts of 10 kW each come together; 10 kW are there. A slot is a half-cooling time, so half the power is free
    again in the next, and the next: the second goes in by halves.

    >>> came = np.full((2, 9), 10.0), np.ones(2), np.array([0, 0]), 10.0
    >>> starts = first_come(*came, half_slots=1.0, day_slots=100, places=CoolerPlaces())
    >>> large = starts.share > 1e-6  # crumbs are what is left when the power is used but for `SPARED`
    >>> starts.cohort[large].tolist(), starts.slot[large].tolist(), starts.share[large].round(6).tolist()
    ([0, 1, 1], [0, 1, 2], [1.0, 0.5, 0.5])

    A tunnel of 1.5 t for three slots takes the second tonne by halves, whatever the power.

    >>> came = np.full((2, 9), 10.0), np.ones(2), np.array([0, 0]), 99.0
    >>> starts = first_come(*came, half_slots=1.0, day_slots=100, places=CoolerPlaces(1.5, 3))
    >>> starts.cohort.tolist(), starts.slot.tolist(), starts.share.tolist()
    ([0, 1, 1], [0, 0, 3], [1.0, 0.5, 0.5])

    A room of 10 kW lets both in by halves, and by halves of what is left.

    >>> came = np.full((2, 3), 10.0), np.ones(2), np.array([0, 0]), 10.0
    >>> starts = first_come(*came, half_slots=1.0, day_slots=100, places=CoolerPlaces(shared=True))
    >>> starts.cohort.tolist(), starts.slot.tolist(), starts.share.round(6).tolist()
    ([0, 1, 0, 1, 0, 1], [0, 0, 1, 1, 2, 2], [0.5, 0.5, 0.25, 0.25, 0.25, 0.25])
    """
    decay = 0.5 ** (1.0 / half_slots)
    rows = _admit(
        peak_kw, tonnes, ready.astype(np.intp), power_kw, decay, day_slots, places.batch_t, places.cycle_slots,
        places.shared,
    )  # fmt: skip
    return Starts(rows[:, 0].astype(np.intp), rows[:, 1].astype(np.intp), rows[:, 2])


@njit(cache=True)
def _share_in(k: int, ready: Indices, wanted: Floats, room: Floats) -> float:
    """Return which share of those that are there at slot ``k`` the room left over takes; kW and t of each, of it."""
    kw = tonnes = 0.0
    for c in range(ready.size):
        if ready[c] <= k:
            kw += wanted[c, 0]
            tonnes += wanted[c, 1]
    share = 1.0
    if kw > room[0]:
        share = room[0] / kw
    if tonnes > room[1]:
        share = min(share, room[1] / tonnes)
    return share


@njit(cache=True)
def _fill(
    k: int, ready: Indices, load: Floats, left: Floats, room: Floats, rows: Floats, parts: int, shared: bool, last: bool
) -> int:
    """Put in at slot ``k`` what the room left over takes; return how many parts there are then.

    ``load`` are kW and t of each cohort, shape (cohorts, 2); ``left`` and ``room`` are brought up to date.
    """
    head = 0
    while True:
        while head < ready.size and left[head] <= 1e-12:
            head += 1
        if head == ready.size or ready[head] > k:
            return parts
        end = ready.size if shared else head + 1
        share = 1.0 if last else _share_in(k, ready[head:end], load[head:end] * left[head:end, None], room)
        for c in range(head, end):
            part = share * left[c] if ready[c] <= k else 0.0
            if part > 0.0:
                rows[parts, 0], rows[parts, 1], rows[parts, 2] = c, k, part
                parts += 1
                room -= part * load[c]
                left[c] -= part
        if share < 1.0:
            return parts


@njit(cache=True)
def _admit(
    peak_kw: Floats,
    tonnes: Floats,
    ready: Indices,
    power_kw: float,
    decay: float,
    day_slots: int,
    batch_t: float,
    cycle_slots: int,
    shared: bool,
) -> Floats:
    """Return cohort, slot and share of each part, shape (parts, 3); of the last of days alike."""
    cohorts, slots = peak_kw.shape
    rows = np.empty((cohorts * (slots if shared else 1) + slots + cohorts, 3))
    load, room = np.empty((cohorts, 2)), np.empty(2)
    load[:, 1] = tonnes
    put_t, before_t = np.zeros(slots + day_slots), np.zeros(slots + day_slots)
    since = max(day_slots - cycle_slots + 1, 0)
    left_over = 0.0
    parts = 0
    for _day in range(MOST_DAYS):
        flow, tomorrow, parts, left = left_over, 0.0, 0, np.ones(cohorts)
        for k in range(max(slots, day_slots + 1)):
            flow *= decay if k > 0 else 1.0
            tomorrow = flow if k == day_slots else tomorrow
            if k < slots:
                load[:, 0] = peak_kw[:, k]
                held_t = put_t[max(k - cycle_slots + 1, 0) : k].sum() + before_t[since + k : day_slots + k + 1].sum()
                room[0], room[1] = power_kw * (1.0 - SPARED) - flow, batch_t - held_t
                room[0] = room[0] if room[0] > CRUMB * power_kw else 0.0
                room[1] = room[1] if room[1] > CRUMB * batch_t else 0.0
                first = parts
                parts = _fill(k, ready, load, left, room, rows, parts, shared, k == slots - 1)
                put_t[k] = 0.0
                for n in range(first, parts):
                    flow += rows[n, 2] * load[int(rows[n, 0]), 0]
                    put_t[k] += rows[n, 2] * load[int(rows[n, 0]), 1]
        settled = abs(tomorrow - left_over) <= SETTLED * power_kw
        settled = settled and np.abs(put_t[since:] - before_t[since:]).max() <= SETTLED * tonnes.sum()
        left_over = tomorrow
        before_t[:] = put_t
        if settled:
            break
    return rows[:parts].copy()
