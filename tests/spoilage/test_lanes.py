"""Lanes through a depot and around it: the compiled tables against the stages followed one by one."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weather_cases import mean_of_days

from coldchain.model import (
    Chain,
    Commodity,
    CoolingClass,
    Economics,
    Hub,
    Period,
    Roads,
    Routing,
    Scenario,
    Siting,
    Subsidy,
    VehicleType,
    Village,
)
from coldchain.model.packaging import PACKAGINGS, packed
from coldchain.scenario import catalogue_table
from coldchain.spoilage import (
    LaneStage,
    age,
    air_days,
    batch_clock_h,
    cold_stages,
    depot_lanes,
    depot_stages,
    harvest_clock_h,
    hourly_air_c,
    line_haul_half_h,
    loss_share,
    today_lanes,
    today_stages,
    today_wait_h,
    worn_loss,
)
from coldchain.spoilage.kernels import air_at, follow_lots, run_stage
from coldchain.spoilage.kinetics import pack
from coldchain.spoilage.stages import stage_array

COMMODITIES: dict[str, Commodity] = {c.id: c for c in catalogue_table("commodity") if isinstance(c, Commodity)}
VEHICLES = tuple(v for v in catalogue_table("vehicle") if isinstance(v, VehicleType))
SUMMER = Period(id="summer", days=85, temp_min_c=20.5, temp_max_c=29.5)
WINTER = Period(id="winter", days=60, temp_min_c=2.0, temp_max_c=9.5)
COLD = CoolingClass("cold", "forced_air", 1.0, 0.8, 0.4, 0.64)
COOL = CoolingClass("cool", "room", 10.0, 9.0, 0.8, 0.64)


def hub(**changes: object) -> Hub:
    """Make a hub 20 h from its markets by reefer."""
    return Hub.model_validate({"id": "H", "lon": 109.6, "lat": 28.6} | changes)


def scenario(
    crops: tuple[str, ...],
    hubs: tuple[Hub, ...] = (hub(),),
    *,
    periods: tuple[Period, ...] = (SUMMER,),
    chain: Chain | None = None,
    haul: tuple[str, ...] = ("reefer_4m2",),
) -> Scenario:
    """Make a scenario of two villages with everything lanes look at."""
    villages = tuple(Village(id=f"V{n}", lon=109.6, lat=28.6 + n / 100) for n in range(2))
    return Scenario(
        name="lanes", variant="base", folder=Path(), sha256="", villages=villages, sites=(), hubs=hubs,
        periods=periods, commodities=tuple(COMMODITIES[name] for name in crops),
        harvest_t=np.ones((2, len(crops), len(periods))), depot_types=(), mobile_units=(), vehicles=VEHICLES,
        chain=chain or Chain(), economics=Economics(), siting=Siting(), subsidy=Subsidy(), roads=Roads(),
        routing=Routing(line_haul_vehicles=haul),
    )  # fmt: skip


def depot_loss(made: Scenario, crop: str, aboard_h: float, haul_h: float) -> float:
    """Return the loss of the first period through a cold forced-air depot, from the compiled table."""
    lanes = depot_lanes(made, (COLD,), np.zeros(1, dtype=np.intp), np.array([haul_h]), 6.0)
    index = [c.id for c in made.commodities].index(crop)
    return float(lanes.loss[index, 0, 0, 0, lanes.batch(np.array([aboard_h]))[0, 0]])


def today_loss(made: Scenario, haul_h: float) -> float:
    """Return the loss of today's chain, first village, crop and period."""
    return float(today_lanes(made, np.zeros(2, dtype=np.intp), np.full(2, haul_h)).loss[0, 0, 0])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    crop=st.sampled_from(sorted(COMMODITIES)),
    aboard=st.floats(0.0, 5.9),
    haul=st.tuples(st.sampled_from(["reefer_4m2", "insulated_4m2", "light_truck"]), st.floats(0.0, 9.0)),
    onward=st.sampled_from(["ambient", "insulated", "reefer"]),
    hours=st.tuples(st.floats(0.0, 12.0), st.floats(0.0, 40.0), st.floats(0.0, 24.0)),
    dwell=st.floats(0.0, 48.0),
    batch=st.sampled_from([0.05, 0.25, 1.0]),
)
def test_depot_table_equals_the_stages(
    crop: str, aboard: float, haul: tuple[str, float], onward: str, hours: tuple[float, float, float], dwell: float,
    batch: float,
) -> None:  # fmt: skip
    """Loss of the table is the mean of those of the lane's stages followed one by one on three days, to 1e-9."""
    (truck, haul_h), (dwell_h, onward_h, market_h) = haul, hours
    place = hub(dwell_h=dwell_h, onward_h=onward_h, market_h=market_h, onward_cargo=onward)
    chain = Chain(depot_dwell_h=dwell, dock_batch_h=batch)
    made = scenario((crop,), (hub(), place), periods=(SUMMER, WINTER), chain=chain, haul=(truck,))
    lanes = depot_lanes(made, (COLD, COOL), np.array([1], dtype=np.intp), np.array([haul_h]), 6.0)
    which = lanes.batch(np.array([aboard]))
    for p, period in enumerate(made.periods):
        for o, cooling in enumerate((COLD, COOL)):
            cold = cold_stages(chain, cooling, place, (haul_h, line_haul_half_h(made)), COMMODITIES[crop])
            start, stages = depot_stages(chain, period, aboard, cold)
            own = packed(COMMODITIES[crop], planned=True)
            loss = mean_loss(own, period, start, stages, chain.planned_transfers)
            assert lanes.loss[0, p, o, 0, which[p, 0]] == pytest.approx(loss, abs=1e-9)


