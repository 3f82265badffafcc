"""What an earlier run lends to a plan: every share of its assignment, every route of its days."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from coldchain.planning import Options, Plan, kept, replan
from coldchain.planning.decision import Decision
from coldchain.planning.former import FormerDays, FormerRoute
from coldchain.planning.pieces import Pieces, former_share
from coldchain.runs import Run
from coldchain.siting import SitingProblem, solve_siting

ROUTES = (
    FormerRoute("first", "truck", np.array([4, 2]), np.array([300.0, 100.0])),
    FormerRoute("second", "truck", np.array([2]), np.array([50.0])),
)


def two_depots(*, existing: tuple[int, int] = (1, 1)) -> SitingProblem:
    """One period, two sites of 10 t a day for each module; a demand of 8 t and one of 6 t, each near to one site."""
    no = np.zeros((2, 1))
    return SitingProblem(
        outside_cost=[1000.0, 1000.0],
        arc_demand=[0, 0, 1, 1],
        arc_site=[0, 1, 0, 1],
        arc_class=[0, 0, 0, 0],
        arc_cost=[100.0, 200.0, 200.0, 100.0],
        load=[[8.0], [6.0]],
        module_class=[0],
        capacity=[10.0],
        module_cost=no,
        module_capex=no,
        award=no,
        max_count=no,
        existing=[[existing[0]], [existing[1]]],
        max_modules=[0, 0],
        power_kw=[0.0],
        power_limit=[np.inf, np.inf],
        forced=[False, False],
        owner=[0, 0],
        owner_cap=[np.inf],
        county=[0, 0],
        pot=[np.inf],
    )


def stayed(problem: SitingProblem, share: list[float], stays: tuple[float, float] = (1.0, 1.0)) -> list[float]:
    """Shares of the arcs once every piece stays where it may."""
    pieces = Pieces.of(problem, np.array(share))
    found = solve_siting(pieces.problem(problem, np.array([8.0, 6.0]), np.array(stays)), work=1.0, gap=1e-9)
    return [round(one, 9) for one in pieces.shares(found.arc_share, 4).tolist()]


@pytest.mark.parametrize("share", [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [0.5, 0.25, 0.4, 0.6], [0.3, 0, 0, 0]])
def test_every_share_stays_however_dear(share: list[float]) -> None:
    assert stayed(two_depots(), share) == share


def test_who_loses_a_depot_goes_where_there_is_room() -> None:
    """The second site takes 4 t of the 8 t that the closed one had; the rest is back in today's chain."""
    assert stayed(two_depots(existing=(0, 1)), [1.0, 0.0, 0.0, 1.0]) == [0.0, 0.5, 0.0, 1.0]


def test_a_village_that_was_not_there_goes_where_it_costs_least() -> None:
    assert stayed(two_depots(), [0.0, 0.0, 0.0, 0.0], (0.0, 1.0)) == [1.0, 0.0, 0.0, 0.0]


def test_routes_are_driven_again_for_the_same_loads_alone() -> None:
    former = FormerDays({(1, 0): ROUTES}, b"one")
    villages = np.array([2, 4])
    same = former.of_day(1, 0, villages, np.array([150.0, 300.0]))
    assert [one.load_kg.tolist() for one in same] == [one.load_kg.tolist() for one in ROUTES]
    nearly = former.of_day(1, 0, villages, np.array([150.0, 300.0 * (1.0 + 1e-7)]))
    assert nearly[0].load_kg.tolist() == pytest.approx([300.0 * (1.0 + 1e-7), 100.0], rel=1e-12)
    assert former.of_day(1, 0, villages, np.array([150.0, 301.0])) == ()
    assert former.of_day(1, 0, np.array([2, 3]), np.array([150.0, 300.0])) == ()
    assert former.of_day(1, 0, np.array([2]), np.array([150.0])) == ()
    assert former.of_day(1, 1, villages, np.array([150.0, 300.0])) == ()


def test_shares_and_routes_are_read_as_they_were_written(small_plan: Plan) -> None:
    basis, arcs, course = small_plan.ground.basis, small_plan.ground.arcs, small_plan.course
    share = former_share(basis, arcs, small_plan.tables["assignment"])
    assert share.max() > 0.0
    assert share == pytest.approx(course.decision.arc_share(arcs), abs=1e-12)
    count, entries = course.decision.modules(), ("village", "group", "site", "cooling", "share")
    back = Decision.of(arcs, count, share)
    assert all(np.allclose(getattr(back, one), getattr(course.decision, one)) for one in entries)
    former = FormerDays.of(small_plan.scenario, small_plan.tables)
    assert sum(map(len, former.routes.values())) == len(small_plan.tables["routes"]) > 0


@pytest.mark.parametrize("table", ["duties", "stops"])
def test_a_route_that_half_a_run_knows_is_left_out(small_plan: Plan, table: str) -> None:
    rows, route = small_plan.tables[table], str(small_plan.tables["routes"]["route"].iloc[0])
    former = FormerDays.of(small_plan.scenario, {**small_plan.tables, table: rows[rows["route"] != route]})
    assert sum(map(len, former.routes.values())) == len(small_plan.tables["routes"]) - 1


def test_a_plan_read_from_its_folder_is_found_again_to_the_last_digit(small_plan: Plan) -> None:
    """Nothing but the tables is known of the earlier run: no decision, no routes in memory."""
    read = Run(summary=small_plan.summary, tables=small_plan.tables, inputs=small_plan.inputs, name="old")
    ground = replace(small_plan.ground, memo={})
    options = replace(Options.warm(), tries=1, former=FormerDays.of(small_plan.scenario, small_plan.tables))
    course = kept(ground, small_plan.course.decision.modules(), read, options)
    assert course.yearly.total == pytest.approx(small_plan.summary["annual_cny"]["total"], rel=1e-12)
    found = replan(ground, read, options)
    assert found.summary["annual_cny"]["total"] <= course.yearly.total * (1 + 1e-12)
