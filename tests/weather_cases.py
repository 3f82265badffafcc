"""The days that a stated loss is the mean of, written out: a cool, a usual and a warm one."""

from __future__ import annotations

import math
from collections.abc import Callable

from coldchain.model import Chain


def mean_of_days(chain: Chain, lost: Callable[[float], float]) -> float:
    """Return the mean of what is lost on three days, each so much warmer than its season."""
    far = math.sqrt(3.0 * (chain.air_season_c**2 + chain.air_day_c**2))
    return lost(-far) / 6.0 + lost(0.0) * 2.0 / 3.0 + lost(far) / 6.0
