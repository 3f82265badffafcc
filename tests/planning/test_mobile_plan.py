"""Mobile units through the whole plan: bought, moved with the harvest, routed, awarded, reported and verified."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mobile_cases import UNIT
from perishable import as_of_2026
from planned import decided
from scenario_cases import append, faults_of, replace_in_toml, set_in_toml, small_county

from coldchain.model import MobileUnit
from coldchain.planning import Options, Plan, plan_with
from coldchain.planning.coolers import Coolers
from coldchain.planning.decision import staying
from coldchain.replays import Replayer
from coldchain.scenario import load
from coldchain.sweeps import ExplainedRun, PointEffort, explain_village, open_case, unserved, what_if_depot
from coldchain.verify import Report, verify_tables


def county(folder: Path, *, own_money: bool = True) -> Path:
    """Write an upland county in which a cheap unit is on offer and nothing solid may be built."""
    small_county(folder, 12, 3)
    set_in_toml(folder, "mobile_units", '["light"]')
    append(folder, UNIT)
    if own_money:
        replace_in_toml(folder, "[subsidy]\n", "[subsidy]\nown_money = true\n")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan it with units alone: no depot has a place."""
    scenario = as_of_2026(load(county(tmp_path_factory.mktemp("mobile") / "county"))[0])
    sites = tuple(site.model_copy(update={"max_modules": 0}) for site in scenario.sites)
    return decided(replace(scenario, sites=sites), Options.quickly(tries=5))


def test_a_replay_without_chance_finds_the_units(made: Plan) -> None:
    """Units that stand elsewhere in each period cool in a replay what they cool in the plan."""
    replayer = Replayer(made.scenario, made.basis.placed, made.tables)
    assert replayer.shifted(0.0, 1.0, 1.0).sums["plan_t"] == pytest.approx(made.summary["loss"]["plan_t"], rel=1e-9)


def checked(made: Plan, change: Callable[[dict[str, pd.DataFrame]], None]) -> Report:
    """Verify the plan after a change to a copy of its tables."""
    tables = {name: frame.copy() for name, frame in made.tables.items()}
    change(tables)
    placed = made.basis.placed
    return verify_tables(made.scenario, placed.network.given, tables, made.summary)


def test_units_are_planned_and_verified(made: Plan) -> None:
    """Units are bought, what they cool is lost less, and the bill holds their moves, electricity and capital."""
    assert made.report.problems == ()
    assert made.summary["depots"]["mobile"] > 0
    assert made.summary["depots"]["built"] == 0
    assert made.summary["loss"]["plan_t"] < made.summary["loss"]["baseline_t"]
    assert made.summary["objective"]["bound"] <= made.summary["objective"]["value"] * (1 + 1e-9)
    units, lots = made.tables["units"], made.tables["assignment"]
    assert set(lots["unit"]) == {"light"}
    bought = made.tables["depots"]["units_bought"].str.extract(r":(\d+)")[0].dropna().astype(int).sum()
    assert (units.groupby("period")["standing"].sum() <= bought).all()
    kind = made.scenario.depot_types[-1]
    assert isinstance(kind, MobileUnit)
    assert made.summary["annual_cny"]["operation"] == pytest.approx(
        bought * kind.opex_cny_year + units["arriving"].sum() * kind.move_cny
    )


def test_a_free_unit_is_worth_more_than_one_that_cannot_move(made: Plan) -> None:
    """With moves at a million the plan costs at least as much, and nothing moves."""
    kinds = tuple(
        kind.model_copy(update={"move_cny": 1e6}) if isinstance(kind, MobileUnit) else kind
        for kind in made.scenario.depot_types
    )
    still = decided(replace(made.scenario, depot_types=kinds), Options.quickly(tries=5))
    assert still.report.problems == ()
    assert still.tables["units"]["arriving"].sum() == 0
    assert still.summary["annual_cny"]["total"] >= made.summary["annual_cny"]["total"] * (1 - 0.01)


