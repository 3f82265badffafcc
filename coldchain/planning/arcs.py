"""The siting model of a scenario: demands, arcs and modules with what each loses and costs.

A demand is what one village harvests for one temperature zone and set of pre-cooling methods; it is assigned the
same way in every period, while loads and capacities are exact per period. Every coefficient of an arc underestimates
what the arc can cost in any plan: the direct drive for hours aboard (and the least loss over all longer rides), the
radial bound for collection, full trucks for line haul. So the optimum of the model is a valid bound on every plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from coldchain.arrays import Bools, Floats, Indices, Ints
from coldchain.economy import ChilledLots, ModuleCosts, TodaysLots, money_cny_t
from coldchain.model import Commodity, MobileUnit, Objective, Scenario, cap_cny
from coldchain.planning.awards import eligible_modules, module_awards, owners_of, total_pot_cny
from coldchain.planning.basis import Basis, collection_bound_cny_t, haul_bound_cny_t
from coldchain.planning.rent import most_gain_cny_t, rent_cny_t, rents_cny
from coldchain.routing import least_aboard_h
from coldchain.siting import Fleet, SitingProblem, add_units, unit_costs

NO_LIMIT = float("inf")


@dataclass(frozen=True)
class Worth:
    """What is lost and spent: tonnes, their value, and all other money, CNY a year; arrays of one shape."""

    loss_t: Floats
    loss_cny: Floats
    money_cny: Floats

    def of(self, aim: Objective) -> Floats:
        """Return the figure an aim counts."""
        if aim == "loss_t":
            return self.loss_t
        return self.loss_cny if aim == "loss_cny" else self.loss_cny + self.money_cny


@dataclass(frozen=True)
class Arcs:
    """Demands and the arcs that can serve them.

    Attributes
    ----------
    village, group : of each demand, shape (demands,)
    period : the only period of each demand, shape (demands,); -1 where it is served the same way all year
    members : commodity indices of each group
    load_t_day : peak load of each demand, shape (demands, periods)
    demand, site, cooling : of each arc, shape (arcs,)
    outside : worth of today's chain for each demand; inside : of each arc; module : of each module, (sites, types)
    yearly_t : of each demand, shape (demands,)
    storage_cny : most that keeping what an arc brings can gain beyond the rent of a room, CNY/yr, shape (arcs,)
    room_cny : that rent, of the rooms of a module, CNY/yr, shape (types,)
    collection_cny, haul_cny : what ``inside`` holds for collection and for line haul, CNY/yr, shape (arcs,)
    stay_cny : what standing there costs a mobile unit beyond its own cost, CNY/yr, shape (sites, units, periods)
    open_ground : where a unit may stand idle whatever else is there, shape (sites,)
    """

    village: Indices
    group: Indices
    period: Indices
    members: tuple[Indices, ...]
    load_t_day: Floats
    demand: Indices
    site: Indices
    cooling: Indices
    outside: Worth
    inside: Worth
    yearly_t: Floats
    collection_cny: Floats
    haul_cny: Floats
    storage_cny: Floats
    room_cny: Floats
    module: Worth
    stay_cny: Floats
    open_ground: Bools

    def arc_cost(self, aim: Objective) -> Floats:
        """Return what an arc counts in siting: its worth, for total cost less what storage can gain, (arcs,)."""
        return self.inside.of(aim) - (self.storage_cny if aim == "total_cost_cny" else 0.0)

    def module_cost(self, aim: Objective) -> Floats:
        """Return what a module counts in siting: its worth, for total cost less its rooms' rent, (sites, types)."""
        return self.module.of(aim) - (self.room_cny if aim == "total_cost_cny" else 0.0)

    def counts_in(self, p: int) -> Bools:
        """Tell which demands have a load in a period, if there is a harvest; shape (demands,)."""
        return np.asarray((self.period == p) | (self.period < 0), dtype=np.bool_)


