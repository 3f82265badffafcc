"""Limits of a plan that join villages, depots and money, as sides of the siting model, and as shortfalls of a course.

Coefficients know the direct ride only, so that a side never asks for more than any routed plan has; what routing takes
away from a plan shows as its shortfall, and siting is asked for that much more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Ints
from coldchain.economy import ModuleCosts, award_a_year
from coldchain.model import Limit, Objective, Scenario
from coldchain.planning.arcs import Arcs, modules_in, siting_problem
from coldchain.planning.awards import Awards, owners_of
from coldchain.planning.basis import Basis
from coldchain.planning.lots import TODAY, cooled_in_time, delivered_on_time
from coldchain.planning.milestones import targets
from coldchain.planning.people import people_sides
from coldchain.planning.rollout import late_coverage
from coldchain.routing import least_aboard_h
from coldchain.siting import SideRow, SitingProblem

SLACK = 1e-6
ON_TIME = Limit("on_time")


def stated(
    basis: Basis,
    arcs: Arcs,
    aim: Objective,
    held: Sequence[tuple[Objective, float]] = (),
    more: Mapping[Limit, float] | None = None,
) -> SitingProblem:
    """State the siting problem for one aim with all limits.

    Parameters
    ----------
    held : earlier aims and the most each may reach
    more : what to ask beyond the limits (see :func:`shortfalls`)
    """
    problem = siting_problem(basis, arcs, aim)
    rows = [*sides(basis, arcs, more), *(_held(basis, arcs, *pair) for pair in held)]
    width = problem.max_count.shape[1]
    return replace(problem, sides=tuple(_wide(row, width) for row in rows)) if rows else problem


def _wide(row: SideRow, width: int) -> SideRow:
    """Give a side coefficients of nought for what mobile units do."""
    more = np.zeros((len(row.module), width - row.module.shape[1]))
    return replace(row, module=np.hstack([row.module, more]))


def _held(basis: Basis, arcs: Arcs, aim: Objective, most: float) -> SideRow:
    return _row(
        basis, arcs, Limit("aim", aim), -most, index=np.arange(len(arcs.demand)),
        value=-arcs.arc_cost(aim), outside=-arcs.outside.of(aim), module=-modules_in(basis, arcs, aim),
    )  # fmt: skip


def unasked(scenario: Scenario) -> Scenario:
    """Return a scenario without coverage and punctuality: only routes can tell whether those are kept."""
    free: Mapping[str, Any] = {
        "coverage": 0.0, "county_coverage": 0.0, "coverage_by_class": {}, "coverage_by_county": {},
        "coverage_by_year": {}, "on_time": 0.0,
    }  # fmt: skip
    return replace(scenario, siting=scenario.siting.model_copy(update=dict(free)))


def limited(scenario: Scenario) -> bool:
    """Tell whether a scenario has any such limit."""
    siting = scenario.siting
    shares = (siting.on_time, *targets(scenario).values())
    tables = bool(scenario.people) or any(hub.limit_t_day is not None for hub in scenario.hubs)
    return any(shares) or tables or scenario.economics.must_return or bool(siting.award_share_by_county)


@dataclass(frozen=True)
class Service:
    """What arcs do for a year, by the direct ride: tonnes in time, on time, and electricity in CNY; shape (arcs,).

    ``today_on_time_t``, ``tonnes``: shape (demands,).
    """

    in_time_t: Floats
    on_time_t: Floats
    energy_cny: Floats
    today_on_time_t: Floats
    tonnes: Floats


def service(basis: Basis, arcs: Arcs) -> Service:
    """Add up the service of every arc over its commodities and periods."""
    scenario = basis.scenario
    direct_h = least_aboard_h(basis.reach.back_h, basis.collection)
    batch = basis.lanes.batch(np.where(np.isfinite(direct_h), direct_h, 0.0))
    timing = basis.timing
    in_time, on_time, energy = (np.zeros(len(arcs.demand)) for _rest in range(3))
    today, tonnes = np.zeros(len(arcs.village)), np.zeros(len(arcs.village))
    for g, members in enumerate(arcs.members):
        rows, demands = np.flatnonzero(arcs.group[arcs.demand] == g), np.flatnonzero(arcs.group == g)
        v, j, o = arcs.village[arcs.demand[rows]], arcs.site[rows], arcs.cooling[rows]
        for c in members:
            harvest = scenario.harvest_t[arcs.village[demands], c]
            of_period = harvest[np.arange(len(harvest)), arcs.period[demands]]
            of_year = np.where(arcs.period[demands] < 0, harvest.sum(axis=1), of_period)
            tonnes[demands] += of_year
            today[demands] += of_year * timing.is_on_time(basis.today.hours[arcs.village[demands], c])
            for p in range(len(scenario.periods)):
                load = scenario.harvest_t[v, c, p] * arcs.counts_in(p)[arcs.demand[rows]]
                cooled = timing.cooled_h(p, o, batch[p][v, j])
                in_time[rows] += load * timing.is_in_time(c, cooled)
                on_time[rows] += load * timing.is_on_time(timing.delivery_h(c, o, j, cooled))
                energy[rows] += load * basis.energy_cny_t[c, p, o]
    return Service(in_time, on_time, energy, today, tonnes)


def sides(basis: Basis, arcs: Arcs, more: Mapping[Limit, float] | None = None) -> tuple[SideRow, ...]:
    """Write all limits as sides; ``more`` asks for that much more of single ones."""
    if not limited(basis.scenario):
        return ()
    done = service(basis, arcs)
    rows = [*_coverage(basis, arcs, done), *_on_time(basis, arcs, done), *_hubs(basis, arcs)]
    rows += [*_returns(basis, arcs, done), *_award_shares(basis, arcs), *people_sides(basis, arcs)]
    return tuple(replace(row, least=row.least + (more or {}).get(row.limit, 0.0)) for row in rows)


def _row(basis: Basis, arcs: Arcs, limit: Limit, least: float, **given: Any) -> SideRow:
    sites, kinds = len(basis.scenario.sites), len(basis.scenario.depot_types)
    index = np.asarray(given.get("index", ()), dtype=np.int64)
    return SideRow(
        limit,
        index,
        given.get("value", np.zeros(len(index))),
        given.get("outside", np.zeros(len(arcs.village))),
        given.get("module", np.zeros((sites, kinds))),
        given.get("award", np.zeros(len(owners_of(basis.scenario)[0]))),
        least,
    )


def _coverage(basis: Basis, arcs: Arcs, done: Service) -> Iterator[SideRow]:
    scenario = basis.scenario
    harvest = scenario.harvest_t.sum(axis=(1, 2))
    county = np.array([village.county for village in scenario.villages])
    for name, share in targets(scenario).items():
        inside = county == name if name else np.ones(len(county), dtype=np.bool_)
        rows = np.flatnonzero(inside[arcs.village[arcs.demand]])
        least = share * float(harvest[inside].sum())
        yield _row(basis, arcs, Limit("coverage", name), least, index=rows, value=done.in_time_t[rows])  # fmt: skip


def _on_time(basis: Basis, arcs: Arcs, done: Service) -> Iterator[SideRow]:
    share = basis.scenario.siting.on_time
    if share > 0:
        rows = np.arange(len(arcs.demand))
        least = share * float(basis.scenario.harvest_t.sum())
        yield _row(basis, arcs, ON_TIME, least, index=rows, value=done.on_time_t,
                   outside=done.today_on_time_t)  # fmt: skip


def _hubs(basis: Basis, arcs: Arcs) -> Iterator[SideRow]:
    for h, hub in enumerate(basis.scenario.hubs):
        rows = np.flatnonzero(basis.site_hub[arcs.site] == h)
        for p, period in enumerate(basis.scenario.periods):
            if hub.limit_t_day is not None and len(rows):
                load = arcs.load_t_day[arcs.demand[rows], p]
                limit = Limit("hub_room", hub.id, period.id)
                yield _row(basis, arcs, limit, -hub.limit_t_day, index=rows, value=-load)


def owner_cost_cny(scenario: Scenario, count: Ints) -> Floats:
    """Yearly cost of the new modules of each owner, shape (owners,)."""
    names, owner = owners_of(scenario)
    cost = (count * ModuleCosts.to_operator(scenario).total_cny).sum(axis=1)
    return np.asarray(np.bincount(owner, cost, minlength=len(names)), dtype=np.float64)


def _returns(basis: Basis, arcs: Arcs, done: Service) -> Iterator[SideRow]:
    """Let an owner's fees and award pay for its new modules."""
    scenario = basis.scenario
    if not scenario.economics.must_return:
        return
    names, owner = owners_of(scenario)
    fee = scenario.economics.fee_cny_t or 0.0
    margin = fee * done.tonnes[arcs.demand] - done.energy_cny
    cost = ModuleCosts.to_operator(scenario).total_cny
    for e, name in enumerate(names):
        rows = np.flatnonzero(owner[arcs.site] == e)
        module = np.where((owner == e)[:, None], -cost[None, :], 0.0)
        award = np.zeros(len(names))
        award[e] = award_a_year(scenario)
        yield _row(basis, arcs, Limit("owner_money", name), 0.0, index=rows, value=margin[rows], module=module,
                   award=award)  # fmt: skip


