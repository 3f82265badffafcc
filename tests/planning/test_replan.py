"""Plans that start from plans: never dearer than the old one repaired, every limit of today kept."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from perishable import write_perishable
from planned import saved
from siting_cases import random_case

from coldchain import api
from coldchain.cli import run
from coldchain.errors import UsageError
from coldchain.planning import Options, Plan, replan
from coldchain.planning.replan import former_modules, repaired
from coldchain.scenario.edits import Edits
from coldchain.siting import count_violations


def built(plan: Plan) -> set[str]:
    """Sites with new modules."""
    depots = plan.tables["depots"]
    return set(depots["depot"][depots["new_modules"] != ""])


def again(plan: Plan, edits: Edits) -> Plan:
    """Plan again from a plan under some edits."""
    options = Options.warm()
    return replan(plan.ground.under(edits.on(plan.scenario), options), plan, options)


def test_without_a_change_it_is_never_dearer(small_plan: Plan) -> None:
    found = again(small_plan, Edits())
    assert found.report.ok
    assert found.summary["objective"]["value"] <= small_plan.summary["objective"]["value"] * (1 + 1e-9)
    assert built(small_plan)


def test_a_site_closed_stays_empty(small_plan: Plan) -> None:
    site = min(built(small_plan))
    found = again(small_plan, Edits(forbid=(site,)))
    assert found.report.ok
    assert site not in built(found)
    assert found.summary["objective"]["bound"] <= found.summary["objective"]["value"]


@pytest.mark.slow
def test_a_site_forced_is_built(small_plan: Plan) -> None:
    site = next(one.id for one in small_plan.scenario.sites if one.id not in built(small_plan) and not one.existing)
    found = again(small_plan, Edits(force=(site,)))
    assert found.report.ok
    assert site in built(found)


def test_half_the_awards_are_half_the_money(small_plan: Plan) -> None:
    paid = small_plan.summary["investment"]["subsidy_cny"]
    found = again(small_plan, Edits(budget_cny=paid / 2))
    assert found.report.ok
    assert 0 < found.summary["investment"]["subsidy_cny"] <= paid / 2


def test_modules_that_stand_by_now_are_not_built_again(small_plan: Plan) -> None:
    depots = small_plan.tables["depots"].set_index("depot")
    site = min(built(small_plan))
    text = str(depots.loc[site, "new_modules"])
    stands = small_plan.scenario.sites
    now = replace(
        small_plan.scenario,
        sites=tuple(one.model_copy(update={"existing": text}) if one.id == site else one for one in stands),
    )
    before, after = (former_modules(one, small_plan) for one in (small_plan.scenario, now))
    at = [one.id for one in stands].index(site)
    assert before[at].sum() > 0
    assert after[at].sum() == 0
    assert np.array_equal(np.delete(before, at, axis=0), np.delete(after, at, axis=0))


@pytest.mark.parametrize("seed", range(6))
def test_repaired_modules_keep_every_limit(seed: int) -> None:
    problem = random_case(seed)
    problem = replace(problem, forced=np.zeros_like(problem.forced))
    wild = problem.max_count.astype(np.int64) + 1
    assert count_violations(problem, wild)
    assert count_violations(problem, repaired(problem, wild, Options.warm())) == []


def test_closed_and_forced_at_once_is_refused(small_plan: Plan) -> None:
    site = small_plan.scenario.sites[0]
    with pytest.raises(UsageError, match="both name"):
        Edits.asked(small_plan.scenario, None, [site.id], [site.id])
    with pytest.raises(UsageError, match="--forbid"):
        Edits.asked(small_plan.scenario, None, ["nowhere at all"], [])


def test_from_the_command_line(small_plan: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    county = str(small_plan.scenario.folder)
    saved(small_plan, tmp_path / "old", {"scenario": county})
    site = min(built(small_plan))
    new = tmp_path / "new"
    asked = ["plan", county, "--after", str(tmp_path / "old"), "--forbid", site, "--out", str(new), "--json", "-q"]
    assert run([*asked, "--effort", "quick"]) == 0
    assert json.loads(capsys.readouterr().out)["depots"]["built"] >= 0
    assert json.loads((new / "run.json").read_text(encoding="utf-8"))["arguments"]["forbid"] == [site]
    assert run(["verify", str(new), "--json"]) == 0
    opened = api.open(new)
    assert next(one for one in opened.plan.planned.sites if one.id == site).status == "forbidden"
    assert site not in set(opened.tables["assignment"]["depot"])


@pytest.mark.slow
def test_from_python_with_another_harvest(small_plan: Plan) -> None:
    result = api.Result(small_plan)
    more = replace(api.Scenario.of(small_plan.scenario), harvest_t=small_plan.scenario.harvest_t * 1.1)
    found = api.replan(result, more)
    assert found.verify().problems == ()
    assert found.tables["villages"]["harvest_t"].sum() == pytest.approx(
        1.1 * result.tables["villages"]["harvest_t"].sum()
    )


@pytest.mark.slow
def test_closing_a_standing_depot_changes_today(tmp_path: Path) -> None:
    """The baseline is that of the county without it, as the command line plans it."""
    write_perishable(12, 3, tmp_path / "county")
    county = api.load(tmp_path / "county")
    first = county.sites[0]
    stands = first.model_copy(update={"existing": "cold_forced_air_200:1"})
    plan = api.plan(replace(county, sites=(stands, *county.sites[1:])), effort="quick")
    found = api.replan(plan, forbid=[first.id])
    assert found.verify().problems == ()
    assert plan.summary["coverage"]["baseline"] > 0.0
    assert found.summary["coverage"]["baseline"] == 0.0