def build_arcs(basis: Basis) -> Arcs:
    """Compute demands, arcs and their worth."""
    scenario = basis.scenario
    key_of = [_group_key(basis, crop) for crop in scenario.commodities]
    members = tuple(np.flatnonzero([key == group for key in key_of]) for group in sorted(set(key_of)))
    tonnes = np.stack([scenario.harvest_t[:, m].sum(axis=(1, 2)) for m in members], axis=1)
    village, group = np.nonzero(tonnes > 0)
    load = np.stack([scenario.daily_t[v, members[g]].sum(axis=0) for v, g in zip(village, group, strict=True)])
    period = np.full(len(village), -1, dtype=np.intp)
    if scenario.seasonal:
        row, period = np.nonzero(load > 0)
        village, group = village[row], group[row]
        load = load[row] * (period[:, None] == np.arange(load.shape[1]))
    bound = _Bounds.of(basis)
    parts = [_group_arcs(basis, bound, members[g], np.flatnonzero(group == g), (village, period)) for g in
             range(len(members))]  # fmt: skip
    demand, site, cooling = (np.concatenate([part[n] for part in parts]) for n in range(3))
    inside = Worth(*(np.concatenate([getattr(part[3], name) for part in parts]) for name in Worth.__annotations__))
    yearly_t = _yearly_t(scenario, members, (village, group, period))
    collection_cny = yearly_t[demand] * bound.collection_cny_t[village[demand], site]
    haul_cny = yearly_t[demand] * bound.haul_cny_t[site] * basis.timing.fresh[cooling]
    stays = np.zeros((len(scenario.sites), len(scenario.depot_types) - scenario.fixed_types, len(scenario.periods)))
    return Arcs(village, group, period, members, load * scenario.siting.peak_factor, demand, site, cooling,
                _outside(basis, members, (village, group, period)), inside, yearly_t,
                collection_cny, haul_cny, np.concatenate([part[4] for part in parts]), rents_cny(basis, bound.rent),
                _modules(basis), stays, _open_ground(scenario))  # fmt: skip


def _group_key(basis: Basis, crop: Commodity) -> tuple[str, tuple[str, ...], tuple[int, ...], str]:
    """Return what crops of one group share: zone, methods, and the plants that take them; some are alone."""
    plants = tuple(o for o, kind in enumerate(basis.classes) if kind.is_plant and kind.fits(crop))
    return crop.zone, crop.methods, plants, crop.id if crop.id in basis.scenario.apart else ""


def _open_ground(scenario: Scenario) -> Bools:
    """Sites with power and people without limit, that nothing forbids."""
    free = [s.power_kw is None and s.staff is None and s.status != "forbidden" for s in scenario.sites]
    return np.array(free, dtype=np.bool_)


@dataclass(frozen=True)
class _Bounds:
    """Valid underestimates per tonne; ``loss`` and ``value`` are the least over rides no shorter than the direct."""

    loss: Floats
    value: Floats
    batch: Indices
    collection_cny_t: Floats
    haul_cny_t: Floats
    rent: Floats

    @classmethod
    def of(cls, basis: Basis) -> _Bounds:
        direct_h = least_aboard_h(basis.reach.back_h, basis.collection)
        daily = basis.scenario.daily_t.sum(axis=1).max(axis=1)
        fate = basis.lanes.fate
        loss, value = (np.minimum.accumulate(one[..., ::-1], axis=-1)[..., ::-1] for one in (fate.loss, fate.value))
        batch = basis.lanes.batch(np.where(np.isfinite(direct_h), direct_h, 0.0))
        rent = rent_cny_t(basis)
        return cls(loss, value, batch, collection_bound_cny_t(basis, daily), haul_bound_cny_t(basis), rent)


def _group_arcs(
    basis: Basis,
    bound: _Bounds,
    members: Indices,
    rows: Indices,
    demands: tuple[Indices, Indices],
) -> tuple[Indices, Indices, Indices, Worth, Floats]:
    """Return demand, site, class, worth and gain by storage of all possible arcs of one group.

    ``demands`` holds the village and the period of every demand.
    """
    scenario = basis.scenario
    v, only = demands[0][rows], demands[1][rows]
    possible = np.isfinite(bound.collection_cny_t[v]) & np.isfinite(bound.haul_cny_t)
    demand, site, cooling = [np.empty(0, np.intp)], [np.empty(0, np.intp)], [np.empty(0, np.intp)]
    worth, gains = [Worth(*np.zeros((3, 0)))], [np.zeros(0)]
    for o, kind in enumerate(basis.classes):
        if not kind.fits(scenario.commodities[members[0]]):
            continue
        loss_t, loss_cny, money, gained = np.zeros((4, *possible.shape))
        haul_cny_t = bound.haul_cny_t * basis.timing.fresh[o] if kind.is_plant else bound.haul_cny_t
        per_t = np.where(possible, bound.collection_cny_t[v] + haul_cny_t, 0.0)
        for c in members:
            for p in range(len(scenario.periods)):
                tonnes = (scenario.harvest_t[v, c, p] * ((only == p) | (only < 0)))[:, None]
                where = np.arange(possible.shape[1]), bound.batch[p][v]
                gained += tonnes * most_gain_cny_t(basis, (c, p, o), bound.rent[o], where)
                share, worth_share = bound.loss[c, p, o][where], bound.value[c, p, o][where]
                hours = basis.timing.delivery_h(c, o, where[0], basis.timing.cooled_h(p, o, where[1]))
                cost = basis.prices.chilled(ChilledLots(c, p, o, where[0], worth_share, hours))
                loss_t += tonnes * share
                loss_cny += tonnes * cost["loss"]
                money += tonnes * (per_t + money_cny_t(cost))
        i, j = np.nonzero(possible)
        demand.append(rows[i])
        site.append(j)
        cooling.append(np.full(len(i), o))
        worth.append(Worth(loss_t[i, j], loss_cny[i, j], money[i, j]))
        gains.append(gained[i, j])
    joined = Worth(*(np.concatenate([getattr(part, name) for part in worth]) for name in Worth.__annotations__))
    return np.concatenate(demand), np.concatenate(site), np.concatenate(cooling), joined, np.concatenate(gains)


