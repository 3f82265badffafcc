"""Tours given beforehand: yesterday's to start from, locked ones to drive as they stand, sequences to keep together."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from coldchain.arrays import LOAD_TOLERANCE_KG
from coldchain.dispatch.build import PreparedDay
from coldchain.dispatch.headings import TOURS, read_table
from coldchain.errors import Fault, bad_file, demand_right
from coldchain.language import _, plural
from coldchain.model import Noun, VehicleType, figure
from coldchain.model.naming import Named, Names, of_places
from coldchain.routing.day import Locked
from coldchain.scenario.tables import Row, parse_rows

STOPS = Path("tables") / "stops.csv"


class StopRow(Noun):
    """One halt of a tour in a table; columns beside these are left alone."""

    tour: str = figure("-", "name of the tour", "")
    vehicle: str = figure("-", "vehicle type or name", "")
    depot: str = figure("-", "depot the tour starts and ends at", "")
    trip: int = figure("-", "trip of the tour, from 1", 1, ge=1, le=20)
    order: int | None = figure("-", "place in the trip; that in the table if empty", None, ge=0)
    village: str = figure("-", "id or name of the village", min_length=1)
    kg: float | None = figure("kg", "taken; tells the halts of a load apart that fills several vehicles", None, ge=0)
    lots: str = figure("-", "orders taken, split by semicolons", "")
    locked: str = figure("-", "name of a sequence of halts that stay together", "")


@dataclass(frozen=True)
class GivenTours:
    """Tours and sequences in terms of today's stops."""

    tours: tuple[Locked, ...] = ()
    sequences: tuple[tuple[int, ...], ...] = ()
    names: tuple[str, ...] = ()


def read_tours(path: Path) -> tuple[str, list[Row[StopRow]], list[Fault]]:
    """Read a table of halts, or that of a folder of routes; returns the file's name, rows and faults."""
    file = path / STOPS if path.is_dir() else path
    if path.is_dir() and not file.is_file():
        message = _("is no folder of routes: {STOPS} is missing").format(STOPS=STOPS)
        raise bad_file(path, message, "missing-file")
    table = read_table(file, TOURS)
    raw = table.raw
    known = set(StopRow.model_fields)
    kept = tuple((line, {key: cell for key, cell in cells.items() if key in known}) for line, cells in raw.rows)
    rows, faults = parse_rows(replace(raw, rows=kept), StopRow)
    return raw.file, rows, table.seen(faults)


class Matcher:
    """Finds today's stop for each halt of a table; a stop is given out until its load is."""

    def __init__(self, day: PreparedDay) -> None:
        self.day = day
        self.rest = np.array(day.problem.load_kg)
        self.at: dict[str, list[int]] = defaultdict(list)
        self.taken: set[int] = set()
        scenario = day.source.scenario
        for number, stop in enumerate(day.stops):
            village = scenario.villages[stop.village]
            self.at[village.id].append(number)
        self.villages = of_places(scenario.villages)

    def find(self, row: StopRow, depot: int | None, *, again: bool = False) -> int | None:
        """Return a stop at the row's village that waits still and may go to the depot; one its orders name comes first.

        Parameters
        ----------
        again : a stop with load left may be given out more than once
        """
        named = {part.strip() for part in row.lots.split(";") if part.strip()}
        waiting = [
            stop
            for stop in self.at.get(self.villages.find(row.village).id, ())
            if (self.rest[stop] > LOAD_TOLERANCE_KG if again else stop not in self.taken)
            and (depot is None or math.isfinite(self.day.problem.access_cny[depot, stop]))
        ]
        if not waiting:
            return None

        def ids(stop: int) -> set[str]:
            return {self.day.lots[n].order.id for n in self.day.stops[stop].lots}

        chosen = min(waiting, key=lambda stop: (not ids(stop) & named, stop))
        self.taken.add(chosen)
        return chosen

    def find_or_again(self, row: StopRow, depot: int) -> int | None:
        """Return a stop as `find` does, or once more one that is too large for a single vehicle."""
        found = self.find(row, depot)
        if found is not None:
            return found
        most = max(made.kind.payload_kg for made in self.day.fleet)
        allowed = self.day.problem.access_cny[depot]
        large = (
            i
            for i in self.at.get(self.villages.find(row.village).id, ())
            if self.rest[i] > most and math.isfinite(allowed[i])
        )
        return next(large, None)

    def load(self, stop: int, vehicle: VehicleType, aboard: tuple[float, float]) -> tuple[float, float]:
        """Take as much of a stop as the vehicle has room for; returns kg and m³."""
        whole = max(float(self.day.problem.load_kg[stop]), 1e-12)
        m3_kg = float(self.day.problem.volume_m3[stop]) / whole
        room = (vehicle.volume_m3 - aboard[1]) / m3_kg if m3_kg > 0 else math.inf
        kg = max(min(float(self.rest[stop]), vehicle.payload_kg - aboard[0], room), 0.0)
        self.rest[stop] -= kg
        return kg, kg * m3_kg