@settings(derandomize=True, deadline=None, max_examples=60)
@given(crop=st.sampled_from(sorted(COMMODITIES)), wait=st.floats(0.0, 24.0), ride=st.floats(0.0, 12.0))
def test_today_table_equals_the_stages(crop: str, wait: float, ride: float) -> None:
    """Today's loss is that of its stages followed one by one, and its hours end on arrival at the buyer."""
    made = scenario((crop,), chain=Chain(today_wait_h=wait), periods=(SUMMER, WINTER))
    lanes = today_lanes(made, np.zeros(2, dtype=np.intp), np.array([ride, ride + 1.0]))
    stages = today_stages(made.chain, COMMODITIES[crop], made.hubs[0], ride)
    for p, period in enumerate(made.periods):
        own = packed(COMMODITIES[crop], planned=False)
        assert lanes.loss[0, 0, p] == pytest.approx(
            mean_loss(own, period, harvest_clock_h(period), stages, 3), abs=1e-9
        )
    wait = today_wait_h(made.chain, COMMODITIES[crop])
    to_market = 4.0 + 20.0 if COMMODITIES[crop].sold_at == "market" else 0.0
    assert lanes.hours[:, 0] == pytest.approx([wait + ride + to_market, wait + ride + 1.0 + to_market], abs=1e-9)


@pytest.mark.parametrize("crop", ["pak_choi", "strawberry"])
@pytest.mark.parametrize(("onward_h", "left"), [(20.0, 0.65), (40.0, 0.5)])
def test_pre_cooled_then_warm_gains_little(crop: str, onward_h: float, left: float) -> None:
    """Behind the same depot a warm truck and hall leave two thirds of the benefit after 20 h, half after 40 h.

    Bruising and water left aside. The benefit is the loss of today's chain less that of the lane; with reefers it is
    over four fifths of the loss.
    """
    bare = COMMODITIES[crop].model_copy(update={"handling_loss": 0.0, "water_kg_t_h_kpa": 0.0})
    reefer = replace(scenario((crop,), (hub(onward_h=onward_h),)), commodities=(bare,))
    warm = replace(reefer, hubs=(hub(onward_h=onward_h, onward_cargo="ambient", market_temp_c=25.0),))
    today = today_loss(reefer, 1.5)
    kept_cold = today - depot_loss(reefer, crop, 1.0, 1.5)
    kept_warm = today - depot_loss(warm, crop, 1.0, 1.5)
    assert kept_cold > 0.8 * today
    assert 0.0 < kept_warm < left * kept_cold