TAMPERED: dict[str, tuple[Callable[[dict[str, pd.DataFrame]], None], str]] = {
    "a unit more than bought": (
        lambda t: t.update(units=t["units"].assign(standing=t["units"]["standing"] + 9)), "are bought"),
    "a move left out": (
        lambda t: t.update(units=t["units"].assign(moves_cny=t["units"]["moves_cny"] + 7.0)), "moves_cny of light"),
    "a unit that is not there": (
        lambda t: t.update(units=t["units"].iloc[:0]), "its modules take 0.00"),
    "more bought than an owner may": (
        lambda t: t.update(depots=t["depots"].assign(units_bought="light:3")), "at most 2 are allowed"),
    "a unit nobody offers": (
        lambda t: t.update(units=t["units"].assign(unit="heavy")), "is not a mobile unit on offer"),
    "another season": (
        lambda t: t.update(assignment=t["assignment"].assign(period="")), "assigned|must take|are fetched"),
}  # fmt: skip


@pytest.mark.parametrize("case", TAMPERED)
def test_verify_names_what_is_wrong_with_units(case: str, made: Plan) -> None:
    """Each change to the tables is found by recomputing."""
    change, message = TAMPERED[case]
    problems = "\n".join(checked(made, change).problems)
    assert pd.Series([problems]).str.contains(message).all(), problems


def test_the_award_of_units_counts_by_budget(tmp_path: Path) -> None:
    """Where the rule names them, units are awarded a share of their cost within the budget; else nobody buys them."""
    folder = county(tmp_path / "county", own_money=False)
    warned = [fault for fault in faults_of(folder) if fault.code == "mobile-not-eligible"]
    assert [fault.value for fault in warned] == ["light"]
    replace_in_toml(folder, "[subsidy]\n", '[subsidy]\nconstructions = ["mobile"]\n')
    replace_in_toml(folder, 'programme = "hunan_2021"', 'programme = "plan_40"')
    set_in_toml(folder, "class_of_county", "{}")
    set_in_toml(folder, "budget_cny", "50000.0")
    made = decided(load(folder)[0], Options.quickly(tries=5))
    assert made.report.problems == ()
    bought = made.summary["depots"]["mobile"]
    assert bought in {1, 2}
    assert made.summary["investment"]["subsidy_cny"] == pytest.approx(bought * 0.4 * 60_000)
    assert made.tables["subsidies"]["reckoning"].str.contains("light").all()


def test_a_spare_unit_stays_where_it_was() -> None:
    """One unit of two, needed at site 0 in the second of three periods only, stands there all year, and no more do."""
    standing = np.zeros((2, 1, 3), dtype=np.int64)
    standing[0, 0, 1], standing[1, 0, :] = 1, 1
    kept = staying(standing, np.array([2]), np.array([True, True]))
    assert kept[:, 0].tolist() == [[1, 1, 1], [1, 1, 1]]
    assert staying(standing, np.array([2]), np.array([False, True]))[:, 0].tolist() == [[0, 1, 0], [1, 1, 1]]
    assert staying(standing, np.array([1]), np.array([True, True])).tolist() == standing.tolist()


@pytest.fixture(scope="module")
def case(made: Plan) -> ExplainedRun:
    """Open the plan to ask about it."""
    return open_case(replace(made, name="it"), PointEffort(quick=True))


def test_units_read_back_from_a_run_give_the_run(case: ExplainedRun, made: Plan) -> None:
    """Units bought and where they stand are the plan's; planned again with them, only who goes where may differ."""
    assert np.array_equal(case.count, made.course.decision.count)
    assert np.array_equal(case.standing, made.course.decision.standing)
    again = plan_with(case.ground, case.whole, Options.quickly())
    assert again.report.problems == ()
    assert np.array_equal(again.course.decision.standing, case.standing)
    assert again.summary["annual_cny"]["total"] == pytest.approx(made.summary["annual_cny"]["total"], rel=0.03)


def test_a_site_on_which_a_unit_stands_is_closed_and_costs(case: ExplainedRun, made: Plan) -> None:
    """Nothing stands there afterwards, its owner keeps its units, and with all else as it was nobody is better off."""
    index = int(np.flatnonzero(case.standing.sum(axis=(1, 2)))[0])
    site = made.scenario.sites[index].id
    found = what_if_depot(case, site, PointEffort(quick=True))
    assert found.action == "closed"
    assert found.fixed is not None
    assert found.fixed.figure("objective.value") > -1e-6 * made.summary["objective"]["value"]
    assert found.fixed.figure("depots.mobile") == 0
    assert found.free is not None
    assert site in found.lines()[0]


