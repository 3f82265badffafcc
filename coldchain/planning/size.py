"""How large a scenario is before it is planned: arcs, and what they take of memory and time."""

from __future__ import annotations

from dataclasses import dataclass

from coldchain.model import Scenario
from coldchain.planning.arcs import build_arcs
from coldchain.planning.basis import prepare
from coldchain.runs.roads import place_on_roads

BASE_MIB, ARC_KIB = 290.0, 3.2
"""Memory of a process that plans and its solver: the libraries, each arc besides; fitted by `benchmarks/size.py`."""
BASE_S, ARC_S, ARC_PAIR_S = 5.0, 4e-4, 1.5e-8
"""Processor seconds of a quick plan, likewise: beyond tens of thousands of arcs siting grows with their square."""


@dataclass(frozen=True)
class Size:
    """Counts of a scenario.

    Attributes
    ----------
    road_nodes : of the network that is searched
    demands : village and group of crops that are cooled alike
    arcs : ways to serve a demand: site and kind of cooling within reach
    """

    name: str
    villages: int
    sites: int
    crops: int
    periods: int
    road_nodes: int
    demands: int
    arcs: int

    @property
    def memory_mib(self) -> float:
        """Memory of one process that plans it, MiB, roughly."""
        return BASE_MIB + ARC_KIB * self.arcs / 1024

    @property
    def quick_s(self) -> float:
        """Seconds of a quick plan, roughly."""
        return BASE_S + (ARC_S + ARC_PAIR_S * self.arcs) * self.arcs


def size_of(scenario: Scenario) -> Size:
    """Count what planning a scenario would have to look at; roads are read and searched, nothing is solved.

    Raises
    ------
    BadInputError
        When places lie too far from the roads.
    """
    placed, _faults = place_on_roads(scenario)
    arcs = build_arcs(prepare(scenario, placed))
    return Size(
        f"{scenario.name}-{scenario.variant}",
        len(scenario.villages),
        len(scenario.sites),
        len(scenario.commodities),
        len(scenario.periods),
        len(placed.network.lon),
        len(arcs.village),
        len(arcs.demand),
    )