def test_the_longer_the_warm_ride_the_less_is_gained() -> None:
    """Behind the same depot, 5, 20 and 40 h of onward leg in a warm truck lose more and more, by reefer hardly more."""
    losses = {
        cargo: [depot_loss(scenario(("broccoli",), (hub(onward_cargo=cargo, onward_h=h),)), "broccoli", 1.0, 1.0)
                for h in (5.0, 20.0, 40.0)]
        for cargo in ("ambient", "insulated", "reefer")
    }  # fmt: skip
    for cargo in losses:
        assert losses[cargo][0] < losses[cargo][1] < losses[cargo][2]
    assert losses["ambient"][1] > losses["insulated"][1] > losses["reefer"][1]
    assert losses["ambient"][2] - losses["ambient"][0] > 5.0 * (losses["reefer"][2] - losses["reefer"][0])


@pytest.mark.parametrize("crop", ["pak_choi", "strawberry", "tomato", "kiwifruit", "freshwater_fish"])
def test_hours_aboard_in_the_warm_never_help(crop: str) -> None:
    """On a summer day, with reefers behind the depot, the loss never falls with the hours aboard."""
    made = scenario((crop,))
    lanes = depot_lanes(made, (COLD,), np.zeros(1, dtype=np.intp), np.array([2.0]), 8.0)
    assert np.all(np.diff(lanes.loss[0, 0, 0, 0]) > 0.0)


def test_field_warm_chilling_sensitive_crop_is_not_helped_by_a_cold_room() -> None:
    """Tomatoes through a depot at 10 °C lose less than through one at 1 °C."""
    made = scenario(("tomato",), chain=Chain(depot_dwell_h=72.0))
    cool = CoolingClass("cool", "forced_air", 10.0, 0.8, 0.4, 0.64)
    lanes = depot_lanes(made, (COLD, cool), np.zeros(1, dtype=np.intp), np.array([2.0]), 1.0)
    assert np.all(lanes.loss[0, 0, 1] < lanes.loss[0, 0, 0])


def test_a_crop_sold_at_the_hub_ends_there() -> None:
    """Tea leaf goes to works at the hub: what lies behind the hub changes neither its loss nor its hours."""
    near = scenario(("tea_leaf",), (hub(dwell_h=0.0, onward_h=0.0, market_h=0.0),))
    far = scenario(("tea_leaf",), (hub(dwell_h=48.0, onward_h=100.0, market_h=48.0),))
    assert depot_loss(far, "tea_leaf", 1.0, 1.0) == depot_loss(near, "tea_leaf", 1.0, 1.0)
    lanes = [today_lanes(made, np.zeros(2, dtype=np.intp), np.ones(2)) for made in (near, far)]
    assert lanes[0].loss.tolist() == lanes[1].loss.tolist()
    assert lanes[1].hours[0, 0] == 3.0 + 1.0


def test_a_site_without_a_road_to_its_hub_loses_everything() -> None:
    """Where the haul is infinite the loss is 1, and the neighbouring site's is not touched."""
    made = scenario(("pak_choi",))
    lanes = depot_lanes(made, (COLD,), np.zeros(2, dtype=np.intp), np.array([1.0, np.inf]), 1.0)
    assert np.all(lanes.loss[..., 1, :] == 1.0)
    assert np.all(lanes.loss[..., 0, :] < 0.5)


