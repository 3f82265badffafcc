"""The loss law stated and integrated anew: how fast a lot ages, and what it has lost at the end of its journey.

``u = ∫ k(T(t)) dt`` over the hours in the air, in a cooler, in a truck; ``L = 1 - (1-h)^n · exp(-λ·u^b)`` as in
docs/model.md. The temperature has a closed form on every stretch; the rate along it is summed by Gauss-Legendre between
the moments at which the temperature passes a kink or a jump of the rate, which are solved for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from coldchain.model import Commodity, Economics, Period

Floats = NDArray[np.float64]
Wear = Floats | float
HALF_WARMING_H: dict[str, float | None] = {"ambient": 3.0, "insulated": 12.0, "reefer": None}
DOCK_AND_HALL_HALF_H = 3.0
REEFER_HALF_H = 12.0
REEFER_COOLS_H = 48.0
GAS_J_MOL_K = 8.31451
FISH_PER_K = 0.1
DRY_PER_K = 0.01 / 6.0
DRYING = {"bulk": 0.5, "basket": 0.4, "crate": 0.25, "foam_ice": 0.05}
BRUISE = {"bulk": 4.0, "basket": 1.9, "crate": 1.0, "foam_ice": 0.5}
ICE_C, ICE_HALF_H = 1.0, 1.5
BAND_Q10 = ((0.0, 3.0), (10.0, 2.5), (20.0, 2.0), (30.0, 1.5))
RESPIRATION_Q10 = 2.5
COLDEST_H, WARMEST_H = 5.0, 14.5
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)
SETTLED_HALVES = 40
SHORTEST_H = 1e-9


@dataclass(frozen=True)
class Law:
    """How a commodity ages; hashable, so that what was integrated once is not integrated again."""

    kinetics: str
    strength: float
    life_h: float
    life_temp_c: float
    threshold_c: float
    floor_c: float
    freezing_c: float
    flat_c: float = -math.inf
    by_dose: bool = False
    newer: bool = False
    water_h_kpa: float = 0.0
    humidity: float = 1.0

    @classmethod
    def of(cls, crop: Commodity, humidity: float = 1.0, packaging: str | None = None) -> Law:
        """Return the law of a commodity in a packaging, in air outside of some humidity."""
        threshold = -math.inf if crop.chill_threshold_c is None else crop.chill_threshold_c
        floor = -math.inf if crop.chill_floor_c is None else crop.chill_floor_c
        bare = cls(crop.kinetics, 1.0, crop.life_d * 24.0, crop.life_temp_c, threshold, floor, crop.freezing_c)
        return replace(
            bare,
            strength=bare.strength_of(crop),
            flat_c=-math.inf if crop.flat_below_c is None else crop.flat_below_c,
            by_dose=crop.chill_onset_k_h is not None,
            newer=crop.warm_life_d is not None,
            water_h_kpa=crop.water_kg_t_h_kpa * drying(packaging) / 1000.0,
            humidity=humidity,
        )

    def strength_of(self, crop: Commodity) -> float:
        """Strength by which the law meets the warm anchor; where there is none, by the stated Ea or Q10."""
        if crop.warm_life_d is None:
            stretch = math.log(crop.q10 or 1.0) / (0.5 * math.log(3.0 * 2.5))
            return {"arrhenius": crop.ea_kj_mol or 0.0, "ratkowsky": FISH_PER_K}.get(crop.kinetics, stretch)
        times = crop.life_d / crop.warm_life_d
        once = float(self.relative(crop.warm_temp_c) / self.relative(crop.life_temp_c))
        return math.log(times) / math.log(once)

    @property
    def kinks_c(self) -> tuple[float, ...]:
        """Temperatures at which the rate has a kink or a jump."""
        edges = (self.threshold_c, self.floor_c, self.freezing_c, self.flat_c, *(low for low, _q in BAND_Q10))
        return tuple(sorted({edge for edge in edges if math.isfinite(edge)}))

    def relative(self, temp_c: Floats | float) -> Floats:
        """Rate against an arbitrary one, without chilling and frost."""
        temp = np.asarray(temp_c, dtype=np.float64)
        if self.kinetics == "arrhenius":
            return np.asarray(np.exp(-1000.0 * self.strength / (GAS_J_MOL_K * (temp + 273.15))), dtype=np.float64)
        if self.kinetics == "ratkowsky":
            return np.asarray(np.maximum(1.0 + self.strength * temp, 0.05) ** 2, dtype=np.float64)
        grown = np.minimum(temp, 0.0) * math.log(BAND_Q10[0][1])
        for low, q10 in BAND_Q10:
            top = low + 10.0 if low < BAND_Q10[-1][0] else math.inf
            grown = grown + (np.minimum(np.maximum(temp, low), top) - low) * math.log(q10)
        return np.asarray(np.exp(self.strength * grown / 10.0), dtype=np.float64)

    @cached_property
    def at_life(self) -> Floats:
        """Relative rate at the temperature of the stated life."""
        return self.relative(self.life_temp_c)

    def rate_per_h(self, temp_c: Floats | float) -> Floats:
        """Share of life used per hour."""
        temp = np.asarray(temp_c, dtype=np.float64)
        depth = 0.0 * temp if self.by_dose else self.chill_k(temp)
        level = self.relative(np.maximum(temp + depth, self.flat_c)) / (self.at_life * self.life_h)
        return np.where(temp < self.freezing_c, 1.0 / 24.0, level * 8.0 ** (depth / 10.0))

    def chill_k(self, temp: Floats) -> Floats:
        """Kelvin below the chilling threshold, where it harms."""
        if not math.isfinite(self.threshold_c):
            return np.zeros_like(temp)
        return np.where((temp > self.floor_c) & (temp < self.threshold_c), self.threshold_c - temp, 0.0)

    def wear_per_h(self, temp_c: Floats | float, humidity: float, target_c: Floats | float = math.inf) -> Floats:
        """Share of life used, chilling dose and water lost in an hour, shape (3, *temp_c.shape).

        The air around has the humidity and the lot's temperature, or that of the cooler where this is lower.
        """
        temp = np.asarray(temp_c, dtype=np.float64)
        dose = self.chill_k(temp) if self.by_dose else np.zeros_like(temp)
        dry = self.water_h_kpa * (vapour_kpa(temp) - humidity * vapour_kpa(np.minimum(temp, target_c)))
        return np.stack([self.rate_per_h(temp), dose, dry])


def drying(packaging: str | None) -> float:
    """Water a lot loses in a packaging, against what it loses bare."""
    return 1.0 if packaging is None else DRYING[packaging]


def vapour_kpa(temp_c: Floats) -> Floats:
    """Pressure of saturated water vapour over water (Magnus)."""
    return np.asarray(0.61094 * np.exp(17.625 * temp_c / (243.04 + temp_c)), dtype=np.float64)


@lru_cache(maxsize=1024)
def kept_at_life(crop: Commodity) -> tuple[float, float]:
    """Share still saleable at the end of life, and the shape of the loss; from decay data where there are two.

    ``-ln(kept) = λ·u^b``: on double-logarithmic paper the straight line nearest to the measurements in height.
    """
    points = crop.decay_points
    if not points:
        return 1.0 - crop.loss_at_life, crop.loss_shape
    law = Law.of(crop)
    across = [math.log(days * 24.0 * float(law.rate_per_h(temp))) for temp, days, _lost in points]
    up = [math.log(-math.log1p(-lost)) for *_where, lost in points]
    if len(points) > 1 and max(across) > min(across):
        shape, height = (float(part) for part in np.polyfit(across, up, 1))
    else:
        shape = crop.loss_shape
        height = float(np.mean(up)) - shape * float(np.mean(across))
    return math.exp(-math.exp(height)), shape


def loss_share(
    crop: Commodity, worn: Wear, transfers: int, packaging: str | None = None, *, dose: Wear = 0.0, dry: Wear = 0.0
) -> Floats:
    """Share lost after ``worn`` of the life, some transfers in a packaging, a chilling dose and drying; any shape."""
    last, shape = kept_at_life(crop)
    used = np.asarray(worn, dtype=np.float64)
    with np.errstate(over="ignore"):
        kept = np.where(used == math.inf, 0.0, last ** (np.maximum(used, 0.0) ** shape))
    kept = kept * np.exp(-np.maximum(np.subtract(dose, crop.chill_onset_k_h or 0.0), 0.0) / crop.chill_k_h - dry)
    bruised = crop.handling_loss if packaging is None else min(crop.handling_loss * BRUISE[packaging], 0.9)
    return np.asarray(1.0 - (1.0 - bruised) ** transfers * kept)


def fate_of(crop: Commodity, lot: Journey, transfers: int, packaging: str | None, prices: Economics) -> Floats:
    """Return shares of a lot at its buyer, shape (3,): lost of the weight, of it as water, lost of the value."""
    used, _dose, dry = lot.wear
    lost = lot.lost(crop, transfers, packaging)
    return np.array([lost, *priced(np.asarray(lost), used, dry, prices)])


def priced(lost: Floats, used: Floats, dry: Floats, prices: Economics) -> tuple[Floats, Floats]:
    """Return the share of the weight that what is sold has lost as water, and the share of the value lost.

    Quality is 100 at first and 20 at the end of life, first order; below a stated one buyers take off in proportion.
    """
    over = np.equal(used, math.inf)
    water = np.where(over, 0.0, (1.0 - lost) * np.expm1(dry))
    quality = 100.0 * np.exp(np.multiply(used, math.log(0.2)))
    sunk = (prices.discount_below_quality - quality) / (prices.discount_below_quality - 20.0)
    off = prices.discount_at_life * np.minimum(np.maximum(sunk, 0.0), 1.0)
    return water, np.where(over, 1.0, lost + (1.0 - lost) * off)


def trade(lot: Journey, crop: Commodity, hours: tuple[float, float, float]) -> Journey:
    """Take a lot to its buyer as traders do today: hours in the village, on the way, at the market."""
    wait_h, way_h, market_h = hours
    if crop.today_cargo == "ice":
        return lot.cooled(wait_h + way_h + market_h, ICE_C, ICE_HALF_H)
    if crop.today_cargo == "insulated":
        return lot.in_air(wait_h).ride(way_h, HALF_WARMING_H["insulated"]).ride(market_h, HALF_WARMING_H["ambient"])
    return lot.in_air(wait_h + way_h + market_h)


def respiration_w_t(crop: Commodity, temp_c: float) -> float:
    """Heat of respiration at one temperature, W/t."""
    return float(breath_w_t(crop, np.asarray(temp_c)))


def breath_w_t(crop: Commodity, temp_c: Floats) -> Floats:
    """Heat of respiration, W/t: exponential through the figures at 0 and 20 °C; 2.5 per 10 K where one is missing.

    From 20 °C on it doubles in 10 K at most, from 30 °C on it grows by half at most.
    """
    warm, cold = crop.respiration_w_t_20c, crop.respiration_w_t_0c
    if warm <= 0.0:
        return np.full(np.shape(temp_c), cold)
    own = math.sqrt(warm / cold) if cold > 0.0 else RESPIRATION_Q10
    hot = min(own, 2.0) ** (np.minimum(np.maximum(temp_c - 20.0, 0.0), 10.0) / 10.0)
    hottest = min(own, 1.5) ** (np.maximum(temp_c - 30.0, 0.0) / 10.0)
    return np.asarray(warm * own ** (np.minimum(temp_c, 20.0) / 10.0 - 2.0) * hot * hottest)


def reefer_end_c(crop: Commodity, temp_c: Floats, air: Floats | float) -> Floats:
    """Temperature that a load approaches in a reefer: its air, or above it what the breath leads to that is left."""
    watts_t = breath_w_t(crop, temp_c) - breath_w_t(crop, np.asarray(air))
    halves_h = watts_t * 3600.0 / (1000.0 * 1000.0 * crop.heat_kj_kg_k) / math.log(2.0)
    warmer = np.maximum(temp_c - air, 0.0)
    rise = np.maximum(halves_h - warmer / REEFER_COOLS_H, 0.0) * REEFER_HALF_H
    return np.asarray(np.maximum(temp_c, air) + np.where(warmer > 0, rise, 0.0), dtype=np.float64)


def middle_h(period: Period) -> float:
    """Clock hour of the middle of the harvest window."""
    return 0.5 * (period.harvest_start_h + period.harvest_end_h)


def batch_h(ready_h: float, batch: float) -> float:
    """Clock hour of the first loading of the pre-coolers, at multiples of ``batch``, that waits for ``ready_h``.

    They wait for the fifteenth part of the time between two loadings: a minute of a quarter of an hour.
    """
    return math.ceil((ready_h - batch / 15.0) / batch) * batch


@lru_cache(maxsize=64)
def air_c(period: Period) -> tuple[float, ...]:
    """Air temperature at the hours 0 to 24; half cosines through low and high where no hourly means are given."""
    if period.hourly_c is not None:
        return (*period.hourly_c, period.hourly_c[0])
    low, high = period.temp_min_c or 0.0, period.temp_max_c or 0.0
    mean, swing = (low + high) / 2.0, (high - low) / 2.0
    found = []
    for hour in range(25):
        clock = hour % 24
        if COLDEST_H <= clock <= WARMEST_H:
            phase = math.pi * (1.0 + (clock - COLDEST_H) / (WARMEST_H - COLDEST_H))
        else:
            phase = math.pi * ((clock - WARMEST_H) % 24.0) / (24.0 - (WARMEST_H - COLDEST_H))
        found.append(mean + swing * math.cos(phase))
    return tuple(found)


def air_at(air: Sequence[float], clock_h: float) -> float:
    """Air temperature at any hour, linear between full ones."""
    hour, part = divmod(clock_h % 24.0, 1.0)
    low = int(hour)
    return air[low] + (air[low + 1] - air[low]) * part


@dataclass
class Journey:
    """A lot on its way: what time it is, how warm the lot is, what its life, chilling dose and dryness have come to."""

    law: Law
    air: tuple[float, ...]
    clock_h: float
    temp_c: float
    wear: Floats = field(default_factory=lambda: np.zeros(3))

    @classmethod
    def begin(cls, crop: Commodity, period: Period, clock_h: float, packaging: str | None = None) -> Journey:
        """Begin as warm as the air."""
        air = air_c(period)
        return cls(Law.of(crop, period.humidity, packaging), air, clock_h, air_at(air, clock_h))

    @property
    def used(self) -> float:
        """Share of life used up."""
        return float(self.wear[0])

    def lost(self, crop: Commodity, transfers: int, packaging: str | None) -> float:
        """Share lost."""
        used, dose, dry = self.wear
        return float(loss_share(crop, used, transfers, packaging, dose=dose, dry=dry))

    def in_air(self, hours: float) -> Journey:
        """Follow the air."""
        return self._on(hours, *_in_air(self.law, self.air, self.clock_h, hours)) if hours > SHORTEST_H else self

    def cooled(
        self, hours: float, target_c: float, half_h: float, humidity: float = 1.0, dry_per_k: float = 0.0
    ) -> Journey:
        """Approach a fixed temperature, half the way in each half-time; what is colder stays so."""
        if hours <= SHORTEST_H:
            return self
        before = self.temp_c
        if self.law.newer:
            target_c = min(target_c, before)
        self.hall(hours, target_c, half_h, humidity)
        if self.law.newer:
            self.wear = self.wear + np.array([0.0, 0.0, dry_per_k * (before - self.temp_c)])
        return self

    def hall(self, hours: float, target_c: float, half_h: float, humidity: float = 1.0) -> Journey:
        """Approach a fixed temperature, half the way in each half-time."""
        if hours <= SHORTEST_H:
            return self
        return self._on(hours, *_cooled(self.law, self.temp_c, target_c, half_h, hours, humidity))

    def reefer(self, hours: float, air: float, crop: Commodity, humidity: float) -> Journey:
        """Ride in cold air of a temperature: what is colder approaches it, what is warmer breathes itself warm."""
        return self.hall(hours, float(reefer_end_c(crop, np.asarray(self.temp_c), air)), REEFER_HALF_H, humidity)

    def ride(self, hours: float, half_h: float | None, humidity: float = 1.0) -> Journey:
        """Keep the temperature (a reefer: None), or approach the air with a half-time."""
        if hours <= SHORTEST_H:
            return self
        if half_h is None:
            return self._on(hours, hours * self.law.wear_per_h(self.temp_c, humidity), self.temp_c)
        return self._on(hours, *_drifted(self.law, self.air, self.clock_h, self.temp_c, half_h, hours))

    def _on(self, hours: float, wear: Floats, temp_c: float) -> Journey:
        self.clock_h, self.temp_c, self.wear = self.clock_h + hours, temp_c, self.wear + wear
        return self


def _summed(
    law: Law, temp: Callable[[Floats], Floats], cuts: Sequence[float], humidity: float, target_c: float = math.inf
) -> Floats:
    """Wear while the temperature goes as ``temp(t)``, between the first and the last cut."""
    ends = np.asarray(cuts, dtype=np.float64)
    half, middle = np.diff(ends)[:, None] / 2.0, (ends[1:] + ends[:-1])[:, None] / 2.0
    rates = law.wear_per_h(temp(middle + half * NODES), humidity, target_c)
    return np.asarray((rates * WEIGHTS * half).sum(axis=(1, 2)), dtype=np.float64)


@lru_cache(maxsize=200_000)
def _air_hour(law: Law, start_c: float, end_c: float, hours: float) -> Floats:
    """Wear while the air goes straight from one temperature to another."""
    slope = (end_c - start_c) / hours
    passed = [(kink - start_c) / slope for kink in law.kinks_c if (kink - start_c) * (end_c - kink) > 0]
    return _summed(law, lambda t: start_c + slope * t, (0.0, *sorted(passed), hours), law.humidity)


@lru_cache(maxsize=200_000)
def _in_air(law: Law, air: tuple[float, ...], clock_h: float, hours: float) -> tuple[Floats, float]:
    if not math.isfinite(hours):
        return np.array([math.inf, 0.0, 0.0]), air_at(air, clock_h)
    wear = np.zeros(3)
    for start, end in _full_hours(clock_h, hours):
        wear += _air_hour(law, air_at(air, start), air[int(start % 24.0)] + _rise(air, start, end), end - start)
    return wear, air_at(air, clock_h + hours)


def _rise(air: tuple[float, ...], start: float, end: float) -> float:
    """Air at ``end``, against that of the full hour before ``start``: an end at a full hour belongs to this hour."""
    low = int(start % 24.0)
    return (air[low + 1] - air[low]) * (end - math.floor(start))


def _full_hours(clock_h: float, hours: float) -> list[tuple[float, float]]:
    """Cut a stretch at the full hours."""
    last = clock_h + hours
    inner = [float(hour) for hour in range(math.floor(clock_h) + 1, math.ceil(last))]
    ends = [clock_h, *(hour for hour in inner if clock_h + 1e-12 < hour < last - 1e-12), last]
    return list(pairwise(ends))


@lru_cache(maxsize=200_000)
def _cooled(
    law: Law, start_c: float, target_c: float, half_h: float, hours: float, humidity: float
) -> tuple[Floats, float]:
    gap = start_c - target_c
    end_c = target_c + gap * 0.5 ** (hours / half_h)
    passed = [
        half_h * math.log2(gap / (kink - target_c)) for kink in law.kinks_c if (kink - start_c) * (end_c - kink) > 0
    ]
    steps = min(math.ceil(hours / half_h), SETTLED_HALVES)
    cuts = sorted({0.0, hours, *passed, *(n * half_h for n in range(1, steps) if n * half_h < hours)})
    return _summed(law, lambda t: target_c + gap * 0.5 ** (t / half_h), cuts, humidity, target_c), end_c


@lru_cache(maxsize=200_000)
def _drifted(
    law: Law, air: tuple[float, ...], clock_h: float, temp_c: float, half_h: float, hours: float
) -> tuple[Floats, float]:
    """Approach the air, hour by hour: ``T' = (A(t) - T)·ln 2/half`` with A straight within the hour."""
    if not math.isfinite(hours):
        return np.array([math.inf, 0.0, 0.0]), temp_c
    wear, pace = np.zeros(3), math.log(2.0) / half_h
    for start, end in _full_hours(clock_h, hours):
        low = int(start % 24.0)
        slope = air[low + 1] - air[low]
        first = air[low] + slope * (start - math.floor(start)) - slope / pace

        def temp(t: Floats, *, first: float = first, slope: float = slope, gap: float = temp_c - first) -> Floats:
            return np.asarray(first + slope * t + gap * np.exp(-pace * t), dtype=np.float64)

        turn = math.log(pace * (temp_c - first) / slope) / pace if slope and (temp_c - first) / slope > 0 else 0.0
        wear += _summed(law, temp, _crossings(law, temp, end - start, turn), law.humidity)
        temp_c = float(temp(np.float64(end - start)))  # type: ignore[arg-type]
    return wear, temp_c


def _crossings(law: Law, temp: Callable[[Floats], Floats], hours: float, turn: float) -> list[float]:
    """Return 0, the moments at which the temperature passes a kink, and ``hours``; it turns once at most."""
    grid = np.array(sorted({0.0, min(max(turn, 0.0), hours), hours}))
    seen = temp(grid)
    found = {0.0, hours}
    for kink in law.kinks_c:
        for n in np.flatnonzero((seen[:-1] - kink) * (seen[1:] - kink) < 0):
            found.add(float(brentq(lambda t, kink=kink: float(temp(t)) - kink, grid[n], grid[n + 1], xtol=1e-12)))
    return sorted(found)
