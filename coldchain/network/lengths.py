"""Road lengths as given against the lines drawn: which unit they are in, and where the two contradict each other."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from coldchain.arrays import Bools, Floats

METRES: Mapping[str, float] = MappingProxyType({"ft": 0.3048, "m": 1.0, "km": 1000.0, "mile": 1609.344})
"""Metres in the units that road lengths are given in, the smallest first."""
SHORTEST, SLACK_M = 0.8, 25.0
"""A road is at least this share of its drawn line long, or shorter by no more than the width of a junction."""
LONGEST, HIDDEN_M = 20.0, 500.0
"""A road is at most this many times its drawn line, and the bends that the drawing leaves out, long."""
STRAIGHTEST = 0.9
"""Quantile of drawn against given length that stands for the straightest roads of a file."""
FITS = (0.85, 1.15)
"""Drawn against given length of the straightest roads when the unit is right: their lines are as long as they are."""
MAY_FIT = (0.65, 1.15)
"""The same where the lines are drawn straight between the ends."""
FEWEST = 3
"""Fewer roads than this may all be hairpins and say nothing about the unit."""
LEAST_DRAWN_M = 50.0
"""Shorter lines say nothing about the unit: they are cut at the kerb or rounded."""


def contradicts(metres: Floats, drawn: Floats) -> Bools:
    """Whether a road cannot be so long: shorter than its drawn line, or many times as long.

    Examples
    --------
    >>> contradicts(np.array([950.0, 620.0, 8000.0, 3.3e6, 15.0]), np.array([1000.0, 1000.0, 1000.0, 1000.0, 30.0]))
    array([False,  True, False,  True, False])
    """
    too_short = metres < np.minimum(SHORTEST * drawn, drawn - SLACK_M)
    return np.asarray(too_short | (metres > LONGEST * drawn + HIDDEN_M), dtype=np.bool_)


def fitting_unit(given: Floats, drawn: Floats) -> str:
    """Return the smallest unit in which the straightest roads are not shorter than their drawn lines; "" if none is.

    Examples
    --------
    >>> drawn = np.array([1000.0, 2000.0, 900.0])
    >>> [fitting_unit(drawn * per_m, drawn) for per_m in (3.28, 1.0, 1.2, 0.001, 0.00062, 1e-6)]
    ['ft', 'm', 'm', 'km', 'mile', '']
    """
    ratio = _straightest(given, drawn)
    return next((unit for unit, metres in METRES.items() if ratio <= FITS[1] * metres), "") if ratio > 0 else ""


def better_unit(given: Floats, drawn: Floats, metres: float) -> str:
    """Return the unit that fits the drawn lines where the one stated, of so many metres, does not; "" otherwise."""
    ratio = _straightest(given, drawn)
    known = (given > 0) & (drawn >= LEAST_DRAWN_M)
    if known.sum() < FEWEST or MAY_FIT[0] <= ratio / metres <= MAY_FIT[1]:
        return ""
    return next((unit for unit, other in METRES.items() if FITS[0] <= ratio / other <= FITS[1]), "")


def _straightest(given: Floats, drawn: Floats) -> float:
    """Drawn metres per unit given, of the straightest roads; 0 when no road has both."""
    known = (given > 0) & (drawn >= LEAST_DRAWN_M)
    if not known.any():
        known = (given > 0) & (drawn > 0)
    return float(np.quantile(drawn[known] / given[known], STRAIGHTEST, method="higher")) if known.any() else 0.0
