"""The order of places and kinds in a scenario: that of what they are, so that no plan depends on rows or ids.

Villages, sites, hubs and masts stand from north to south, those of one latitude from west to east. What lies at one
point, and kinds that the shipped catalogue does not have, stand by their figures; ids decide between equals alone.
Periods stay in the order given, which says what comes after what.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from coldchain.model import Keeping, Noun, Place, Scenario

N = TypeVar("N", bound=Noun)
P = TypeVar("P", bound=Place)
S = TypeVar("S", bound=Scenario)
Key = tuple[object, ...]
LABELS = ("name", "id")


def in_order(scenario: S) -> S:
    """Return the scenario with its places in their order, whatever the order they came in."""
    tonnes = scenario.harvest_t.reshape(len(scenario.villages), -1).tolist()
    keys = [(_place_key(village), *own) for village, own in zip(scenario.villages, tonnes, strict=True)]
    rows = sorted(range(len(keys)), key=lambda v: (keys[v], _labels(scenario.villages[v])))
    at = {
        key: n
        for n, key in enumerate([*(one.id for one in scenario.commodities), *(one.id for one in scenario.periods)])
    }
    return replace(
        scenario,
        villages=tuple(scenario.villages[v] for v in rows),
        harvest_t=scenario.harvest_t[rows],
        sites=_placed(scenario.sites),
        hubs=_placed(scenario.hubs),
        masts=_placed(scenario.masts),
        storage=tuple(sorted(scenario.storage, key=lambda one: [at.get(key, -1) for key in _kept(one)])),
        people=tuple(sorted(scenario.people, key=_figures)),
        landmarks=tuple(sorted(scenario.landmarks, key=_key)),
    )


def kinds_in_order(kinds: Mapping[str, N], shipped: Collection[str]) -> dict[str, N]:
    """Return kinds by id, those of the shipped catalogue first and as there, the others by their figures."""
    first = {key: kinds[key] for key in kinds if key in shipped}
    others = {key: kind for key, kind in kinds.items() if key not in shipped}
    return {**first, **dict(sorted(others.items(), key=lambda item: _key(item[1])))}


def _kept(keeping: Keeping) -> tuple[str, str, str]:
    return keeping.commodity, keeping.period, keeping.until


def _placed(places: Sequence[P]) -> tuple[P, ...]:
    return tuple(sorted(places, key=lambda place: (_place_key(place), _labels(place))))


def _place_key(place: Place) -> Key:
    return (-place.lat, place.lon, *_figures(place))


def _key(noun: Noun) -> Key:
    return (*_figures(noun), *_labels(noun))


def _figures(noun: Noun) -> Key:
    """Return what a noun states but for its names, so that any two of a kind compare: none before anything."""
    return tuple((value is not None, value) for name, value in noun if name not in LABELS)


def _labels(noun: Noun) -> Key:
    return tuple(getattr(noun, name, "") for name in LABELS)
