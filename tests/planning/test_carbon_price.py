"""A price of a tonne CO2e in the decision: stated once, added up, restated by the referee; nothing at nought."""

from __future__ import annotations

import copy
from itertools import pairwise, product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frame_cases import tables
from planned import decided

import coldchain as cc
from coldchain.economy import CarbonFactors, CarbonPrice
from coldchain.language import speaking
from coldchain.model import Scenario
from coldchain.planning import Near, Options, Plan, plan_on
from coldchain.planning.pipeline import course_with, lay_ground
from coldchain.reports.document import Told, sections
from coldchain.sweeps import compare
from coldchain.verify import Report, verify_tables

PRICES = (0.001, 5000.0, 50000.0)
ROOM = "cold_forced_air_200"


def county_of(**more: Any) -> Scenario:
    """Return a county of two villages and two sites in hot weather, where cooling pays."""
    frames = tables()
    frames["harvest"] = frames["harvest"].assign(tonnes=[600.0, 300.0], commodity="strawberry")
    frames["periods"] = frames["periods"].assign(temp_min_c=28.0, temp_max_c=38.0)
    frames["sites"] = pd.concat([frames["sites"], frames["sites"].assign(id="S2", lon=109.04)], ignore_index=True)
    given = {"siting.depot_types": [ROOM], "commodity.strawberry.price_cny_kg": 3.0, "today_wait_h": 20.0}
    return cc.Scenario.from_frames(**frames, budget_cny=1e6, **given, **more)


def planned(price: float) -> Plan:
    """Plan the county at a price."""
    return decided(county_of(carbon_cny_t=price))


@pytest.fixture(scope="module")
def free() -> Plan:
    """Plan it without a price."""
    return decided(county_of())


@pytest.fixture(scope="module")
def priced() -> Plan:
    """Plan it at 500 CNY a tonne, where it still builds."""
    return planned(500.0)


def checked(plan: Plan, summary: dict[str, Any], made: dict[str, pd.DataFrame] | None = None) -> Report:
    """Verify a plan with another summary or other tables."""
    return verify_tables(plan.scenario, plan.placed.network.given, made or plan.tables, summary)


def test_a_price_of_nought_changes_nothing(free: Plan) -> None:
    """The same tables and figures to the last digit, no heading; vehicles are the very same."""
    same = planned(0.0)
    for name, table in free.tables.items():
        pd.testing.assert_frame_equal(table, same.tables[name], check_exact=True)
    assert {**free.summary, "seconds": 0, "scenario": 0} == {**same.summary, "seconds": 0, "scenario": 0}
    assert "carbon" not in free.summary["annual_cny"]
    truck = free.scenario.vehicles[0]
    assert CarbonPrice(0.0, CarbonFactors()).on(truck) is truck


def test_a_vehicle_by_hand(free: Plan) -> None:
    """At 1,000 CNY a tonne a reefer of 1.5 t costs 0.43 CNY/km and 2.45 CNY/h more."""
    reefer = free.scenario.vehicle("reefer_4m2").model_copy(update={"payload_kg": 1500.0})
    dear = CarbonPrice(1000.0, CarbonFactors()).on(reefer)
    assert dear.cost_cny_km - reefer.cost_cny_km == pytest.approx((9.1 + 1.65 * 1.5) / 100 * 3.198 * 1.158)
    assert dear.cost_cny_h - reefer.cost_cny_h == pytest.approx(5 * 0.25 * 3922 / 2000)
    assert dear.cost_cny_day == reefer.cost_cny_day