def _yearly_t(scenario: Scenario, members: tuple[Indices, ...], demands: tuple[Indices, Indices, Indices]) -> Floats:
    """Tonnes a year of each demand, given by village, group and period."""
    table = [
        scenario.harvest_t[v, members[g]].sum() if p < 0 else scenario.harvest_t[v, members[g], p].sum()
        for v, g, p in zip(*demands, strict=True)
    ]
    return np.array(table, dtype=np.float64)


def _outside(basis: Basis, members: tuple[Indices, ...], demands: tuple[Indices, Indices, Indices]) -> Worth:
    """Worth of today's chain for each demand, given by village, group and period."""
    scenario = basis.scenario
    village, commodity = (np.arange(size) for size in scenario.harvest_t.shape[:2])
    lots = TodaysLots(village[:, None, None], commodity[:, None], basis.today.fate.value, basis.today.hours[:, :, None])
    cost = basis.prices.todays(lots)
    tonnes = scenario.harvest_t
    by_period = tonnes * basis.today.loss, tonnes * cost["loss"], tonnes * money_cny_t(cost)
    by_crop = tuple(figure.sum(axis=2) for figure in by_period)
    table = np.array(
        [
            [(year[v, members[g]] if p < 0 else part[v, members[g], p]).sum() for year, part in
             zip(by_crop, by_period, strict=True)]
            for v, g, p in zip(*demands, strict=True)
        ]
    )  # fmt: skip
    return Worth(*table.reshape(-1, 3).T)


def _modules(basis: Basis) -> Worth:
    """Yearly cost of one new module at each site: annuity of the investment, staff and upkeep."""
    scenario = basis.scenario
    money = np.tile(ModuleCosts.of(scenario).total_cny, (len(scenario.sites), 1))
    return Worth(np.zeros_like(money), np.zeros_like(money), money)


def existing_modules(basis: Basis) -> Ints:
    """Count the modules that stand, shape (sites, types)."""
    kinds = basis.scenario.depot_types
    counts = [[site.modules().get(kind.id, 0) for kind in kinds] for site in basis.scenario.sites]
    return np.array(counts, dtype=np.int64).reshape(len(basis.scenario.sites), len(kinds))


