"""What a plan leaves free: room by depot, zone and way of cooling, lorries by depot and type, on any day of the year.

Room is twofold: tonnes that lie in the depot, and tonnes that come in and are cooled on a day. Both are what the
modules take less what the plan sends on a peak day of the season; produce kept for a later season stays in the room
until then. Lorries are those the plan owns less those on duty; at a depot as many are free as it sends out in its
busiest season less those on duty in this one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from coldchain.arrays import HOURS_PER_DAY
from coldchain.booking.record import LORRY, ROOM, Thing
from coldchain.model import Commodity, DepotType, Scenario, cooling_class, modules_of
from coldchain.model.seasons import months_of
from coldchain.runs import Run

EVERY = tuple(range(1, 13))


@dataclass(frozen=True)
class Free:
    """What the plan leaves of a thing on a day: tonnes that lie or lorries, and tonnes that may come in on that day."""

    limit: float
    planned: float
    intake: float = float("inf")

    @property
    def left(self) -> float:
        """What the plan does not use."""
        return max(self.limit - self.planned, 0.0)


class Offer:
    """What a run has to offer.

    Parameters
    ----------
    run : read, and the scenario it was made from
    """

    def __init__(self, run: Run) -> None:
        self.scenario: Scenario = run.planned
        self.periods = [period.id for period in self.scenario.periods]
        self._months = [months_of(period) or EVERY for period in self.scenario.periods]
        self._rooms: dict[Thing, list[list[float]]] = defaultdict(lambda: [[0.0] * 4 for _period in self.periods])
        self._modules(run.tables)
        self.lots = run.tables["lots"]
        self._lots(self.lots)
        self._kept(run.tables["storage"])
        self._owned = {str(row["vehicle"]): int(row["owned"]) for row in run.tables["fleet"].to_dict("records")}
        self._duties = _duties(run.tables["duties"])

    @property
    def depots(self) -> tuple[str, ...]:
        """Ids of the depots with room or lorries, in the order of the scenario."""
        known = {thing.depot for thing in self.things()}
        return tuple(site.id for site in self.scenario.sites if site.id in known)

    def things(self) -> list[Thing]:
        """Return all that may be booked: room, then lorries."""
        homes = {(vehicle, depot) for vehicle, depot, _period in self._duties if self._owned.get(vehicle)}
        return sorted(self._rooms) + sorted(Thing(LORRY, depot, vehicle) for vehicle, depot in homes)

    def rooms_for(self, depot: str, crop: Commodity) -> list[Thing]:
        """Return the rooms of a depot that suit a crop, in the order the crop names its ways of cooling."""
        wanted = [Thing(ROOM, depot, f"{crop.zone}/{method}") for method in crop.methods]
        return [thing for thing in wanted if thing in self._rooms]

    def seasons(self, day: date) -> list[int]:
        """Return the periods a day may fall in; none on a day on which nothing is gathered."""
        return [n for n, months in enumerate(self._months) if day.month in months]

    def free(self, thing: Thing, day: date) -> Free:
        """Return what the plan leaves of a thing on a day."""
        seasons = self.seasons(day)
        if thing.kind == ROOM:
            rows = self._rooms[thing]
            store = min(row[0] for row in rows) if not seasons else min(rows[n][0] for n in seasons)
            intake = min((rows[n][1] - rows[n][2] for n in seasons), default=rows[0][1])
            return Free(store, max((rows[n][3] for n in seasons), default=0.0), max(intake, 0.0))
        home = max(self._driven(thing.what, thing.depot, n) for n in range(len(self.periods)))
        used = max((self._driven(thing.what, thing.depot, n) for n in seasons), default=0)
        return Free(min(home, self._owned[thing.what]), used)

    def free_of_type(self, vehicle: str, day: date) -> float:
        """Return how many lorries of a type no duty of the day takes, over all depots."""
        used = max((self._driven(vehicle, "", n) for n in self.seasons(day)), default=0)
        return float(max(self._owned[vehicle] - used, 0))

    def at_hand(self, vehicle: str, day: date) -> int:
        """Return the lorries of a type on a day: those owned, and those the plan hires."""
        used = max((self._driven(vehicle, "", n) for n in self.seasons(day)), default=0)
        return max(self._owned.get(vehicle, 0), used)

    def _driven(self, vehicle: str, depot: str, period: int) -> int:
        found = self._duties.items()
        wanted = self.periods[period]
        return sum(n for (v, d, p), n in found if v == vehicle and p == wanted and depot in ("", d))

    def _modules(self, tables: dict[str, pd.DataFrame]) -> None:
        """Add what modules take: tonnes that lie, tonnes cooled a day."""
        kinds = {kind.id: kind for kind in self.scenario.depot_types}
        kinds |= {unit.id: unit for unit in self.scenario.mobile_units}
        for row in tables["depots"].to_dict("records"):
            for text in (row["new_modules"], row["standing_modules"]):
                for key, count in modules_of(str(text) if isinstance(text, str) else "").items():
                    for period in range(len(self.periods)):
                        self._add(str(row["depot"]), kinds[key], count, period)
        for row in tables["units"].to_dict("records"):
            self._add(str(row["depot"]), kinds[row["unit"]], int(row["standing"]), self.periods.index(row["period"]))

    def _add(self, depot: str, kind: DepotType, count: int, period: int) -> None:
        cell = self._rooms[Thing(ROOM, depot, f"{kind.zone}/{kind.method}")][period]
        cell[0] += count * kind.storage_t
        cell[1] += count * kind.throughput_t_day

    def _lots(self, lots: pd.DataFrame) -> None:
        """Add what the plan brings in on a peak day, and what of it lies at once."""
        days = {period.id: period.days for period in self.scenario.periods}
        cooled = lots[(lots["depot"] != "") & lots["depot"].notna()]
        keys = ["depot", "zone", "method", "period"]
        sums = cooled.groupby(keys)["tonnes"].sum().reset_index()
        for row in sums.to_dict("records"):
            thing = Thing(ROOM, str(row["depot"]), f"{row['zone']}/{row['method']}")
            cell = self._rooms[thing][self.periods.index(row["period"])]
            intake = float(row["tonnes"]) / days[row["period"]] * self.scenario.siting.peak_factor
            cell[2] += intake
            cell[3] += intake * self._stay_d(row["zone"], row["method"])

    def _stay_d(self, zone: str, method: str) -> float:
        """Return the days a lot lies in a room: pre-cooling, and the wait for the line haul."""
        kinds = (*self.scenario.depot_types, *self.scenario.mobile_units)
        hours = max(cooling_class(k).precool_h for k in kinds if (k.zone, k.method) == (zone, method))
        return (hours + self.scenario.chain.depot_dwell_h) / HOURS_PER_DAY

    def _kept(self, storage: pd.DataFrame) -> None:
        """Add what is kept for a later season: it takes its room in every season until then."""
        for row in storage.to_dict("records"):
            rows = self._rooms[Thing(ROOM, str(row["depot"]), f"{row['zone']}/{row['method']}")]
            for period in _through(self.periods.index(row["period"]), self.periods.index(row["until"]), len(rows)):
                rows[period][3] += float(row["tonnes"])


def _through(first: int, last: int, count: int) -> Iterator[int]:
    """Yield the seasons from one to another, round the year.

    >>> list(_through(2, 0, 4)), list(_through(1, 1, 4))
    ([2, 3, 0], [1])
    """
    for step in range((last - first) % count + 1):
        yield (first + step) % count


def _duties(table: pd.DataFrame) -> dict[tuple[str, str, str], int]:
    """Count the vehicles on duty: (type, depot, period) -> number; a duty that calls at several is of its first."""
    first: dict[str, Any] = {}
    for row in table.sort_values(["duty", "order"], kind="stable").to_dict("records"):
        first.setdefault(str(row["duty"]), (str(row["vehicle"]), str(row["depot"]), str(row["period"])))
    counted: dict[tuple[str, str, str], int] = defaultdict(int)
    for key in first.values():
        counted[key] += 1
    return dict(counted)
