"""Sheets, tables and GPX for the trucks that take lots from one depot to another place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from coldchain.cells import csv_text
from coldchain.dispatch.clock import clock
from coldchain.dispatch.lines import TripLine
from coldchain.dispatch.sheets import sheet, sheet_page
from coldchain.dispatch.tables import TourRows
from coldchain.dispatch.tracks import gpx_text
from coldchain.diversions.desk import DayDispatcher
from coldchain.diversions.fetching import FetchTours
from coldchain.diversions.proposals import Helped, Proposal
from coldchain.model import Place
from coldchain.network import paths
from coldchain.reports.lines import joined
from coldchain.routing.day import Round, Tour


def write_truck_sheets(desk: DayDispatcher, proposal: Proposal, folder: Path) -> None:
    """Write what the driver of each truck of a proposal needs; nothing where no lot leaves its depot."""
    fetch, scenario = proposal.fetch, desk.source.scenario
    if fetch is None:
        return
    day = str(desk.run.summary["day"]["given"] or desk.run.summary["day"]["period"])
    there, back = paths(desk.source.placed.network, np.array([fetch.nodes, fetch.nodes[::-1]]))
    for number, tour in enumerate(fetch.tours, start=1):
        own = _TruckRows(desk, proposal, fetch, tour).rows(f"{proposal.id}-{number}")
        listed = sheet(own, scenario)
        stem = folder / str(own.tour["tour"])
        Path(f"{stem}.csv").write_text(csv_text(listed, float_format="%.1f"), encoding="utf-8-sig")
        Path(f"{stem}.html").write_text(sheet_page(own.tour, listed, scenario, day), encoding="utf-8")
        line = joined([there, back])
        lines = [TripLine(str(own.tour["tour"]), n, line) for n in range(1, len(tour.rounds) + 1)]
        Path(f"{stem}.gpx").write_text(gpx_text(own, lines), encoding="utf-8")


class _TruckRows:
    """The rows of one truck, as the sheets of the day take them."""

    def __init__(self, desk: DayDispatcher, proposal: Proposal, fetch: FetchTours, tour: Tour) -> None:
        scenario = desk.source.scenario
        places: dict[str, Place] = {place.id: place for place in (*scenario.hubs, *scenario.sites)}
        self.tour, self.lots = tour, proposal.lots
        self.home, self.here = places[proposal.to], places[proposal.room.split("/")[1]]
        self.whole_kg = sum(trip.load_kg for one in fetch.tours for trip in one.rounds)
        self.kind = next((one.kind for one in desk.fleet() if one.kind.id == tour.vehicle_id), None)

    def rows(self, name: str) -> TourRows:
        """Return tour, depot, trips, halts and lots."""
        tour, home = self.tour, self.home
        first, last = tour.rounds[0].leave_h, tour.rounds[-1].back_h
        about = {
            "tour": name, "vehicle": tour.vehicle_id, "name": self.kind.name if self.kind else tour.vehicle_id,
            "depot": home.id, "depot_name": home.name, "trips": len(tour.rounds), "stops": len(tour.rounds),
            "load_kg": sum(trip.load_kg for trip in tour.rounds), "leave": clock(first), "back": clock(last),
            "km": tour.km, "drive_h": tour.drive_h,
            "aboard_max_h": max(visit.aboard_h for trip in tour.rounds for visit in trip.visits),
        }  # fmt: skip
        depot = {"depot": home.id, "name": home.name, "lon": home.lon, "lat": home.lat}
        numbered = list(enumerate(tour.rounds, start=1))
        trips = [
            {"trip": n, "stops": 1, "load_kg": trip.load_kg, "leave_h": trip.leave_h, "back_h": trip.back_h}
            for n, trip in numbered
        ]
        stops = [self._stop(n, trip) for n, trip in numbered]
        return TourRows(
            about, depot, trips, stops, [self._lot(one, n, trip) for n, trip in numbered for one in self.lots]
        )

    def _stop(self, number: int, trip: Round) -> dict[str, Any]:
        visit, here = trip.visits[0], self.here
        return {
            "trip": number, "order": 1, "village": here.id, "name": here.name, "lon": here.lon, "lat": here.lat,
            "kg": visit.load_kg, "arrive_h": visit.arrive_h, "start_h": visit.start_h, "leave_h": visit.leave_h,
            "lots": ";".join(one.plan.key for one in self.lots), "note": "",
        }  # fmt: skip

    def _lot(self, one: Helped, number: int, trip: Round) -> dict[str, Any]:
        """Return a lot's share of a truck's load."""
        kg = one.plan.kg * trip.load_kg / self.whole_kg
        crop, leave_h = one.plan.crop.id, trip.visits[0].leave_h
        return {"trip": number, "leave_h": leave_h, "order": one.plan.key, "commodity": crop, "kg": kg}