def test_villages_are_explained_season_by_season(case: ExplainedRun, made: Plan) -> None:
    """Each way is of one period; its cost per tonne is that of what is harvested then; tonnes of a refusal add up."""
    cooled = made.tables["villages"].set_index("village")["cooled_t"]
    village = str(cooled.idxmax())
    found = explain_village(case, village)
    periods = {period.id for period in made.scenario.periods}
    assert set(found.options["period"]) <= periods
    taken = found.options[found.options["share"] > 0.5]
    assert len(taken)
    assert taken["open"].all()
    assert (taken["saves_cny_t"] > 0).all()
    assert found.without is not None
    assert found.without >= -1e-6
    index = next(n for n, one in enumerate(made.scenario.villages) if one.id == village)
    assert sum(found.goes.values()) <= made.scenario.harvest_t[index].sum() * (1 + 1e-9)
    assert any(f" in {taken['period'].iloc[0]}: " in line for line in found.lines())


def test_tonnes_left_by_cause_add_up_with_units(case: ExplainedRun, made: Plan) -> None:
    """What is not cooled of a village is what siting leaves of it, cause by cause, within what routing took away."""
    table = unserved(case)
    causes = table[["out_of_reach_t", "not_worth_t", "not_built_t", "no_room_t"]].sum(axis=1)
    left = (table["harvest_t"] - table["cooled_t"]).sum()
    assert causes.sum() == pytest.approx(left, rel=0.05)
    assert made.report.problems == ()


def test_units_work_from_the_year_after_their_owner_bought_them(made: Plan) -> None:
    """In programme years units of a kind cool the part that belongs to owners who have built; verify agrees."""
    rule = {"years": (2025, 2026, 2027), "pot_by_year_cny": {"2025": 1e4, "2026": 1e6, "2027": 1e6}}
    scenario = replace(
        made.scenario,
        subsidy=made.scenario.subsidy.model_copy(update=rule),
        siting=made.scenario.siting.model_copy(update={"budget_cny": 1e6}),
    )
    plan = decided(scenario, Options.quickly(tries=5))
    assert plan.report.problems == ()
    years, bought = plan.tables["programme_years"].set_index("year"), plan.tables["rollout"]
    assert plan.summary["depots"]["mobile"] > 0
    assert years["coverage"].is_monotonic_increasing
    assert years["coverage"].iloc[0] == 0.0
    late = plan.tables["programme_years"].assign(coverage=0.5)
    tampered = verify_tables(scenario, plan.basis.placed.network.given, plan.tables | {"programme_years": late},
                             plan.summary)  # fmt: skip
    assert any("coverage" in problem for problem in (*tampered.problems, *tampered.consequences))
    assert set(bought["year"]) <= {2025, 2026, 2027}


def test_coolers_share_what_units_of_a_kind_cool() -> None:
    """Two owners with one and three units: of 8 t in units 2 and 6, beside 5 t in a room and 4 t left as today."""
    coolers = Coolers(np.array([0, 1, 0, 2]), np.array([0, 0, -1, -1]), np.array([[0.25], [0.75]]))
    assert coolers.per_owner(np.array([3.0, 5.0, 5.0, 4.0])).tolist() == [7.0, 6.0, 4.0]
    assert coolers.working(np.array([True, False])).tolist() == [0.25, 0.25, 1.0, 1.0]


def test_what_is_not_known_of_units_is_refused(tmp_path: Path) -> None:
    """Owners whose money must return are refused beside mobile units; unknown units are named."""
    folder = county(tmp_path / "county")
    set_in_toml(folder, "must_return", "true")
    assert "mobile-return" in {fault.code for fault in faults_of(folder)}
    set_in_toml(folder, "mobile_units", '["lihgt"]')
    assert any("light" in fault.guess for fault in faults_of(folder))


@pytest.mark.slow
def test_seasons_of_their_own_cost_no_more(made: Plan, small_plan: Plan) -> None:
    """A village may be served elsewhere in each period: the bound of siting falls or stays, and the plan verifies."""
    scenario = small_plan.scenario
    free = replace(scenario, siting=scenario.siting.model_copy(update={"seasonal": True}))
    found = decided(free, Options.quickly(tries=5))
    assert found.report.problems == ()
    assert found.summary["objective"]["bound"] <= small_plan.summary["objective"]["value"]
    assert np.isfinite(made.summary["objective"]["value"])
