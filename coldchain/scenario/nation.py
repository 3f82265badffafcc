"""A synthetic country: counties that differ in size, density, climate, crops, hours, rules and budgets.

Nothing here is a real county. Each lies on a cell of a grid over the latitudes of its landscape; its numbers are drawn
around those of the landscape, and county n of a seed is the same whatever the number of counties asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from coldchain.cells import csv_text
from coldchain.language import N_
from coldchain.leftovers import new_folder
from coldchain.scenario.upland import CROPS, PERIODS, Crops, Region, upland
from coldchain.scenario.write import Draft, write_scenario

LIST = "counties.csv"
MEAN_VILLAGES, LEAST_VILLAGES = 200.0, 40
PROGRAMMES = ("", "liaoning_2022", "tianjin", "sanming_2024")  # the first: Hunan's, with its classes of counties
NOTES = (
    N_(
        "Synthetic: no such county exists. Landscape, density, crops, temperatures, hours and budget "
        "are drawn at random."
    ),
    N_("The layout of villages, townships and valley roads is that of the synthetic upland county."),
)
PLAIN: Crops = {
    "apple": (210.0, 0.35, (0.0, 0.0, 1.0, 0.0)),
    "pear": (160.0, 0.20, (0.0, 0.15, 0.85, 0.0)),
    "peach": (130.0, 0.30, (0.0, 1.0, 0.0, 0.0)),
    "cherry": (60.0, 0.20, (0.75, 0.25, 0.0, 0.0)),
    "grape": (110.0, 0.25, (0.0, 0.40, 0.60, 0.0)),
    "tomato": (170.0, 0.35, (0.20, 0.55, 0.25, 0.0)),
    "cucumber": (150.0, 0.35, (0.30, 0.50, 0.20, 0.0)),
    "broccoli": (120.0, 0.25, (0.35, 0.0, 0.45, 0.20)),
    "strawberry": (60.0, 0.20, (0.80, 0.0, 0.0, 0.20)),
}
PLATEAU: Crops = {
    "pak_choi": (140.0, 0.50, (0.25, 0.25, 0.25, 0.25)),
    "lettuce_leaf": (130.0, 0.45, (0.30, 0.20, 0.20, 0.30)),
    "broccoli": (130.0, 0.40, (0.30, 0.20, 0.20, 0.30)),
    "snap_bean": (90.0, 0.30, (0.20, 0.50, 0.30, 0.0)),
    "shiitake": (70.0, 0.30, (0.30, 0.20, 0.30, 0.20)),
    "plum": (100.0, 0.25, (0.0, 1.0, 0.0, 0.0)),
    "strawberry": (70.0, 0.25, (0.60, 0.0, 0.0, 0.40)),
    "lily_bulb": (80.0, 0.15, (0.0, 0.30, 0.70, 0.0)),
}
TROPICS: Crops = {
    "litchi": (120.0, 0.40, (0.25, 0.75, 0.0, 0.0)),
    "mango": (140.0, 0.30, (0.20, 0.80, 0.0, 0.0)),
    "banana": (200.0, 0.25, (0.20, 0.25, 0.35, 0.20)),
    "snap_bean": (110.0, 0.40, (0.35, 0.10, 0.15, 0.40)),
    "chilli": (120.0, 0.35, (0.35, 0.05, 0.15, 0.45)),
    "eggplant": (130.0, 0.30, (0.30, 0.15, 0.25, 0.30)),
    "cucumber": (150.0, 0.30, (0.35, 0.10, 0.20, 0.35)),
}


@dataclass(frozen=True)
class Landscape:
    """A kind of county: degrees west-east and south-north, K warmer than the upland county, km² a village, crops."""

    name: str
    lon: tuple[float, float]
    lat: tuple[float, float]
    warmer_k: float
    area_km2: float
    crops: Crops
    share: float


LANDSCAPES = (
    Landscape("upland", (106.0, 117.0), (25.5, 30.5), 0.0, 31.0, CROPS, 0.40),
    Landscape("plain", (109.0, 119.0), (33.5, 37.5), -2.5, 9.0, PLAIN, 0.30),
    Landscape("plateau", (99.0, 105.0), (23.5, 27.5), -3.5, 45.0, PLATEAU, 0.15),
    Landscape("tropics", (107.5, 116.0), (20.5, 24.0), 4.5, 16.0, TROPICS, 0.15),
)


def county(number: int, seed: int, villages: float = MEAN_VILLAGES) -> tuple[str, Draft]:
    """Draft one county of the country.

    Parameters
    ----------
    number : from 1
    villages : mean over the country; single counties hold 0.2 to 3 times as many

    Returns
    -------
    (landscape, Draft)
    """
    rng = np.random.default_rng([seed, number])
    land = LANDSCAPES[int(rng.choice(len(LANDSCAPES), p=[item.share for item in LANDSCAPES]))]
    size = villages * float(rng.lognormal(-0.08, 0.4))
    count = max(1, round(min(max(size, villages * LEAST_VILLAGES / MEAN_VILLAGES), villages * 3.0)))
    centre = (round(float(rng.uniform(*land.lon)), 4), round(float(rng.uniform(*land.lat)), 4))
    warmer = land.warmer_k + float(rng.normal(0.0, 1.2))
    region = Region(
        name=f"county-{number:04d}",
        centre=centre,
        area_km2_per_village=round(land.area_km2 * float(rng.lognormal(0.0, 0.25)), 2),
        crops=_mix(land.crops, rng),
        periods=tuple((*p[:3], round(p[3] + warmer, 1), round(p[4] + warmer, 1)) for p in PERIODS),
        budget_cny_per_village=float(rng.choice([4_000.0, 8_000.0, 12_000.0, 20_000.0])),
        sections=_sections(rng),
        notes=NOTES,
    )
    draft = upland(count, int(rng.integers(2**31)), region)
    hubs = draft.tables["hubs"].assign(onward_h=np.round(rng.uniform(8.0, 30.0, len(draft.tables["hubs"])), 1))
    return land.name, replace(draft, tables={**draft.tables, "hubs": hubs})


def nation(counties: int, seed: int, villages: float = MEAN_VILLAGES) -> Iterator[tuple[str, Draft]]:
    """Draft counties 1 to ``counties`` in turn; parameters as :func:`county`."""
    return (county(number, seed, villages) for number in range(1, counties + 1))


def write_nation(
    counties: int,
    seed: int,
    folder: Path,
    villages: float = MEAN_VILLAGES,
) -> pd.DataFrame:
    """Write a folder of scenarios and the list of them, ``counties.csv``, which ``coldchain batch`` reads.

    Returns
    -------
    DataFrame
        The list: name, scenario (folder beside the list), landscape, villages, sites, production_t, budget_cny.

    Raises
    ------
    UsageError
        When the folder exists and is not empty, or cannot be written.
    """
    rows = []
    with new_folder(folder) as partial:
        for landscape, draft in nation(counties, seed, villages):
            write_scenario(draft, partial / draft.name)
            rows.append(_row(landscape, draft))
        listed = pd.DataFrame(rows)
        (partial / LIST).write_text(csv_text(listed), encoding="utf-8-sig")
    return listed


def _sections(rng: np.random.Generator) -> dict[str, dict[str, object]]:
    programme = str(rng.choice(PROGRAMMES))
    chain: dict[str, object] = {"today_wait_h": round(float(rng.uniform(5.0, 10.0)), 1)}
    return {"chain": chain, "subsidy": {"programme": programme}} if programme else {"chain": chain}


def _mix(crops: Crops, rng: np.random.Generator) -> Crops:
    """Draw how much of each crop a county grows; some it does not grow at all, two it always does."""
    grown = rng.random(len(crops)) < 0.75
    grown[rng.choice(len(crops), 2, replace=False)] = True
    scale = rng.lognormal(0.0, 0.3, len(crops))
    return {
        name: (round(tonnes * more, 1), round(min(share * more, 0.9), 3), seasons)
        for (name, (tonnes, share, seasons)), keep, more in zip(crops.items(), grown, scale, strict=True)
        if keep
    }


def _row(landscape: str, draft: Draft) -> dict[str, object]:
    return {
        "name": draft.name,
        "scenario": draft.name,
        "landscape": landscape,
        "villages": len(draft.tables["villages"]),
        "sites": len(draft.tables["sites"]),
        "production_t": round(float(draft.tables["harvest"]["tonnes"].sum()), 1),
        "budget_cny": draft.sections["siting"]["budget_cny"],
    }
