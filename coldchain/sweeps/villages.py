"""Why a village goes where it goes, what sending it elsewhere would cost everyone, and why others are not served."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Bools, Floats, Indices
from coldchain.language import _, language
from coldchain.language.ids import word
from coldchain.model.naming import asked_for, labelled, of_places
from coldchain.planning.arcs import siting_problem
from coldchain.routing import least_aboard_h
from coldchain.siting import SitingProblem, SitingResult, plan_value, solve_siting
from coldchain.sweeps import words
from coldchain.sweeps.explain import ExplainedRun

FULL, CRUMB = 0.999, 1e-6
FORCED = 100.0
WORK = 20.0  # units to site one village's demand alone


class Assignment:
    """Who goes where with the modules of a run, by the coefficients of siting: direct rides, full trucks.

    The run's own tables hold the routed figures; these are for comparing places with each other.
    """

    def __init__(self, case: ExplainedRun) -> None:
        self.case = case
        self.arcs = case.ground.arcs
        bare = siting_problem(case.ground.basis, self.arcs, "total_cost_cny", build=False)
        self.problem: SitingProblem = replace(bare, existing=bare.existing + case.whole)

    @cached_property
    def own(self) -> SitingResult:
        """The best assignment."""
        return self.solve(self.problem)

    def solve(self, problem: SitingProblem) -> SitingResult:
        """Assign with the modules that stand in ``problem``."""
        return solve_siting(problem, work=WORK, gap=1e-6)

    def cost(self, result: SitingResult) -> float:
        """Cost of an assignment by the true coefficients, CNY a year."""
        problem = self.problem
        return plan_value(problem, np.zeros_like(problem.max_count), result.arc_share, result.outside_share)

    @cached_property
    def filled(self) -> pd.DataFrame:
        """Return site, cooling, period, fill: load over capacity on the peak day of each open cell and period."""
        problem, basis = self.problem, self.case.ground.basis
        cells = problem.sizes["J"] * problem.classes
        capacity = np.zeros(cells)
        everything = problem.existing * problem.capacity
        for k, o in enumerate(problem.module_class):
            np.add.at(capacity, np.arange(len(everything)) * problem.classes + o, everything[:, k])
        rows = []
        for p, period in enumerate(basis.scenario.periods):
            load = self.own.arc_share * problem.load[problem.arc_demand, p]
            used = np.bincount(problem.arc_cell, load, minlength=cells)
            for cell in np.flatnonzero(capacity > 0):
                site, cooling = divmod(int(cell), problem.classes)
                rows.append((site, cooling, period.id, used[cell] / capacity[cell]))
        return pd.DataFrame(rows, columns=["site", "cooling", "period", "fill"])

    def open_cells(self) -> set[tuple[int, int]]:
        """Return (site, cooling) of every cell with a module."""
        return {
            (int(j), int(self.problem.module_class[k])) for j, k in zip(*np.nonzero(self.problem.existing), strict=True)
        }


@dataclass(frozen=True)
class VillageReasons:
    """Why one village goes where it goes.

    Attributes
    ----------
    options : one row for each demand and site, cheapest first: commodities, period (empty: all year), depot, zone,
        method, direct_h, loss_share, cost_cny_t, saves_cny_t (against today's chain), open, fill and full_in (on the
        fullest peak day), share taken
    without : CNY a year everyone pays more when its depots refuse it (or when it must be served); None: impossible
    goes : where it goes then, depot -> tonnes
    displaced : other villages that then go elsewhere
    crops : what the commodities are called in the language spoken, by id
    sites : names of the sites, by id
    """

    village: str
    name: str
    harvest_t: float
    served_t: float
    options: pd.DataFrame
    without: float | None
    goes: dict[str, float]
    displaced: int
    reason: str
    crops: Mapping[str, str] = field(default_factory=dict)
    sites: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """Say it in sentences."""
        return words.village_lines(self)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, plain values."""
        names = ("village", "name", "harvest_t", "served_t", "without", "goes", "displaced", "reason")
        facts = {name: getattr(self, name) for name in names}
        options = self.options.to_dict("records")
        return {"schema": "coldchain.explanation/1", **facts, "says": self.lines(), "options": options}


