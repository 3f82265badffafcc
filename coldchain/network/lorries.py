"""What a lorry weighs and measures, and the posted limits of weight, height, width, length and axle load.

A fleet states payloads only. The largest vehicle of the class that carries such a payload decides: gross weight and
length by the Chinese vehicle classes (GA 802-2019: mini, light, medium, heavy), width, height and axle load by the
legal limits of road vehicles (GB 1589-2016) and, for the lower classes, by common box bodies (assumption).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Lorry:
    """Gross weight and outer measures of a vehicle."""

    gross_t: float
    axle_t: float
    height_m: float
    width_m: float
    length_m: float


CAR = Lorry(gross_t=1.8, axle_t=1.1, height_m=1.6, width_m=1.9, length_m=4.8)
MINI = Lorry(gross_t=1.8, axle_t=1.2, height_m=2.0, width_m=1.6, length_m=3.5)
LIGHT = Lorry(gross_t=4.5, axle_t=3.0, height_m=3.1, width_m=2.2, length_m=6.0)
MEDIUM = Lorry(gross_t=12.0, axle_t=8.0, height_m=3.7, width_m=2.5, length_m=9.0)
HEAVY = Lorry(gross_t=25.0, axle_t=10.0, height_m=4.0, width_m=2.55, length_m=12.0)
_CLASSES = ((0.9, MINI), (2.0, LIGHT), (7.0, MEDIUM), (math.inf, HEAVY))
"""Largest payload of each class in t, and its vehicle."""

_TAGS: Mapping[str, tuple[str, ...]] = {
    "gross_t": ("maxweight", "maxweightrating"),
    "axle_t": ("maxaxleload",),
    "height_m": ("maxheight", "maxheight:physical"),
    "width_m": ("maxwidth", "maxwidth:physical"),
    "length_m": ("maxlength",),
}
NO_LIMIT = frozenset({"none", "no", "default", "unsigned", "no_sign", "no_indications", "below_default", "signals"})
"""Values that say there is no posted limit, or none beyond the law."""

_UNITS: Mapping[str, float] = {
    "": 1.0, "t": 1.0, "to": 1.0, "ton": 1.0, "tons": 1.0, "tonnes": 1.0, "吨": 1.0, "st": 0.90718474, "kg": 0.001,
    "lbs": 0.00045359237, "lb": 0.00045359237, "m": 1.0, "metre": 1.0, "meter": 1.0, "米": 1.0, "cm": 0.01,
    "ft": 0.3048, "feet": 0.3048, "in": 0.0254,
}  # fmt: skip
_FIGURE = re.compile(r"(\d+(?:[.,]\d+)?)\s*([a-z吨米]*)")
_FEET = re.compile(r"(\d+(?:\.\d+)?)\s*'\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|''))?")


def lorry_of(payload_kg: float) -> Lorry:
    """Return weight and measures of the class that carries a payload.

    Examples
    --------
    >>> lorry_of(800) is MINI, lorry_of(1500) is LIGHT, lorry_of(11_000).gross_t
    (True, True, 25.0)
    """
    return next(lorry for most_t, lorry in _CLASSES if payload_kg <= most_t * 1000.0)


def allowed(text: str) -> float:
    r"""Read a posted limit in t or m, the lowest of a list; infinite where there is none, NaN where it is unreadable.

    Examples
    --------
    >>> allowed("3.5 t"), allowed("7,5;10"), allowed("3500 kg"), round(allowed("12'6\""), 2), allowed("none")
    (3.5, 7.5, 3.5, 3.81, inf)
    >>> allowed("see sign")
    nan
    """
    values = [_one(part.strip().lower()) for part in text.split(";")]
    known = [value for value in values if not math.isnan(value)]
    return min(known) if known else math.nan


def _one(text: str) -> float:
    if text in NO_LIMIT:
        return math.inf
    if feet := _FEET.fullmatch(text):
        return float(feet[1]) * 0.3048 + float(feet[2] or 0.0) * 0.0254
    found = _FIGURE.fullmatch(text)
    if found is None or found[2] not in _UNITS:
        return math.nan
    value = float(found[1].replace(",", ".")) * _UNITS[found[2]]
    return value if value > 0 else math.nan


def _limit_keys(direction: str) -> dict[str, str]:
    """Return each tag that limits a measure, for trucks and for one direction too."""
    names = ((measure, name) for measure, names in _TAGS.items() for name in names)
    ends = ("", ":hgv", f":{direction}", f":hgv:{direction}") if direction else ("", ":hgv")
    return {f"{name}{end}": measure for measure, name in names for end in ends}


_LIMITS = {direction: _limit_keys(direction) for direction in ("", "forward", "backward")}


def fits(tags: Mapping[str, str], lorry: Lorry, direction: str = "") -> bool:
    """Whether a lorry keeps to every posted limit; limits that cannot be read set none, see `unread_limits`.

    Examples
    --------
    >>> fits({"maxweight": "3.5"}, LIGHT), fits({"maxheight": "3.2"}, LIGHT), fits({"maxweight:hgv": "10"}, HEAVY)
    (False, True, False)
    """
    limits = _LIMITS[direction]
    return not any(getattr(lorry, limits[key]) > allowed(tags[key]) for key in limits.keys() & tags.keys())


def unread_limits(tags: Mapping[str, str]) -> list[str]:
    """Return the posted limits whose value cannot be read, as ``key=value``."""
    return [f"{key}={tags[key]}" for key in _LIMITS[""] if key in tags and math.isnan(allowed(tags[key]))]


@dataclass(frozen=True)
class LorryRange:
    """The lightest lorry that fetches from villages, and the heaviest that may be sent anywhere.

    A road closed to the lightest is closed; one closed to the heaviest alone stays open and is counted.
    """

    lightest: Lorry
    heaviest: Lorry


def lorry_range(first_mile_kg: Iterable[float], line_haul_kg: Iterable[float] = ()) -> LorryRange:
    """Return the range of a fleet by the payloads of its vehicles.

    Examples
    --------
    >>> lorry_range([1500.0, 800.0], [11_000.0]) == LorryRange(MINI, HEAVY)
    True
    """
    first = sorted(first_mile_kg) or [0.0]
    return LorryRange(lorry_of(first[0]), lorry_of(max(*first, *line_haul_kg, 0.0)))
