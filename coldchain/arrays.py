"""Arrays, units and tolerances: one name for each meaning, used by every room but verification, which states its own.

Aliases say what an array holds; its shape stands in the docstring of whatever takes or returns it. Tolerances say how
far a sum of floats may stray before it counts; tuning numbers of a search stay beside the search.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Indices = NDArray[np.intp]
Bools = NDArray[np.bool_]

KG_PER_T: Final = 1000.0
M_PER_KM: Final = 1000.0
W_PER_KW: Final = 1000.0
HOURS_PER_DAY: Final = 24.0
KWH_PER_MJ: Final = 1.0 / 3.6

HOURS_TOLERANCE: Final = 1e-6
"""h above a limit in hours (shift, ride, deadline, delivery target) that still keeps it: no clock can show it."""
LOAD_TOLERANCE: Final = 1e-7
"""Share of a payload or space above it that still fits."""
LOAD_TOLERANCE_T: Final = 1e-9
"""Tonnes that are rounding: no load is left."""
LOAD_TOLERANCE_KG: Final = 1e-6
"""Kilograms of one lot that are rounding: nothing is left of it."""
CENT_CNY: Final = 0.01
"""Money above a pot or cap that is rounding."""
ROUNDING: Final = 1e-9
"""Share by which two sums of the same floats, added in another order, may differ."""
