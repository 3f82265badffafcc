"""What is planned of a day that was routed: each lot's places and hours, and the places that sensors stand in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import BadInputError, Fault, bad_file
from coldchain.language import _
from coldchain.model import Chain, CoolingClass, Scenario, Site, cooling_class
from coldchain.model.packaging import packed
from coldchain.network import travel
from coldchain.runs import Run
from coldchain.spoilage import cold_stages, dock_clock_h, hourly_air_c, line_haul_half_h
from coldchain.telemetry.lotplan import LotPlan
from coldchain.telemetry.ways import DIVERSIONS, diverted, ways_of

ROUTES = "routes.json"
TRUCK, ROOM, CRATE = "truck", "room", "crate"
NEEDED = {
    "lots": ("order", "village", "commodity", "kg", "tour", "trip", "depot", "zone", "method", "harvest_h", "leave_h",
             "back_h", "loss_share"),
    "tours": ("tour", "vehicle", "depot", "leave_h", "back_h"),
    "stops": ("tour", "arrive_h", "lon", "lat"),
    "depots": ("depot", "hub", "modules"),
    "fleet": ("vehicle", "cargo", "half_warming_h"),
}  # fmt: skip


@dataclass(frozen=True)
class SensorPlace:
    """Where sensors stand.

    Attributes
    ----------
    id : ``truck/TOUR``, ``room/DEPOT/ZONE/METHOD`` or ``crate/LOT``
    set_c : temperature it is to keep; None for a body that does not cool
    duty : clock hours from which and until which readings are expected
    track : clock hour, longitude and latitude where it is planned to be, in order
    vehicle, drive_h : type of a truck as the scenario names it, and hours it is planned to drive
    """

    id: str
    kind: str
    set_c: float | None
    duty: tuple[float, float]
    track: tuple[tuple[float, float, float], ...] = ()
    vehicle: str = ""
    drive_h: float = float("nan")


@dataclass(frozen=True)
class DayPlan:
    """A day that was routed.

    Attributes
    ----------
    date : ISO date the day was routed for; empty for a period
    air_c : temperature outside at the full hours, shape (24,)
    places : id -> place, trucks and rooms
    """

    name: str
    date: str
    scenario: Scenario
    period: int
    air_c: Floats
    lots: tuple[LotPlan, ...]
    places: dict[str, SensorPlace]

    @property
    def chain(self) -> Chain:
        """Hours and humidities of the chain."""
        return self.scenario.chain

    @property
    def end_h(self) -> float:
        """Clock hour at which the last lot leaves its depot."""
        return max((lot.depart_h for lot in self.lots), default=24.0)

    @property
    def start_h(self) -> float:
        """Clock hour at which the first lot is harvested."""
        return min((lot.harvest_h for lot in self.lots), default=0.0)


def read_day(folder: Path, moved: Path | None = None) -> DayPlan:
    """Read a folder of routes.

    Parameters
    ----------
    moved : where its scenario lies now

    Raises
    ------
    BadInputError
        When it is no folder of routes, or names what the scenario does not have.
    """
    if not (folder / ROUTES).is_file():
        text = _("is no folder of routes; make one: coldchain routes RUN_OR_SCENARIO --out DIR")
        raise bad_file(folder, text, "not-routes")
    run = Run.open(folder, moved, summary=ROUTES)
    _demand_tables(folder, run)
    day = run.summary["day"]
    if day["period"] not in [period.id for period in run.scenario.periods]:
        text = _("is no period of the scenario")
        raise BadInputError([Fault(ROUTES, None, "day.period", str(day["period"]), text, "unknown")])
    return day_of_run(run)


def day_of_run(run: Run) -> DayPlan:
    """Return what is planned by the tables of a routed day, with the lots that were diverted since."""
    day = run.summary["day"]
    periods = [period.id for period in run.scenario.periods]
    given = str(day.get("given", ""))
    plan = _PlanTables(run, periods.index(day["period"])).day(given if _is_date(given) else "")
    ways = ways_of(run.tables.get(DIVERSIONS))
    return replace(plan, lots=tuple(diverted(lot, ways.get(lot.key), plan.scenario) for lot in plan.lots))


def _is_date(text: str) -> bool:
    return len(text) == 10 and text[4] == text[7] == "-" and text.replace("-", "").isdigit()


def _demand_tables(folder: Path, run: Run) -> None:
    faults = [
        Fault(f"{folder / 'tables' / name}.csv", None, column, "", _("is missing"), "missing-column")
        for name, columns in NEEDED.items()
        for column in columns
        if name not in run.tables or column not in run.tables[name].columns
    ]
    if faults:
        raise BadInputError(faults)


class _PlanTables:
    """Puts the tables of a routed day and the scenario together."""

    def __init__(self, run: Run, period: int) -> None:
        self.run, self.scenario, self.period = run, run.scenario, period
        self.sites = {site.id: n for n, site in enumerate(self.scenario.sites)}
        self.hubs = {hub.id: n for n, hub in enumerate(self.scenario.hubs)}
        self.crops = {crop.id: crop for crop in self.scenario.commodities}
        self.depots = {row["depot"]: row for row in run.tables["depots"].to_dict("records")}
        self.bodies = {row["vehicle"]: row for row in run.tables["fleet"].to_dict("records")}
        self.tours = {row["tour"]: row for row in run.tables["tours"].to_dict("records")}
        self._demand_known()
        self.haul_h = self._hauls()

    def _demand_known(self) -> None:
        lots = self.run.tables["lots"]
        known = {"commodity": set(self.crops), "depot": set(self.sites) & set(self.depots), "tour": set(self.tours)}
        text = _("is not in the scenario or the routes")
        faults = [
            Fault("lots.csv", None, column, str(value), text, "unknown")
            for column, values in known.items()
            for value in sorted(set(lots[column]) - values)
        ]
        hubs = {str(row["hub"]) for row in self.depots.values()}
        faults += [Fault("depots.csv", None, "hub", hub, text, "unknown") for hub in sorted(hubs - set(self.hubs))]
        if faults:
            raise BadInputError(faults)

    def day(self, date: str) -> DayPlan:
        seen: Counter[str] = Counter()
        lots = []
        for record in self.run.tables["lots"].to_dict("records"):
            row = {str(name): value for name, value in record.items()}
            seen[row["order"]] += 1
            count = seen[row["order"]]
            lots.append(self._lot(row, row["order"] if count == 1 else f"{row['order']}#{count}"))
        places = {place.id: place for place in (*self._trucks(), *self._rooms(lots))}
        air = hourly_air_c(self.scenario.periods[self.period])
        return DayPlan(self.scenario.name, date, self.scenario, self.period, air, tuple(lots), places)

    def _hauls(self) -> dict[str, float]:
        """Hours of the line haul of each depot, by the slowest truck that may drive it."""
        ids = [key for key in self.depots if key in self.sites]
        placed = self.run.placed
        way = travel(placed.network, placed.site_node[[self.sites[key] for key in ids]], placed.hub_node)
        columns = [self.hubs[str(self.depots[key]["hub"])] for key in ids]
        hours = way.time_h[np.arange(len(ids)), columns]
        slowest = min(truck.speed_factor for truck in self.scenario.line_haul)
        return dict(zip(ids, (hours / slowest).tolist(), strict=True))

    def _lot(self, row: dict[str, Any], key: str) -> LotPlan:
        scenario = self.scenario
        cooling = self._class(str(row["depot"]), str(row["zone"]), str(row["method"]))
        hub = scenario.hubs[self.hubs[str(self.depots[row["depot"]]["hub"])]]
        haul_h = self.haul_h[row["depot"]]
        crop = packed(self.crops[row["commodity"]], planned=True)
        haul = (haul_h if np.isfinite(haul_h) else 0.0, line_haul_half_h(scenario))
        cool, *onward = cold_stages(scenario.chain, cooling, hub, haul, crop)
        docked = dock_clock_h(scenario.chain, float(row["back_h"]))
        body = self.bodies.get(self.tours[row["tour"]]["vehicle"], {})
        half_h = float(body.get("half_warming_h") or np.nan)
        return LotPlan(
            key=key,
            order=str(row["order"]),
            crop=crop,
            kg=float(row["kg"]),
            village=str(row["village"]),
            truck=f"{TRUCK}/{row['tour']}",
            room=f"{ROOM}/{row['depot']}/{cooling.zone}/{cooling.method}",
            cargo=str(body.get("cargo", "ambient")),
            half_warming_h=half_h if np.isfinite(half_h) else 12.0,
            cooling=cooling,
            harvest_h=float(row["harvest_h"]),
            leave_h=float(row["leave_h"]),
            back_h=float(row["back_h"]),
            docked_h=docked,
            depart_h=docked + cool.hours,
            onward=tuple(onward),
            loss=float(row["loss_share"]),
            transfers=scenario.chain.planned_transfers,
            hub=hub.id,
            haul_h=haul[0],
        )

    def _class(self, depot: str, zone: str, method: str) -> CoolingClass:
        """Return the class of a depot's rooms, of what is on offer where the depot lists none."""
        site: Site = self.scenario.sites[self.sites[depot]]
        modules = self.depots[depot]["modules"]
        text = modules if isinstance(modules, str) else ""
        stand = site.model_copy(update={"existing": text}).modules()
        kinds = [kind for kind in self.scenario.depot_types if not stand or kind.id in stand]
        fit = [cooling_class(kind) for kind in kinds]
        fit = [one for one in fit if (one.zone, one.method) == (zone, method)]
        if not fit:
            text = _("has no room of zone {zone} with {method}").format(zone=zone, method=method)
            raise BadInputError([Fault("lots.csv", None, "depot", depot, text, "no-zone")])
        return min(fit, key=lambda one: (one.half_cooling_h, one))

    def _trucks(self) -> list[SensorPlace]:
        places = []
        for tour, row in self.tours.items():
            duty = (float(row["leave_h"]), float(row["back_h"]))
            base = self._site(str(row["depot"]))
            calls = self.run.tables["stops"]
            own = calls[calls["tour"] == tour]
            halts = zip(own["arrive_h"].tolist(), own["lon"].tolist(), own["lat"].tolist(), strict=True)
            track = ((duty[0], *base), *halts, (duty[1], *base))
            base_id = str(self.bodies.get(row["vehicle"], {}).get("base", row["vehicle"]))
            drive_h = float(row.get("drive_h", np.nan))
            places.append(SensorPlace(f"{TRUCK}/{tour}", TRUCK, None, duty, track, base_id, drive_h))
        return places

    def _site(self, depot: str) -> tuple[float, float]:
        site = self.scenario.sites[self.sites[depot]]
        return float(site.lon), float(site.lat)

    def _rooms(self, lots: list[LotPlan]) -> list[SensorPlace]:
        """Return the rooms that lots come into, on duty from the first to the last of them."""
        rooms: dict[str, list[LotPlan]] = {}
        for lot in lots:
            rooms.setdefault(lot.room, []).append(lot)
        places = []
        for key, own in sorted(rooms.items()):
            set_c = own[0].cooling.temp_c
            duty = (min(lot.docked_h for lot in own), max(lot.depart_h for lot in own))
            track = ((duty[0], *self._site(key.split("/")[1])),)
            places.append(SensorPlace(key, ROOM, set_c, duty, track))
        return places
