"""Explaining a run: closing costs, refusals cost what brute force says, relaxations are the smallest ones."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from planned import saved
from scenario_cases import append, change, set_in_toml, small_county

from coldchain.cli import run as command
from coldchain.errors import UsageError
from coldchain.model import Limit
from coldchain.planning import Near, Options, Plan, lay_ground, plan_on, plan_with
from coldchain.runs import Inputs
from coldchain.scenario import load
from coldchain.sweeps import (
    Alternatives,
    ExplainedRun,
    PointEffort,
    SiteNeed,
    alternatives,
    explain_village,
    loosenings,
    open_case,
    unserved,
    what_if_depot,
    words,
)
from coldchain.sweeps.relax import least
from coldchain.sweeps.villages import Assignment

EFFORT = PointEffort(quick=True)
VARIANTS = """
[variants.forced.siting]
budget_cny = 60000.0
[variants.hours.siting]
coverage = 0.6
max_first_mile_h = 0.1
[variants.free.siting]
coverage = 0.1
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine villages and two or three sites, with variants that cannot be planned."""
    county = small_county(tmp_path_factory.mktemp("explain") / "county", 9, 5)
    set_in_toml(county, "budget_cny", "600000.0")
    append(county, VARIANTS)
    return county


@pytest.fixture(scope="module")
def made(folder: Path) -> Plan:
    """Plan it, small enough to be best."""
    return plan_on(lay_ground(load(folder)[0]), Options.quickly(tries=5), Near(further=False, doubt=False))


@pytest.fixture(scope="module")
def case(made: Plan) -> ExplainedRun:
    """Open that plan."""
    return open_case(replace(made, name="run"), EFFORT)


def built(case: ExplainedRun) -> str:
    """Return a site with new modules."""
    return case.scenario.sites[int(np.flatnonzero(case.count.sum(axis=1))[0])].id


@pytest.mark.slow
def test_a_run_planned_again_with_its_own_modules_is_the_run(case: ExplainedRun, made: Plan) -> None:
    """Modules are read back from the tables; the same modules give nearly the same figures and verify.

    Not the same: without the search, lots are assigned as if cooled on arrival, and wait in the hall longer.
    """
    again = plan_with(case.ground, case.count, Options.quickly())
    assert again.report.problems == ()
    assert again.summary["investment"]["total_cny"] == made.summary["investment"]["total_cny"]
    assert again.summary["objective"]["value"] == pytest.approx(made.summary["objective"]["value"], rel=2e-2)


def test_closing_a_depot_moves_its_villages_and_costs(case: ExplainedRun) -> None:
    """Nothing is left at the depot; with the others as they are it is dearer; deciding anew is no worse than that."""
    depot = built(case)
    found = what_if_depot(case, depot, EFFORT)
    assert found.action == "closed"
    assert found.fixed is not None
    assert found.free is not None
    assert found.fixed.figure("annual_cny.total") > 0
    assert found.free.figure("objective.value") <= found.fixed.figure("objective.value") + 1e-6
    for part in (found.fixed, found.free):
        assert depot in part.depots["depot"].tolist()
        assert not part.villages["to_depots"].str.contains(depot).any()
        assert part.villages["loss_t"].sum() == pytest.approx(part.figure("loss.plan_t"), rel=1e-6)
    assert found.bound <= found.value + found.free.figure("objective.value") + 1e-6
    assert f"{depot} closed, the other modules as they are" in found.lines()[0]


def test_forcing_a_site_builds_there(case: ExplainedRun) -> None:
    """A site without modules gets one; the lines say what it does."""
    empty = next(
        site.id for j, site in enumerate(case.scenario.sites) if not case.count[j].any() and not site.modules()
    )
    found = what_if_depot(case, empty, EFFORT)
    assert (found.action, found.fixed) == ("forced", None)
    assert found.free is not None
    assert "only in b" in found.free.depots["what"][found.free.depots["depot"] == empty].tolist()


def test_unknown_ids_and_changed_inputs_are_refused(case: ExplainedRun, folder: Path) -> None:
    """The message names what was asked for and gives examples."""
    with pytest.raises(UsageError, match='--depot "X9" is not a known site'):
        what_if_depot(case, "X9", EFFORT)
    with pytest.raises(UsageError, match='--village "Y9" is not a known village'):
        explain_village(case, "Y9")
    scenario = replace(load(folder)[0], sha256="other")
    with pytest.raises(UsageError, match="have changed since it was made"):
        open_case(replace(case.run, inputs=Inputs(scenario)), EFFORT)
    forbidden = case.scenario.sites[0].model_copy(update={"status": "forbidden", "existing": ""})
    sites = (forbidden, *case.scenario.sites[1:])
    count = case.count.copy()
    count[0] = 0
    closed = replace(case, ground=case.ground.under(replace(case.scenario, sites=sites)), count=count)
    with pytest.raises(UsageError, match="nothing may be built at"):
        what_if_depot(closed, forbidden.id, EFFORT)


def test_a_village_goes_where_the_assignment_says_and_refusing_it_costs(case: ExplainedRun) -> None:
    """Shares add up to what is served, the taken way saves money, refusal costs at least nothing."""
    villages = case.run.tables["villages"]
    served = villages["village"][villages["cooled_t"] > 0].iloc[0]
    found = explain_village(case, served)
    taken = found.options[found.options["share"] > 1e-6]
    assert (taken["saves_cny_t"] > 0).all()
    assert taken["open"].all()
    assert found.options.groupby("commodities")["share"].sum().max() <= 1 + 1e-9
    assert found.without is not None
    assert found.without >= -1.0
    assert sum(found.goes.values()) <= found.harvest_t + 1e-6
    assert "refused by its depots" in found.lines()[-1]


def test_refusal_of_a_village_is_its_saving_when_rooms_are_wide(made: Plan) -> None:
    """With so many modules that nothing is full, refusing a village with one way costs just what that way saved."""
    case = open_case(replace(made, name="run"), EFFORT)
    wide = replace(case, count=case.count * 50)
    assignment = Assignment(wide)
    arcs, problem = assignment.arcs, assignment.problem
    for v, village in enumerate(case.scenario.villages[:4]):
        found = explain_village(wide, village.id)
        expected = 0.0
        for d in np.flatnonzero(arcs.village == v):
            here = arcs.demand == d
            is_open = np.array([cell in assignment.open_cells() for cell in zip(arcs.site, arcs.cooling, strict=True)])
            costs = np.sort([problem.outside_cost[d], *problem.arc_cost[here & is_open]])
            taken = np.unique(arcs.site[(arcs.village[arcs.demand] == v) & (assignment.own.arc_share > 1e-6)])
            others = problem.arc_cost[here & is_open & ~np.isin(arcs.site, taken)]
            expected += min([problem.outside_cost[d], *others]) - costs[0]
        if found.served_t > 0:
            assert found.without == pytest.approx(expected, abs=1.0)
            assert found.displaced == 0


def test_unserved_tonnes_have_one_cause_each(case: ExplainedRun) -> None:
    """Causes add up to what siting leaves of the villages listed; those that the plan serves whole are not listed."""
    found = unserved(case)
    causes = found[["out_of_reach_t", "not_worth_t", "not_built_t", "no_room_t"]]
    assignment = Assignment(case)
    listed = [one.id in set(found["village"]) for one in case.scenario.villages]
    tonnes = assignment.own.outside_share * np.array(
        [
            listed[v] * case.scenario.harvest_t[v, assignment.arcs.members[g]].sum()
            for v, g in zip(assignment.arcs.village, assignment.arcs.group, strict=True)
        ]
    )
    assert causes.to_numpy().sum() == pytest.approx(tonnes.sum(), abs=0.5)
    villages = case.run.tables["villages"]
    whole = villages["village"][villages["cooled_t"] >= villages["harvest_t"] * (1 - 1e-6)]
    assert not set(found["village"]) & set(whole)
    assert "left in today's chain" in words.unserved_line(found)


def test_alternatives_are_distinct_within_tolerance_and_best_first(case: ExplainedRun) -> None:
    """With a wide tolerance there are others; the bound proves a need only when it lies above the tolerance."""
    found = alternatives(case, 3, 0.5, EFFORT)
    values = [one.value for one in found.found]
    assert values == sorted(values)
    assert values[-1] <= found.best * 1.5
    assert len({one.sites for one in found.found}) == len(found.found)
    assert len(found.found) >= 2
    for need in found.needs:
        assert (need.state == "proved") == (need.bound > found.best * 1.5)
        assert need.bound <= need.without + 1e-6
    narrow = alternatives(case, 1, 0.0, replace(EFFORT, stop=lambda: True))
    assert (narrow.tried, len(narrow.found)) == (0, 1)


def test_what_was_proved_is_told_apart_from_what_was_only_found() -> None:
    """Three needs, three sentences."""
    needs = (
        SiteNeed("A", "proved", 9.0, 8.0),
        SiteNeed("B", "not spared", 9.0, 1.0),
        SiteNeed("C", "spared", 5.0, 1.0),
    )
    found = Alternatives("total_cost_cny", 0.1, 5.0, 5.2, (), needs, 3)
    text = "\n".join(words.alternative_lines(replace(found, found=(_alternative("A", "B"), _alternative("A", "C")))))
    assert "in all of them: A" in text
    assert "proved that no plan within it spares: A" in text
    assert "not proved, but no plan found within it spares: B" in text
    assert "can be spared within it: C" in text
    assert "the run itself lies 4.0% above" in text


def _alternative(*sites: str) -> Any:
    from coldchain.sweeps import Alternative

    return Alternative(sites, 5.0, 5.0, 0.1, 0.5, 1.0, ())


def test_two_forced_sites_need_the_money_of_two(folder: Path, tmp_path: Path) -> None:
    """Budget alone: what the two least awards need beyond it, to the yuan; dropping the forced sites is not the way."""
    county = tmp_path / "county"
    shutil.copytree(folder, county)
    for line in (2, 3):
        change(county, "sites", line, status="forced")
    scenario, _ = load(county, "forced")
    found = loosenings(scenario, EFFORT)
    assert not found.feasible
    budget = next(way for way in found.alone if way[0].limit == Limit("budget"))
    ground = lay_ground(scenario)
    award = np.sort(np.where((a := ground_awards(ground)) > 0, a, np.inf).min(axis=1)[[0, 1]])
    assert budget[0].amount == pytest.approx(award.sum() - 60000.0, abs=1.0)
    assert "any of these alone" in found.lines()[0]


def ground_awards(ground: Any) -> Any:
    from coldchain.planning.awards import module_awards

    return module_awards(ground.scenario)


def test_a_coverage_out_of_reach_names_hours(folder: Path) -> None:
    """A first mile of 6 minutes reaches too little: longer hours alone suffice, and that plan is then possible."""
    scenario, _ = load(folder, "hours")
    found = loosenings(scenario, EFFORT)
    assert not found.feasible
    hours = next((way[0] for way in found.alone if way[0].unit == "h"), None)
    assert hours is not None
    assert hours.rounded
    longer = scenario.siting.model_copy(update={"max_first_mile_h": 0.1 + hours.amount})
    assert loosenings(replace(scenario, siting=longer), EFFORT).feasible


def test_a_scenario_that_can_be_planned_needs_nothing(folder: Path) -> None:
    """Nothing to loosen."""
    found = loosenings(load(folder, "free")[0], EFFORT)
    assert found.feasible
    assert "nothing has to be loosened" in found.lines()[0]


def test_least_value_is_found_by_halving() -> None:
    """To one per cent of the interval, from above; None when even the largest is not kept."""
    assert least(lambda x: x > 200, 10, 100) is None
    found = least(lambda x: x >= 30, 10, 100)
    assert found is not None
    assert 30 <= found <= 30.9


def test_explain_from_the_command_line(
    folder: Path, made: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run folder in, sentences or one object out; exactly one question at a time."""
    run = str(saved(made, tmp_path / "run", {"scenario": str(folder)}))
    for ask in (["--unserved"], ["--village", "V0001"]):
        assert command(["explain", run, *ask, "-q"]) == 0
        told = capsys.readouterr().out
        assert command(["explain", run, *ask, "-q", "--json"]) == 0
        facts = json.loads(capsys.readouterr().out)
        assert facts["schema"] == "coldchain.explanation/1"
        assert facts["says"][0] in told
    assert command(["explain", run, "-q"]) == 2
    assert command(["explain", run, "--unserved", "--village", "V0001", "-q"]) == 2
    assert command(["explain", str(folder), "--relaxations", "--variant", "free", "-q"]) == 0
    assert "nothing has to be loosened" in capsys.readouterr().out
