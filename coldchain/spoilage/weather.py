"""The days that a loss stated for a season is the mean of: cool, usual and warm ones.

Loss bends upwards with temperature: warm days cost more than cool ones spare, so the loss on the usual day is less than
the usual loss. A day's temperature is normal around the hourly course of its season, with the spread of seasons and the
spread of days in them. The mean over it is taken by three nodes of Gauss and Hermite: exact for a loss that goes as a
polynomial of up to the fifth degree in temperature (Abramowitz & Stegun, 25.4.46; doi 10.1119/1.15378).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from coldchain.model import Chain


@dataclass(frozen=True)
class AirDay:
    """A day that is so much warmer than its season, and how much of the season it stands for."""

    warmer_c: float
    share: float


USUAL = AirDay(0.0, 1.0)


def air_days(chain: Chain) -> tuple[AirDay, ...]:
    """Return the days of a season, shares adding up to one; the usual one alone where temperatures do not stray.

    Examples
    --------
    >>> [(round(day.warmer_c, 3), round(day.share, 3)) for day in air_days(Chain(air_season_c=0.0, air_day_c=2.0))]
    [(-3.464, 0.167), (0.0, 0.667), (3.464, 0.167)]
    """
    spread = math.hypot(chain.air_season_c, chain.air_day_c)
    if spread == 0.0:
        return (USUAL,)
    far = math.sqrt(3.0) * spread
    return AirDay(-far, 1.0 / 6.0), AirDay(0.0, 2.0 / 3.0), AirDay(far, 1.0 / 6.0)