def siting_problem(
    basis: Basis,
    arcs: Arcs,
    aim: Objective,
    *,
    build: bool = True,
    units: bool = True,
) -> SitingProblem:
    """State the siting problem for one aim.

    Parameters
    ----------
    build : False allows only what stands already (today's chain)
    units : False leaves mobile units out; their columns are there, but none can be bought
    """
    scenario, kinds = basis.scenario, basis.scenario.depot_types
    sites = scenario.sites
    offered = np.array([scenario.offers(kind) for kind in kinds], dtype=np.bool_)
    most = np.array([[site.max_modules if site.status in ("candidate", "forced") else 0] for site in sites])
    names, owner = owners_of(scenario)
    counties = tuple(dict.fromkeys(site.county for site in sites))
    allowed = eligible_modules(scenario) | scenario.subsidy.own_money
    problem = SitingProblem(
        outside_cost=arcs.outside.of(aim),
        arc_demand=arcs.demand,
        arc_site=arcs.site,
        arc_class=arcs.cooling,
        arc_cost=arcs.arc_cost(aim),
        load=arcs.load_t_day,
        module_class=basis.class_of_type,
        capacity=basis.capacity_t_day,
        module_cost=arcs.module_cost(aim),
        module_capex=np.tile([kind.capex_cny for kind in kinds], (len(sites), 1)),
        award=module_awards(scenario),
        max_count=(most * offered * allowed if build else np.zeros((len(sites), len(kinds)))).astype(np.int64),
        existing=existing_modules(basis),
        max_modules=most[:, 0].astype(np.int64),
        power_kw=np.array([kind.power_kw for kind in kinds]),
        power_limit=np.array([NO_LIMIT if site.power_kw is None else site.power_kw for site in sites]),
        staff=np.array([kind.staff for kind in kinds]),
        staff_limit=np.array([NO_LIMIT if site.staff is None else site.staff for site in sites]),
        size=np.array([kind.net_m3 for kind in kinds]),
        least_size=scenario.subsidy.least_m3,
        forced=np.array([build and site.status == "forced" for site in sites]),
        owner=owner,
        owner_cap=np.array([cap_cny(scenario.subsidy, name) for name in names]),
        county=np.array([counties.index(site.county) for site in sites], dtype=np.intp),
        pot=np.array([scenario.subsidy.pot_by_county_cny.get(county, NO_LIMIT) for county in counties]),
        budget=total_pot_cny(scenario),
        floor_share=scenario.subsidy.floor_share,
        single_source=scenario.siting.single_source,
    )
    if not units or scenario.fixed_types == len(kinds):
        return problem
    return with_units(basis, arcs, problem, aim, build=build)


def with_units(
    basis: Basis, arcs: Arcs, problem: SitingProblem, aim: Objective, *, build: bool = True
) -> SitingProblem:
    """Add the mobile units: every owner may buy them at its first site, they stand where nothing forbids it.

    Parameters
    ----------
    build : whether anything may be bought
    """
    scenario = basis.scenario
    fixed, sites = scenario.fixed_types, scenario.sites
    kinds = scenario.depot_types[fixed:]
    _, owner = owners_of(scenario)
    home = np.zeros(len(sites), dtype=np.bool_)
    home[np.unique(owner, return_index=True)[1]] = True
    allowed = (eligible_modules(scenario) | scenario.subsidy.own_money)[:, fixed:]
    fleet = Fleet(
        int(basis.class_of_type[fixed]),
        basis.capacity_t_day[fixed:],
        np.array([kind.power_kw for kind in kinds]),
        np.array([kind.staff for kind in kinds]),
        (home[:, None] * allowed * scenario.siting.units_per_owner * build).astype(np.int64),
        np.array([site.status != "forbidden" for site in sites], dtype=np.bool_),
        np.tile([kind.capex_cny for kind in kinds], (len(sites), 1)),
        module_awards(scenario)[:, fixed:],
        *_of_units(basis, arcs, aim),
        arcs.period,
    )
    return add_units(_without_units(problem, fixed), fleet)


def _without_units(problem: SitingProblem, fixed: int) -> SitingProblem:
    """Leave out the columns of mobile units."""
    columns = ("module_class", "capacity", "power_kw", "staff", "size")
    tables = ("module_cost", "module_capex", "award", "max_count", "existing")
    kept: dict[str, Any] = {name: getattr(problem, name) for name in (*columns, *tables)}
    less: dict[str, Any] = {name: None if a is None else a[..., :fixed] for name, a in kept.items()}
    return replace(problem, **less)


def _of_units(basis: Basis, arcs: Arcs, aim: Objective) -> tuple[Floats, Floats, Floats]:
    """Return what mobile units add to an aim: bought, standing, moved."""
    scenario, money = basis.scenario, float(aim == "total_cost_cny")
    move = np.array([kind.move_cny for kind in scenario.depot_types if isinstance(kind, MobileUnit)])
    return arcs.module_cost(aim)[:, scenario.fixed_types :], money * arcs.stay_cny, money * move


def modules_in(basis: Basis, arcs: Arcs, aim: Objective) -> Floats:
    """Return what each column of the counts of siting adds to an aim, those of mobile units included."""
    fixed, whole = basis.scenario.fixed_types, arcs.module_cost(aim)
    if fixed == whole.shape[1]:
        return whole
    return np.hstack([whole[:, :fixed], unit_costs(*_of_units(basis, arcs, aim))])


def built_cny(arcs: Arcs, count: Ints) -> float:
    """Yearly cost of modules and units bought, of counts of siting."""
    money = arcs.module.money_cny
    return float((count[:, : money.shape[1]] * money).sum())
