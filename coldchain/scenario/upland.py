"""A synthetic upland county: valleys, villages, townships, crops and seasons, the same for the same seed.

Places are scattered with the densities measured in Xiangxi Prefecture, Hunan (1,405 villages: straight-line median
4.8 km to the nearest township, 20.6 km to the county seat). Roads follow the valleys: the minimum spanning tree of all
places is dendritic like a river system; a few passes join neighbouring valleys. The more places lie behind a road,
the better it is. Crops, temperatures and hours are those of an upland county at 28° N, 300-900 m.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import scipy

from coldchain.arrays import Floats, Indices
from coldchain.language import N_, _
from coldchain.scenario.fleet import with_fleet
from coldchain.scenario.write import Draft

KM_PER_DEG = 111.195
VILLAGES_PER_SITE, VILLAGES_PER_HUB = 5, 67
SPEED_KMH = {"secondary": 45.0, "tertiary": 34.0, "unclassified": 22.0}
PASS_SHARE = 0.12

Crops = Mapping[str, tuple[float, float, tuple[float, float, float, float]]]
"""Of each crop: tonnes a year where it is grown, share of villages that grow it, then the share of the year's harvest
in spring, summer, autumn and winter."""

CROPS: Crops = {
    "pak_choi": (150.0, 0.55, (0.25, 0.30, 0.25, 0.20)),
    "snap_bean": (90.0, 0.35, (0.10, 0.65, 0.25, 0.0)),
    "tomato": (140.0, 0.40, (0.05, 0.70, 0.25, 0.0)),
    "chilli": (100.0, 0.40, (0.0, 0.60, 0.40, 0.0)),
    "strawberry": (50.0, 0.15, (0.75, 0.0, 0.0, 0.25)),
    "yangmei": (60.0, 0.15, (0.0, 1.0, 0.0, 0.0)),
    "shiitake": (60.0, 0.20, (0.35, 0.05, 0.30, 0.30)),
    "bamboo_shoot": (80.0, 0.25, (0.85, 0.0, 0.0, 0.15)),
    "peach": (110.0, 0.20, (0.0, 1.0, 0.0, 0.0)),
    "kiwifruit": (120.0, 0.20, (0.0, 0.0, 1.0, 0.0)),
    "ponkan": (120.0, 0.20, (0.0, 0.0, 0.30, 0.70)),
}
PERIODS = (
    ("spring", "spring (Mar-May)", 80, 11.0, 20.0),
    ("summer", "summer (Jun-Aug)", 85, 20.5, 29.5),
    ("autumn", "autumn (Sep-Nov)", 80, 12.5, 21.5),
    ("winter", "winter (Dec-Feb)", 60, 2.0, 9.5),
)
NOTES = (
    N_("Synthetic: no such county exists. Densities of places are those measured in Xiangxi Prefecture, Hunan."),
    N_(
        "Chosen: the crop mix: leaf vegetables, beans, berries, mushrooms, bamboo shoots, stone fruit, kiwi and ponkan."
    ),
    N_(
        "Why plausible: programmes are made for counties that live on perishables; kiwi and citrus "
        "alone lose about 2.5 %."
    ),
    N_("Chosen: 8 h until a trader's truck leaves the village, 20 h onward to coastal markets, 6 h there until sold."),
    N_(
        "Why plausible: a truck fills up at several villages, leaves in the evening and sells at a "
        "night market a day on."
    ),
    N_("The loss of today follows from crops, temperatures and these hours; nothing multiplies the result."),
)


@dataclass(frozen=True)
class Region:
    """What makes one county differ from another.

    Attributes
    ----------
    centre : longitude and latitude in degrees
    periods : id, name, days, least and highest temperature of each season
    sections : sections of ``scenario.toml`` in place of those every draft has
    """

    name: str = "upland"
    centre: tuple[float, float] = (109.6, 28.6)
    area_km2_per_village: float = 31.0
    crops: Crops = field(default_factory=lambda: CROPS)
    periods: tuple[tuple[str, str, int, float, float], ...] = PERIODS
    budget_cny_per_village: float = 12_000.0
    sections: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = NOTES


@dataclass(frozen=True)
class _Map:
    """Places in km east and north of the centre, villages first, then sites, then hubs; links between them."""

    xy: Floats
    villages: int
    sites: int
    start: Indices
    end: Indices
    road: list[str]
    centre: tuple[float, float]


def upland(villages: int, seed: int, region: Region | None = None) -> Draft:
    """Draft a synthetic upland county.

    Parameters
    ----------
    villages : 1 to 2,000
    seed : the same seed gives the same county
    region : another centre, density, climate, crop mix or rule
    """
    region = region or Region()
    rng = np.random.default_rng(seed)
    layout = _layout(villages, region, rng)
    names = _names(layout)
    counties = _counties(layout)
    tables: dict[str, pd.DataFrame] = {
        "periods": pd.DataFrame(
            [(key, _(name), *figures) for key, name, *figures in region.periods],
            columns=["id", "name", "days", "temp_min_c", "temp_max_c"],
        ),
        "villages": _places(layout, names, counties, slice(0, villages)).assign(
            cooperative=_cooperatives(layout)[:villages]
        ),
        "sites": _sites(layout, names, counties),
        "hubs": _places(layout, names, counties, slice(villages + layout.sites, None)),
        "harvest": _harvest(villages, region, rng),
    }
    tables |= _roads(layout, rng)
    budget = max(round(villages * region.budget_cny_per_village, -4), LEAST_BUDGET_CNY)
    sections = {**_sections(budget, counties), **region.sections}
    draft = Draft(region.name, sections, tables, notes=tuple(map(_, region.notes)), variants=_variants(budget))
    return with_fleet(draft)


LEAST_BUDGET_CNY = 20_000.0  # half of it is still a budget that is taken for yuan


def _sections(budget: float, counties: list[str]) -> Mapping[str, Mapping[str, Any]]:
    return {
        "siting": {"budget_cny": budget},
        "subsidy": {
            "programme": "hunan_2021",
            "class_of_county": dict.fromkeys(sorted({*counties} - {counties[-1]}), "formerly_poor"),
        },
        "roads": {"file": "roads"},
    }


def _variants(budget: float) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    return {
        "half": {"siting": {"budget_cny": budget / 2}},
        "double": {"siting": {"budget_cny": budget * 2}},
        "none": {"siting": {"budget_cny": 0.0}},
    }


def _layout(villages: int, region: Region, rng: np.random.Generator) -> _Map:
    sites = max(1, round(villages / VILLAGES_PER_SITE))
    hubs = max(1, round(villages / VILLAGES_PER_HUB))
    side = np.sqrt(villages * region.area_km2_per_village)
    xy = _scatter(villages, side, rng)
    town_at = _spread(xy, sites, rng)
    towns = xy[town_at] + rng.normal(0.0, 0.5, (sites, 2))
    seats = towns[_spread(towns, hubs, rng)] + rng.normal(0.0, 0.4, (hubs, 2))
    everything = np.vstack([xy, towns, seats])
    start, end = _valleys(everything, rng)
    classes = _classes(len(everything), start, end, villages + sites)
    return _Map(everything, villages, sites, start, end, classes, region.centre)


def _scatter(count: int, side: float, rng: np.random.Generator) -> Floats:
    """Place points at least about a kilometre apart: best of several candidates each (Mitchell)."""
    points = rng.uniform(-side / 2, side / 2, (1, 2))
    for _point in range(count - 1):
        candidates = rng.uniform(-side / 2, side / 2, (4, 2))
        distance, _nearest = scipy.spatial.cKDTree(points).query(candidates)
        points = np.vstack([points, candidates[int(np.argmax(distance))]])
    return points


def _spread(xy: Floats, count: int, rng: np.random.Generator) -> Indices:
    """Choose ``count`` well-spread points by a few rounds of k-medoids from a random start.

    Where two medoids fell together, one of them starts anew at the point farthest from all.
    """
    chosen = rng.choice(len(xy), size=min(count, len(xy)), replace=False)
    for _rest in range(12):
        distance, nearest = scipy.spatial.cKDTree(xy[chosen]).query(xy)
        farthest = xy[[int(np.argmax(distance))]]
        groups = [xy[nearest == k] for k in range(len(chosen))]
        centres = np.array([(group if len(group) else farthest).mean(axis=0) for group in groups])
        chosen = np.asarray(scipy.spatial.cKDTree(xy).query(centres)[1], dtype=np.intp)
    return chosen


def _valleys(xy: Floats, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Join all places by a spanning tree and a few passes between valleys."""
    if len(xy) < 4:
        order = np.arange(len(xy))
        return order[:-1], order[1:]
    corners = scipy.spatial.Delaunay(xy).simplices
    pairs = np.unique(np.sort(np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]]), axis=1), axis=0)
    length = np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T)
    climb = length * rng.uniform(0.8, 1.3, len(pairs))
    climbs = scipy.sparse.coo_array((climb, pairs.T), shape=(len(xy), len(xy)))
    tree = scipy.sparse.csgraph.minimum_spanning_tree(climbs).tocoo()
    in_tree = {(min(a, b), max(a, b)) for a, b in zip(tree.row, tree.col, strict=True)}
    is_pass = (rng.random(len(pairs)) < PASS_SHARE) & (length < np.quantile(length, 0.6))
    kept = [pair for pair, keep in zip(map(tuple, pairs), is_pass, strict=True) if keep or pair in in_tree]
    links = np.array(kept, dtype=np.intp)
    return links[:, 0], links[:, 1]


