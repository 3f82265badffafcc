"""Storage between seasons: chosen as brute force says, followed lot by lot, bounded, verified, refused when wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned import decided
from scenario_cases import faults_of, set_in_toml, small_county
from tiny_cases import site_rows, tiny_county
from weather_cases import mean_of_days

from coldchain.model import Keeping, cooling_class
from coldchain.model.packaging import packed
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, plan_on, plan_with
from coldchain.planning.arcs import build_arcs
from coldchain.planning.keeps import Keep
from coldchain.planning.search import site
from coldchain.planning.storing import best_shares
from coldchain.replays import Replayer
from coldchain.scenario import load
from coldchain.spoilage import age, cold_stages, depot_stages, line_haul_half_h, worn_loss
from coldchain.verify import Report, verify_tables

RULES = """commodity,period,until,days,price_cny_kg
kiwifruit,autumn,winter,60,9
kiwifruit,autumn,spring,120,11
ponkan,winter,spring,45,4
"""
NO_LOSS = np.zeros((1, 1, 1))


def rule(commodity: int, period: int, until: int, periods: int) -> Keep:
    """Make a keep of which only lot and span count."""
    spans = np.zeros(periods, bool)
    spans[(period + np.arange((until - period) % periods + 1)) % periods] = True
    return Keep(commodity, period, until, spans, 0.0, 0.0, NO_LOSS, np.zeros(1), np.zeros(1))


def test_one_room_takes_the_better_produce_first() -> None:
    """Ten tonnes of room: 8 t that gain 20 go in whole, of 8 t that gain 10 the last quarter."""
    keeps = [rule(0, 0, 1, 2), rule(1, 0, 1, 2)]
    place = (np.array([0, 1]), np.zeros(2, int), np.zeros(2, int))
    share = best_shares(keeps, place, (np.array([8.0, 8.0]), np.array([20.0, 10.0])), np.full((1, 1, 2), 10.0))
    assert share.tolist() == pytest.approx([1.0, 0.25])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(data=st.data())
def test_shares_gain_as_much_as_brute_force(data: st.DataObject) -> None:
    """Up to three keeps in three periods: no choice of whole tonnes gains more, and all rows are kept."""
    number = data.draw(st.integers(1, 3))
    spans = st.tuples(st.integers(0, 1), st.integers(0, 2), st.integers(1, 2))
    drawn = data.draw(st.lists(spans, min_size=number, max_size=number, unique=True))
    keeps = [rule(c, p, (p + step) % 3, 3) for c, p, step in drawn]
    lots = {(c, p): data.draw(st.integers(1, 4)) for c, p, _ in drawn}
    tonnes = np.array([float(lots[c, p]) for c, p, _ in drawn])
    gain = np.array([data.draw(st.integers(1, 9)) for _ in drawn], dtype=float)
    free = np.array(data.draw(st.lists(st.integers(0, 5), min_size=3, max_size=3)), dtype=float)
    place = (np.arange(number), np.zeros(number, int), np.zeros(number, int))
    share = best_shares(keeps, place, (tonnes, gain * tonnes), free.reshape(1, 1, 3))
    best = 0.0
    for kept in itertools.product(*(range(int(t) + 1) for t in tonnes)):
        lying = sum(k * one.spans for k, one in zip(kept, keeps, strict=True))
        by_lot = {key: sum(k for k, (c, p, _) in zip(kept, drawn, strict=True) if (c, p) == key) for key in lots}
        if (lying <= free).all() and all(by_lot[key] <= lots[key] for key in lots):
            best = max(best, float(np.array(kept) @ gain))
    assert share @ (gain * tonnes) >= best - 1e-6
    assert (sum(s * t * one.spans for s, t, one in zip(share, tonnes, keeps, strict=True)) <= free + 1e-6).all()
    for key in lots:
        assert sum(s for s, (c, p, _) in zip(share, drawn, strict=True) if (c, p) == key) <= 1 + 1e-9


def county(folder: Path, rules: str = RULES) -> Path:
    """Write an upland county that may keep kiwi fruit and ponkan."""
    small_county(folder, 12, 3)
    set_in_toml(folder, "budget_cny", "600000.0")
    (folder / "storage.csv").write_text(rules, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Lay the ground of that county."""
    return lay_ground(load(county(tmp_path_factory.mktemp("storage") / "county"))[0])


@pytest.fixture(scope="module")
def made(ground: Ground) -> Plan:
    """Plan it."""
    return plan_on(ground, Options.quickly(tries=5), Near(further=False, doubt=False))


