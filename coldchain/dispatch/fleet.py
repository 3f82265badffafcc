"""The vehicles at hand today: those the plan owns and any number for hire, or a table of what really stands there.

An owned vehicle is paid by the year, so its day costs nothing more; a hired one costs its day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldchain.dispatch.headings import FLEET, read_table
from coldchain.errors import Fault
from coldchain.language import _
from coldchain.model import Noun, Scenario, VehicleType, figure
from coldchain.model.naming import Named, Names, of_places
from coldchain.scenario.headings import refer_rows
from coldchain.scenario.parsing import parse
from coldchain.scenario.references import NameReference
from coldchain.scenario.tables import RawTable, parse_rows

OWNED = "-own"  # ends the name of an owned vehicle where others of its type may be hired
OWN = ("trips_day", "payload_kg", "volume_m3", "shift_h", "max_drive_h")


class FleetRow(Noun):
    """One line of a fleet table: so many vehicles of a type; limits that differ from the type's are given too."""

    vehicle: str = figure("-", "vehicle type of the scenario", min_length=1)
    name: str = figure("-", "number plate or name; needed where a type's limits differ", "")
    depot: str = figure("-", "depot where they stand; any if empty", "")
    count: int = figure("-", "how many", 1, ge=0, le=10000)
    trips_day: int | None = figure("-", "most trips a day", None, ge=1, le=20)
    payload_kg: float | None = figure("kg", "most it may carry", None, gt=0)
    volume_m3: float | None = figure("m³", "loading space", None, gt=0)
    shift_h: float | None = figure("h", "longest day, driving and loading together", None, gt=0, le=24)
    max_drive_h: float | None = figure("h", "most driving a day", None, gt=0, le=24)


@dataclass(frozen=True)
class VehiclesAtHand:
    """A type, how many of it (None: any number), where they stand, the scenario's type they are of, and drivers."""

    kind: VehicleType
    count: int | None
    depot: str
    base: str
    drivers: tuple[str, ...] = ()
    for_hire: bool = False


def default_fleet(scenario: Scenario, owned: Mapping[str, int]) -> list[VehiclesAtHand]:
    """Return the scenario's collection vehicles: those owned, by type, and those of each for hire."""
    fleet = []
    for kind in scenario.collection:
        key = kind.id
        if owned.get(key):
            mine = kind.model_copy(update={"id": f"{key}{OWNED}", "cost_cny_day": 0.0})
            fleet.append(VehiclesAtHand(mine, owned[key], "", key))
        if kind.hire_most != 0:
            fleet.append(VehiclesAtHand(kind, kind.hire_most, "", key, for_hire=True))
    return fleet


def read_fleet(path: Path, scenario: Scenario, depots: Collection[str]) -> tuple[list[VehiclesAtHand], list[Fault]]:
    """Read a fleet table.

    Returns
    -------
    (vehicles, faults)
        Rows that count no vehicle are left out; when none is left that is a fault.
    """
    table = read_table(path, FLEET)
    raw, faults = _referred(table.raw, scenario, depots)
    rows, wrong = parse_rows(raw, FleetRow)
    faults += wrong
    fleet = []
    refused = {fault.row for fault in faults if not fault.warning}
    for row in (one for one in rows if one.line not in refused):
        made, wrong = _vehicles(raw.file, row.line, row.noun, scenario)
        faults += wrong
        if made is not None and made.count:
            fleet.append((row.line, made))
    faults += _clashes(raw.file, fleet)
    if not fleet and not any(not fault.warning for fault in faults):
        faults.append(
            Fault(raw.file, None, "count", "", _("there is no vehicle at all: nothing can be fetched"), "no-vehicle")
        )
    return [made for _name, made in fleet], table.seen(faults)


def _referred(raw: RawTable, scenario: Scenario, depots: Collection[str]) -> tuple[RawTable, list[Fault]]:
    """Put ids where rows name vehicle types and depots; return what is not known."""
    kinds = Names([Named(kind.id, (kind.name,)) for kind in scenario.vehicles])
    open_sites = of_places(site for site in scenario.sites if site.id in set(depots))
    references = {"vehicle": NameReference("vehicle", kinds), "depot": NameReference("depot", open_sites)}
    return refer_rows(raw, references)


def _vehicles(file: str, line: int, row: FleetRow, scenario: Scenario) -> tuple[VehiclesAtHand | None, list[Fault]]:
    known = {kind.id: kind for kind in scenario.vehicles}
    if row.vehicle not in known:
        return None, []
    own: dict[str, Any] = {key: getattr(row, key) for key in OWN if getattr(row, key) is not None}
    given = known[row.vehicle].model_dump() | own
    if own or row.name:
        given |= {"id": row.name or row.vehicle, "name": row.name or known[row.vehicle].name}
    kind, wrong = parse(VehicleType, {k: v for k, v in given.items() if v is not None}, file, line)
    return (None if kind is None else VehiclesAtHand(kind, row.count, row.depot, row.vehicle)), wrong


def _clashes(file: str, fleet: list[tuple[int, VehiclesAtHand]]) -> list[Fault]:
    """Find vehicles listed twice, one name for two kinds, and depots given for some vehicles only."""
    faults = []
    first: dict[str, tuple[int, VehiclesAtHand]] = {}
    places: set[tuple[str, str]] = set()
    for line, made in fleet:
        key = made.kind.id
        if (key, made.depot) in places:
            message = _(
                "stands twice for the same depot; first on row {first}: add the counts up, or give names"
            ).format(first=first[key][0])
            faults.append(Fault(file, line, "vehicle", key, message, "duplicate-id"))
        elif key in first and first[key][1].kind != made.kind:
            message = _("has other limits than on row {first}: give each its own name").format(first=first[key][0])
            faults.append(Fault(file, line, "vehicle", key, message, "duplicate-id"))
        places.add((key, made.depot))
        first.setdefault(key, (line, made))
    homeless = [line for line, made in fleet if not made.depot]
    if homeless and len(homeless) < len(fleet):
        message = _("other rows name a depot: name one on every row, or on none")
        faults += [Fault(file, line, "depot", "", message, "missing") for line in homeless]
    return faults
