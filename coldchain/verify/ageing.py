"""The loss law stated and integrated anew: how fast a lot ages, and what it has lost at the end of its journey.

``u = ∫ k(T(t)) dt`` over the hours in the air, in a cooler, in a truck; ``L = 1 - (1-h)^n · exp(-λ·u^b)`` as in
docs/model.md. The temperature has a closed form on every stretch; the rate along it is summed by Gauss-Legendre between
the moments at which the temperature passes a kink or a jump of the rate, which are solved for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from coldchain.model import Chain, Commodity, Economics, Period

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
NODES, WEIGHTS = np.polynomial.legendre.leggauss(8)
SETTLED_HALVES = 40
SHORTEST_H = 1e-9
STEPS = 12
LEVEL_K_H = 1e-9


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


def fate_of(crop: Commodity, lot: AgeingLots, transfers: int, packaging: str | None, prices: Economics) -> Floats:
    """Return shares of lots at their buyer, (3, lots): lost of the weight, of it as water, lost of the value."""
    used, _dose, dry = lot.wear
    lost = lot.lost(crop, transfers, packaging)
    return np.stack([lost, *priced(lost, used, dry, prices)])


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


def trade(lot: AgeingLots, crop: Commodity, *, wait_h: float, way_h: Wear, market_h: Wear) -> AgeingLots:
    """Take lots to their buyers as traders do today: hours in the village, on the way, at the market."""
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


def air_at(air: Sequence[float], clock_h: Wear) -> Floats:
    """Air temperature at any hour, linear between full ones."""
    return np.asarray(np.interp(np.mod(clock_h, 24.0), np.arange(25.0), air), dtype=np.float64)


def mean_over_days(chain: Chain, lost: Callable[[float], Floats]) -> Floats:
    """Return the mean of what is lost over the temperatures of a season's days.

    They are normal; the mean is that over three of them (Gauss-Hermite), as docs/model.md states it.

    Parameters
    ----------
    lost : of a day so much warmer than its season, °C
    """
    spread = math.sqrt(chain.air_season_c**2 + chain.air_day_c**2)
    if not spread:
        return lost(0.0)
    places, parts = np.polynomial.hermite_e.hermegauss(3)
    return np.asarray(sum(part * lost(spread * at) for at, part in zip(places, parts / parts.sum(), strict=True)))


@dataclass
class AgeingLots:
    """Lots of one law on their way: what time it is, how warm they are, what life, chilling dose and dryness come to.

    Attributes
    ----------
    clock_h, temp_c : now, one number for each lot, any shape
    wear : share of life used, chilling dose, water lost; shape (3, *clock_h.shape)
    """

    law: Law
    air: tuple[float, ...]
    clock_h: Floats
    temp_c: Floats
    wear: Floats

    @classmethod
    def begin(
        cls, crop: Commodity, period: Period, clock_h: Wear, packaging: str | None = None, *, warmer_c: float = 0.0
    ) -> AgeingLots:
        """Begin as warm as the air on a day so much warmer than its season."""
        air, clock = tuple(at + warmer_c for at in air_c(period)), np.asarray(clock_h, dtype=np.float64)
        return cls(
            Law.of(crop, period.humidity, packaging), air, clock, air_at(air, clock), np.zeros((3, *clock.shape))
        )

    def take(self, lots: NDArray[np.intp]) -> AgeingLots:
        """Return some of the lots, each as often as it is named."""
        return replace(self, clock_h=self.clock_h[lots], temp_c=self.temp_c[lots], wear=self.wear[:, lots])

    @property
    def used(self) -> Floats:
        """Share of life used up."""
        return np.asarray(self.wear[0])

    def lost(self, crop: Commodity, transfers: int, packaging: str | None) -> Floats:
        """Share lost."""
        used, dose, dry = self.wear
        return loss_share(crop, used, transfers, packaging, dose=dose, dry=dry)

    def in_air(self, hours: Wear) -> AgeingLots:
        """Follow the air."""
        return self._on(hours, lambda spent: in_air(self.law, self.air, self.clock_h, spent))

    def cooled(
        self, hours: Wear, target_c: Wear, half_h: Wear, humidity: float = 1.0, dry_per_k: float = 0.0
    ) -> AgeingLots:
        """Approach a fixed temperature, half the way in each half-time; what is colder stays so."""
        before = self.temp_c
        if self.law.newer:
            target_c = np.minimum(target_c, before)
        self.hall(hours, target_c, half_h, humidity)
        if self.law.newer:
            self.wear[2] += dry_per_k * (before - self.temp_c)
        return self

    def hall(self, hours: Wear, target_c: Wear, half_h: Wear, humidity: float = 1.0) -> AgeingLots:
        """Approach a fixed temperature, half the way in each half-time."""
        return self._on(hours, lambda spent: cooled(self.law, self.temp_c, target_c, half_h, spent, humidity))

    def reefer(self, hours: Wear, air: Wear, crop: Commodity, humidity: float) -> AgeingLots:
        """Ride in cold air of a temperature: what is colder approaches it, what is warmer breathes itself warm."""
        return self.hall(hours, reefer_end_c(crop, self.temp_c, air), REEFER_HALF_H, humidity)

    def ride(self, hours: Wear, half_h: float | None, humidity: float = 1.0) -> AgeingLots:
        """Keep the temperature (a reefer: None), or approach the air with a half-time."""
        if half_h is None:
            return self._on(hours, lambda spent: (spent * self.law.wear_per_h(self.temp_c, humidity), self.temp_c))
        return self._on(hours, lambda spent: drifted(self.law, self.air, self.clock_h, self.temp_c, half_h, spent))

    def _on(self, hours: Wear, passed: Callable[[Floats], tuple[Floats, Floats]]) -> AgeingLots:
        """Go on for some hours; what never arrives has no life left."""
        given = np.asarray(hours, dtype=np.float64)
        ever = np.isfinite(given)
        wear, temp_c = passed(np.where(ever & (given > SHORTEST_H), given, 0.0))
        self.temp_c = np.where(ever & (given > SHORTEST_H), temp_c, self.temp_c)
        self.wear = self.wear + wear
        self.wear[0] = np.where(ever, self.wear[0], math.inf)
        self.clock_h = self.clock_h + given
        return self


def _summed(
    law: Law, temp: Callable[[Floats], Floats], cuts: Floats, humidity: float, target_c: Wear = math.inf
) -> Floats:
    """Wear, (3, lots), while the temperature goes as ``temp(t)``, between the first and the last of cuts, (n, lots)."""
    half, middle = np.diff(cuts, axis=0)[:, None] / 2.0, (cuts[1:] + cuts[:-1])[:, None] / 2.0
    flat = (-1, *(1,) * (cuts.ndim - 1))
    rates = law.wear_per_h(temp(middle + half * NODES.reshape(flat)), humidity, target_c)
    return np.asarray((rates * (WEIGHTS.reshape(flat) * half)).sum(axis=(1, 2)), dtype=np.float64)


@dataclass(frozen=True)
class _OpenAir:
    """Wear in the open from midnight on, at the moments between which the air goes straight and passes no kink."""

    moments_h: Floats
    temp_c: Floats
    wear: Floats


@lru_cache(maxsize=4096)
def _day(law: Law, air: tuple[float, ...]) -> _OpenAir:
    """Follow the air through a day."""
    moments = {float(hour) for hour in range(len(air))}
    for hour, (start, end) in enumerate(pairwise(air)):
        moments |= {hour + (kink - start) / (end - start) for kink in law.kinks_c if (kink - start) * (end - kink) > 0}
    moments_h = np.array(sorted(moments))
    temp_c = np.interp(moments_h, np.arange(len(air)), air)
    slope = np.diff(temp_c) / np.diff(moments_h)
    cuts = np.stack([np.zeros(len(slope)), np.diff(moments_h)])
    each = _summed(law, lambda t: temp_c[:-1] + slope * t, cuts, law.humidity)
    return _OpenAir(moments_h, temp_c, np.concatenate([np.zeros((3, 1)), np.cumsum(each, axis=1)], axis=1))


def in_air(law: Law, air: tuple[float, ...], clock_h: Floats, hours: Floats) -> tuple[Floats, Floats]:
    """Return the wear, shape (3, lots), of hours in the open, and how warm lots are then."""
    return _since_midnight(law, air, clock_h + hours) - _since_midnight(law, air, clock_h), air_at(air, clock_h + hours)


def _since_midnight(law: Law, air: tuple[float, ...], clock_h: Floats) -> Floats:
    """Wear in the open since the first midnight."""
    days, hour = np.divmod(clock_h, 24.0)
    day = _day(law, air)
    last = np.searchsorted(day.moments_h, hour, side="right") - 1
    temp_c = day.temp_c[last]
    slope = (day.temp_c[last + 1] - temp_c) / (day.moments_h[last + 1] - day.moments_h[last])
    since = hour - day.moments_h[last]
    part = _summed(law, lambda t: temp_c + slope * t, np.stack([np.zeros_like(since), since]), law.humidity)
    return np.asarray(np.multiply.outer(day.wear[:, -1], days) + day.wear[:, last] + part)


def cooled(
    law: Law, start_c: Floats, target_c: Wear, half_h: Wear, hours: Floats, humidity: float
) -> tuple[Floats, Floats]:
    """Return the wear, shape (3, lots), while a fixed temperature is approached, and how warm lots are then."""
    gap = start_c - target_c
    end_c = target_c + gap * 0.5 ** (hours / half_h)
    steps = min(math.ceil(float(np.max(hours / half_h, initial=0.0))), SETTLED_HALVES)
    cuts = [0.0 * end_c, hours + 0.0 * end_c, *(np.minimum(n * half_h, hours) + 0.0 * end_c for n in range(1, steps))]
    for kink in law.kinks_c:
        crossed = (kink - start_c) * (end_c - kink) > 0
        if crossed.any():
            share = np.where(crossed, gap, 1.0) / np.where(crossed, kink - target_c, 1.0)
            cuts.append(np.where(crossed, half_h * np.log2(share), 0.0))
    wear = _summed(
        law, lambda t: target_c + gap * 0.5 ** (t / half_h), np.sort(np.stack(cuts), axis=0), humidity, target_c
    )
    return wear, end_c


def drifted(
    law: Law, air: tuple[float, ...], clock_h: Floats, temp_c: Floats, half_h: float, hours: Floats
) -> tuple[Floats, Floats]:
    """Return the wear, shape (3, lots), while the air is approached, and how warm lots are then.

    Hour by hour: ``T' = (A(t) - T)·ln 2/half`` with A straight within the hour.
    """
    clock_h, temp_c, hours = np.broadcast_arrays(clock_h, temp_c, hours)
    pace, hourly = math.log(2.0) / half_h, np.asarray(air)
    last, start = clock_h + hours, clock_h
    passed: list[tuple[Floats, ...]] = []
    while (start < last).any():
        end = np.minimum(np.floor(start) + 1.0, last)
        low = (np.floor(start) % 24.0).astype(np.intp)
        slope = hourly[low + 1] - hourly[low]
        first = hourly[low] + slope * (start - np.floor(start)) - slope / pace
        passed.append((first, slope, temp_c - first, end - start))
        start, temp_c = end, _Stretch(first, slope, temp_c - first, pace, end - start).temp_c(end - start)
    if not passed:
        return np.zeros((3, *temp_c.shape)), temp_c
    first, slope, gap, spent = map(np.stack, zip(*passed, strict=True))
    stretch = _Stretch(first, slope, gap, pace, spent)
    return _summed(law, stretch.temp_c, stretch.cuts(law.kinks_c), law.humidity).sum(axis=1), temp_c


@dataclass(frozen=True)
class _Stretch:
    """Temperature of lots that approach air on its straight way: ``first + slope·t + gap·exp(-pace·t)``."""

    first: Floats
    slope: Floats
    gap: Floats
    pace: float
    hours: Floats

    def temp_c(self, t: Floats) -> Floats:
        """Temperature after some hours."""
        return np.asarray(self.first + self.slope * t + self.gap * np.exp(-self.pace * t), dtype=np.float64)

    def cuts(self, kinks_c: Sequence[float]) -> Floats:
        """Return 0, the moments at which the temperature passes a kink, and the end; it turns once at most."""
        level = np.abs(self.slope) < LEVEL_K_H
        ratio = self.pace * self.gap / np.where(level, 1.0, self.slope)
        ratio = np.where(level | (ratio <= 0), 1.0, ratio)
        ends = np.stack([0.0 * self.hours, np.clip(np.log(ratio) / self.pace, 0.0, self.hours), self.hours])
        seen = self.temp_c(ends)
        found = [ends[0], ends[2]]
        coldest, warmest = seen.min(initial=math.inf), seen.max(initial=-math.inf)
        for kink in (kink for kink in kinks_c if coldest < kink < warmest):
            for n in (0, 1):
                passed = (seen[n] - kink) * (seen[n + 1] - kink) < 0
                if passed.any():
                    moments = np.zeros_like(self.hours)
                    moments[passed] = self._some(passed).moment(kink, ends[n][passed], ends[n + 1][passed])
                    found.append(moments)
        return np.sort(np.stack(found), axis=0)

    def _some(self, lots: NDArray[np.bool_]) -> _Stretch:
        """Return the temperature of some of the lots."""
        return _Stretch(self.first[lots], self.slope[lots], self.gap[lots], self.pace, self.hours[lots])

    def moment(self, kink: float, start: Floats, end: Floats) -> Floats:
        """Return when the temperature passes a kink: Newton's steps, halving where they leave what is left."""
        below, at = self.temp_c(start) < kink, (start + end) / 2.0
        for _n in range(STEPS):
            off = self.temp_c(at) - kink
            before = (off < 0) == below
            start, end = np.where(before, at, start), np.where(before, end, at)
            pace = self.slope - self.pace * self.gap * np.exp(-self.pace * at)
            step = at - off / np.where(pace == 0, 1.0, pace)
            at = np.where((start <= step) & (step <= end), step, (start + end) / 2.0)
        return at