def test_the_bill_holds_the_price_of_what_is_emitted(free: Plan, priced: Plan) -> None:
    """Under its own heading, beside costs that are those of the same plan without a price; today's chain pays too."""
    assert priced.summary["depots"]["built"] > 0
    bill, emitted = priced.summary["annual_cny"], priced.summary["emissions"]
    assert bill["carbon"] == pytest.approx(0.5 * emitted["plan_kg"], rel=1e-12)
    assert emitted["plan_kg"] == pytest.approx(priced.tables["emissions"]["co2e_kg"].sum())
    assert sum(cny for name, cny in bill.items() if name != "total") == pytest.approx(bill["total"])
    routes = priced.tables["routes"]
    assert bill["collection"] == pytest.approx(float(routes["cost_cny_day"] @ routes["days"]))
    today = [one.summary["net"]["today_cny"] for one in (free, priced)]
    assert today[1] - today[0] == pytest.approx(0.5 * emitted["today_kg"], rel=1e-9)
    assert free.summary["emissions"]["today_kg"] == emitted["today_kg"] > 0
    tkm = 2 * (9.1 + 1.65 * 1.5) / 100 * 3.198 / 1.5
    km = [float(priced.basis.today_km[v]) for v in (0, 1)]
    assert emitted["today_kg"] == pytest.approx(tkm * (600.0 * km[0] + 300.0 * km[1]))
    balance = priced.tables["balance"]
    assert balance["plan_cny"].sum() == pytest.approx(bill["total"])
    assert balance["today_cny"].sum() == pytest.approx(today[1])


def test_a_rising_price_never_emits_more() -> None:
    """Neither the best of all choices of rooms nor the plan emits more at a higher price; at the highest, far less."""
    best, found = [], []
    for price in PRICES:
        ground, options = lay_ground(county_of(carbon_cny_t=price)), Options.quickly()
        counts = [np.array(pair).reshape(2, 1) for pair in product((0, 1, 2), repeat=2)]
        years = [course_with(ground, count, options).yearly for count in counts]
        best.append(min(years, key=lambda bill: bill.total).carbon / price)
        made = plan_on(ground, options, Near(further=False, doubt=False)).summary
        found.append(made["emissions"]["plan_kg"] / 1000.0)
        assert made["objective"]["bound"] <= min(bill.total for bill in years) * (1 + 1e-9)
    for emitted in (best, found):
        assert all(later <= before * (1 + 1e-6) for before, later in pairwise(emitted))
        assert emitted[-1] < 0.1 * emitted[0]


@pytest.mark.parametrize("path", ["annual_cny.carbon", "emissions.plan_kg", "emissions.today_kg", "emissions.depot_kg",
                                  "emissions.power_kwh", "net.today_cny"])  # fmt: skip
def test_what_is_stated_is_recomputed(priced: Plan, path: str) -> None:
    """The referee agrees with the plan, and names a figure that is off by a hundredth."""
    assert priced.report.problems == ()
    told = copy.deepcopy(priced.summary)
    section, name = path.split(".")
    told[section][name] *= 1.01
    assert any(f"{path} is stated as" in problem for problem in checked(priced, told).problems)


def test_the_table_is_recomputed(priced: Plan) -> None:
    """Row by row; a summary without its part is named where the table is there."""
    table = priced.tables["emissions"]
    off = table.assign(co2e_kg=table["co2e_kg"] * 1.01)
    assert any(
        "emissions" in text for text in checked(priced, priced.summary, {**priced.tables, "emissions": off}).problems
    )
    bare = {name: part for name, part in priced.summary.items() if name != "emissions"}
    assert any("emissions.plan_kg is missing" in text for text in checked(priced, bare).problems)


def test_report_and_comparison_show_it(free: Plan, priced: Plan) -> None:
    """By leg and by depot, in Chinese too; the difference of two plans in kilograms."""
    parts = {part.title: part for part in sections(Told(priced.summary, priced.tables))}
    legs, depots = parts["Greenhouse gases by leg"].rows, parts["Greenhouse gases by depot"].rows
    whole = priced.summary["emissions"]["plan_kg"]
    assert float(legs["whole"].iloc[-1]) == pytest.approx(whole)
    shared = depots[["collection", "own", "line_haul"]].to_numpy().sum()
    assert shared == pytest.approx(whole - priced.summary["emissions"]["trader_kg"])
    assert (depots["kg_t"] * depots["tonnes_year"]).sum() == pytest.approx(shared)
    with speaking("zh"):
        chinese = {part.title: part for part in sections(Told(priced.summary, priced.tables))}
    assert list(chinese["各环节温室气体排放"].rows["leg"])[:2] == ["村到库集货", "预冷库"]
    found = compare(free, priced).figures.set_index("figure")
    assert found.loc["emissions.plan_kg", "unit"] == "kg"
    assert found.loc["emissions.power_kwh", "unit"] == "kWh"