def test_batches_step_at_the_dock_clock() -> None:
    """Harvest at 08:00, 1.5 h wait, 0.25 h unloading: 0.2 h aboard meets the dock at 10:00, 0.3 h at 10:15."""
    assert harvest_clock_h(SUMMER) == 8.0
    assert batch_clock_h(Chain(), SUMMER, 0.2) == pytest.approx(10.0, abs=1e-12)
    assert batch_clock_h(Chain(), SUMMER, 0.25) == pytest.approx(10.0, abs=1e-12)
    assert batch_clock_h(Chain(), SUMMER, 0.3) == pytest.approx(10.25, abs=1e-12)
    lanes = depot_lanes(scenario(("pak_choi",)), (COLD,), np.zeros(1, dtype=np.intp), np.array([1.0]), 2.0)
    assert lanes.batch(np.array([0.2, 0.25, 0.3, 0.5])).tolist() == [[1, 1, 2, 2]]


def test_who_comes_within_a_minute_still_joins() -> None:
    """A place moved by metres, or a clock that is out by seconds, changes no batch; two minutes do."""
    lanes = depot_lanes(scenario(("pak_choi",)), (COLD,), np.zeros(1, dtype=np.intp), np.array([1.0]), 2.0)
    late_h = np.array([-0.01, 0.0, 0.0001, 0.01, 0.03])
    assert lanes.batch(0.25 + late_h).tolist() == [[1, 1, 1, 1, 2]]
    assert [batch_clock_h(Chain(), SUMMER, 0.25 + one) for one in late_h] == pytest.approx([10.0] * 4 + [10.25])


def test_worst_line_haul_truck_decides() -> None:
    """Reefers alone hold; with an uncooled truck on offer the haul drifts with that truck's half-time."""
    assert line_haul_half_h(scenario(("pak_choi",), haul=("reefer_4m2", "reefer_9m6"))) is None
    assert line_haul_half_h(scenario(("pak_choi",), haul=("reefer_4m2", "medium_truck", "insulated_4m2"))) == 4.0


def test_value_per_hour_is_the_step_of_the_table() -> None:
    """Three minutes aboard lose a twentieth of what an hour does; the last batch has the slope of the one before."""
    made = scenario(("pak_choi",), chain=Chain(dock_batch_h=0.05))
    lanes = depot_lanes(made, (COLD,), np.zeros(1, dtype=np.intp), np.array([2.0]), 4.0)
    value = lanes.fate.value[0, 0, 0, 0]
    assert lanes.value_per_hour(0, 0, 0, 0, 30) == pytest.approx((value[31] - value[30]) / 0.05)
    last = len(value) - 1
    assert lanes.value_per_hour(0, 0, 0, 0, last) == lanes.value_per_hour(0, 0, 0, 0, last - 1) > 0.0


def test_mean_over_days_by_hand() -> None:
    """Four hours in the open at 20 °C with a spread of 10/√3 K: days at 10, 20 and 30 °C, of which 1/6, 2/3, 1/6.

    Life is 36 h at 0 °C and passes 3, 7.5 and 15 times as fast there: 1/3, 5/6 and 5/3 of it, half is lost at its end.
    """
    chain = Chain(air_season_c=0.0, air_day_c=10.0 / math.sqrt(3.0), today_wait_h=4.0, today_transfers=0)
    law = {"kinetics": "q10", "q10": math.sqrt(7.5), "ea_kj_mol": None, "warm_life_d": None, "life_d": 1.5}
    edges = {"life_temp_c": 0.0, "chill_threshold_c": None, "flat_below_c": None, "decay": ()}
    curve = {"loss_shape": 1.0, "loss_at_life": 0.5, "water_kg_t_h_kpa": 0.0, "sold_at": "hub"}
    crop = COMMODITIES["pak_choi"].model_copy(update={**law, **edges, **curve})
    steady = SUMMER.model_copy(update={"hourly_c": (20.0,) * 24})
    made = replace(scenario(("pak_choi",), periods=(steady,), chain=chain), commodities=(crop,))
    found = today_lanes(made, np.zeros(2, dtype=np.intp), np.zeros(2)).loss[0, 0, 0]
    lost = [1.0 - 0.5**used for used in (1.0 / 3.0, 5.0 / 6.0, 5.0 / 3.0)]
    assert found == pytest.approx(lost[0] / 6.0 + lost[1] * 2.0 / 3.0 + lost[2] / 6.0, abs=1e-12)


