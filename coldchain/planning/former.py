"""Routes of an earlier run, driven again wherever a depot fetches the same loads from the same villages."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices
from coldchain.model import Scenario
from coldchain.routing import CollectionProblem, CollectionResult, drive, evaluate_route, violations

SAME_LOAD = 1e-6
"""Share by which a load may differ from that of the earlier run and still be the same."""


@dataclass(frozen=True)
class FormerRoute:
    """One route of a typical day: the vehicle that drives it and of which type, villages in order, kg taken at each."""

    duty: str
    vehicle_id: str
    villages: Indices
    load_kg: Floats


@dataclass(frozen=True)
class FormerDays:
    """Routes of an earlier run by site and period; ``digest`` tells those of one run from those of another."""

    routes: Mapping[tuple[int, int], tuple[FormerRoute, ...]] = field(default_factory=dict)
    digest: bytes = b""

    @classmethod
    def of(cls, scenario: Scenario, tables: Mapping[str, pd.DataFrame]) -> FormerDays:
        """Read the routes of a run.

        Those of sites, periods, vehicles or villages that are no more are left out, and those without stops or a duty.
        """
        site, period, village = (
            {name: n for n, name in enumerate(names)}
            for names in (
                [one.id for one in scenario.sites],
                [one.id for one in scenario.periods],
                [one.id for one in scenario.villages],
            )
        )
        offered = set(scenario.routing.collection_vehicles)
        visits = {str(key): rows for key, rows in tables["stops"].sort_values("order").groupby("route")}
        order = tables["duties"].sort_values(["duty", "order"])
        duty = dict(zip(order["route"].fillna("").astype(str), order["duty"].astype(str), strict=True))
        found: dict[tuple[int, int], list[FormerRoute]] = defaultdict(list)
        heads = {str(head.route): head for head in tables["routes"].itertuples()}
        for key in (route for route in duty if route in heads and route in visits):
            head, stops = heads[key], visits[key]
            places = [village.get(str(one), -1) for one in stops["village"]]
            day = site.get(str(head.depot), -1), period.get(str(head.period), -1)
            if min(*day, *places) >= 0 and head.vehicle in offered:
                kg = stops["load_kg"].to_numpy(dtype=np.float64)
                found[day].append(FormerRoute(duty[key], str(head.vehicle), np.array(places, dtype=np.intp), kg))
        text = "".join(tables[name].to_csv(index=False) for name in ("routes", "stops", "duties"))
        return cls({day: tuple(routes) for day, routes in found.items()}, hashlib.sha256(text.encode()).digest())

    def of_day(self, site: int, period: int, villages: Indices, load_kg: Floats) -> tuple[FormerRoute, ...]:
        """Return the routes that fetched these loads from these villages; none where any of it was otherwise.

        Parameters
        ----------
        villages, load_kg : in order of the villages, shape (n,)
        """
        routes = self.routes.get((site, period), ())
        before = np.zeros(max(int(villages.max(initial=0)), *(int(one.villages.max()) for one in routes), 0) + 1)
        for one in routes:
            np.add.at(before, one.villages, one.load_kg)
        now = np.zeros_like(before)
        now[villages] = load_kg
        if not np.allclose(before, now, rtol=SAME_LOAD, atol=0.0):
            return ()
        more = np.divide(now, before, out=np.ones_like(now), where=before > 0)
        return tuple(replace(one, load_kg=one.load_kg * more[one.villages]) for one in routes)


def drive_again(
    problem: CollectionProblem, villages: Indices, routes: Sequence[FormerRoute]
) -> CollectionResult | None:
    """Return the day on which exactly these routes are driven; None where one breaks a limit of the problem.

    Parameters
    ----------
    villages : of the problem's stops, in order
    """
    kinds = {kind.id: kind for kind in problem.vehicles}
    driven = []
    for one in routes:
        stops = tuple(np.searchsorted(villages, one.villages).tolist())
        driven.append(evaluate_route(problem, kinds[one.vehicle_id], stops, one.load_kg))
    duties = defaultdict(list)
    for n, one in enumerate(routes):
        duties[one.duty].append(n)
    if any(violations(problem, route) for route in driven):
        return None
    return drive(problem, driven, tuple(tuple(duty) for duty in duties.values()))
