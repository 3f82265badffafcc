"""Limits on vehicles: no more of a type than can be owned and hired, by routing depots' days without it.

A depot's day that is routed without a type that runs short drives others; of all such days the one that costs least
more for each vehicle it frees goes first. No load is left behind for it: where all days that use the type need it, the
course misses the limit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from coldchain.model import Limit
from coldchain.planning.basis import Basis
from coldchain.planning.decision import CollectionDay
from coldchain.planning.duties import Running, collecting, fleet_of

Reroute = Callable[[CollectionDay, frozenset[str]], CollectionDay | None]
"""Routes a day without some types; None where a load stays behind for it."""


def lacking(basis: Basis, running: Running) -> dict[Limit, float]:
    """Return vehicles a day that duties need beyond the limits, by type and period."""
    return {
        Limit("vehicles", one.vehicle_id, period.id): short
        for one in running.fleet
        for period, short in zip(basis.scenario.periods, one.lacking, strict=True)
        if short > 0.0
    }


def within_limits(basis: Basis, days: Sequence[CollectionDay], reroute: Reroute) -> list[CollectionDay]:
    """Return the days with others in place of those that use a collection vehicle of which there are too few."""
    found, barred = list(days), [frozenset[str]()] * len(days)
    if all(kind.hire_most is None for kind in basis.collection):
        return found
    while short := list(_short(basis, found)):
        vehicle, period = short[0]
        using = [n for n, day in enumerate(found) if day.period == period and _used(day)[vehicle]]
        tried = ((n, reroute(found[n], barred[n] | {vehicle})) for n in using)
        others = [(n, day) for n, day in tried if day is not None]
        if not others:
            return found
        n, day = min(others, key=lambda one: (_more_cny(found[one[0]], one[1]) / _used(found[one[0]])[vehicle], one[0]))
        found[n], barred[n] = day, barred[n] | {vehicle}
    return found


def _short(basis: Basis, days: Sequence[CollectionDay]) -> Iterator[tuple[str, int]]:
    """Yield types of the collection and periods in which there are too few, in order."""
    for one in fleet_of(basis.scenario, tuple(collecting(days))):
        yield from ((one.vehicle_id, p) for p, short in enumerate(one.lacking) if short > 0.0)


def _used(day: CollectionDay) -> Counter[str]:
    return Counter(day.result.routes[duty[0]].vehicle_id for duty in day.result.duties)


def _more_cny(before: CollectionDay, after: CollectionDay) -> float:
    return after.result.total_cny - before.result.total_cny
