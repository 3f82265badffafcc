"""Pre-coolers whose refrigeration is limited: the heat they take hour by hour, and who is cooled when.

A lot that is put into a pre-cooler gives off its heat as its temperature falls: at first ``cp·(T - Tz)·ln 2/half`` and
the breath it has when warm, half of it after each half-cooling time. Pre-coolers are loaded at full slots, multiples of
``chain.dock_batch_h`` on the clock, first come, first served: as much of the next lots as the power left over allows;
the rest waits in the hall, as warm as the air. None is refused.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import HOURS_PER_DAY, Floats, Indices
from coldchain.compiled import njit
from coldchain.model import Chain, Commodity, CoolingClass, Period
from coldchain.spoilage.kinetics import breath_w_t, respiration_w_t
from coldchain.spoilage.stages import hourly_air_c

WATTS_PER_KW = 1000.0
SECONDS_PER_HOUR_K = 3.6  # MJ in a kWh
LONGEST_WAIT_H = 48.0
SETTLED, MOST_DAYS = 1e-9, 60
"""Days alike follow each other until what is left of yesterday's heat changes by no more than this share of power."""
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


def first_come(peak_kw: Floats, ready: Indices, power_kw: float, half_slots: float, day_slots: int) -> Starts:
    """Put cohorts into a pre-cooler as its power allows.

    Parameters
    ----------
    peak_kw : heat at first of each cohort if it is put in in a slot, shape (cohorts, slots); in the last slot
        all that is left is put in, whatever the power
    ready : slot in which each cohort is there, rising, the first 0
    power_kw : what is left for cooling; half_slots : slots of a half-cooling time; day_slots : of a day

    Examples
    --------
    Two cohorts of 10 kW each come together; 10 kW are there. A slot is a half-cooling time, so half the power is free
    again in the next, and the next: the second goes in by halves.

    >>> starts = first_come(np.full((2, 9), 10.0), np.array([0, 0]), 10.0, 1.0, 100)
    >>> large = starts.share > 1e-6  # crumbs are what is left when the power is used but for `SPARED`
    >>> starts.cohort[large].tolist(), starts.slot[large].tolist(), starts.share[large].round(6).tolist()
    ([0, 1, 1], [0, 1, 2], [1.0, 0.5, 0.5])
    """
    rows = _admit(peak_kw, ready.astype(np.intp), power_kw, 0.5 ** (1.0 / half_slots), day_slots)
    return Starts(rows[:, 0].astype(np.intp), rows[:, 1].astype(np.intp), rows[:, 2])


@njit(cache=True)
def _admit(peak_kw: Floats, ready: Indices, power_kw: float, decay: float, day_slots: int) -> Floats:
    """Return cohort, slot and share of each part, shape (parts, 3); of the last of days alike."""
    cohorts, slots = peak_kw.shape
    usable_kw = power_kw * (1.0 - SPARED)
    rows = np.empty((cohorts + slots, 3))
    left_over = 0.0
    parts = 0
    for _day in range(MOST_DAYS):
        flow, tomorrow = left_over, 0.0
        parts, head, left = 0, 0, 1.0
        for k in range(max(slots, day_slots + 1)):
            if k > 0:
                flow *= decay
            if k == day_slots:
                tomorrow = flow
            while k < slots and head < cohorts and ready[head] <= k:
                need, room = left * peak_kw[head, k], usable_kw - flow
                part = left
                if need > room and k < slots - 1:
                    if room <= 1e-9 * power_kw:
                        break
                    part = left * room / need
                rows[parts, 0], rows[parts, 1], rows[parts, 2] = head, k, part
                parts += 1
                flow += part * peak_kw[head, k]
                left -= part
                if left > 1e-12:
                    break
                head, left = head + 1, 1.0
        settled = abs(tomorrow - left_over) <= SETTLED * power_kw
        left_over = tomorrow
        if settled:
            break
    return rows[:parts].copy()