def start_of(day: PreparedDay, path: Path) -> tuple[tuple[Locked, ...], list[str]]:
    """Return former tours in terms of today's stops, and notes on what could not be kept.

    Halts without an order today are dropped; vehicles or depots that are gone drop their tours.
    """
    file, rows, faults = read_tours(path)
    demand_right(faults)
    matcher, kinds = Matcher(day), {made.kind.id: made for made in day.fleet}
    rows = _with_ids(day, rows)
    depots = {depot.id: n for n, depot in enumerate(day.source.depots)}
    used: dict[str, int] = defaultdict(int)
    tours, lost = [], 0
    for group in _tours(rows):
        head = group[0].noun
        made = kinds.get(head.vehicle)
        if made is None or head.depot not in depots or (made.count is not None and used[head.vehicle] >= made.count):
            lost += 1
            continue
        found = [
            [(row.noun, matcher.find_or_again(row.noun, depots[head.depot])) for row in trip] for trip in _trips(group)
        ]
        halts = [[(stop, _kg(day, row, stop)) for row, stop in trip if stop is not None] for trip in found]
        rounds = [tuple(trip) for trip in halts if trip]
        if rounds:
            used[head.vehicle] += 1
            tours.append(Locked(head.vehicle, depots[head.depot], tuple(rounds)))
    return tuple(tours), [
        _("{file}: {lost} tours not taken up: their vehicle or depot is not there today").format(file=file, lost=lost)
    ] if lost else []


def _with_ids(day: PreparedDay, rows: Iterable[Row[StopRow]]) -> list[Row[StopRow]]:
    """Put ids where rows name vehicles and depots; what is not known stays as it is."""
    vehicles = Names([Named(made.kind.id, (made.kind.name,)) for made in day.fleet])
    known = {"vehicle": vehicles, "depot": of_places(depot.place for depot in day.source.depots)}

    def read(row: StopRow) -> StopRow:
        given = {column: getattr(row, column) for column in known}
        return row.model_copy(update={key: known[key].find(text).id or text for key, text in given.items()})

    return [replace(row, noun=read(row.noun)) for row in rows]


def _kg(day: PreparedDay, row: StopRow, stop: int) -> float:
    return float(day.problem.load_kg[stop]) if row.kg is None else row.kg


def locked_of(day: PreparedDay, path: Path) -> tuple[GivenTours, list[Fault]]:
    """Return the locked tours and sequences of a table, and every fault of it.

    A tour one of whose rows names a sequence is not fixed itself: its sequences are kept together.
    """
    file, rows, faults = read_tours(path)
    matcher, rows = Matcher(day), _with_ids(day, rows)
    kinds = {made.kind.id: made.kind for made in day.fleet}
    depots = {depot.id: n for n, depot in enumerate(day.source.depots)}
    tours, sequences = [], []
    groups = _tours([row for row in rows if not row.noun.locked])
    named = {row.noun.tour for row in rows if row.noun.locked and row.noun.tour}
    for group in groups:
        if group[0].noun.tour in named:
            continue
        wrong = _head_faults(file, group, kinds, depots)
        faults += wrong
        if not wrong:
            vehicle, depot = kinds[group[0].noun.vehicle], depots[group[0].noun.depot]
            tour, more = _locked_tour(file, matcher, group, vehicle, depot)
            faults += more
            tours += [tour] if tour.rounds else []
    names = list(dict.fromkeys(row.noun.locked for row in rows if row.noun.locked))
    for name in names:
        chain, more = _sequence(file, matcher, [row for row in rows if row.noun.locked == name])
        faults += more
        sequences.append(chain)
    faults += _fleet_faults(file, day, tours)
    return GivenTours(tuple(tours), tuple(sequences), tuple(names)), faults


