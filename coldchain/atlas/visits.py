"""Which villages to visit first, because their harvest is both large and least known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.language import N_

SPREAD = 0.5
"""Coefficient of variation of a village's tonnes of a crop, fixed beforehand: rasters are modelled."""
TENTH = 1.2815515655446004
"""Of the normal distribution: a tenth lies beyond it."""
VISITS = 10
VISIT_NOTE = N_(
    "visits are ranked by tonnes x spread x farm-gate price; once there is a plan, coldchain explain RUN --visits 10 "
    "ranks them by what knowing them is worth to its depots"
)


@dataclass(frozen=True)
class VillageToVisit:
    """A village worth a visit.

    Attributes
    ----------
    spread_cny : standard deviation of the value of its harvest, CNY a year, all crops off together
    """

    id: str
    name: str
    tonnes: float
    spread_cny: float


def band(tonnes: float, spread: float = SPREAD) -> tuple[float, float]:
    """Return the tonnes below and above which a tenth each lies, of a log-normal with that mean.

    Examples
    --------
    >>> [round(figure, 1) for figure in band(100.0)]
    [48.8, 163.9]
    """
    width = math.sqrt(math.log1p(spread**2))
    middle = tonnes * math.exp(-(width**2) / 2)
    return middle * math.exp(-TENTH * width), middle * math.exp(TENTH * width)


def ranked(
    villages: pd.DataFrame, harvest: pd.DataFrame, price_cny_kg: Mapping[str, float]
) -> tuple[VillageToVisit, ...]:
    """Return all villages with a harvest, those worth most first.

    Parameters
    ----------
    villages : id, name
    harvest : village, commodity, tonnes
    """
    value = harvest["tonnes"] * 1000.0 * harvest["commodity"].map(dict(price_cny_kg)) * SPREAD
    sums = pd.DataFrame({"tonnes": harvest["tonnes"], "cny": value}).groupby(harvest["village"]).sum()
    names = villages.set_index("id")["name"]
    order = np.lexsort((sums.index.astype(str), -sums["cny"].round(2)))
    return tuple(
        VillageToVisit(str(sums.index[at]), str(names[sums.index[at]]), round(float(sums["tonnes"].iloc[at]), 3),
              round(float(sums["cny"].iloc[at]), 2))
        for at in order
    )  # fmt: skip