def test_a_plan_that_keeps_produce_is_verified_and_earns(ground: Ground, made: Plan) -> None:
    """Something is kept, the bill holds what it earns, and without the rules the same county costs more."""
    assert made.report.problems == ()
    kept = made.tables["storage"]
    assert len(kept)
    assert made.summary["annual_cny"]["storage"] == pytest.approx(kept["power_cny"].sum() - kept["earned_cny"].sum())
    assert made.summary["annual_cny"]["total"] == pytest.approx(
        sum(value for name, value in made.summary["annual_cny"].items() if name != "total")
    )
    assert made.summary["objective"]["bound"] <= made.summary["objective"]["value"]
    without = decided(replace(ground.scenario, storage=()))
    assert without.report.problems == ()
    assert "storage" not in without.summary["annual_cny"]
    assert not len(without.tables["storage"])
    assert made.summary["annual_cny"]["total"] < without.summary["annual_cny"]["total"]


def test_a_replay_without_chance_loses_what_the_plan_says(made: Plan) -> None:
    """What is kept ages in its room in a replay, too."""
    assert len(made.tables["storage"])
    replayer = Replayer(made.scenario, made.basis.placed, made.tables)
    assert replayer.shifted(0.0, 1.0, 1.0).sums["plan_t"] == pytest.approx(made.summary["loss"]["plan_t"], rel=1e-9)


@pytest.mark.slow
def test_the_bound_holds_for_plans_of_any_modules(ground: Ground) -> None:
    """Whatever stands at the sites, the year costs at least what siting with rents for rooms proves."""
    sited = site(ground.basis, ground.arcs, Options.quickly())
    kinds = [kind.id for kind in ground.scenario.depot_types]
    for name, number in itertools.product(("cold_forced_air_500", "cold_room_1200", "mild_room_500"), (1, 2)):
        count = np.zeros((len(ground.scenario.sites), len(kinds)), dtype=np.int64)
        count[:, kinds.index(name)] = number
        tried = plan_with(ground, count, Options.quickly())
        assert tried.summary["annual_cny"]["total"] >= sited.bound * (1 - 1e-9)


def test_what_is_kept_ages_in_its_room(made: Plan) -> None:
    """The share lost of a kept lot is that of a lane whose stay is longer by the days of the rule."""
    lots = made.tables["lots"]
    lot = lots[(lots["until"] != "") & (lots["wait_h"] == 0)].iloc[0]
    scenario = made.scenario
    crop = next(one for one in scenario.commodities if one.id == lot["commodity"])
    period = next(one for one in scenario.periods if one.id == lot["period"])
    days = next(one.days for one in scenario.storage if (one.commodity, one.until) == (crop.id, lot["until"]))
    kind = next(one for one in scenario.depot_types if (one.zone, one.method) == (lot["zone"], lot["method"]))
    j = next(n for n, one in enumerate(scenario.sites) if one.id == lot["depot"])
    haul = (float(made.basis.lane_haul_h[j]), line_haul_half_h(scenario))
    hub = scenario.hubs[made.basis.site_hub[j]]
    own, lost = packed(crop, planned=True), []
    for more_h in (0.0, 24.0 * days):
        longer = {"depot_dwell_h": scenario.chain.depot_dwell_h + more_h}
        chain = scenario.chain.model_copy(update=longer)
        start, stages = depot_stages(
            chain, period, float(lot["aboard_h"]), cold_stages(chain, cooling_class(kind), hub, haul, crop)
        )
        lane = partial(age, own, period, start, stages)
        transfers = chain.planned_transfers
        lost.append(mean_of_days(chain, lambda by, on=lane, n=transfers: float(worn_loss(own, on(by).worn[-1], n))))
    assert lot["loss_share"] == pytest.approx(lost[1])
    assert lost[1] > lost[0]


def checked(made: Plan, change: Callable[[dict[str, pd.DataFrame]], None]) -> Report:
    """Verify the plan after a change to a copy of its tables."""
    tables = {name: frame.copy() for name, frame in made.tables.items()}
    change(tables)
    return verify_tables(made.scenario, made.basis.placed.network.given, tables, made.summary)


