"""Where the vehicles of a plan drive: the lines of routes and of the line haul, and how often each link is passed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from coldchain import network as roads
from coldchain.arrays import Floats, Indices
from coldchain.network import RoadNetwork
from coldchain.runs import Run
from coldchain.runs.roads import places_of


@dataclass(frozen=True)
class PlanLines:
    """Geometry of a plan, longitude and latitude in degrees, WGS-84.

    Attributes
    ----------
    routes : one line float64[k, 2] for each row of the routes table, k >= 2
    hauls : (depots, hub) -> line float64[k, 2] from depot to hub, of a tour from depot to depot and on, k >= 2
    link : int[u], rows of the link table that routes or line haul pass
    passes : float64[u], vehicles a year on each of them, both directions together
    """

    routes: tuple[Floats, ...]
    hauls: Mapping[tuple[str, str], Floats]
    link: Indices
    passes: Floats


def plan_lines(plan: Run) -> PlanLines:
    """Trace every route and every depot's line haul on the roads; each distinct leg is searched once."""
    node = _nodes(plan)
    chains, weights = _route_chains(plan.tables, node)
    hauls = _haul_chains(plan.tables["line_haul"], node)
    chains += [chain for chain, _ in hauls.values()]
    weights += [trips for _, trips in hauls.values()]
    legs = [np.column_stack([chain[:-1], chain[1:]]) for chain in chains]
    pairs = np.concatenate([np.empty((0, 2), dtype=np.int64), *legs])
    distinct, leg = np.unique(pairs, axis=0, return_inverse=True)
    drawn = roads.paths(plan.placed.network, distinct) if len(distinct) else []
    per_leg = np.repeat(np.array(weights, dtype=np.float64), [len(rows) for rows in legs])
    yearly = np.bincount(leg, weights=per_leg, minlength=len(distinct)).astype(np.float64)
    link, passes = _links_in_use(plan.placed.network, drawn, yearly)
    ends = np.cumsum([0, *(len(rows) for rows in legs)])
    lines = [joined([drawn[k] for k in leg[a:b]]) for a, b in pairwise(ends)]
    count = len(plan.tables["routes"])
    way_back = [ends[count + n + 1] - 1 for n in range(len(hauls))]
    there = {
        key: joined([drawn[k] for k in leg[ends[count + n] : end]])
        for n, (key, end) in enumerate(zip(hauls, way_back, strict=True))
    }
    return PlanLines(tuple(lines[:count]), there, link, passes)


def _nodes(plan: Run) -> dict[tuple[str, str], int]:
    """Node of each place, by kind (``Village``, ``Site``, ``Hub``) and id."""
    placed = plan.placed
    named = zip(places_of(plan.scenario), placed.node, strict=True)
    return {(type(place).__name__, place.id): int(node) for place, node in named}


def _route_chains(
    tables: Mapping[str, pd.DataFrame], node: Mapping[tuple[str, str], int]
) -> tuple[list[Indices], list[float]]:
    """Nodes that each route calls at, depot to depot, and its days a year."""
    stops = tables["stops"].sort_values(["route", "order"], kind="stable")
    calls: dict[str, list[int]] = {}
    for route, village in zip(stops["route"], stops["village"], strict=True):
        calls.setdefault(route, []).append(node["Village", village])
    chains, weights = [], []
    for head in tables["routes"].itertuples():
        depot = node["Site", str(head.depot)]
        chains.append(np.array([depot, *calls.get(str(head.route), []), depot], dtype=np.intp))
        weights.append(float(str(head.days)))
    return chains, weights


def haul_names(line_haul: pd.DataFrame) -> pd.Series:
    """Name the depots of each row in order of loading: one id, or several joined by arrows."""
    return pd.Series([" → ".join(calls_of(row)) for row in line_haul.itertuples()], index=line_haul.index, dtype=object)


