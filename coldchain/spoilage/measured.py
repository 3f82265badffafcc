"""The compiled loop of a lot along measured air: bands of its rate and of what it has used of its life."""

from __future__ import annotations

import math

import numpy as np

from coldchain.arrays import Floats
from coldchain.compiled import njit
from coldchain.spoilage.kernels import WEAR, add_wear, rate_of

_STEP_H = 1.0 / 12.0


@njit(cache=True)
def rate_range(params: Floats, low_c: float, high_c: float) -> tuple[float, float]:
    """Return the least and greatest rate between two temperatures: at the ends and beside the jumps between them."""
    first, last = rate_of(params, low_c), rate_of(params, high_c)
    least, most = min(first, last), max(first, last)
    for n in range(3, 7):
        if low_c < params[n] < high_c:
            for side in (-1e-9, 1e-9):
                rate = rate_of(params, params[n] + side)
                least, most = min(least, rate), max(most, rate)
    return least, most


@njit(cache=True, nogil=True)
def follow_measured(
    params: Floats, profile: Floats, humidity: float, half_h: float, end_h: float, state: Floats, used: Floats
) -> None:
    """Age a lot along measured air from ``state[0]`` to ``end_h``; trapezoids of the rate, steps of five minutes.

    ``profile[n]`` is a clock hour with the least, likely and greatest temperature of the air, straight between. With a
    half-time the lot follows the air by Newton's law, without (0) it is as warm. ``state`` is the lot's clock and its
    least, likely and greatest temperature; ``used`` the life used at least, likely and at most, then the chilling dose
    and the weight lost as water along the likely course. Both are brought to ``end_h``.
    """
    n = 0
    while n < len(profile) - 2 and profile[n + 1, 0] <= state[0]:
        n += 1
    air, produce = np.empty(3), state[1:].copy()
    while state[0] < end_h - 1e-12:
        until = end_h if n >= len(profile) - 2 else min(end_h, profile[n + 1, 0])
        steps = max(math.ceil((until - state[0]) / _STEP_H - 1e-9), 1)
        hours = (until - state[0]) / steps
        for step in range(steps):
            begin = state[0] + step * hours
            for course in (0, 2, 1):
                air[course] = _profile_at(profile, n, begin, course + 1)
                after = _profile_at(profile, n, begin + hours, course + 1)
                if half_h <= 0.0:
                    state[course + 1], produce[course] = air[course], after
                else:
                    decay = math.log(2.0) / half_h
                    lag = (after - air[course]) / hours / decay
                    gap = (state[course + 1] - air[course] + lag) * math.exp(-decay * hours)
                    produce[course] = after - lag + gap
            before, later = rate_range(params, state[1], state[3]), rate_range(params, produce[0], produce[2])
            wear = np.zeros(WEAR)
            around = min(air[1], state[2]) if half_h > 0.0 else state[2]
            add_wear(params, state[2], around, humidity, 0.5 * hours, wear)
            around = min(after, produce[1]) if half_h > 0.0 else produce[1]
            add_wear(params, produce[1], around, humidity, 0.5 * hours, wear)
            used[0] += 0.5 * hours * (before[0] + later[0])
            used[1] += wear[0]
            used[2] += 0.5 * hours * (before[1] + later[1])
            used[3] += wear[1]
            used[4] += wear[2]
            state[1:] = produce
        state[0] = until
        n = min(n + 1, len(profile) - 2)


@njit(cache=True)
def _profile_at(profile: Floats, n: int, clock: float, course: int) -> float:
    """Temperature of a course at a clock time of the piece behind point ``n``; steady before and after the profile."""
    if len(profile) == 1:
        return float(profile[0, course])
    length = profile[n + 1, 0] - profile[n, 0]
    share = 0.0 if length <= 0.0 else min(max((clock - profile[n, 0]) / length, 0.0), 1.0)
    return float(profile[n, course] * (1.0 - share) + profile[n + 1, course] * share)