def _award_shares(basis: Basis, arcs: Arcs) -> Iterator[SideRow]:
    for name, award in _beyond_award_shares(basis.scenario).items():
        yield _row(basis, arcs, Limit("award_share", name), 0.0, award=award)


def _beyond_award_shares(scenario: Scenario) -> dict[str, Floats]:
    """Return what a CNY of award to each owner adds beyond the share of a county, float[owners]."""
    names, owner = owners_of(scenario)
    county = [scenario.sites[int(np.flatnonzero(owner == e)[0])].county for e in range(len(names))]
    shares = scenario.siting.award_share_by_county
    return {name: np.array([float(of == name) - share for of in county]) for name, share in shares.items()}


def shortfalls(
    basis: Basis, lots: pd.DataFrame, cost: Floats, granted: Awards, people: dict[Limit, float]
) -> dict[Limit, float]:
    """Return by how much a routed course misses the limits.

    Parameters
    ----------
    cost : yearly cost of the new modules of each owner, shape (owners,)
    people : by how much it misses those on people
    """
    scenario, siting = basis.scenario, basis.scenario.siting
    covered = lots["tonnes"].where(cooled_in_time(basis, lots), 0.0)
    county = np.array([village.county for village in scenario.villages])[lots["village"]]
    missing: dict[Limit, float] = {}
    for name, share in targets(scenario).items():
        here = (county == name) if name else np.ones(len(lots), dtype=np.bool_)
        missing[Limit("coverage", name)] = share * float(lots["tonnes"][here].sum()) - float(covered[here].sum())
    if siting.on_time > 0:
        punctual = float(lots["tonnes"].to_numpy() @ delivered_on_time(basis, lots))
        missing[ON_TIME] = siting.on_time * float(lots["tonnes"].sum()) - punctual
    for name, beyond in _beyond_award_shares(scenario).items():
        missing[Limit("award_share", name)] = -float(beyond @ granted.award)
    missing |= late_coverage(basis, lots, granted) | _over_hubs(basis, lots) | people
    if scenario.economics.must_return:
        net = owner_net_cny(basis, lots, cost, granted)
        missing |= {Limit("owner_money", name): -float(n) for name, n in zip(granted.owners, net, strict=True)}
    return {limit: amount for limit, amount in missing.items() if amount > SLACK * 1e3}


