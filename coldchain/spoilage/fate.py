"""What becomes of a lot: what is unsaleable or dried away, the water apart, and the value lost, discounts included."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from coldchain.arrays import Bools, Floats
from coldchain.model import Commodity, Economics, Scenario
from coldchain.spoilage.kinetics import QUALITY_AT_LIFE, quality, worn_loss
from coldchain.spoilage.weather import air_days


@dataclass(frozen=True)
class Fate:
    """Shares of lots, arrays of one shape.

    Attributes
    ----------
    loss : of the weight, unsaleable or lost as water
    water : of the weight, lost as water by what is sold; part of ``loss``
    value : of the value, ``loss`` and what buyers take off for what is sold below the first grade
    """

    loss: Floats
    water: Floats
    value: Floats

    @classmethod
    def of(cls, commodity: Commodity, worn: Floats, transfers: int, prices: Economics) -> Fate:
        """Return the fate of lots by their wear, shape (..., 3)."""
        loss = worn_loss(commodity, worn, transfers)
        off = taken_off(prices, worn[..., 0])
        return cls(loss, np.asarray((1.0 - loss) * np.expm1(worn[..., 2])), np.asarray(loss + (1.0 - loss) * off))

    @classmethod
    def unknown(cls, shape: int | tuple[int, ...]) -> Fate:
        """Return NaN everywhere."""
        return cls(*(np.full(shape, np.nan) for _part in range(3)))

    @classmethod
    def mean(cls, parts: Iterable[tuple[float, Fate]]) -> Fate:
        """Return the mean of fates of one shape, each with its share."""
        each = [(share * one.loss, share * one.water, share * one.value) for share, one in parts]
        return cls(*(np.asarray(np.sum(figure, axis=0), dtype=np.float64) for figure in zip(*each, strict=True)))

    @classmethod
    def of_season(cls, commodity: Commodity, scenario: Scenario, worn: Iterable[Floats], transfers: int) -> Fate:
        """Return the mean fate of lots over the days of a season, from their wear on each of :func:`air_days`."""
        shares = (day.share for day in air_days(scenario.chain))
        parts = (cls.of(commodity, one, transfers, scenario.economics) for one in worn)
        return cls.mean(zip(shares, parts, strict=True))

    def __getitem__(self, at: Any) -> Fate:
        """Return the fate of some lots, copied."""
        return Fate(np.array(self.loss[at]), np.array(self.water[at]), np.array(self.value[at]))

    def put(self, at: Any, other: Fate) -> None:
        """Overwrite the fate of some lots."""
        self.loss[at], self.water[at], self.value[at] = other.loss, other.water, other.value

    def at_least(self, other: Fate) -> Fate:
        """Return the larger of both, figure by figure."""
        pairs = ((self.loss, other.loss), (self.water, other.water), (self.value, other.value))
        return Fate(*(np.asarray(np.maximum(one, two), dtype=np.float64) for one, two in pairs))

    def but(self, known: Bools, other: Fate) -> Fate:
        """Return this fate, but the other's where it is known."""
        pairs = ((other.loss, self.loss), (other.water, self.water), (other.value, self.value))
        return Fate(*(np.where(known, new, old) for new, old in pairs))


def taken_off(prices: Economics, used: Floats) -> Floats:
    """Share of the price that buyers take off for quality, by the life used up.

    Nothing down to a quality of ``discount_below_quality``; from there in proportion, at the end of life
    ``discount_at_life``, and no more beyond it.

    Examples
    --------
    >>> prices = Economics(discount_below_quality=50.0, discount_at_life=0.4)
    >>> taken_off(prices, np.array([0.0, 0.4, 0.65, 1.0, 3.0])).round(3).tolist()
    [0.0, 0.0, 0.198, 0.4, 0.4]
    """
    first, last = prices.discount_below_quality, 100.0 * QUALITY_AT_LIFE
    share = np.clip((first - quality(used)) / max(first - last, 1e-9), 0.0, 1.0)
    return np.asarray(prices.discount_at_life * share, dtype=np.float64)
