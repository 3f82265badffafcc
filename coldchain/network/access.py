"""Who may drive where, and which way, by OpenStreetMap's tags of access, of one-way roads and of barriers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from coldchain.network.lorries import CAR, LIGHT, Lorry, fits

Profile = Literal["truck", "car"]

CLOSED = frozenset({"no", "private", "emergency", "military"})
"""Values of an access tag that close a road; ``agricultural``, ``forestry``, ``destination`` stay open."""

ACCESS_KEYS: Mapping[Profile, tuple[str, ...]] = MappingProxyType(
    {
        "truck": ("hgv", "access:hgv", "motor_vehicle", "vehicle", "access"),
        "car": ("motorcar", "access:motorcar", "motor_vehicle", "vehicle", "access"),
    }
)
"""Access tags, the most specific first."""

BLOCKING = frozenset({
    "block", "bollard", "chain", "cycle_barrier", "debris", "full-height_turnstile",
    "horse_stile", "jersey_barrier", "kissing_gate", "log", "motorcycle_barrier", "planter", "rope", "spikes", "stile",
    "tank_trap", "turnstile", "wedge",
})  # fmt: skip
"""Values of ``barrier`` on a node that stop a motor vehicle unless an access tag says that it may pass."""

TYPICAL: Mapping[Profile, Lorry] = MappingProxyType({"truck": LIGHT, "car": CAR})
"""The vehicle whose weight and measures hold where none is stated: the light truck of 1.5 t, or a car."""

ONEWAY, REVERSED = frozenset({"yes", "true", "1"}), frozenset({"-1", "reverse"})


def access(tags: Mapping[str, str], profile: Profile, direction: str = "") -> bool | None:
    """Whether the vehicle may pass by the most specific access tag, for a direction too; None when no tag says it.

    A list of values (``no;private``) closes where every one of them does.

    Examples
    --------
    >>> access({"access": "no", "hgv": "delivery"}, "truck"), access({"vehicle:forward": "no"}, "truck", "forward")
    (True, False)
    """
    for key in ACCESS_KEYS[profile]:
        for name in (f"{key}:{direction}", key):
            if name in tags:
                return not all(value.strip() in CLOSED for value in tags[name].split(";"))
    return None


def open_to(tags: Mapping[str, str], profile: Profile = "truck", direction: str = "") -> bool:
    """Whether the vehicle may use a road, by its tags of access; areas, ferries and impassable roads are left out."""
    if tags.get("area") == "yes" or tags.get("route") == "ferry" or tags.get("smoothness") == "impassable":
        return False
    return access(tags, profile, direction) is not False


def directions(tags: Mapping[str, str], profile: Profile = "truck") -> tuple[bool, bool]:
    """Whether a road may be driven along and against its drawing, by its one-way tags.

    ``oneway=yes`` and ``-1`` decide; without the tag, roundabouts and motorways are one-way. Anything else,
    ``alternating`` and ``reversible`` included, is two-way. ``oneway:hgv=yes`` and the like close a direction to this
    vehicle; an exception from a one-way road (``oneway:motor_vehicle=no``) is not relied on.

    Examples
    --------
    >>> directions({"oneway": "yes"}), directions({"oneway:hgv": "-1"}), directions({"oneway:hgv": "-1"}, "car")
    ((True, False), (False, True), (True, True))
    """
    oneway = tags.get("oneway", "")
    implied = tags.get("junction") in {"roundabout", "circular"} or tags.get("highway") == "motorway"
    special = [tags.get(f"oneway:{key}", "") for key in ACCESS_KEYS[profile]]
    said = [oneway or ("yes" if implied else ""), *special]
    return REVERSED.isdisjoint(said), ONEWAY.isdisjoint(said)


def passable(tags: Mapping[str, str], profile: Profile, lorry: Lorry) -> bool:
    """Whether a node on a road lets the vehicle pass: gates and blocks, and posted height, width and weight.

    Examples
    --------
    >>> [passable(tags, "truck", LIGHT) for tags in ({"barrier": "gate"}, {"barrier": "gate", "access": "private"},
    ...  {"barrier": "bollard"}, {"barrier": "bollard", "hgv": "yes"}, {"barrier": "bollard", "bollard": "rising"})]
    [True, False, False, True, True]
    """
    if not fits(tags, lorry):
        return False
    said = access(tags, profile)
    if said is not None:
        return said
    if tags.get("barrier") == "bollard" and tags.get("bollard") == "rising":
        return True
    return tags.get("barrier") not in BLOCKING and tags.get("locked") != "yes"