def _classes(count: int, start: Indices, end: Indices, seat: int) -> list[str]:
    """Class each road by how many places lie behind it, seen from the first county seat."""
    arcs = (np.ones(2 * len(start)), (np.r_[start, end], np.r_[end, start]))
    graph = scipy.sparse.coo_array(arcs, shape=(count, count)).tocsr()
    order, parent = scipy.sparse.csgraph.breadth_first_order(graph, seat, directed=False)
    behind = np.ones(count)
    for node in order[::-1]:
        if parent[node] >= 0:
            behind[parent[node]] += behind[node]
    classes = []
    for a, b in zip(start, end, strict=True):
        child = b if parent[b] == a else a if parent[a] == b else -1
        share = behind[child] / count if child >= 0 else 0.0
        classes.append("secondary" if share > 0.06 else "tertiary" if share > 0.012 else "unclassified")
    return classes


def _lonlat(xy: Floats, centre: tuple[float, float]) -> tuple[Floats, Floats]:
    lat = centre[1] + xy[:, 1] / KM_PER_DEG
    lon = centre[0] + xy[:, 0] / (KM_PER_DEG * np.cos(np.radians(centre[1])))
    return np.round(lon, 6), np.round(lat, 6)


def _nearest(towns: Floats, xy: Floats) -> Indices:
    return np.asarray(scipy.spatial.cKDTree(towns).query(xy)[1], dtype=np.intp)


