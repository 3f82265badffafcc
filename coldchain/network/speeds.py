"""Speeds from OpenStreetMap tags.

The speed of a class is the lower of the defaults of two open routing engines (OSRM car profile, GraphHopper car);
posted limits, surfaces and track grades only lower it. Trucks drive 0.9 of it, but not below a posted limit that
is lower still. Places differ: give ``speed_kmh`` in a line file where better figures are known.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType

from coldchain.network.access import TYPICAL, Profile, directions, open_to
from coldchain.network.lorries import Lorry, fits

FACTOR: Mapping[Profile, float] = MappingProxyType({"truck": 0.9, "car": 1.0})
"""Share of the class speed that a vehicle drives."""

CLASS_KMH: Mapping[str, float] = MappingProxyType({
    "motorway": 90.0, "trunk": 70.0, "primary": 65.0, "secondary": 55.0, "tertiary": 40.0, "unclassified": 25.0,
    "residential": 25.0, "living_street": 10.0, "service": 15.0, "track": 10.0, "road": 20.0, "motorway_link": 45.0,
    "trunk_link": 40.0, "primary_link": 30.0, "secondary_link": 25.0, "tertiary_link": 20.0,
})  # fmt: skip
"""Free speed in km/h of each ``highway`` value that a truck can use; values not listed are no roads."""

TRACK_KMH: Mapping[str, float] = MappingProxyType({
    "grade1": 20.0, "grade2": 17.0, "grade3": 15.0, "grade4": 12.0, "grade5": 10.0,
})  # fmt: skip
"""Speed in km/h of ``highway=track`` by ``tracktype``."""

SURFACE_KMH: Mapping[str, float] = MappingProxyType({
    "cobblestone": 30.0, "sett": 40.0, "unpaved": 40.0, "compacted": 40.0, "fine_gravel": 40.0, "gravel": 30.0,
    "pebblestone": 25.0, "ground": 20.0, "dirt": 20.0, "earth": 20.0, "grass": 15.0, "sand": 15.0, "mud": 10.0,
})  # fmt: skip
"""Most km/h that a surface allows; surfaces not listed set no limit."""

NOT_ROADS = frozenset({
    "footway", "path", "cycleway", "bridleway", "steps", "pedestrian", "corridor", "construction", "proposed",
    "raceway", "busway", "bus_guideway", "platform", "rest_area", "services", "elevator", "escape", "via_ferrata",
    "abandoned", "razed", "crossing", "ferry", "unknown",
})  # fmt: skip
"""Classes that are known and left out without complaint."""

DIRECTIONS = ("forward", "backward")
_LIMIT_CLASS: Mapping[Profile, str] = MappingProxyType({"truck": "hgv", "car": "motorcar"})
_LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?$")


def speeds(tags: Mapping[str, str], profile: Profile = "truck", lorry: Lorry | None = None) -> tuple[float, float]:
    """Speed in km/h along and against the drawing of a road; NaN where it may not be driven.

    Parameters
    ----------
    lorry : whose weight and measures posted limits are held against; by default the `TYPICAL` one of the profile

    Examples
    --------
    >>> speeds({"highway": "primary"})
    (58.5, 58.5)
    >>> speeds({"highway": "primary", "oneway": "-1", "maxspeed": "30"}, "car")
    (nan, 30.0)
    """
    driven = directions(tags, profile)
    vehicle = lorry or TYPICAL[profile]
    along, against = (
        road_kmh(tags, profile, way) if may and open_to(tags, profile, way) and fits(tags, vehicle, way) else math.nan
        for may, way in zip(driven, DIRECTIONS, strict=True)
    )
    return along, against


def road_kmh(tags: Mapping[str, str], profile: Profile = "truck", direction: str = "") -> float:
    """Speed in km/h: class or track grade, capped by surface, times the vehicle's factor, capped by the posted limit.

    NaN for a class that no truck can use.
    """
    road = tags.get("highway", "")
    kmh = CLASS_KMH.get(road, math.nan)
    if road == "track":
        kmh = TRACK_KMH.get(tags.get("tracktype", ""), kmh)
    kmh = min(kmh, SURFACE_KMH.get(tags.get("surface", ""), math.inf)) * FACTOR[profile]
    return min(kmh, _posted(tags, direction, ""), _posted(tags, direction, f":{_LIMIT_CLASS[profile]}"))


def _posted(tags: Mapping[str, str], direction: str, vehicle: str) -> float:
    """Return the limit posted for a kind of vehicle: that of the direction before that of the road."""
    key = f"maxspeed{vehicle}"
    return limit_kmh(tags.get(f"{key}:{direction}") or tags.get(key, ""))


def leaves_ground(tags: Mapping[str, str]) -> bool:
    """Whether a road runs on a bridge, in a tunnel, under a roof, or on another layer than the ground.

    Examples
    --------
    >>> leaves_ground({"bridge": "viaduct"}), leaves_ground({"tunnel": "no", "layer": "0"})
    (True, False)
    """
    built = any(tags.get(key, "no") not in {"no", ""} for key in ("bridge", "tunnel", "covered"))
    return built or tags.get("layer", "0") not in {"0", "0.0", ""}


def limit_kmh(text: str) -> float:
    """Read a posted limit in km/h, the lowest of a list; infinite when there is none or no number (``none``).

    Examples
    --------
    >>> limit_kmh("50"), round(limit_kmh("30 mph"), 1), limit_kmh("walk"), limit_kmh("none"), limit_kmh("20;30")
    (50.0, 48.3, 5.0, inf, 20.0)
    """
    return min(_one_limit(part.strip().lower()) for part in text.split(";"))


def _one_limit(text: str) -> float:
    if text == "walk":
        return 5.0
    found = _LIMIT.fullmatch(text)
    value = float(found[1]) if found else 0.0
    if not found or value <= 0:
        return math.inf
    return value * (1.609344 if found[2] == "mph" else 1.0)
