r"""Lives and losses of a crop that fit its weighings best, within the bands that were known before.

The logarithms ``θ`` of a crop's figures (life in storage, life in the warm, share unsaleable at the end of life) have
a normal distribution before: the stated figure is the mean, the ends of its band are the 5th and the 95th percentile.
The bruising of its packaging is a figure of the same kind that is not proposed. A weighing ``y`` of a lot has a
standard deviation ``σ`` of 3 points and 15 % of the loss, by itself. The most probable ``θ`` minimises

    Σ ((y - L(θ)) / σ)² + Σ ((θ - m) / s)²

by Gauss-Newton steps; its covariance is ``(JᵀJ/σ² + diag(1/s²))⁻¹`` (Laplace's approximation). New bands are its 5th
and 95th percentile. No figure leaves its old band. A weighing more than three standard deviations from what the crop's
fit says is an outlier: the farthest is left out and all is fitted anew, until none is left.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from coldchain.arrays import Floats
from coldchain.calibration.weighings import Weighing
from coldchain.model import Commodity, Scenario
from coldchain.model.bands import NEARLY, Z_END, ends_of
from coldchain.model.packaging import packed
from coldchain.spoilage import Held, held_loss, steady

FIGURES = ("life_d", "warm_life_d", "loss_at_life")
POINTS, SHARE, FAR = 0.03, 0.15, 3.0
"""Standard deviation of a weighing: points and share of its loss; how many of them make an outlier."""
STEPS, STEP, SETTLED = 60, 1e-5, 1e-10
HANDLING = (0.5, 3.0)
"""Band of the bruising of a packaging, as factors: that of ``handling_loss`` in the dictionary."""


@dataclass(frozen=True)
class Narrowed:
    """A figure of a crop before and after: value, low and high end."""

    crop: str
    figure: str
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    weighings: int

    @property
    def narrower(self) -> float:
        """By which share the band has become narrower."""
        old, new = (high - low for _value, low, high in (self.before, self.after))
        return 1.0 - new / old if old > 0 else 0.0


@dataclass(frozen=True)
class Residual:
    """A weighing and what the fit says: line of the table, measured and expected loss, distance in deviations."""

    line: int
    crop: str
    measured: float
    expected: float
    deviations: float


@dataclass(frozen=True)
class Calibration:
    """Figures of the crops weighed, and the weighings that do not fit."""

    narrowed: tuple[Narrowed, ...]
    residuals: tuple[Residual, ...]
    outliers: tuple[Residual, ...]


def calibrate(scenario: Scenario, weighings: Sequence[tuple[int, Weighing]]) -> Calibration:
    """Fit every crop that was weighed."""
    crops = {one.id: one for one in scenario.commodities}
    found = [_crop(crops[key], [row for row in weighings if row[1].crop == key])
             for key in dict.fromkeys(one.crop for _line, one in weighings)]  # fmt: skip
    return Calibration(
        tuple(one for fit in found for one in fit.narrowed),
        tuple(one for fit in found for one in fit.residuals),
        tuple(one for fit in found for one in fit.outliers),
    )


def _crop(crop: Commodity, weighings: list[tuple[int, Weighing]]) -> Calibration:
    """Fit one crop, leaving out outliers one by one."""
    kept = list(weighings)
    left: list[Residual] = []
    while True:
        fit = _Fit.of(crop, [one for _line, one in kept])
        told = [
            Residual(line, crop.id, one.loss, float(loss), float((one.loss - loss) / sd))
            for (line, one), loss, sd in zip(kept, fit.losses(fit.theta), fit.deviation, strict=True)
        ]
        worst = max(told, key=lambda one: abs(one.deviations), default=None)
        if worst is None or abs(worst.deviations) <= FAR:
            return Calibration(fit.narrowed(len(kept)) if kept else (), tuple(told), tuple(left))
        at = told.index(worst)
        left.append(worst)
        kept = kept[:at] + kept[at + 1 :]


@dataclass(frozen=True)
class _Fit:
    """A crop, its weighings, and logarithms of its values: mean, deviation and ends before, and the most probable."""

    crop: Commodity
    weighings: tuple[Weighing, ...]
    names: tuple[str, ...]
    mean: Floats
    spread: Floats
    low: Floats
    high: Floats
    theta: Floats

    @classmethod
    def of(cls, crop: Commodity, weighings: Sequence[Weighing]) -> _Fit:
        """Find the most probable values."""
        own = steady(crop)
        bands = {name: (getattr(own, name), *ends_of(own, name)) for name in FIGURES if _is_open(crop, name)}
        ends = [*bands.values(), (1.0, *HANDLING)]
        mean, low, high = np.log(np.array(ends).T)
        fit = cls(own, tuple(weighings), tuple(bands), mean, (high - low) / (2.0 * Z_END), low, high, mean)
        for _step in range(STEPS):
            moved = fit.stepped()
            if np.abs(moved.theta - fit.theta).max() < SETTLED:
                break
            fit = moved
        return fit

    @property
    def deviation(self) -> Floats:
        """Standard deviation of each weighing."""
        measured = np.array([one.loss for one in self.weighings])
        return np.sqrt(POINTS**2 + (SHARE * measured) ** 2)

    def losses(self, theta: Floats) -> Floats:
        """Share lost of each weighing, by the law."""
        values = dict(zip(self.names, np.exp(theta[:-1]).tolist(), strict=True))
        if "warm_life_d" in values or self.crop.warm_life_d is not None:
            warm = values.get("warm_life_d", self.crop.warm_life_d or 0.0)
            values["warm_life_d"] = min(warm, NEARLY * values.get("life_d", self.crop.life_d))
        if "loss_at_life" in values:
            values["loss_at_life"] = min(values["loss_at_life"], NEARLY)
        crop, bruise = self.crop.model_copy(update=values), math.exp(theta[-1])
        return np.array([_loss(crop, one, bruise) for one in self.weighings])

    def slopes(self) -> Floats:
        """Change of each weighing's loss by each value, in deviations, shape (weighings, values)."""
        columns = []
        for n in range(len(self.theta)):
            ends = []
            for sign in (1.0, -1.0):
                theta = self.theta.copy()
                theta[n] += sign * STEP
                ends.append(self.losses(theta))
            columns.append((ends[0] - ends[1]) / (2.0 * STEP))
        return np.asarray(np.array(columns).T.reshape(len(self.weighings), len(self.theta)) / self.deviation[:, None])

    def stepped(self) -> _Fit:
        """Take one Gauss-Newton step, halved until what is minimised falls; values stay in their bands."""
        slope, off = self.slopes(), self._off(self.theta)
        pull = slope.T @ off[: len(self.weighings)] - (self.theta - self.mean) / self.spread**2
        step = np.linalg.solve(slope.T @ slope + np.diag(self.spread**-2), pull)
        for _halving in range(30):
            theta = np.clip(self.theta + step, self.low, self.high)
            if (self._off(theta) ** 2).sum() <= (off**2).sum():
                return replace(self, theta=theta)
            step = step / 2.0
        return self

    def _off(self, theta: Floats) -> Floats:
        """Distances of weighings and values, in deviations."""
        measured = np.array([one.loss for one in self.weighings])
        return np.concatenate([(measured - self.losses(theta)) / self.deviation, (theta - self.mean) / self.spread])

    def narrowed(self, weighings: int) -> tuple[Narrowed, ...]:
        """Return the figures whose band the weighings narrow."""
        slope = self.slopes()
        after = np.sqrt(np.diag(np.linalg.inv(slope.T @ slope + np.diag(self.spread**-2))))
        found = []
        for n, name in enumerate(self.names):
            low, high = ends_of(self.crop, name)
            reach, middle = Z_END * after[n], self.theta[n]
            least, most = max(math.exp(middle - reach), low), min(math.exp(middle + reach), high)
            made = math.exp(middle), least, most
            found.append(Narrowed(self.crop.id, name, (getattr(self.crop, name), low, high), made, weighings))
        return tuple(found)


def _is_open(crop: Commodity, name: str) -> bool:
    """Tell whether a figure has a band of its own; the curve of measured decay stays as it is."""
    if getattr(crop, name) is None or (name == "loss_at_life" and crop.decay):
        return False
    low, high = ends_of(crop, name)
    return low < high


def _loss(crop: Commodity, one: Weighing, bruise: float) -> float:
    """Share lost of a lot that was held, with the bruising of its packaging times a factor."""
    named = crop if one.packaging is None else crop.model_copy(update={"packaging": one.packaging})
    box = packed(named, planned=True)
    loose = box.model_copy(update={"handling_loss": min(box.handling_loss * bruise, 0.9)})
    return held_loss(loose, [Held(one.temp, one.hours)], one.humidity, one.transfers)
