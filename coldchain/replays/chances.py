"""What is left to chance in a replay: the weather, the harvest, the hours on the road."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from statistics import NormalDist

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Scenario


@dataclass(frozen=True)
class Chances:
    """How far a year, a day, a village and a leg of road stray from the plan's typical ones.

    Temperatures are normal, °C; harvests and hours are lognormal factors of mean one, given by their coefficient of
    variation. None stands for the figure of the scenario, from which the plan's losses and expected overflow follow.
    All are assumptions, to be replaced by local records; with noughts every day is the usual one.

    Attributes
    ----------
    season_c, day_c : a season's mean temperature against the usual one; a day's against its season's
    crop_cv, village_cv, picking_cv : harvest of a crop in a season, of a village in a season, of a village on a day
    road_cv, leg_cv : hours of all roads on a day; of a leg by itself
    """

    season_c: float | None = None
    day_c: float | None = None
    crop_cv: float | None = None
    village_cv: float | None = None
    picking_cv: float | None = None
    road_cv: float | None = None
    leg_cv: float | None = None

    def __post_init__(self) -> None:
        """Refuse figures that are no spreads."""
        for name, most in LIMITS.items():
            value = getattr(self, name)
            if value is not None and not 0.0 <= value <= most:
                told = _("{name} must be from 0 to {most:g}; got {value:g}")
                raise UsageError(told.format(name=name, most=most, value=value))

    def of(self, scenario: Scenario) -> ChanceSpreads:
        """Return all figures, those of a scenario where none is given."""
        stated = {name: getattr(getattr(scenario, section), field) for name, (section, field) in STATED.items()}
        return ChanceSpreads(**{name: stated[name] if value is None else value for name, value in asdict(self).items()})


STATED = {
    "season_c": ("chain", "air_season_c"), "day_c": ("chain", "air_day_c"),
    "crop_cv": ("routing", "harvest_crop_cv"), "village_cv": ("routing", "harvest_village_cv"),
    "picking_cv": ("routing", "harvest_day_cv"),
    "road_cv": ("routing", "travel_day_cv"), "leg_cv": ("routing", "travel_leg_cv"),
}  # fmt: skip
"""Section and field of the scenario in which each figure stands."""


@dataclass(frozen=True)
class ChanceSpreads:
    """The figures of :class:`Chances`, all of them known."""

    season_c: float
    day_c: float
    crop_cv: float
    village_cv: float
    picking_cv: float
    road_cv: float
    leg_cv: float


LIMITS = {"season_c": 10.0, "day_c": 15.0, **dict.fromkeys(
    ("crop_cv", "village_cv", "picking_cv", "road_cv", "leg_cv"), 2.0)}  # fmt: skip
NONE = Chances(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def factors(rng: np.random.Generator, cv: float, shape: int | tuple[int, ...], side: float = 1.0) -> Floats:
    """Draw lognormal factors of mean one; exactly one where ``cv`` is nought.

    Parameters
    ----------
    side : -1 for the mirror image of what 1 draws: high where that is low

    Examples
    --------
    >>> factors(np.random.default_rng(0), 0.0, 3).tolist()
    [1.0, 1.0, 1.0]
    >>> drawn = factors(np.random.default_rng(0), 0.3, 100_000)
    >>> round(float(drawn.mean()), 2), round(float(drawn.std()), 2)
    (1.0, 0.3)
    """
    spread = math.sqrt(math.log1p(cv * cv))
    return np.asarray(np.exp(side * spread * rng.standard_normal(shape) - spread * spread / 2.0), dtype=np.float64)


@dataclass(frozen=True)
class SeasonDraw:
    """One season of one year: °C above usual; harvest factors, shape (villages, commodities)."""

    air_c: float
    harvest: Floats


@dataclass
class DayDraw:
    """One day: °C above usual, harvest factors, and a source of factors for hours on the road."""

    air_c: float
    harvest: Floats
    road: float
    leg_cv: float
    rng: np.random.Generator = field(repr=False)

    def warmer(self, by_c: float) -> DayDraw:
        """Return the same day, warmer."""
        return replace(self, air_c=self.air_c + by_c)

    def roads(self, count: int) -> Floats:
        """Draw factors on the hours of so many legs."""
        return self.road * factors(self.rng, self.leg_cv, count)


@dataclass(frozen=True)
class ChanceSource:
    """Where a year's chances come from.

    Years come in pairs: the second is the mirror image of the first in weather, harvests and days of slow roads, so
    that what is drawn too high in one is as much too low in the other, and the mean of a few years is near that of many
    (antithetic variates: Hammersley & Morton 1956, doi 10.1017/S0305004100031455). Each year by itself is as likely as
    any other.

    Attributes
    ----------
    rng : of what a pair shares; ``side`` is 1 or -1
    legs : of the hours on single legs, of each year by itself
    """

    rng: np.random.Generator
    legs: np.random.Generator
    side: float = 1.0

    @classmethod
    def of(cls, seed: int, year: int) -> ChanceSource:
        """Return the source of a year."""
        pair, second = divmod(year, 2)
        return cls(np.random.default_rng([seed, pair]), np.random.default_rng([seed, year, 1]), 1.0 - 2.0 * second)


def draw_season(source: ChanceSource, chances: ChanceSpreads, villages: int, crops: int) -> SeasonDraw:
    """Draw what a whole season shares."""
    rng, side = source.rng, source.side
    air_c = chances.season_c * side * float(rng.standard_normal())
    crop = factors(rng, chances.crop_cv, crops, side)
    village = factors(rng, chances.village_cv, villages, side)
    return SeasonDraw(air_c, village[:, None] * crop[None, :])


def draw_days(source: ChanceSource, chances: ChanceSpreads, season: SeasonDraw, days: int) -> Iterator[DayDraw]:
    """Draw the days that stand for all days of a season.

    Weather and roads are drawn from equally probable slices, one day each: a season has so many days that their
    chances nearly cancel, and a few days drawn without this would make years look more different than they are.
    """
    rng, side = source.rng, source.side
    air, road = _sliced(rng, days), _sliced(rng, days)
    spread = math.sqrt(math.log1p(chances.road_cv**2))
    for a, r in zip(air, road, strict=True):
        picking = factors(rng, chances.picking_cv, len(season.harvest), side)
        yield DayDraw(
            season.air_c + chances.day_c * side * a, season.harvest * picking[:, None],
            math.exp(spread * side * r - spread * spread / 2.0), chances.leg_cv, source.legs,
        )  # fmt: skip


def _sliced(rng: np.random.Generator, count: int) -> list[float]:
    """Draw standard normals, one from each of so many equally probable slices, in random order.

    Examples
    --------
    >>> drawn = sorted(_sliced(np.random.default_rng(0), 2))
    >>> drawn[0] < 0.0 < drawn[1]
    True
    """
    normal = NormalDist()
    places = (rng.permutation(count) + rng.uniform(1e-9, 1.0 - 1e-9, count)) / count
    return [normal.inv_cdf(place) for place in places.tolist()]