@settings(derandomize=True, deadline=None, max_examples=40)
@given(crop=st.sampled_from(sorted(COMMODITIES)), spread=st.tuples(st.floats(0.0, 2.0), st.floats(0.0, 4.0)))
def test_days_have_the_spread_of_the_replay(crop: str, spread: tuple[float, float]) -> None:
    """Shares add up to one, the mean is the season's, the spread that of both; without any it is the usual day."""
    chain = Chain(air_season_c=spread[0], air_day_c=spread[1])
    days = air_days(chain)
    assert sum(day.share for day in days) == pytest.approx(1.0)
    assert sum(day.share * day.warmer_c for day in days) == pytest.approx(0.0, abs=1e-12)
    square = sum(day.share * day.warmer_c**2 for day in days)
    assert square == pytest.approx(spread[0] ** 2 + spread[1] ** 2, abs=1e-9)
    calm = Chain(air_season_c=0.0, air_day_c=0.0)
    usual = today_lanes(scenario((crop,), chain=calm), np.zeros(2, dtype=np.intp), np.ones(2)).loss
    lane = today_stages(calm, COMMODITIES[crop], scenario((crop,)).hubs[0], 1.0)
    own = packed(COMMODITIES[crop], planned=False)
    worn = age(own, SUMMER, harvest_clock_h(SUMMER), lane).worn[-1]
    assert usual[0, 0, 0] == pytest.approx(float(worn_loss(own, worn, calm.today_transfers)), abs=1e-9)


def mean_loss(crop: Commodity, period: Period, start: float, stages: tuple[LaneStage, ...], transfers: int) -> float:
    """Loss of the stages, the mean of three days."""

    def lost(warmer_c: float) -> float:
        air = tuple((hourly_air_c(period) + warmer_c).tolist())
        worn = age(crop, period.model_copy(update={"hourly_c": air}), start, stages).worn[-1]
        return float(worn_loss(crop, worn, transfers))

    return mean_of_days(Chain(), lost)


@pytest.mark.parametrize("start_h", [8.0, 7.3, 11.75])
def test_many_lots_age_as_each_does_alone(start_h: float) -> None:
    """Lots whose first hours in the air are read from one table age as if every stage were integrated for each."""
    crops = list(COMMODITIES.values())[:4]
    params = np.array([pack(crop, 0.7) for crop in crops])
    air = 18.0 + 9.0 * np.sin(np.arange(24) * 2 * np.pi / 24)
    rng = np.random.default_rng(1)
    crop = rng.integers(0, len(crops) - 1, 40)
    hours = np.concatenate([[0.0, 0.2, 12.0 - start_h % 1, 24.0], rng.uniform(0.0, 50.0, 36)])
    cooled = (LaneStage("cool", 3.0, 2.0, 1.0, 0.9), LaneStage("drift", 4.0, half_h=5.0))
    stages = np.array([stage_array((LaneStage("ambient", h), *cooled)) for h in hours])
    found = follow_lots(params, crop, air, start_h, stages)
    for one, own, ways in zip(found, crop, stages, strict=True):
        clock, temp, wear = start_h, air_at(air, start_h), np.zeros(3)
        for stage in ways:
            temp = run_stage(params[own], air, clock, temp, stage, wear)
            clock += stage[1]
        assert one == pytest.approx(wear, rel=1e-12)


