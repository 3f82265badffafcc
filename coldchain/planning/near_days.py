"""Days of the best course so far, from which those of decisions close by are routed."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from coldchain.arrays import Indices
from coldchain.planning.decision import CollectionDay, Decision
from coldchain.routing import Fetch


class NearRoute(NamedTuple):
    """Villages and kg of one route, and the depot it belongs to."""

    site: int
    villages: tuple[int, ...]
    load_kg: tuple[float, ...]


@dataclass(frozen=True)
class NearDays:
    """What a course drives.

    Attributes
    ----------
    assigned, days : of each depot, what it is assigned (:func:`assigned_to`), and its days
    calling : routes that call at a village, by period and village
    digest : tells one course's routes from another's
    """

    assigned: Mapping[int, bytes] = field(default_factory=dict)
    days: Mapping[int, tuple[CollectionDay, ...]] = field(default_factory=dict)
    calling: Mapping[tuple[int, int], Sequence[NearRoute]] = field(default_factory=dict)
    digest: bytes = b""

    @classmethod
    def of(cls, decision: Decision, collection: Sequence[CollectionDay]) -> NearDays:
        """Gather the days of a course."""
        days: dict[int, list[CollectionDay]] = defaultdict(list)
        calling: dict[tuple[int, int], list[NearRoute]] = defaultdict(list)
        text = hashlib.sha256()
        for day in collection:
            days[day.site].append(day)
            names = day.villages.tolist()
            for one in day.result.routes:
                route = NearRoute(day.site, tuple(names[i] for i in one.stops), one.load_kg)
                text.update(repr((day.period, route)).encode())
                for village in route.villages:
                    calling[day.period, village].append(route)
        assigned = {site: assigned_to(decision, site) for site in days}
        return cls(assigned, {site: tuple(some) for site, some in days.items()}, calling, text.digest())

    def same(self, site: int, assigned: bytes) -> tuple[CollectionDay, ...] | None:
        """Return the days of a depot that is assigned the same; None where it is not."""
        return self.days[site] if self.assigned.get(site) == assigned else None

    def routes(self, site: int, period: int, villages: Indices) -> list[Fetch]:
        """Return stops, numbered as the villages are, and kg of the routes that call there, the depot's own first."""
        place = {village: n for n, village in enumerate(villages.tolist())}
        met = dict.fromkeys(route for village in place for route in self.calling.get((period, village), ()))
        found = []
        for route in sorted(met, key=lambda one: one.site != site):
            kept = [(place[v], kg) for v, kg in zip(route.villages, route.load_kg, strict=True) if v in place]
            found.append(Fetch(tuple(i for i, _kg in kept), tuple(kg for _i, kg in kept)))
        return found


def assigned_to(decision: Decision, site: int) -> bytes:
    """Return what a depot is assigned, as a key."""
    rows = decision.site == site
    return b"".join(getattr(decision, name)[rows].tobytes() for name in ("village", "group", "cooling", "share"))