def explain_village(case: ExplainedRun, village: str) -> VillageReasons:
    """Explain one village.

    Raises
    ------
    UsageError
        When there is no such village.
    """
    scenario = case.scenario
    village = asked_for("--village", village, of_places(scenario.villages), "village")
    index = next(n for n, one in enumerate(scenario.villages) if one.id == village)
    table = case.run.tables["villages"]
    assignment = Assignment(case)
    demands = np.flatnonzero(assignment.arcs.village == index)
    options = _options(assignment, demands)
    row = table[table["village"] == village].to_dict("records")[0]
    served = float(row["cooled_t"])
    other, goes, displaced = _elsewhere(assignment, demands, served=served > 0)
    crops = {crop.id: (language() == "zh" and crop.name_zh) or crop.id for crop in scenario.commodities}
    sites = {site.id: site.name for site in scenario.sites}
    facts = (float(row["harvest_t"]), served, options, other, goes, displaced, str(row["reason"]), crops, sites)
    return VillageReasons(village, str(row["name"]), *facts)


def _options(assignment: Assignment, demands: Indices) -> pd.DataFrame:
    """List the sites in reach of some demands, cheapest first."""
    arcs, basis, problem = assignment.arcs, assignment.case.ground.basis, assignment.problem
    scenario = basis.scenario
    fill, cells = assignment.filled, assignment.open_cells()
    direct = least_aboard_h(basis.reach.back_h, basis.collection)
    tonnes = {d: _tonnes(assignment, d) for d in demands}
    rows = []
    for arc in np.flatnonzero(np.isin(arcs.demand, demands)):
        d, j, o = int(arcs.demand[arc]), int(arcs.site[arc]), int(arcs.cooling[arc])
        cell = (j, int(problem.arc_class[arc]))
        mine = fill[(fill["site"] == j) & (fill["cooling"] == cell[1])]
        top = max(mine.to_dict("records"), key=lambda row: row["fill"], default=None)
        rows.append(
            {
                "commodities": ";".join(scenario.commodities[c].id for c in _harvested(assignment, d)),
                "period": scenario.periods[arcs.period[d]].id if arcs.period[d] >= 0 else "",
                "depot": scenario.sites[j].id,
                "zone": basis.classes[o].zone,
                "method": basis.classes[o].method,
                "direct_h": float(direct[arcs.village[d], j]),
                "loss_share": float(arcs.inside.loss_t[arc] / tonnes[d]),
                "cost_cny_t": float(problem.arc_cost[arc] / tonnes[d]),
                "saves_cny_t": float((problem.outside_cost[d] - problem.arc_cost[arc]) / tonnes[d]),
                "open": cell in cells,
                "fill": float("nan") if top is None else float(top["fill"]),
                "full_in": "" if top is None or top["fill"] < FULL else str(top["period"]),
                "share": float(assignment.own.arc_share[arc]),
            }
        )
    frame = pd.DataFrame(rows, columns=OPTION_COLUMNS)
    when = frame["period"].map({period.id: n for n, period in enumerate(scenario.periods)}).fillna(-1)
    order = frame.assign(when=when).sort_values(["commodities", "when", "cost_cny_t"], kind="stable").index
    return frame.loc[order].reset_index(drop=True)


OPTION_COLUMNS = [
    "commodities", "period", "depot", "zone", "method", "direct_h", "loss_share", "cost_cny_t", "saves_cny_t", "open",
    "fill", "full_in", "share",
]  # fmt: skip


def _harvest_t(assignment: Assignment, demand: int) -> Any:
    """Tonnes of each member of a demand's group, in its own period or in all, float[members]."""
    arcs = assignment.arcs
    tonnes = assignment.case.scenario.harvest_t[arcs.village[demand], arcs.members[arcs.group[demand]]]
    period = arcs.period[demand]
    return tonnes.sum(axis=1) if period < 0 else tonnes[:, period]


def _harvested(assignment: Assignment, demand: int) -> Indices:
    members = assignment.arcs.members[assignment.arcs.group[demand]]
    return np.asarray(members[_harvest_t(assignment, demand) > 0], dtype=np.intp)


def _tonnes(assignment: Assignment, demand: int) -> float:
    return float(_harvest_t(assignment, demand).sum())


def _elsewhere(assignment: Assignment, demands: Indices, *, served: bool) -> tuple[float | None, dict[str, float], int]:
    """Assign anew with a village's own depots refusing it, or with the village served at any price.

    Returns
    -------
    (CNY a year more, depot -> tonnes of the village, other villages that go elsewhere)
    """
    problem, arcs, own = assignment.problem, assignment.arcs, assignment.own
    mine = np.isin(arcs.demand, demands)
    if served:
        refused = np.isin(arcs.site, np.unique(arcs.site[mine & (own.arc_share > CRUMB)])) & mine
        kept = np.flatnonzero(~refused)
        parts = {name: getattr(problem, name)[kept] for name in ("arc_demand", "arc_site", "arc_class", "arc_cost")}
        found = assignment.solve(replace(problem, **parts))
        share = np.zeros(len(arcs.demand))
        share[kept] = found.arc_share
    else:
        dear = problem.outside_cost.copy()
        dear[demands] += FORCED * np.abs(problem.outside_cost).max()
        found = assignment.solve(replace(problem, outside_cost=dear))
        share = found.arc_share
        if (found.outside_share[demands] > 1e-4).any():
            return None, {}, 0
    again = replace(found, arc_share=share)
    goes: dict[str, float] = {}
    for arc in np.flatnonzero(mine & (share > CRUMB)):
        site = assignment.case.scenario.sites[int(arcs.site[arc])].id
        goes[site] = goes.get(site, 0.0) + float(share[arc]) * _tonnes(assignment, int(arcs.demand[arc]))
    moved = np.unique(arcs.village[arcs.demand[np.abs(share - own.arc_share) > 1e-4]])
    others = np.setdiff1d(moved, arcs.village[demands])
    return assignment.cost(again) - assignment.cost(own), goes, len(others)


