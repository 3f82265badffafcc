"""Doubt of a plan: its uncertain figures, the plan judged by other figures, draws, and what moves the answer most."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tiny_cases import tiny_county

from coldchain.api.results import Result
from coldchain.cli import run
from coldchain.model.bands import Z_END, Uncertain, ends_of, put, uncertain_figures
from coldchain.papers.annex import annexes
from coldchain.papers.paper import Drawing
from coldchain.planning import Plan, plan_quickly
from coldchain.planning.arcs import build_arcs
from coldchain.planning.basis import prepare
from coldchain.planning.doubt import QUICK_DRAWS, draw
from coldchain.planning.fixed import FixedPlan
from coldchain.planning.lots import lots_of, outcome
from coldchain.reports.document import Told, sections
from coldchain.runs import Run
from coldchain.scenario import load
from coldchain.spoilage import steady
from coldchain.sweeps import of_plan, sensitivity
from coldchain.verify.unchecked import summary_reason

STRAWBERRIES = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan one village that is worth a depot."""
    return plan_quickly(load(tiny_county(tmp_path_factory.mktemp("doubt") / "one", harvest=STRAWBERRIES))[0])


@pytest.fixture(scope="module")
def county(small_plan: Plan) -> Plan:
    """Return twelve villages, planned."""
    return small_plan


def fixed(plan: Plan) -> FixedPlan:
    """Return a plan to be judged by other figures."""
    return FixedPlan(plan.basis, plan.tables, plan.summary)


def figure(plan: Plan, key: str) -> Uncertain:
    """Return an uncertain figure by its key."""
    return next(one for one in uncertain_figures(plan.scenario) if one.key == key)


def test_the_list_follows_the_bands(tiny: Plan) -> None:
    """Each figure once; lives of what is harvested alone, one by one; a band that is narrowed moves less."""
    figures = uncertain_figures(tiny.scenario)
    keys = [one.key for one in figures]
    assert len(set(keys)) == len(keys)
    lives = [key for key in keys if key.endswith(".warm_life_d")]
    assert lives == ["commodities.strawberry.warm_life_d"]
    assert {"chain.today_wait_h", "periods.temp_min_c", "hubs.onward_h", "harvest.tonnes"} <= set(keys)
    assert all(one.low < one.high and one.low <= one.stated <= one.high for one in figures)
    narrow = tuple(crop.model_copy(update={"warm_min_d": 1.1, "warm_max_d": 1.3}) for crop in tiny.scenario.commodities)
    found = [one for one in uncertain_figures(replace(tiny.scenario, commodities=narrow)) if one.key == lives[0]]
    assert (found[0].low, found[0].high) == (1.1, 1.3)


def test_what_is_off_together_moves_together(tiny: Plan) -> None:
    """Low and high of the air move by the same kelvins; nothing else changes; the scenario itself stays as it is."""
    own = fixed(tiny).figures
    moved = put(own, [(figure(tiny, "periods.temp_min_c"), 2.0)]).scenario
    before, after = own.scenario.periods[0], moved.periods[0]
    assert after.temp_min_c == (before.temp_min_c or 0) + 2
    assert after.temp_max_c == (before.temp_max_c or 0) + 2
    assert moved.commodities == own.scenario.commodities
    assert own.scenario.periods[0] is before


def test_lives_keep_their_order(tiny: Plan) -> None:
    """However short the life in storage is drawn, that in the warm stays below it."""
    own = fixed(tiny).figures
    moved = put(own, [(figure(tiny, "commodities.strawberry.life_d"), 1.0)])
    crop = next(one for one in moved.scenario.commodities if one.id == "strawberry")
    assert crop.warm_life_d is not None
    assert crop.warm_life_d < crop.life_d == 1.0


@pytest.mark.parametrize("made", ["tiny", "county"])
def test_the_plans_own_figures_give_its_own_answer(made: str, request: pytest.FixtureRequest) -> None:
    """Loss today and with the plan, tonnes and value: by lots one by one as by the tables of lanes."""
    plan = request.getfixturevalue(made)
    judged = fixed(plan)
    loss, net = plan.summary["loss"], plan.summary["net"]
    for found in (judged.own, judged.answer(judged.figures)):
        assert found.today_t == pytest.approx(loss["baseline_t"], rel=1e-9)
        assert found.plan_t == pytest.approx(loss["plan_t"], rel=1e-9)
        assert found.plan_cny == pytest.approx(loss["plan_cny"], rel=1e-9)
    assert judged.answer(judged.figures).benefit_cny == pytest.approx(net["benefit_cny"])
    assert judged.answer(judged.figures).payback_years == pytest.approx(net["payback_years"])
    assert judged.own.capital_cny == pytest.approx(plan.summary["annual_cny"]["capital"])


