"""Where the saving comes from: by hand, against lanes worked out one by one, and verified anew."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from perishable import write_perishable
from planned import decided
from tiny_cases import site_rows, tiny_county
from weather_cases import mean_of_days

from coldchain.model import Chain, CoolingClass, cooling_classes
from coldchain.model.packaging import packed
from coldchain.planning import Plan
from coldchain.planning.waterfall import CHANGES, SETS, losses_of, shapley
from coldchain.reports.figures import saving_facts, waterfall
from coldchain.scenario import load
from coldchain.spoilage import LaneStage, age, harvest_clock_h, loss_share
from coldchain.verify import verify_tables

STRAWBERRIES = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan twelve villages."""
    folder = tmp_path_factory.mktemp("waterfall") / "county"
    write_perishable(8, 9, folder)
    return decided(load(folder)[0])


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan one village that is worth a depot, water left aside."""
    scenario = load(tiny_county(tmp_path_factory.mktemp("waterfall") / "one", harvest=STRAWBERRIES))[0]
    kinds = tuple(kind.model_copy(update={"cooling_kw": None}) for kind in scenario.depot_types)
    dry = tuple(crop.model_copy(update={"water_kg_t_h_kpa": 0.0}) for crop in scenario.commodities)
    return decided(replace(scenario, depot_types=kinds, commodities=dry))


def test_the_parts_add_up_to_today_less_the_plan(county: Plan) -> None:
    """Exactly, in tonnes and in value; pre-cooling brings something, and verify finds the same parts."""
    loss, parts = county.summary["loss"], county.summary["waterfall"]
    assert [one["part"] for one in parts] == list(CHANGES)
    assert sum(one["t"] for one in parts) == pytest.approx(loss["baseline_t"] - loss["plan_t"], rel=1e-12)
    assert sum(one["cny"] for one in parts) == pytest.approx(loss["baseline_cny"] - loss["plan_cny"], rel=1e-12)
    assert min(one["t"] for one in parts if one["part"] in ("collection", "precooling", "onward")) > 0
    assert county.report.problems == ()


def test_the_law_of_sets_ends_at_the_lanes_themselves(county: Plan) -> None:
    """With no change a lot is lost as today, with all as in the plan: by the same law, before the ends are put in."""
    from coldchain.planning.waterfall import _ways
    from coldchain.spoilage import forked_losses

    lots = county.course.lots
    cold = lots[lots["site"] >= 0]
    for p in cold["period"].unique():
        mine = cold[cold["period"] == p]
        found = forked_losses(county.scenario, county.scenario.periods[p], _ways(county.basis, mine))
        today = county.basis.today.loss[mine["village"], mine["commodity"], mine["period"]]
        assert found.loss[:, -1] == pytest.approx(mine["loss_share"].to_numpy(), abs=1e-12)
        assert found.loss[:, 0] == pytest.approx(today, abs=1e-12)


def _set(*names: str) -> int:
    return sum(1 << CHANGES.index(name) for name in names)


def _tiny_lane(tiny: Plan) -> tuple[Chain, CoolingClass, Any, float, float, float]:
    lot = tiny.course.lots.iloc[0]
    kind = cooling_classes(tiny.scenario.depot_types)[int(lot["cooling"])]
    hub = tiny.scenario.hubs[0]
    ride_h = float(tiny.basis.today.hours[0, int(lot["commodity"])]) - tiny.scenario.chain.today_wait_h
    return (
        tiny.scenario.chain, kind, hub, float(lot["cooled_h"]) - kind.precool_h, ride_h - hub.dwell_h - hub.onward_h,
        float(lot["delivery_h"]),
    )  # fmt: skip


@pytest.mark.parametrize("case", ["no-depots", "warm-onward", "collection-only"])
def test_a_set_of_changes_is_its_lane(tiny: Plan, case: str) -> None:
    """Three sets, each stage written out: what a reefer holds warm, what warms onward, what is only fetched sooner."""
    chain, kind, hub, docked, ride_h, delivery_h = _tiny_lane(tiny)
    stay_h = kind.precool_h + chain.depot_dwell_h
    haul_h = delivery_h - docked - stay_h - hub.dwell_h - hub.onward_h
    hall = LaneStage("hall", hub.market_h, max(hub.market_temp_c + chain.hall_above_c, kind.temp_c), 3.0)
    reefer = partial(LaneStage, "reefer", temp_c=kind.temp_c + chain.reefer_above_c, half_h=12.0)
    cool = LaneStage("cool", stay_h, kind.temp_c, kind.half_cooling_h)
    lanes = {
        "no-depots": (_set(*(set(CHANGES) - {"precooling"})), chain.planned_transfers,
                      (LaneStage("ambient", docked), reefer(haul_h), reefer(hub.dwell_h), reefer(hub.onward_h), hall)),
        "warm-onward": (_set(*(set(CHANGES) - {"onward"})), chain.planned_transfers,
                        (LaneStage("ambient", docked), cool, reefer(haul_h),
                         LaneStage("drift", hub.dwell_h + hub.onward_h, half_h=3.0), hall)),
        "collection-only": (_set("collection"), chain.today_transfers,
                            (LaneStage("ambient", docked + ride_h + hub.dwell_h + hub.onward_h + hub.market_h),)),
    }  # fmt: skip
    made, transfers, stages = lanes[case]
    crop = next(one for one in tiny.scenario.commodities if one.id == "strawberry")
    period = tiny.scenario.periods[0]
    own = packed(crop, planned=transfers == chain.planned_transfers)

    def lost(warmer_c: float) -> float:
        used = age(crop, period, harvest_clock_h(period), stages, warmer_c).used[-1]
        return float(loss_share(own, used, transfers))

    right = 300.0 * mean_of_days(chain, lost)
    lots = tiny.course.lots
    assert (lots["site"] >= 0).all()
    assert losses_of(tiny.basis, lots).loss_t[made] == pytest.approx(right, rel=1e-9)


def test_shapley_is_the_mean_over_all_orders() -> None:
    """Random losses of four changes, against all 24 orders walked one by one."""
    loss = np.random.default_rng(4).random(16)
    worth = np.zeros(4)
    for order in permutations(range(4)):
        made = 0
        for n in order:
            worth[n] += loss[made] - loss[made | (1 << n)]
            made |= 1 << n
    assert shapley(loss) == pytest.approx(worth / 24)
    assert shapley(loss).sum() == pytest.approx(loss[0] - loss[-1])


def test_a_change_that_changes_nothing_is_worth_nothing(tmp_path: Path) -> None:
    """With as many transfers as today, packaging saves nothing."""
    settings = "[siting]\nbudget_cny = 1000000\n[chain]\ntoday_transfers = 2\n"
    folder = tiny_county(tmp_path / "same", settings, harvest=STRAWBERRIES)
    scenario = load(folder)[0]
    crops = tuple(crop.model_copy(update={"today_packaging": crop.packaging}) for crop in scenario.commodities)
    made = decided(replace(scenario, commodities=crops))
    parts = {one["part"]: one["t"] for one in made.summary["waterfall"]}
    assert made.scenario.chain.planned_transfers == 2
    assert parts["packaging"] == pytest.approx(0.0, abs=1e-12)
    assert parts["precooling"] > 0


def test_what_stands_already_saves_today_and_is_taken_off(tmp_path: Path) -> None:
    """A standing depot works with and without the plan: nothing is saved by any part, and verify agrees."""
    sites = site_rows("S1,A,109.01,28.0,existing,cold_forced_air_500:1,,,0")
    made = decided(load(tiny_county(tmp_path / "stands", sites=sites, harvest=STRAWBERRIES))[0])
    assert (made.course.lots["site"] >= 0).any()
    assert [one["t"] for one in made.summary["waterfall"]] == pytest.approx([0.0] * 6, abs=1e-9)
    assert losses_of(made.basis, made.course.lots).loss_t.shape == (SETS,)
    assert made.report.problems == ()
    assert waterfall(made.summary) == saving_facts(replace(made, summary={}).summary) == []


@pytest.mark.parametrize(("place", "key"), [("waterfall", "t"), ("waterfall", "cny"), ("counterfactuals", "loss_t")])
def test_verify_names_a_part_that_is_off(county: Plan, place: str, key: str) -> None:
    """Two hundredths more of the largest part are found; so is a part left out."""
    summary = copy.deepcopy(county.summary)
    worst = max(range(len(summary[place])), key=lambda n: summary[place][n][key])
    summary[place][worst][key] *= 1.02
    given = county.basis.placed.network.given
    report = verify_tables(county.scenario, given, county.tables, summary)
    assert any(f"{place}[{worst}].{key} is stated as" in problem for problem in report.problems)
    del summary[place][0]
    report = verify_tables(county.scenario, given, county.tables, summary)
    assert any(f"{place} has {len(summary[place])} entries" in problem for problem in report.problems)