def unserved(case: ExplainedRun) -> pd.DataFrame:
    """One row for each village of which nothing, or not everything, is cooled: columns in docs/results.md."""
    assignment = Assignment(case)
    arcs, basis, problem = assignment.arcs, case.ground.basis, assignment.problem
    cells = assignment.open_cells()
    direct = least_aboard_h(basis.reach.back_h, basis.collection)
    pairs = zip(arcs.site, problem.arc_class, strict=True)
    is_open = np.array([(int(j), int(o)) in cells for j, o in pairs], dtype=bool)
    tonnes = np.array([_tonnes(assignment, d) for d in range(len(arcs.village))])
    gain = (problem.outside_cost[arcs.demand] - problem.arc_cost) / tonnes[arcs.demand]
    left = _left_by_cause(assignment, gain, is_open, tonnes)
    rows = []
    for v, row in enumerate(case.run.tables["villages"].to_dict("records")):
        if row["cooled_t"] >= row["harvest_t"] * (1 - CRUMB):
            continue
        mine = np.flatnonzero(arcs.village[arcs.demand] == v)
        nearest = int(np.argmin(direct[v]))
        head = (row["village"], row["name"], row["harvest_t"], row["cooled_t"], row["plan_loss_t"])
        near = (case.scenario.sites[nearest].id, float(direct[v, nearest]))
        best = _best(case, mine, gain, arcs.site)
        chosen = _best(case, mine[is_open[mine]], gain, arcs.site)
        causes = tuple(float(part[arcs.village == v].sum()) for part in left)
        rows.append((*head, *near, *best, *chosen, *causes, _full(assignment, mine[is_open[mine]]), str(row["reason"])))
    return pd.DataFrame(rows, columns=UNSERVED_COLUMNS)


def _left_by_cause(assignment: Assignment, gain: Floats, is_open: Bools, tonnes: Floats) -> tuple[Floats, ...]:
    """Tonnes left in today's chain: out of reach, not worth it, nothing built, no room; shape (demands,) each."""
    arcs = assignment.arcs
    reached, worth, built = (np.zeros(len(tonnes), dtype=bool) for _rest in range(3))
    reached[arcs.demand] = True
    worth[arcs.demand[gain > 0]] = True
    built[arcs.demand[(gain > 0) & is_open]] = True
    left = assignment.own.outside_share * tonnes
    return (left * ~reached, left * (reached & ~worth), left * (worth & ~built), left * built)


UNSERVED_COLUMNS = [
    "village", "name", "harvest_t", "cooled_t", "loss_t", "nearest_site", "nearest_h", "best_site", "best_saves_cny_t",
    "best_open", "best_open_saves_cny_t", "out_of_reach_t", "not_worth_t", "not_built_t", "no_room_t", "full", "reason",
]  # fmt: skip


def _best(case: ExplainedRun, arcs: Indices, gain: Floats, site: Indices) -> tuple[str, float]:
    if not len(arcs):
        return "", float("nan")
    best = arcs[int(np.argmax(gain[arcs]))]
    return case.scenario.sites[int(site[best])].id, float(gain[best])


def _full(assignment: Assignment, arcs: Indices) -> str:
    """Name the open depots in reach that are full, with the periods: ``S1 in spring, summer; S2 in summer``."""
    fill = assignment.filled
    cells = {(int(assignment.arcs.site[a]), int(assignment.problem.arc_class[a])) for a in arcs}
    found: dict[str, dict[str, None]] = {}
    for row in fill[fill["fill"] >= FULL].to_dict("records"):
        if (row["site"], row["cooling"]) in cells:
            site = assignment.case.scenario.sites[row["site"]]
            found.setdefault(labelled(site.id, site.name), {})[str(row["period"])] = None
    return "; ".join(
        _("{site} in {names}").format(site=site, names=", ".join(map(word, periods))) for site, periods in found.items()
    )
