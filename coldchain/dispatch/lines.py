"""Where each trip drives: lines along the roads, from the depot through its halts and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.dispatch.dispatch import Dispatch
from coldchain.dispatch.tables import named_tours
from coldchain.network import paths
from coldchain.reports.lines import joined


@dataclass(frozen=True)
class TripLine:
    """One trip: name of its tour, its number, and longitude and latitude along the roads, float64[k, 2]."""

    tour: str
    trip: int
    line: Floats


def trip_lines(made: Dispatch) -> list[TripLine]:
    """Trace every trip; each distinct leg is searched once."""
    source, stops = made.day.source, made.day.stops
    keys, chains = [], []
    for named in named_tours(made):
        depot = source.depot_node(named.tour.depot)
        for number, trip in enumerate(named.tour.rounds, start=1):
            calls = [int(source.placed.village_node[stops[visit.stop].village]) for visit in trip.visits]
            keys.append((named.key, number))
            chains.append(np.array([depot, *calls, depot], dtype=np.int64))
    legs = [np.column_stack([chain[:-1], chain[1:]]) for chain in chains]
    if not legs:
        return []
    distinct, which = np.unique(np.concatenate(legs), axis=0, return_inverse=True)
    drawn = paths(source.placed.network, distinct)
    ends = np.cumsum([0, *(len(leg) for leg in legs)])
    return [
        TripLine(tour, trip, joined([drawn[k] for k in which[a:b]]))
        for (tour, trip), a, b in zip(keys, ends[:-1], ends[1:], strict=True)
    ]