def _over_hubs(basis: Basis, lots: pd.DataFrame) -> dict[Limit, float]:
    """Return t/day of the peak day above the room of each hub."""
    scenario = basis.scenario
    cold = lots[lots["site"] != TODAY]
    load = np.zeros((len(scenario.hubs), len(scenario.periods)))
    np.add.at(load, (basis.site_hub[cold["site"]], cold["period"]), cold["tonnes"])
    load *= scenario.siting.peak_factor / np.array([period.days for period in scenario.periods])
    return {
        Limit("hub_room", hub.id, period.id): float(load[h, p]) - hub.limit_t_day
        for h, hub in enumerate(scenario.hubs)
        for p, period in enumerate(scenario.periods)
        if hub.limit_t_day is not None
    }


def owner_net_cny(basis: Basis, lots: pd.DataFrame, cost: Floats, granted: Awards) -> Floats:
    """Fees less electricity less the cost of new modules plus the award, a year, shape (owners,)."""
    scenario = basis.scenario
    _rest, owner = owners_of(scenario)
    cold = lots[lots["site"] != TODAY]
    energy = basis.energy_cny_t[cold["commodity"], cold["period"], cold["cooling"]]
    margin = cold["tonnes"].to_numpy() * ((scenario.economics.fee_cny_t or 0.0) - energy)
    earned = np.bincount(owner[cold["site"]], margin, minlength=len(granted.owners))
    return np.asarray(earned - cost + award_a_year(scenario) * granted.award, dtype=np.float64)