TAMPERED: dict[str, tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = {
    "more than arrives": (lambda t: t.assign(share=1.5), "are kept at"),
    "more than the rooms hold": (lambda t: t.assign(share=1.0), "its rooms hold|are kept at"),
    "a period nobody allows": (lambda t: t.assign(until="summer"), "may not be kept until summer"),
    "nothing kept at all": (lambda t: t.iloc[:0], "storage: the row of .* is missing"),
    "more earned": (lambda t: t.assign(earned_cny=t["earned_cny"] + 99.0), "earned_cny of"),
    "less electricity": (lambda t: t.assign(power_cny=t["power_cny"] / 2), "power_cny of"),
    "less perished": (lambda t: t.assign(lost_t=t["lost_t"] / 2), "lost_t of"),
    "twice the same": (lambda t: pd.concat([t, t.iloc[:1]]), "is listed twice"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_verify_names_what_is_wrong_with_storage(case: str, made: Plan) -> None:
    """Each change to the table is found by following the lots again."""
    edit, message = TAMPERED[case]
    problems = "\n".join(checked(made, lambda tables: tables.update(storage=edit(tables["storage"]))).problems)
    assert pd.Series([problems]).str.contains(message).all(), problems


@pytest.mark.parametrize("budget", [440_000, pytest.param(2_000_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("more", ["", 'mobile_units = ["mobile_cool_1t"]\n'])
def test_rooms_that_could_keep_nothing_earn_no_rent(tmp_path: Path, budget: int, more: str) -> None:
    """A depot must stand where no village reaches it: it is the cheapest there is, whatever the budget."""
    folder = tiny_county(
        tmp_path / "far",
        f"[siting]\nbudget_cny = {budget}\nmax_first_mile_h = 0.1\n{more}",
        villages="id,county,lon,lat\nV1,A,109.3,28.0\n",
        sites=site_rows("S1,A,109.0,28.0,forced,,,,1"),
        periods="id,days,temp_min_c,temp_max_c\np,60,18,28\nq,80,17,21\n",
        harvest="village,commodity,period,tonnes\nV1,kiwifruit,p,250\n",
        storage="commodity,period,until,days,price_cny_kg\nkiwifruit,p,q,10,6.79\n",
    )
    found = decided(load(folder)[0])
    cost = build_arcs(found.basis).module.money_cny[0, : found.scenario.fixed_types]
    assert found.report.problems == ()
    assert found.course.lots["keep"].max() < 0
    assert float(cost @ found.course.decision.count[0, : len(cost)]) == pytest.approx(cost.min())


def test_mobile_units_promise_no_storage(tmp_path: Path) -> None:
    """They have no rooms: siting puts no gain by keeping on what they cool, and such a gain on what rooms take."""
    folder = county(tmp_path)
    set_in_toml(folder, "mobile_units", '["mobile_forced_air_1t"]')
    ground = lay_ground(load(folder)[0], Options.quickly())
    arcs, basis = ground.arcs, ground.basis
    mobile = np.isin(arcs.cooling, basis.class_of_type[basis.scenario.fixed_types :])
    assert mobile.any()
    assert arcs.storage_cny[mobile].max() == 0.0
    assert arcs.storage_cny[~mobile].max() > 0.0


def test_faults_of_the_table_are_named_together(tmp_path: Path) -> None:
    """Unknown crops and periods, the period of harvest itself, a row twice and a price of zero stand in one answer."""
    wrong = "commodity,period,until,days,price_cny_kg\nsaffron,autumn,winter,60,9\nponkan,winter,winter,45,4\n"
    wrong += (
        "ponkan,winter,sprung,45,4\nponkan,autumn,winter,45,4\nponkan,autumn,winter,45,4\npeach,summer,autumn,9,0\n"
    )
    found = {(fault.row, fault.column, fault.code) for fault in faults_of(county(tmp_path / "county", wrong))}
    assert {
        (2, "commodity", "unknown-commodity"),
        (3, "until", "same-period"),
        (4, "until", "unknown-period"),
        (6, "commodity, period, until", "duplicate-row"),
        (7, "price_cny_kg", "out-of-range"),
    } <= found


def test_what_nobody_harvests_is_not_kept(tmp_path: Path) -> None:
    """A rule for a crop that is not harvested here is read and left aside."""
    folder = county(tmp_path / "county", "commodity,period,until,days,price_cny_kg\nlitchi,summer,autumn,9,20\n")
    assert load(folder)[0].storage == ()
    kept = load(county(tmp_path / "other"))[0].storage
    assert Keeping(commodity="kiwifruit", period="autumn", until="winter", days=60, price_cny_kg=9) in kept
