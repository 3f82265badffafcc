"""The lanes of villages, and how much of each has no signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.model import Scenario
from coldchain.network import paths, travel
from coldchain.network.geometry import great_circle_m
from coldchain.runs import PlacedNetwork

STEP_M = 250.0


@dataclass(frozen=True, eq=False)
class VillageLane:
    """The way from a village to its depot, in equal steps.

    Attributes
    ----------
    points : float64[k, 2], the middle of each step, longitude and latitude
    """

    village: int
    depot: str
    km: float
    points: Floats


def lanes_of(scenario: Scenario, placed: PlacedNetwork, depots: Mapping[int, Sequence[str]]) -> list[VillageLane]:
    """Return the lane of every village that grows something.

    Parameters
    ----------
    depots : village -> the depots a plan sends it to; without any the nearest site stands for it
    """
    sites = {site.id: number for number, site in enumerate(scenario.sites)}
    growing = np.flatnonzero(scenario.harvest_t.sum(axis=(1, 2)) > 0)
    chosen = {int(v): [key for key in depots.get(int(v), ()) if key in sites] for v in growing}
    if not any(chosen.values()):
        chosen = _nearest(scenario, placed, growing)
    ends = [(v, key) for v, keys in chosen.items() for key in keys]
    legs = [(int(placed.village_node[v]), int(placed.site_node[sites[key]])) for v, key in ends]
    drawn = paths(placed.network, np.array(legs, dtype=np.int64)) if legs else []
    return [_lane(v, key, line) for (v, key), line in zip(ends, drawn, strict=True) if len(line)]


def _nearest(scenario: Scenario, placed: PlacedNetwork, growing: Ints) -> dict[int, list[str]]:
    hours = travel(placed.network, placed.village_node[growing], placed.site_node).time_h
    return {
        int(v): [scenario.sites[int(row.argmin())].id]
        for v, row in zip(growing, hours, strict=True)
        if np.isfinite(row).any()
    }


def _lane(village: int, depot: str, line: Floats) -> VillageLane:
    """Cut a line into equal steps of at most so many metres."""
    if len(line) < 2:
        return VillageLane(village, depot, 0.0, line[:1])
    metres = np.concatenate([[0.0], np.cumsum(great_circle_m(line[:-1, 0], line[:-1, 1], line[1:, 0], line[1:, 1]))])
    steps = max(1, int(np.ceil(metres[-1] / STEP_M)))
    at = (np.arange(steps) + 0.5) / steps * metres[-1]
    points = np.column_stack([np.interp(at, metres, line[:, 0]), np.interp(at, metres, line[:, 1])])
    return VillageLane(village, depot, float(metres[-1]) / 1000.0, points)