@pytest.mark.parametrize(("cargo", "last_c"), [("open", 24.0), ("insulated", None), ("ice", 1.0)])
def test_todays_goods_travel_as_they_are_packed(cargo: str, last_c: float | None) -> None:
    """At a steady 24 °C open goods end at 24 °C, iced ones at 1 °C; an insulated load keeps what it was loaded with."""
    crop = COMMODITIES["plum"].model_copy(update={"today_cargo": cargo})
    still = Period(id="still", days=1, hourly_c=(24.0,) * 24)
    aged = age(crop, still, 8.0, today_stages(Chain(), crop, hub(), 2.0))
    assert aged.hours[-1] == pytest.approx(8.0 + 2.0 + 4.0 + 20.0 + 6.0)
    assert aged.temp_c[-1] == pytest.approx(24.0 if last_c is None else last_c, abs=0.01)


def test_ice_keeps_pork_and_fish_as_surveys_find_them() -> None:
    """Meat and fish travel on ice unless a scenario says otherwise, and lose a few per cent, not the half."""
    for name in ("pork_chilled", "freshwater_fish", "shrimp"):
        made = scenario((name,), periods=(SUMMER,))
        assert COMMODITIES[name].today_cargo == "ice"
        assert today_loss(made, 2.0) < 0.05
        opened = replace(made, commodities=(COMMODITIES[name].model_copy(update={"today_cargo": "open"}),))
        assert today_loss(opened, 2.0) > 2.0 * today_loss(made, 2.0)


def test_a_crop_may_wait_shorter_than_the_chain() -> None:
    """A crop's own waiting time goes before that of the chain, in hours and in loss."""
    made = scenario(("pak_choi",))
    soon = replace(made, commodities=(COMMODITIES["pak_choi"].model_copy(update={"today_wait_h": 2.0}),))
    assert today_loss(soon, 2.0) < today_loss(made, 2.0)
    lanes = today_lanes(soon, np.zeros(2, dtype=np.intp), np.full(2, 2.0))
    assert lanes.hours[0, 0] == pytest.approx(2.0 + 2.0 + 4.0 + 20.0)


def test_looser_packaging_bruises_more() -> None:
    """Three transfers in bulk at 1 % in crates keep 0.96³; each packaging has its band around its figure."""
    crop = COMMODITIES["pak_choi"].model_copy(update={"handling_loss": 0.01, "today_packaging": "bulk"})
    assert float(loss_share(packed(crop, planned=False), 0.0, 3)) == pytest.approx(1.0 - 0.96**3)
    losses = [packed(crop.model_copy(update={"packaging": name}), planned=True).handling_loss for name in PACKAGINGS]
    assert losses == sorted(losses, reverse=True)
    assert all(box.bruise_low <= box.bruise <= box.bruise_high for box in PACKAGINGS.values())


@pytest.mark.parametrize("name", ["spinach", "strawberry", "tomato", "freshwater_fish"])
def test_air_above_the_set_point_costs_life(name: str) -> None:
    """Reefers and halls off their set point lose more, the warmer the more; at the set point a cold load is held."""
    crop, losses = COMMODITIES[name], []
    for above in (0.0, 2.0, 4.0):
        made = scenario((name,), chain=Chain(reefer_above_c=above, hall_above_c=above))
        losses.append(
            float(depot_lanes(made, (COLD,), np.array([0], np.intp), np.array([2.0]), 3.0).loss[0, 0, 0, 0, 0])
        )
    assert losses[0] < losses[1] < losses[2]
    chain = Chain(reefer_above_c=0.0, hall_above_c=0.0)
    cold = cold_stages(chain, COLD, hub(), (2.0, None), crop)
    temps = age(packed(crop, planned=True), SUMMER, 9.0, (LaneStage("cool", 60.0, COLD.temp_c, 1.0), *cold)).temp_c
    assert temps[4] == pytest.approx(COLD.temp_c, abs=0.01)  # at the end of the onward leg