def calls_of(row: Any) -> list[str]:
    """Depots at which the trucks of a row of the line haul load, in order; a run without tours has no such column."""
    tour = getattr(row, "tour", "")
    return [part.rsplit(":", 2)[0] for part in str(tour).split(";")] if tour else [str(row.depot)]


def _haul_chains(
    line_haul: pd.DataFrame, node: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], tuple[Indices, float]]:
    """Nodes of each trip from its depots to the hub and back, and its trips a year."""
    found: dict[tuple[str, str], tuple[Indices, float]] = {}
    for row, name in zip(line_haul.itertuples(), haul_names(line_haul), strict=True):
        calls = [node["Site", depot] for depot in calls_of(row)]
        chain = np.array([*calls, node["Hub", str(row.hub)], calls[0]], dtype=np.intp)
        key, trips = (name, str(row.hub)), float(str(row.trips_day)) * float(str(row.days))
        found[key] = (chain, trips + (found[key][1] if key in found else 0.0))
    return found


def joined(legs: list[Floats]) -> Floats:
    """Join legs, without the vertex shared by neighbours; a lone vertex is doubled so that it is a line."""
    line = np.concatenate(legs)
    fresh = np.ones(len(line), dtype=np.bool_)
    fresh[1:] = (line[1:] != line[:-1]).any(axis=1)
    line = line[fresh]
    return np.repeat(line, 2, axis=0) if len(line) == 1 else line


def _links_in_use(network: RoadNetwork, drawn: list[Floats], yearly: Floats) -> tuple[Indices, Floats]:
    """Find the links under the legs by their vertices: a link is in use when every piece of it is driven."""
    if not drawn:
        return np.empty(0, dtype=np.intp), np.empty(0)
    sizes = np.array([len(line) for line in drawn])
    vertex = _complex(np.concatenate(drawn))
    known, number = np.unique(vertex, return_inverse=True)
    inner = np.ones(len(vertex), dtype=np.bool_)
    inner[np.cumsum(sizes) - 1] = False
    first = np.flatnonzero(inner)
    owner = np.repeat(np.arange(len(drawn)), sizes)[first]
    keys, key = np.unique(_piece(number[first], number[first + 1], len(known)), return_inverse=True)
    on_piece = np.bincount(key, weights=yearly[owner], minlength=len(keys)).astype(np.float64)
    return _lowest_by_link(network, known, keys, on_piece)


def _lowest_by_link(
    network: RoadNetwork, known: NDArray[np.complex128], keys: Indices, on_piece: Floats
) -> tuple[Indices, Floats]:
    vertex = _complex(network.xy)
    place = np.minimum(np.searchsorted(known, vertex), len(known) - 1)
    number = np.where(known[place] == vertex, place, -1)
    link = np.repeat(np.arange(network.links), np.diff(network.xy_start))
    first = np.flatnonzero((link[1:] == link[:-1]) & (vertex[1:] != vertex[:-1]))
    a, b = number[first], number[first + 1]
    key = np.where((a >= 0) & (b >= 0), _piece(a, b, len(known)), -1)
    slot = np.minimum(np.searchsorted(keys, key), max(len(keys) - 1, 0))
    passes = np.where(keys[slot] == key, on_piece[slot], 0.0) if len(keys) else np.zeros(len(key))
    lowest = np.full(network.links, np.inf)
    np.minimum.at(lowest, link[first], passes)
    used = np.flatnonzero(np.isfinite(lowest) & (lowest > 0))
    return used, lowest[used]


def _complex(xy: Floats) -> NDArray[np.complex128]:
    """Pack a vertex into one sortable number."""
    return np.asarray(xy[:, 0] + 1j * xy[:, 1], dtype=np.complex128)


def _piece(a: Indices, b: Indices, size: int) -> Indices:
    """Name the piece of road between two vertices, whichever way it is driven."""
    return np.asarray(np.minimum(a, b) * size + np.maximum(a, b))
