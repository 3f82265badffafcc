"""A day of routes opened again while it is under way: its tables, its source with roads and depots, its fleet."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from coldchain.arrays import KG_PER_T
from coldchain.dispatch.dispatch import Calls, Dispatch, DispatchRequest, Rest, dispatch
from coldchain.dispatch.drivers import within_week
from coldchain.dispatch.fleet import VehiclesAtHand, default_fleet, read_fleet
from coldchain.dispatch.lots import Lanes
from coldchain.dispatch.orders import Order
from coldchain.dispatch.source import DispatchSource, read_source
from coldchain.dispatch.tables import records
from coldchain.model import CoolingClass
from coldchain.network import travel
from coldchain.runs import Run
from coldchain.telemetry.dayplan import ROUTES

ITERATIONS = 2_000


@dataclass(frozen=True)
class Halted:
    """A lot with the tour, trip and halt that fetch it; ``key`` is the lot as it is watched."""

    key: str
    lot: dict[str, Any]
    stop: dict[str, Any]


class DayDispatcher:
    """The dispatcher's desk on a day of routes.

    Parameters
    ----------
    folder : of routes
    moved : where its scenario lies now
    """

    def __init__(self, folder: Path, moved: Path | None = None) -> None:
        self.folder, self.run = folder, Run.open(folder, moved, summary=ROUTES)
        arguments = self.run.information["arguments"]
        self.variant, self.moved = str(arguments.get("variant") or "base"), moved
        named = Path(str(arguments.get("source", "")))
        scenario = self.run.inputs.path
        self.source_path = named if named.is_dir() else scenario
        self.source: DispatchSource = read_source(self.source_path, self.variant, moved)
        fleet = Path(str(arguments.get("fleet") or ""))
        self.fleet_path = fleet if arguments.get("fleet") and fleet.is_file() else None
        drivers = records(self.run.tables["drivers"]) if "drivers" in self.run.tables else []
        self.before_h = {str(row["driver"]): float(row["before_h"]) for row in drivers}
        periods = [period.id for period in self.source.scenario.periods]
        self.period = periods.index(self.run.summary["day"]["period"])
        self.lanes = Lanes(self.source, self.period)
        self.number = {depot.id: n for n, depot in enumerate(self.source.depots)}

    def fleet(self) -> list[VehiclesAtHand]:
        """Return the collection vehicles of the day."""
        scenario = self.source.scenario
        if self.fleet_path is None:
            fleet = default_fleet(scenario, self.source.owned)
        else:
            fleet = read_fleet(self.fleet_path, scenario, list(self.number))[0]
        return within_week(fleet, self.before_h, scenario.routing.driver_h_week)

    def at_hand(self, depot: str, now_h: float) -> list[VehiclesAtHand]:
        """Return the vehicles that could leave a depot now: those that are not out."""
        tours = self.run.tables["tours"]
        out = tours[tours["back_h"] > now_h]
        kept = []
        for made in self.fleet():
            if made.depot not in ("", depot):
                continue
            used = out[out["vehicle"] == made.kind.id]
            busy = len(used if not made.depot else used[used["depot"] == made.depot])
            count = None if made.count is None else made.count - busy
            if count is None or count > 0:
                kept.append(replace(made, count=count))
        return kept

    def room_kg(self, depot: str, cooling: CoolingClass) -> float:
        """Return what the rooms of a depot can still take today."""
        lots = self.run.tables["lots"]
        own = lots[(lots["depot"] == depot) & (lots["zone"] == cooling.zone) & (lots["method"] == cooling.method)]
        most = self.source.depots[self.number[depot]].t_day.get(cooling, 0.0) * KG_PER_T
        return most - float(own["kg"].sum())

    def halts(self) -> list[Halted]:
        """Return every lot with its halt, by the names under which lots are watched."""
        seen: dict[str, int] = {}
        stops = records(self.run.tables["stops"])
        found = []
        for row in records(self.run.tables["lots"]):
            seen[row["order"]] = count = seen.get(row["order"], 0) + 1
            own = next(stop for stop in stops if _loads(stop, row))
            found.append(Halted(row["order"] if count == 1 else f"{row['order']}#{count}", row, own))
        return found

    def free(self, keys: Collection[str], now_h: float) -> set[str]:
        """Return those of the lots that can still be fetched by another tour.

        They are not loaded, and the tour that was to fetch them has not left, or has loaded elsewhere already.
        """
        halts = self.halts()
        leaves = {row["tour"]: float(row["leave_h"]) for row in records(self.run.tables["tours"])}
        begun = {one.lot["tour"] for one in halts if one.stop["start_h"] <= now_h}
        return {
            one.key
            for one in halts
            if one.key in keys and one.stop["start_h"] > now_h
            if leaves[one.lot["tour"]] > now_h or one.lot["tour"] in begun
        }

    def rerouted(self, keys: Collection[str], depot: str, start_h: float) -> Dispatch:
        """Route the rest of the day: some lots go to a depot by other tours, all else stays as it stands.

        Parameters
        ----------
        start_h : hour from which a truck can leave
        """
        halts = self.halts()
        kept = [one for one in halts if one.key not in keys]
        reached_h = {key: start_h + hours for key, hours in self._rides(depot).items()}
        orders = tuple(
            self._order(one, depot, reached_h[str(one.lot["village"])]) if one.key in keys else self._order(one)
            for one in halts
        )
        names = {one.key: str(one.lot["tour"]) for one in kept}
        rest = Rest(orders, _calls(kept, self.number), names, self.before_h)
        depots = self.run.tables["depots"]
        opening = (float(depots["open_h"].iloc[0]), float(depots["close_h"].iloc[0]))
        wish = DispatchRequest(
            self.source_path, rest=rest, day=str(self.run.summary["day"]["given"] or self.run.summary["day"]["period"]),
            fleet=self.fleet_path, variant=self.variant, moved=self.moved, anywhere=True, iterations=ITERATIONS,
            opening=opening if math.isfinite(opening[0]) else None, seed=int(self.run.summary["seed"]),
        )  # fmt: skip
        return dispatch(wish, self.source)

    def _rides(self, depot: str) -> dict[str, float]:
        """Return the hours from a depot to each village by the slowest vehicle of the day."""
        source = self.source
        node = np.array([source.depot_node(self.number[depot])], dtype=np.int64)
        hours = travel(source.placed.network, node, source.placed.village_node).time_h[0]
        slowest = min(made.kind.speed_factor for made in self.fleet())
        ids = [village.id for village in source.scenario.villages]
        return dict(zip(ids, (hours / slowest).tolist(), strict=True))

    def _order(self, one: Halted, depot: str = "", ready_h: float = 0.0) -> Order:
        """Return a lot as an order: bound to the minute it is loaded, or, to another depot, free from an hour on."""
        scenario = self.source.scenario
        asked = next(row for row in records(self.run.tables["orders"]) if row["order"] == one.lot["order"])
        ripe_h = float(one.lot["harvest_h"]) + scenario.chain.planned_wait_h
        start_h, until_h = float(one.stop["start_h"]), float(asked["until_h"])
        free_until = until_h if until_h > ready_h else math.inf
        return Order(
            id=one.key,
            village=[place.id for place in scenario.villages].index(one.lot["village"]),
            commodity=[crop.id for crop in scenario.commodities].index(one.lot["commodity"]),
            kg=float(one.lot["kg"]),
            ready_h=max(ready_h, ripe_h) if depot else start_h,
            until_h=free_until if depot else start_h,
            depot=depot or str(one.lot["depot"]),
            zone="" if depot else str(one.lot["zone"]),
            method="" if depot else str(one.lot["method"]),
            regimes=tuple(part for part in str(asked["regime"] or "").split(";") if part),
            note=str(asked["note"] or ""),
            harvest_h=float(one.lot["harvest_h"]),
            halt="" if depot else f"{one.lot['tour']}/{one.lot['trip']}/{one.stop['order']}",
        )


def _loads(stop: dict[str, Any], lot: dict[str, Any]) -> bool:
    same = (stop["tour"], stop["trip"], stop["village"]) == (lot["tour"], lot["trip"], lot["village"])
    return same and lot["order"] in str(stop["lots"]).split(";") and abs(stop["leave_h"] - lot["leave_h"]) < 1e-6


def _calls(kept: list[Halted], number: Mapping[str, int]) -> Calls:
    """Return tours as they stand: vehicle, depot, and the lots of each trip in order of its halts."""
    tours: dict[str, dict[int, list[Halted]]] = {}
    for one in kept:
        tours.setdefault(str(one.lot["tour"]), {}).setdefault(int(one.lot["trip"]), []).append(one)
    calls: Calls = []
    for trips in tours.values():
        first = next(iter(trips.values()))[0]
        ordered = [sorted(own, key=lambda one: one.stop["order"]) for _number, own in sorted(trips.items())]
        keys = [[one.key for one in own] for own in ordered]
        calls.append((str(first.stop["vehicle"]), number[str(first.lot["depot"])], keys))
    return calls
