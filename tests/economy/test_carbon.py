"""Greenhouse gases of a plan by leg and by lot: by hand, and adding up."""

from __future__ import annotations

import pandas as pd
import pytest
from frame_cases import tables

import coldchain as cc
from coldchain.economy import Activity, CarbonFactors, emissions, emissions_of_lots
from coldchain.model import Scenario, VehicleType

NOTHING = CarbonFactors(*[0.0] * 9, reefer_h=2000.0, gwp=0.0)


@pytest.fixture(scope="module")
def county() -> Scenario:
    """Return a county with one site."""
    return cc.Scenario.from_frames(**tables(), power_cny_kwh=0.5)


def made(county: Scenario) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan with two depots, one route, a straight trip and a shared one."""
    module = next(kind for kind in county.depot_types if kind.power_kw > 0)
    return {
        "routes": pd.DataFrame(
            {"depot": ["S1"], "period": ["p"], "vehicle": ["light_truck"], "days": [60.0], "km": [50.0],
             "hours": [3.0]}
        ),
        "depots": pd.DataFrame(
            {"depot": ["S1"], "new_modules": [f"{module.id}:2"], "standing_modules": [""], "units_bought": [""]}
        ),
        "line_haul": pd.DataFrame(
            {
                "depot": ["S1", "S1"], "period": ["p", "p"], "vehicle": ["reefer_4m2"] * 2, "days": [60.0] * 2,
                "km_day": [20.0, 30.0], "hours_day": [2.0, 4.0], "tour": ["", "S1:1.0:0.5;S2:3.0:0.25"],
            }
        ),
        "lots": pd.DataFrame({"village": ["V1", "V2", "V2"], "period": ["p"] * 3, "depot": ["S1", "S1", ""],
                              "tonnes": [30.0, 10.0, 5.0]}),
    }  # fmt: skip


YEAR = Activity(power_kwh=2000.0, trader_tkm=100.0)


def by_source(found: pd.DataFrame) -> dict[tuple[str, str, str], float]:
    """Return kg by leg, source and depot."""
    return {key: float(kg) for *key3, kg in found.itertuples(index=False) for key in [tuple(key3)]}


def test_every_leg_by_hand(county: Scenario) -> None:
    """Fuel by the kilometre, electricity by the kWh, leaks by kW and by hours of trucks, traders by t·km."""
    found = by_source(emissions(county, made(county), YEAR))
    truck, reefer = (9.1 + 1.65 * 1.5) / 100 * 3.198, (9.1 + 1.65 * 1.5) / 100 * 1.158 * 3.198
    module = next(kind for kind in county.depot_types if kind.power_kw > 0)
    assert found["collection", "fuel", "S1"] == pytest.approx(50 * 60 * truck)
    assert found["depot", "electricity", ""] == pytest.approx(2000 * 0.5366)
    assert found["depot", "refrigerant", "S1"] == pytest.approx(2 * module.power_kw * 2.0 * 0.15 * 3922)
    assert found["line_haul", "fuel", "S1"] == pytest.approx((20 + 30 / 4) * 60 * reefer)
    assert found["line_haul", "fuel", "S2"] == pytest.approx(30 * 3 / 4 * 60 * reefer)
    assert found["line_haul", "refrigerant", "S1"] == pytest.approx((2 + 4 / 4) * 60 * 5 * 0.25 * 3922 / 2000)
    assert found["trader", "fuel", ""] == pytest.approx(100 * 2 * truck / 1.5)
    assert ("collection", "refrigerant", "S1") not in found


def test_lots_share_by_tonnes_and_add_up(county: Scenario) -> None:
    """Three quarters of what the depot cools bear three quarters; what traders take bears what they drive."""
    plan = made(county)
    plan["line_haul"] = plan["line_haul"].iloc[:1]
    lots, legs = emissions_of_lots(county, plan, YEAR), emissions(county, plan, YEAR)
    for leg, kg in legs.groupby("leg")["co2e_kg"].sum().items():
        assert lots[f"{leg}_kg"].sum() == pytest.approx(kg, rel=1e-12)
        parts = [0.0, 0.0, kg] if leg == "trader" else [0.75 * kg, 0.25 * kg, 0.0]
        assert lots[f"{leg}_kg"].tolist() == pytest.approx(parts)


def test_without_factors_there_is_nothing(county: Scenario) -> None:
    """Every kilogram comes from a factor."""
    assert emissions(county, made(county), YEAR, NOTHING)["co2e_kg"].sum() == 0.0


def test_what_an_earlier_run_paid_for_tells_its_electricity(county: Scenario) -> None:
    """Its summary has no emissions; without a tariff the kWh are not known: not a number, rather than nought."""
    paid = {"annual_cny": {"energy": 1000.0}}
    assert Activity.stated(county, paid) == Activity(2000.0, 0.0)
    free = county.with_(power_cny_kwh=0.0)  # type: ignore[attr-defined]
    assert Activity.stated(free, paid).power_kwh != Activity.stated(free, paid).power_kwh
    assert Activity.stated(free, paid | {"emissions": {"power_kwh": 7.0, "trader_tkm": 3.0}}) == Activity(7.0, 3.0)


def test_a_reefer_emits_more_than_a_van() -> None:
    """By the fuel that cools its cargo, and by what leaks."""
    van = VehicleType(
        id="v", payload_kg=1500, volume_m3=9, cargo="insulated", cost_cny_day=1, cost_cny_km=1, cost_cny_h=1
    )
    reefer = van.model_copy(update={"cargo": "reefer"})
    factors = CarbonFactors()
    assert factors.drive_kg_km(reefer) == pytest.approx(1.158 * factors.drive_kg_km(van))
    assert (factors.leak_kg_h(van), factors.leak_kg_h(reefer)) == (0.0, pytest.approx(2.45125))
