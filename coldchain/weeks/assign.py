"""Who goes to which depot in a week, when only so many villages may change theirs: a mixed-integer model.

    min  Σ_a (c_a - o_d(a))·x_a  +  Σ_j,m move_m·in_jm
    Σ_(a of d) x_a <= 1                                  each demand d, a village's crops of one zone
    Σ_(a into jz) load_a·x_a  <=  room_jz + Σ_m room_m·n_jm    each depot j and cooling class z
    Σ_(new a of d) x_a <= y_v(d),   Σ_v y_v <= K         an arc is new where the village did not go there before
    Σ_j n_jm <= owned_m,   in_jm >= n_jm - stood_jm      mobile units
    Σ_j staff_h_j·open_j + Σ_j,m staff_h_m·n_jm <= H,  x_a <= open_j   operators at hand, where the table states any
    Σ_a hours_a·x_a <= H                                 drivers at hand, by full vehicles straight there and back

A change counts as a cost of its own, ``PAYS`` of what the week of that village costs in today's chain: what is expected
is never what comes, and gains smaller than that are as often losses.
What is loaded, contracted or frozen has no new arcs, and is served before all else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from coldchain.arrays import Bools, Floats, Indices, Ints
from coldchain.model import MobileUnit
from coldchain.planning import Ground, existing_modules
from coldchain.planning.decision import Decision
from coldchain.solvers import data_alone_on_stdout
from coldchain.weeks.hands import Hand, staff_h, units_h

HELD_CNY_T = 1e6
"""CNY/t by which serving what is held is worth more than anything else."""
GAP, NODES = 1e-4, 20_000
"""The search ends this near to the best, as a share of what cooling all is worth, or after so many nodes."""
PAYS = 0.03
"""Share of a village's week in today's chain that a change must save (chosen on four weeks, docs/benchmarks.md)."""
USED = 1e-6


@dataclass(frozen=True, eq=False)
class Former:
    """Where everybody went before, and what may not change.

    Attributes
    ----------
    went : bool[arcs]
    held : bool[demands], goes where it went whatever that costs
    stood : int[sites, units], mobile units; owned : int[units]
    """

    went: Bools
    held: Bools
    stood: Ints
    owned: Ints


@dataclass(frozen=True, eq=False)
class WeekAssignment:
    """An answer.

    Attributes
    ----------
    share : float[arcs], of each demand
    standing : int[sites, units]
    changed : villages that go where they did not go before
    worth_cny : what the model counts for it in the week
    """

    share: Floats
    standing: Ints
    changed: Indices
    worth_cny: float = 0.0


def assign(
    ground: Ground, former: Former, most: int, among: Indices | None = None, hands: Sequence[Hand] = ()
) -> WeekAssignment:
    """Return the cheapest assignment in which at most so many villages, of some, go where they did not go before.

    Parameters
    ----------
    hands : people at hand, whose hours are a limit
    """
    return _WeekModel(ground, former, most, among, hands).solve()


def pays_cny(ground: Ground) -> Floats:
    """Return what a change of each village must save in the week, CNY."""
    arcs = ground.arcs
    outside = np.bincount(arcs.village, arcs.outside.of("total_cost_cny"), minlength=len(ground.scenario.villages))
    return np.asarray(PAYS * outside, dtype=np.float64)


def moves_cny(ground: Ground, former: Former, choice: WeekAssignment) -> float:
    """Return what moving mobile units to where they stand now costs."""
    kinds = ground.scenario.depot_types[ground.scenario.fixed_types :]
    move = np.array([kind.move_cny for kind in kinds if isinstance(kind, MobileUnit)], dtype=np.float64)
    return float((np.maximum(choice.standing - former.stood, 0) * move).sum())


def decision_of(ground: Ground, choice: WeekAssignment, owned: Ints) -> Decision:
    """Return the decision as planning works it out: nothing is built, units belong to the first site."""
    scenario = ground.scenario
    count = np.zeros((len(scenario.sites), len(scenario.depot_types)), dtype=np.int64)
    count[0, scenario.fixed_types :] = owned
    made = Decision.of(ground.arcs, count, choice.share)
    if not len(owned):
        return made
    return Decision(count, choice.standing[:, :, None], made.village, made.group, made.site, made.cooling, made.share)


class _WeekModel:
    def __init__(self, ground: Ground, former: Former, most: int, among: Indices | None, hands: Sequence[Hand]) -> None:
        from ortools.math_opt.python import mathopt

        self.ground, self.former, self.most, self.hands = ground, former, most, hands
        self.math, self.model = mathopt, mathopt.Model()
        arcs = ground.arcs
        self.village, self.pays_cny = arcs.village[arcs.demand], pays_cny(ground)
        held = former.held[arcs.demand]
        gain = arcs.outside.of("total_cost_cny")[arcs.demand] - arcs.arc_cost("total_cost_cny")
        best = np.zeros(len(arcs.village))
        np.maximum.at(best, arcs.demand, np.where(np.isfinite(gain), gain, 0.0))
        self.near_cny = GAP * float(best.sum())
        gain = gain + np.where(held, HELD_CNY_T * arcs.yearly_t[arcs.demand], 0.0)
        loaded = arcs.load_t_day[arcs.demand, 0] > 0.0
        free = ~held & (most > 0) & (True if among is None else np.isin(self.village, among))
        fit = loaded & np.isfinite(gain) & (gain > 0.0) & (former.went | free)
        self.kept = np.flatnonzero(fit)
        self.gain = gain[self.kept]

    def solve(self) -> WeekAssignment:
        arcs, model, math = self.ground.arcs, self.model, self.math
        whole = self.ground.scenario.siting.single_source
        x = [model.add_variable(lb=0.0, ub=1.0, is_integer=whole) for _arc in self.kept]
        worth = math.fast_sum(float(g) * v for g, v in zip(self.gain, x, strict=True))
        for rows in _grouped(arcs.demand[self.kept]).values():
            model.add_linear_constraint(math.fast_sum(x[a] for a in rows) <= 1.0)
        changes = self._changes(x)
        stands, moves = self._units()
        self._rooms(x, stands)
        self._people(x, stands)
        model.maximize(worth - moves - math.fast_sum(self.pays_cny[v] * one for v, one in changes.items()))
        result = self._run()
        values = result.variable_values()
        share = np.zeros(len(arcs.demand))
        share[self.kept] = np.clip([values[v] for v in x], 0.0, 1.0)
        share[share <= USED] = 0.0
        standing = np.zeros_like(self.former.stood)
        for (j, m), variable in stands.items():
            standing[j, m] = round(values[variable])
        new = (share > 0.0) & ~self.former.went
        assert len(changes) >= len(np.unique(self.village[new]))
        return WeekAssignment(share, standing, np.unique(self.village[new]), float(result.objective_value()))

    def _changes(self, x: list[Any]) -> dict[int, Any]:
        """Count the villages that change; return their variables."""
        arcs, model, math = self.ground.arcs, self.model, self.math
        new = np.flatnonzero(~self.former.went[self.kept])
        of_demand = _grouped(arcs.demand[self.kept][new])
        changes = {int(v): model.add_binary_variable() for v in np.unique(self.village[self.kept][new])}
        for demand, rows in of_demand.items():
            village = int(arcs.village[demand])
            model.add_linear_constraint(math.fast_sum(x[new[a]] for a in rows) <= changes[village])
        if len(changes) > self.most:
            model.add_linear_constraint(math.fast_sum(changes.values()) <= float(self.most))
        return changes

    def _units(self) -> tuple[dict[tuple[int, int], Any], Any]:
        """Return where units stand, and what moving them costs."""
        scenario, model, math = self.ground.scenario, self.model, self.math
        fixed, former = scenario.fixed_types, self.former
        stands: dict[tuple[int, int], Any] = {}
        costs = []
        for m, kind in enumerate(scenario.depot_types[fixed:]):
            if not former.owned[m] or not isinstance(kind, MobileUnit):
                continue
            for j, site in enumerate(scenario.sites):
                if site.status == "forbidden":
                    continue
                stands[j, m] = model.add_integer_variable(lb=0.0, ub=float(former.owned[m]))
                arrives = model.add_variable(lb=0.0)
                model.add_linear_constraint(arrives >= stands[j, m] - float(former.stood[j, m]))
                costs.append(float(kind.move_cny) * arrives)
            mine = [variable for (_j, one), variable in stands.items() if one == m]
            model.add_linear_constraint(math.fast_sum(mine) <= float(former.owned[m]))
        self._needs(stands)
        return stands, math.fast_sum(costs)

    def _needs(self, stands: dict[tuple[int, int], Any]) -> None:
        """Keep power and people of the sites where units may stand."""
        scenario, fixed = self.ground.scenario, self.ground.scenario.fixed_types
        there = existing_modules(self.ground.basis)
        for name in ("power_kw", "staff"):
            need = np.array([getattr(kind, name) for kind in scenario.depot_types], dtype=np.float64)
            for j, site in enumerate(scenario.sites):
                mine = [(m, variable) for (one, m), variable in stands.items() if one == j]
                limit = getattr(site, name)
                if mine and limit is not None:
                    used = self.math.fast_sum(float(need[fixed + m]) * variable for m, variable in mine)
                    self.model.add_linear_constraint(used <= max(float(limit - there[j] @ need), 0.0))

    def _rooms(self, x: list[Any], stands: dict[tuple[int, int], Any]) -> None:
        """Let no depot take in more of a class than it can."""
        basis, arcs = self.ground.basis, self.ground.arcs
        capacity, there, fixed = basis.capacity_t_day, existing_modules(basis), basis.scenario.fixed_types
        load = arcs.load_t_day[arcs.demand[self.kept], 0]
        cell = arcs.site[self.kept] * len(basis.classes) + arcs.cooling[self.kept]
        for key, rows in _grouped(cell).items():
            site, cooling = divmod(key, len(basis.classes))
            room = float((there[site] * capacity)[basis.class_of_type == cooling].sum())
            more = [
                float(capacity[fixed + m]) * variable
                for (j, m), variable in stands.items()
                if j == site and basis.class_of_type[fixed + m] == cooling
            ]
            used = self.math.fast_sum(float(load[a]) * x[a] for a in rows)
            self.model.add_linear_constraint(used - self.math.fast_sum(more) <= room)

    def _people(self, x: list[Any], stands: dict[tuple[int, int], Any]) -> None:
        """Take no more of the people at hand than there are: operators run all of a depot that takes something in."""
        site, opened = self.ground.arcs.site[self.kept], dict[int, Any]()
        rooms_h, of_unit = staff_h(self.ground), units_h(self.ground)
        for hand in self.hands:
            if hand.post.skill == "driver":
                used = self.math.fast_sum(float(h) * v for h, v in zip(hand.arc_h[self.kept], x, strict=True) if h > 0)
            else:
                mine = [j for j in np.unique(site).tolist() if hand.there[j] and rooms_h[j] > 0.0]
                for j in mine:
                    if j not in opened:
                        opened[j] = self.model.add_binary_variable()
                        for a in np.flatnonzero(site == j):
                            self.model.add_linear_constraint(x[a] <= opened[j])
                units = (float(of_unit[m]) * n for (j, m), n in stands.items() if hand.there[j])
                used = self.math.fast_sum([*(float(rooms_h[j]) * opened[j] for j in mine), *units])
            self.model.add_linear_constraint(used <= hand.asked_h)

    def _run(self) -> Any:
        parameters = self.math.SolveParameters(
            relative_gap_tolerance=0.0, absolute_gap_tolerance=self.near_cny, node_limit=NODES, random_seed=0
        )
        with data_alone_on_stdout():
            result = self.math.solve(self.model, self.math.SolverType.HIGHS, params=parameters)
        if not result.has_primal_feasible_solution():
            raise RuntimeError(result.termination)
        return result


def _grouped(keys: Indices) -> dict[int, Indices]:
    """Return key -> places that have it."""
    order = np.argsort(keys, kind="stable")
    found, first = np.unique(keys[order], return_index=True)
    parts = np.split(order, first[1:]) if len(found) else []
    return {int(key): rows for key, rows in zip(found, parts, strict=True)}