def _head_faults(
    file: str, group: Sequence[Row[StopRow]], kinds: dict[str, VehicleType], depots: dict[str, int]
) -> list[Fault]:
    faults = []
    for column, known, what in (("vehicle", kinds, _("a vehicle at hand")), ("depot", depots, _("an open depot"))):
        values = {getattr(row.noun, column) for row in group}
        first = group[0]
        value = getattr(first.noun, column)
        if len(values) > 1:
            message = _("must be the same on every row of tour {tour}; got {sorted}").format(
                tour=first.noun.tour, sorted=", ".join(sorted(values))
            )
            faults.append(Fault(file, first.line, column, value, message, "mixed"))
        elif value not in known:
            message = _("is not {what}; known are {sorted}").format(what=what, sorted=", ".join(sorted(known)[:8]))
            faults.append(Fault(file, first.line, column, value, message, f"unknown-{column}"))
    return faults


def _locked_tour(
    file: str, matcher: Matcher, group: Sequence[Row[StopRow]], vehicle: VehicleType, depot: int
) -> tuple[Locked, list[Fault]]:
    faults, rounds = [], []
    for trip in _trips(group):
        halts: list[tuple[int, float]] = []
        aboard = (0.0, 0.0)
        for row in trip:
            stop = matcher.find(row.noun, depot, again=True)
            kg, m3 = (0.0, 0.0) if stop is None else matcher.load(stop, vehicle, aboard)
            aboard = (aboard[0] + kg, aboard[1] + m3)
            if stop is not None and kg > LOAD_TOLERANCE_KG:
                halts.append((stop, kg))
            else:
                faults.append(_no_load(file, row, matcher, full=stop is not None))
        rounds += [tuple(halts)] if halts else []
    return Locked(vehicle.id, depot, tuple(rounds)), faults


def _no_load(file: str, row: Row[StopRow], matcher: Matcher, *, full: bool) -> Fault:
    village = row.noun.village
    match = matcher.villages.find(village)
    if not match.found:
        message, code = match.message("village"), f"{'ambiguous' if match.how == 'many' else 'unknown'}-village"
        return Fault(file, row.line, "village", village, message, code, guess=match.guess)
    if full:
        text = _("the vehicle of this locked tour is full before this halt; its load is left to other tours")
    else:
        text = _("nothing waits there today for this depot; the halt is left out")
    return Fault(file, row.line, "village", village, text, "no-load", warning=True)


def _sequence(file: str, matcher: Matcher, rows: Sequence[Row[StopRow]]) -> tuple[tuple[int, ...], list[Fault]]:
    ordered = sorted(rows, key=lambda row: (row.noun.trip, row.line if row.noun.order is None else row.noun.order))
    found = [(row, matcher.find(row.noun, None)) for row in ordered]
    faults = [_no_load(file, row, matcher, full=False) for row, stop in found if stop is None]
    return tuple(stop for _row, stop in found if stop is not None), faults


def _fleet_faults(file: str, day: PreparedDay, tours: Iterable[Locked]) -> list[Fault]:
    """Name vehicle types of which more tours are locked than there are vehicles."""
    used: dict[str, int] = defaultdict(int)
    for tour in tours:
        used[tour.vehicle_id] += 1
    faults = []
    for made in day.fleet:
        if made.count is not None and used[made.kind.id] > made.count:
            message = plural(
                "{used} tour is locked to it; there are {count}",
                "{used} tours are locked to it; there are {count}",
                used[made.kind.id],
            ).format(used=used[made.kind.id], count=made.count)
            faults.append(Fault(file, None, "vehicle", made.kind.id, message, "too-many"))
    return faults


def _tours(rows: Sequence[Row[StopRow]]) -> list[list[Row[StopRow]]]:
    groups: dict[tuple[str, str, str], list[Row[StopRow]]] = defaultdict(list)
    for row in rows:
        bare = (row.noun.vehicle, row.noun.depot) if not row.noun.tour else ("", "")
        groups[row.noun.tour, *bare].append(row)
    return list(groups.values())


def _trips(group: Sequence[Row[StopRow]]) -> list[list[Row[StopRow]]]:
    trips: dict[int, list[Row[StopRow]]] = defaultdict(list)
    for row in group:
        trips[row.noun.trip].append(row)
    return [
        sorted(trips[key], key=lambda row: row.line if row.noun.order is None else row.noun.order)
        for key in sorted(trips)
    ]
