"""From a scenario's places to a road network with all of them on it, and what is odd about how they meet it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.errors import BadInputError, Fault, demand_right
from coldchain.inputs import plain_file
from coldchain.language import _
from coldchain.model import Place, Scenario
from coldchain.network import (
    LorryRange,
    RoadNetwork,
    Snap,
    cut_off_fault,
    lorry_range,
    read_roads,
    snap_places,
)
from coldchain.scenario import DATUMS, FILE, located, to_wgs84, wgs84_to_gcj02

OFF_ROAD_M = (100.0, 700.0)
CLEARLY_NEARER = 0.5


@dataclass(frozen=True)
class PlacedNetwork:
    """A road network and the node of every place: villages, then sites, then hubs.

    Attributes
    ----------
    node : shape (villages + sites + hubs,)
    offset_m : straight distance of each place from the road it meets, same shape
    """

    network: RoadNetwork
    node: Ints
    offset_m: Floats
    villages: int
    sites: int

    @property
    def village_node(self) -> Ints:
        """Nodes of the villages."""
        return self.node[: self.villages]

    @property
    def site_node(self) -> Ints:
        """Nodes of the sites."""
        return self.node[self.villages : self.villages + self.sites]

    @property
    def hub_node(self) -> Ints:
        """Nodes of the hubs."""
        return self.node[self.villages + self.sites :]

    def with_sites(self, rows: Sequence[int]) -> PlacedNetwork:
        """Return the same roads with only some of the sites on them."""
        first = self.villages + self.sites
        kept = [*range(self.villages), *(self.villages + row for row in rows), *range(first, len(self.node))]
        return replace(self, node=self.node[kept], offset_m=self.offset_m[kept], sites=len(rows))


def places_of(scenario: Scenario) -> tuple[Place, ...]:
    """Return all places in the order of :class:`PlacedNetwork`."""
    return (*scenario.villages, *scenario.sites, *scenario.hubs)


def place_on_roads(scenario: Scenario) -> tuple[PlacedNetwork, tuple[Fault, ...]]:
    """Read the roads, or make a proximity network, and put every place on it.

    Returns
    -------
    (PlacedNetwork, warnings)

    Raises
    ------
    BadInputError
        Naming every place farther from any road than ``roads.max_snap_m``, or the fault of the road file.
    """
    places = places_of(scenario)
    lon = np.array([place.lon for place in places])
    lat = np.array([place.lat for place in places])
    roads = _roads(scenario, lon, lat)
    snap = snap_places(roads, lon, lat, scenario.roads.access_kmh)
    odd = [*_unused(scenario, snap), *_far(scenario, snap.offset_m), *_datum(scenario, roads, snap.offset_m)]
    faults = located(scenario.folder, odd)
    demand_right(faults)
    node = snap.node.astype(np.int64)
    placed = PlacedNetwork(snap.network, node, snap.offset_m, len(scenario.villages), len(scenario.sites))
    return placed, faults


def _roads(scenario: Scenario, lon: Floats, lat: Floats) -> RoadNetwork:
    if not scenario.roads.file:
        from coldchain.network import proximity_network  # scipy's geometry is needed for it alone

        return proximity_network(lon, lat, scenario.roads.proximity_kmh, scenario.roads.circuity)
    path = scenario.home / scenario.roads.file
    unread = plain_file(path)
    if unread is not None and unread.code != "folder":
        odd = unread.code == "not-a-file"
        missing = _("there is no such road file in the scenario folder; leave it empty for a proximity network")
        message, code = (unread.message, unread.code) if odd else (missing, "missing-file")
        fault = Fault(FILE, None, "roads.file", scenario.roads.file, message, code)
        raise BadInputError(located(scenario.folder, [fault]))
    return read_roads(Path(path), lorries=_lorries(scenario), snap_m=scenario.roads.snap_m)


def _lorries(scenario: Scenario) -> LorryRange:
    """Return the range of lorries that posted limits are held against."""
    routing = scenario.routing
    first_mile, line_haul = (
        [kind.payload_kg for kind in scenario.vehicles if kind.id in keys]  # unknown ones are faults of their own
        for keys in (routing.collection_vehicles, routing.line_haul_vehicles)
    )
    return lorry_range(first_mile, line_haul)


def _unused(scenario: Scenario, snap: Snap) -> list[Fault]:
    """Name what the road file holds and the network leaves out, and the places on roads cut off."""
    used = snap.network.used
    if used is None or snap.network.kind == "proximity":
        return []
    at, named = str(scenario.home / scenario.roads.file), scenario.roads.file
    if scenario.folder is None:
        named = Path(named).name
    whole = cut_off_fault(used, named)
    faults = [replace(fault, file=fault.file.replace(at, named, 1)) for fault in snap.network.warnings]
    faults += [] if whole is None else [whole]
    for place, part, offset in zip(places_of(scenario), snap.part.tolist(), snap.offset_m, strict=True):
        if part >= 0:
            message = _(
                "lies on {km:,.2f} km of road that are not joined to the rest; it is reached from the nearest road in "
                "use, {offset:,.0f} m away"
            ).format(km=used.cut_off[part].km, offset=offset)
            fault = Fault(table_of(place), None, place.id, place.name, message, "place-cut-off", warning=True)
            faults.append(fault)
    return faults


def _far(scenario: Scenario, offset_m: Floats) -> list[Fault]:
    faults = []
    for place, offset in zip(places_of(scenario), offset_m, strict=True):
        if offset > scenario.roads.far_snap_m:
            refused = offset > scenario.roads.max_snap_m
            message = _("lies {offset:,.0f} m from the nearest road that joins the network").format(offset=offset)
            faults.append(Fault(table_of(place), None, place.id, place.name, message, "off-road", warning=not refused))
    return faults


def table_of(place: Place) -> str:
    """Return the name of the table a place stands in."""
    return f"{type(place).__name__.lower()}s"


def _datum(scenario: Scenario, roads: RoadNetwork, offset_m: Floats) -> list[Fault]:
    """Ask whether the datum was stated right when another one brings the places clearly nearer to the roads.

    Places of OpenStreetMap are never asked: they lie on their own roads.
    """
    if any(one.what == "licence" and one.source == "OpenStreetMap" for one in scenario.assumptions):
        return []
    median = float(np.median(offset_m))
    if not OFF_ROAD_M[0] <= median <= OFF_ROAD_M[1] or roads.kind == "proximity":
        return []
    lon = np.array([place.lon for place in places_of(scenario)])
    lat = np.array([place.lat for place in places_of(scenario)])
    trials = {datum: to_wgs84(lon, lat, datum) for datum in DATUMS if datum not in ("wgs84", "cgcs2000")}
    trials["wgs84"] = wgs84_to_gcj02(lon, lat)
    nearer = {
        datum: float(np.median(snap_places(roads, *moved, scenario.roads.access_kmh).offset_m))
        for datum, moved in trials.items()
    }
    best = min(nearer, key=lambda datum: nearer[datum])
    if nearer[best] > CLEARLY_NEARER * median:
        return []
    stated = _("gcj02 (or bd09), was wgs84 meant") if best == "wgs84" else _("{datum} meant").format(datum=best)
    message = _(
        "the median distance of the places from the roads is {median:.0f} m; with another datum it would be "
        "{value:.0f} m: was {stated}?"
    ).format(median=median, value=nearer[best], stated=stated)
    return [Fault(FILE, None, "datum", "", message, "datum", warning=True)]
