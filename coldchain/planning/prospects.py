"""What each site could be by itself: the fee and subsidy it would need, and the sites that never pay.

Every site is sited alone, with all villages to itself, no budget and no cap. The coefficients understate what a depot
costs, so that a site that gains nothing here gains nothing in any plan: "never" is proved.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from coldchain.arrays import Floats, Indices, Ints
from coldchain.economy import ModuleCosts, award_a_year
from coldchain.language import _
from coldchain.planning.arcs import Arcs, siting_problem
from coldchain.planning.basis import Basis
from coldchain.planning.limits import service
from coldchain.planning.search import Options
from coldchain.planning.tables import modules_text
from coldchain.runs import schema
from coldchain.siting import SitingProblem, SitingResult, solve_siting
from coldchain.work import Meter

GAP, WORK = 0.005, 4.0  # relative gap and units of work at which the siting of one site ends


def prospects(basis: Basis, arcs: Arcs, meter: Meter, options: Options) -> pd.DataFrame:
    """One row for each site at which something could be built; none unless the scenario states a fee.

    Parameters
    ----------
    meter : of the work in all; sites that were not reached within it are left out
    options : of the plan: its seed, and whether it was halted
    """
    scenario = basis.scenario
    rows = []
    if scenario.economics.fee_cny_t is not None:
        problem = replace(siting_problem(basis, arcs, "total_cost_cny", units=False), single_source=False)
        done = service(basis, arcs)
        for j, site in enumerate(scenario.sites):
            if meter.left() <= 0 or options.halted():
                break
            if site.status in ("candidate", "forced") and site.max_modules > 0:
                model = (problem, arcs.site, arcs.room_cny)
                rows.append(_row(basis, model, (done.tonnes, done.energy_cny), j, meter, options))
    return schema.frame("prospects", rows)


def _row(
    basis: Basis,
    model: tuple[SitingProblem, Indices, Floats],
    figures: tuple[Floats, Floats],
    j: int,
    meter: Meter,
    options: Options,
) -> dict[str, float | str]:
    scenario, site = basis.scenario, basis.scenario.sites[j]
    arcs = np.flatnonzero(model[1] == j)
    alone, demands = _alone(model[0], j, arcs)
    found = solve_siting(
        alone, work=min(meter.left(), WORK), gap=GAP, seed=options.seed, stop=options.halted, meter=meter
    )
    count = found.count[0]
    tonnes = float(figures[0][demands] @ (1.0 - found.outside_share))
    operator = float(figures[1][arcs] @ found.arc_share) + float(
        (count * ModuleCosts.to_operator(scenario).total_cny).sum()
    )
    saved = float(alone.outside_cost.sum()) - float(alone.arc_cost @ found.arc_share)
    saved += float(figures[1][arcs] @ found.arc_share) - float(alone.outside_cost @ found.outside_share)
    per_t = max(tonnes, 1e-9)
    fee = scenario.economics.fee_cny_t or 0.0
    row: dict[str, float | str] = {
        "site": site.id,
        "owner": site.owner or site.id,
        "county": site.county,
        "new_modules": modules_text(scenario.depot_types, count),
        "cooled_t": tonnes,
        "fee_needed_cny_t": operator / per_t if count.any() else 0.0,
        "most_fee_cny_t": saved / per_t if count.any() else 0.0,
        "subsidy_needed_cny": max(operator - fee * tonnes, 0.0) / award_a_year(scenario) if count.any() else 0.0,
        "gain_cny_year": saved - operator if count.any() else 0.0,
    }
    standing = float(alone.existing[0] @ model[2])
    return row | {"verdict": _verdict(row, found, float(alone.outside_cost.sum()) + standing)}


def _alone(problem: SitingProblem, j: int, arcs: Indices) -> tuple[SitingProblem, Ints]:
    """Keep one site and the demands it can serve; whatever limits money is lifted."""
    demands, place = np.unique(problem.arc_demand[arcs], return_inverse=True)
    none = np.zeros(1, dtype=np.int64)
    staff = None if problem.staff_limit is None else problem.staff_limit[[j]]
    cells = ("module_cost", "module_capex", "award", "max_count", "existing")
    return replace(
        problem,
        outside_cost=problem.outside_cost[demands],
        arc_demand=place,
        arc_site=np.zeros(len(arcs), dtype=np.int64),
        arc_class=problem.arc_class[arcs],
        arc_cost=problem.arc_cost[arcs],
        load=problem.load[demands],
        max_modules=problem.max_modules[[j]],
        power_limit=problem.power_limit[[j]],
        staff_limit=staff,
        forced=np.zeros(1, dtype=np.bool_),
        owner=none,
        owner_cap=np.full(1, np.inf),
        county=none,
        pot=np.full(1, np.inf),
        budget=np.inf,
        floor_share=0.0,
        sides=(),
        **{name: getattr(problem, name)[[j]] for name in cells},
    ), demands


def _verdict(row: dict[str, float | str], found: SitingResult, outside: float) -> str:
    if found.bound >= outside * (1 - 1e-9) or not found.count.any():
        proved = found.bound >= outside * (1 - 1e-6)
        return _("never: no depot here saves what it costs") if proved else _("not by itself, within the gap of siting")
    needed, most = float(row["fee_needed_cny_t"]), float(row["most_fee_cny_t"])
    span = _("pays for itself at a fee from {needed:,.0f} to {most:,.0f} CNY/t").format(needed=needed, most=most)
    short = float(row["subsidy_needed_cny"])
    return (
        _("{span}; at the stated fee it needs a subsidy of {short:,.0f} CNY").format(span=span, short=short)
        if short > 0
        else span
    )