@pytest.mark.parametrize(
    ("key", "at"),
    [("commodities.strawberry.warm_life_d", 2.1), ("periods.temp_min_c", 2.0), ("hubs.onward_h", 1.3),
     ("depot_types.half_cooling_h", 1.5), ("depot_types.cooling_kw", 0.7), ("hubs.market_temp_c", 5.0),
     ("chain.planned_wait_h", 2.0), ("packaging.basket.bruise", 3.0)],
)  # fmt: skip
def test_other_figures_as_if_planned_with_them(county: Plan, tiny: Plan, key: str, at: float) -> None:
    """The same depots and routes, lanes tabulated anew with the other figures: the same tonnes are lost."""
    plan = tiny if "strawberry" in key or "basket" in key else county
    judged = fixed(plan)
    moved = put(judged.figures, [(figure(plan, key), at)])
    found = judged.answer(moved)
    assert found.plan_t != pytest.approx(plan.summary["loss"]["plan_t"]) or "packaging" in key
    if moved.bruise:
        return
    basis = prepare(moved.scenario, plan.placed)
    lots = lots_of(basis, build_arcs(basis), plan.course.decision, plan.course.days)
    assert found.plan_t == pytest.approx(outcome(basis, lots).loss_t, rel=1e-6)


def test_money_by_hand(tiny: Plan) -> None:
    """Prices twice as high save twice the value; dearer building costs its annuity; a lower benefit pays back later."""
    judged, own = fixed(tiny), tiny.summary
    dear = judged.answer(put(judged.figures, [(figure(tiny, "commodities.price_cny_kg"), 2.0)]))
    assert dear.today_cny - dear.plan_cny == pytest.approx(2 * (own["loss"]["baseline_cny"] - own["loss"]["plan_cny"]))
    built = judged.answer(put(judged.figures, [(figure(tiny, "depot_types.capex_cny"), 1.3)]))
    assert built.investment_cny == pytest.approx(1.3 * own["investment"]["total_cny"])
    assert built.benefit_cny == pytest.approx(own["net"]["benefit_cny"] - 0.3 * own["annual_cny"]["capital"])
    assert built.payback_years == pytest.approx(1.3 * own["net"]["payback_years"])
    assert judged.own.net_cny.tolist() == pytest.approx([own["net"]["benefit_cny"]])


def test_lorries_cost_more_where_their_prices_rise(tiny: Plan) -> None:
    """A third more by day, kilometre and hour is a third more for collection and for the trips of the line haul."""
    judged = fixed(tiny)
    dear = judged.answer(put(judged.figures, [(figure(tiny, "vehicles.cost_cny_day"), 1.3)]))
    trips = sum(
        float((tiny.tables[name]["cost_cny_day"] * tiny.tables[name]["days"]).sum()) for name in ("routes", "line_haul")
    )
    assert tiny.summary["net"]["benefit_cny"] - dear.benefit_cny == pytest.approx(0.3 * trips)


def test_a_band_without_a_source_is_wider(tiny: Plan) -> None:
    """An estimate may be off by a factor of two either way; a source keeps the ends as they stand."""
    crop = next(one for one in tiny.scenario.commodities if one.id == "strawberry")
    assert ends_of(crop, "warm_life_d") == (crop.warm_min_d, crop.warm_max_d)
    bare = crop.model_copy(update={"warm_source": ""})
    assert ends_of(bare, "warm_life_d") == (0.6, 2.4)
    assert ends_of(crop, "density_kg_m3") == (crop.density_kg_m3, crop.density_kg_m3)


def test_a_loss_curve_stays_where_it_is(tiny: Plan) -> None:
    """Settled, a crop loses the same at any age, and a longer life then loses less though decay was measured."""
    crop = next(one for one in tiny.scenario.commodities if one.id == "strawberry")
    assert crop.decay
    assert steady(steady(crop)) == steady(crop)
    assert steady(crop).decay == ()


def test_ends_of_the_band_are_the_tails() -> None:
    """5 % of what is drawn lies beyond either end; the stated figure is the median; shares stay shares."""
    one = Uncertain("x.y", "x", 3.0, 5.0, "value", "d", "", (("x", "y"),), value=3.5)
    assert [one.drawn(z) for z in (-Z_END, 0.0, Z_END)] == pytest.approx([3.0, 3.5, 5.0])
    assert one.drawn(9.0) == one.drawn(2.5) < 6.4
    share = Uncertain("x.y", "x", -0.2, 0.2, "difference", "share", "", (("x", "y"),))
    assert share.of(0.9, share.drawn(2.0)) == 1.0


