"""What is left to chance in a replay: the weather, the harvest, the hours on the road."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from statistics import NormalDist

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Routing


@dataclass(frozen=True)
class Chances:
    """How far a year, a day, a village and a leg of road stray from the plan's typical ones.

    Temperatures are normal, °C; harvests and hours are lognormal factors of mean one, given by their coefficient of
    variation. None stands for the figure of the scenario, from which the plan's expected overflow follows. All defaults
    are assumptions, to be replaced by local records; noughts replay the plan as it is.

    Attributes
    ----------
    season_c, day_c : a season's mean temperature against the usual one; a day's against its season's
    crop_cv, village_cv, picking_cv : harvest of a crop in a season, of a village in a season, of a village on a day
    road_cv, leg_cv : hours of all roads on a day; of a leg by itself
    """

    season_c: float = 1.0
    day_c: float = 2.5
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

    def of(self, routing: Routing) -> Spreads:
        """Return all figures, those of a scenario where none is given."""
        stated = {name: getattr(routing, STATED[name]) for name in STATED}
        return Spreads(**{name: stated[name] if value is None else value for name, value in asdict(self).items()})


STATED = {"crop_cv": "harvest_crop_cv", "village_cv": "harvest_village_cv", "picking_cv": "harvest_day_cv",
          "road_cv": "travel_day_cv", "leg_cv": "travel_leg_cv"}  # fmt: skip


@dataclass(frozen=True)
class Spreads:
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


def factors(rng: np.random.Generator, cv: float, shape: int | tuple[int, ...]) -> Floats:
    """Draw lognormal factors of mean one; exactly one where ``cv`` is nought.

    Examples
    --------
    >>> factors(np.random.default_rng(0), 0.0, 3).tolist()
    [1.0, 1.0, 1.0]
    >>> drawn = factors(np.random.default_rng(0), 0.3, 100_000)
    >>> round(float(drawn.mean()), 2), round(float(drawn.std()), 2)
    (1.0, 0.3)
    """
    spread = math.sqrt(math.log1p(cv * cv))
    return np.asarray(np.exp(spread * rng.standard_normal(shape) - spread * spread / 2.0), dtype=np.float64)


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

    def roads(self, count: int) -> Floats:
        """Draw factors on the hours of so many legs."""
        return self.road * factors(self.rng, self.leg_cv, count)


def draw_season(rng: np.random.Generator, chances: Spreads, villages: int, crops: int) -> SeasonDraw:
    """Draw what a whole season shares."""
    air_c = chances.season_c * float(rng.standard_normal())
    crop = factors(rng, chances.crop_cv, crops)
    village = factors(rng, chances.village_cv, villages)
    return SeasonDraw(air_c, village[:, None] * crop[None, :])


def draw_days(rng: np.random.Generator, chances: Spreads, season: SeasonDraw, days: int) -> Iterator[DayDraw]:
    """Draw the days that stand for all days of a season.

    Weather and roads are drawn from equally probable slices, one day each: a season has so many days that their
    chances nearly cancel, and a few days drawn without this would make years look more different than they are.
    """
    air, road = _sliced(rng, days), _sliced(rng, days)
    spread = math.sqrt(math.log1p(chances.road_cv**2))
    for a, r in zip(air, road, strict=True):
        picking = factors(rng, chances.picking_cv, len(season.harvest))
        yield DayDraw(
            season.air_c + chances.day_c * a, season.harvest * picking[:, None],
            math.exp(spread * r - spread * spread / 2.0), chances.leg_cv, rng,
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