def _names(layout: _Map) -> list[str]:
    hubs = len(layout.xy) - layout.villages - layout.sites
    return [
        *(f"V{n:04d}" for n in range(1, layout.villages + 1)),
        *(f"T{n:03d}" for n in range(1, layout.sites + 1)),
        *(f"H{n:02d}" for n in range(1, hubs + 1)),
    ]


def _counties(layout: _Map) -> list[str]:
    """Name the district of each place after its nearest county seat."""
    nearest = _nearest(layout.xy[layout.villages + layout.sites :], layout.xy)
    return [_("district {name}").format(name=f"{chr(65 + n % 26)}{n // 26 or ''}") for n in nearest]


def _cooperatives(layout: _Map) -> list[str]:
    towns = layout.xy[layout.villages : layout.villages + layout.sites]
    nearest = _nearest(towns, layout.xy)
    return [_("co-operative {n}").format(n=n // 5 + 1) for n in nearest]


def _places(layout: _Map, names: list[str], counties: list[str], part: slice) -> pd.DataFrame:
    lon, lat = _lonlat(layout.xy, layout.centre)
    columns = {"id": names[part], "name": names[part], "county": counties[part], "lon": lon[part], "lat": lat[part]}
    return pd.DataFrame(columns)


def _sites(layout: _Map, names: list[str], counties: list[str]) -> pd.DataFrame:
    part = slice(layout.villages, layout.villages + layout.sites)
    sites = _places(layout, names, counties, part)
    existing = [""] * len(sites)
    status = ["candidate"] * len(sites)
    if len(sites) >= 10:
        status[3], existing[3] = "existing", "cold_forced_air_200:1"
    return sites.assign(
        owner=[_("co-operative of {name}").format(name=name) for name in sites["name"]],
        status=status,
        existing=existing,
    )


def _harvest(villages: int, region: Region, rng: np.random.Generator) -> pd.DataFrame:
    """Every village grows each crop with its chance, at least one; amounts are log-normal around the crop's."""
    crops = list(region.crops)
    chance = np.array([region.crops[crop][1] for crop in crops])
    grown = rng.random((villages, len(crops))) < chance
    for i in np.flatnonzero(~grown.any(axis=1)):
        grown[i, rng.integers(len(crops))] = True
    amount = np.array([region.crops[crop][0] for crop in crops]) * rng.lognormal(-0.08, 0.4, grown.shape)
    rows = []
    for i, c in zip(*np.nonzero(grown), strict=True):
        for (period, *_rest), share in zip(region.periods, region.crops[crops[c]][2], strict=True):
            if share > 0:
                rows.append((f"V{i + 1:04d}", crops[c], period, round(float(amount[i, c] * share), 1)))
    return pd.DataFrame(rows, columns=["village", "commodity", "period", "tonnes"])


def _roads(layout: _Map, rng: np.random.Generator) -> dict[str, pd.DataFrame]:
    """Return GMNS node and link tables; each road winds, 1.2 to 1.5 times the straight line."""
    lon, lat = _lonlat(layout.xy, layout.centre)
    a, b = layout.xy[layout.start], layout.xy[layout.end]
    straight = np.hypot(*(a - b).T)
    factor = rng.uniform(1.2, 1.5, len(straight))
    sway = np.sqrt(np.maximum(factor**2 - 1.0, 0.0)) / 2.0 * straight * rng.choice([-1.0, 1.0], len(straight))
    across = np.stack([-(b - a)[:, 1], (b - a)[:, 0]], axis=1) / np.maximum(straight, 1e-9)[:, None]
    bend = (a + b) / 2.0 + across * sway[:, None]
    bend_lon, bend_lat = _lonlat(bend, layout.centre)
    shape = [
        f"LINESTRING ({lon[s]} {lat[s]}, {x} {y}, {lon[e]} {lat[e]})"
        for s, e, x, y in zip(layout.start, layout.end, bend_lon, bend_lat, strict=True)
    ]
    nodes = pd.DataFrame({"node_id": np.arange(1, len(lon) + 1), "x_coord": lon, "y_coord": lat})
    links = pd.DataFrame(
        {
            "link_id": np.arange(1, len(straight) + 1),
            "from_node_id": layout.start + 1,
            "to_node_id": layout.end + 1,
            "directed": False,
            "length_m": np.round(straight * factor * 1000.0, 1),
            "facility_type": layout.road,
            "free_speed": [SPEED_KMH[road] for road in layout.road],
            "geometry": shape,
        }
    )
    return {"roads/node": nodes, "roads/link": links}