def test_doubt_of_the_summary(county: Plan) -> None:
    """Percentiles rise, equal seeds draw equally, and every depot that is built has its share of draws."""
    doubt = county.summary["doubt"]
    assert doubt["draws"] == QUICK_DRAWS
    for name in ("loss_today", "loss_plan", "saving_cny"):
        assert doubt[name] == sorted(doubt[name])
    assert doubt == draw(fixed(county), QUICK_DRAWS).summary()
    built = county.tables["depots"].query("new_modules != ''")["depot"]
    assert sorted(doubt["pays_in"]) == sorted(built)
    assert all(0 <= share <= 1 for share in doubt["pays_in"].values())
    assert summary_reason(("doubt", "loss_plan")) is not None


def test_nothing_built_has_no_payback(tmp_path: Path) -> None:
    """Without a depot there is nothing to earn back, and no depot that pays; the losses are in doubt all the same."""
    plan = plan_quickly(
        load(tiny_county(tmp_path / "none", harvest="village,commodity,period,tonnes\nV1,potato,p,3\n"))[0]
    )
    doubt = plan.summary["doubt"]
    assert doubt["payback_years"] == [None, None, None]
    assert doubt["pays_in"] == {}
    assert doubt["loss_today"][0] < doubt["loss_today"][2]
    assert doubt["loss_today"] == doubt["loss_plan"]


def test_more_draws_find_nearly_the_same_ends(tiny: Plan) -> None:
    """Twice as many draws move the ends of the loss by less than a fifth of their distance."""
    few, many = (np.array(draw(fixed(tiny), n).summary()["loss_plan"]) for n in (64, 128))
    assert np.abs(few - many).max() < 0.2 * (many[2] - many[0])


def test_what_moves_the_answer_most(tiny: Plan) -> None:
    """A row for each figure, the largest effect on money first; ends are those of the band, the base is the plan."""
    found = sensitivity(Run(tiny.summary, tiny.tables, tiny.inputs))
    table = found.table
    assert table["effect_cny"].is_monotonic_decreasing
    assert sorted(table["key"]) == sorted(one.key for one in uncertain_figures(tiny.scenario))
    assert found.base["loss_plan_t"] == pytest.approx(tiny.summary["loss"]["plan_t"])
    row = table.set_index("key").loc["commodities.strawberry.warm_life_d"]
    assert (row["low"], row["high"]) == ("1 d", "2.1 d")
    assert row["loss_today_t_high"] < tiny.summary["loss"]["baseline_t"] < row["loss_today_t_low"]
    assert table.set_index("key").loc["economics.power_cny_kwh", "effect_t"] == pytest.approx(0.0, abs=1e-9)
    assert found.facts()["figures"][0]["key"] == table["key"][0]


def test_the_command(tiny: Plan, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A table of what moves most, the whole as CSV that a report reads again; one object with --json."""
    folder = Result(tiny).save(tmp_path / "run")
    assert run(["sensitivity", str(folder), "--quiet"]) == 0
    told = capsys.readouterr().out
    assert "life in the warm" in told
    assert "figures that move less; --all shows them" in told
    written = pd.read_csv(folder / "tables" / "sensitivity.csv", keep_default_na=False)
    assert written["key"].iloc[-1] == "plan"
    kept = of_plan(written, tiny.summary)
    assert kept is not None
    assert sorted(kept["key"]) == sorted(one.key for one in uncertain_figures(tiny.scenario))
    assert kept.set_index("key").loc["periods.temp_min_c", "low"] == "-2 °C"
    other = {**tiny.summary, "loss": {**tiny.summary["loss"], "plan_t": 1.0}}
    assert of_plan(written, other) is None
    assert run(["sensitivity", str(folder), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["schema"] == "coldchain.sensitivity/1"
    assert {"key", "what", "low", "high", "loss_today_t_low", "benefit_cny_high", "effect_t"} <= set(
        facts["figures"][0]
    )
    assert run(["verify", str(folder)]) == 0


def test_a_report_shows_the_doubt(tiny: Plan) -> None:
    """Ends of loss, saving and payback; the share of draws of each depot; the tornado with its rows."""
    moved = sensitivity(tiny).table
    parts = {one.title: one for one in sections(Told(tiny.summary, tiny.tables, moved=moved))}
    assert list(parts["How far it may be off"].rows["fact"]) == [
        "Lost today", "Lost with the plan", "Value saved a year", "Payback",
    ]  # fmt: skip
    firm = parts["How firm the depots are"].rows.set_index("depot")
    assert firm.loc["S1", "pays_in"] == tiny.summary["doubt"]["pays_in"]["S1"]
    assert firm.loc["S1", "in_plan"] == "yes"
    drawn = "".join(one.svg for one in annexes(parts.values()) if isinstance(one, Drawing))
    assert "at the low end of the band" in drawn
    assert "life in the warm: Strawberry" in drawn
