"""Refrigeration by the hour: who is cooled when, what power it takes, and what is lost while waiting."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned import decided
from tiny_cases import site_rows, tiny_county

from coldchain.errors import BadInputError
from coldchain.model import Commodity, Period, Scenario, cooling_class
from coldchain.planning import Plan
from coldchain.replays.replay import Replayer
from coldchain.scenario import load
from coldchain.spoilage import CoolerPlaces, first_come, heat_kwh_t, hourly_air_c, peak_kw_t, respiration_w_t
from coldchain.verify import verify_tables

ONE_DEPOT = site_rows("S1,A,109.01,28.0,existing,cool_forced_air_500:1,,,0")
TWO_VILLAGES = "id,county,lon,lat\nV1,A,109.0,28.0\nV2,A,109.02,28.01\n"
HARVEST = "village,commodity,period,tonnes\nV1,snap_bean,p,{0}\nV2,snap_bean,p,{0}\n"


def county(folder: Path, tonnes: float, kw: float | None = None) -> Scenario:
    """Write two villages and a depot of so much refrigeration with large tunnels; as shipped where none is given."""
    settings = "[siting]\nbudget_cny = 0\n"
    if kw is not None:
        settings += f"[depot_type.cool_forced_air_500]\ncooling_kw = {kw}\nbatch_t = 1000\ncycle_h = 0.25\n"
    tables = {"villages": TWO_VILLAGES, "harvest": HARVEST.format(tonnes)}
    return load(tiny_county(folder, settings, sites=ONE_DEPOT, **tables))[0]


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan the county with a quarter of the power that it would take to cool all at once."""
    return decided(county(tmp_path_factory.mktemp("cooling") / "short", 400.0, 40.0))


def test_ten_tonnes_cooled_by_25_kelvin_by_hand(short: Plan) -> None:
    """10 t, 25 K, half cooled in 0.8 h, 4 kJ/(kg·K): 278 kWh, 240 kW at first, 101 kW on average until 7/8 is gone."""
    crop = short.scenario.commodities[0].model_copy(
        update={"heat_kj_kg_k": 4.0, "respiration_w_t_0c": 0.0, "respiration_w_t_20c": 0.0}
    )
    kind = replace(cooling_class(short.scenario.depot_types[0]), temp_c=1.0, half_cooling_h=0.8)
    warm = Period(id="p", days=1, hourly_c=(26.0,) * 24)
    assert 10 * heat_kwh_t(crop, 26.0, 1.0) == pytest.approx(277.8, abs=0.1)
    assert 10 * float(peak_kw_t(crop, kind, warm, np.array([9.5]))[0]) == pytest.approx(240.7, abs=0.1)
    assert 10 * heat_kwh_t(crop, 26.0, 1.0) * 7 / 8 / 2.4 == pytest.approx(101.3, abs=0.1)


def test_what_is_colder_than_the_zone_takes_no_power(short: Plan) -> None:
    """A winter lot at 2 °C in a zone of 10 °C is not cooled: no heat at first, none at all."""
    crop: Commodity = short.scenario.commodities[0]
    kind = cooling_class(next(k for k in short.scenario.depot_types if k.zone == "cool"))
    winter = Period(id="p", days=1, hourly_c=(2.0,) * 24)
    assert peak_kw_t(crop, kind, winter, np.array([8.0])).tolist() == [0.0]
    assert heat_kwh_t(crop, 2.0, kind.temp_c) == 0.0


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.floats(0.1, 60.0)), min_size=1, max_size=8),
    st.floats(5.0, 80.0), st.sampled_from([0.7, 3.2, 36.0]), st.sampled_from([0.9, 3.0, 1e9]), st.integers(1, 14),
    st.booleans(),
)  # fmt: skip
def test_power_is_never_exceeded_and_nobody_is_passed_over(
    came: list[tuple[int, float]], power: float, half_slots: float, batch_t: float, cycle: int, shared: bool
) -> None:
    """Every cohort goes in whole, after it came, not before those ahead; neither power nor batch is exceeded."""
    came = sorted(came)
    came = [(slot - came[0][0], kw) for slot, kw in came]
    ready, slots, day = np.array([slot for slot, _kw in came]), 400, 96
    peak = np.repeat(np.array([kw for _slot, kw in came])[:, None], slots, axis=1)
    tonnes, places = np.full(len(came), 2.0), CoolerPlaces(batch_t, cycle, shared)
    starts = first_come(peak, tonnes, ready, power, half_slots=half_slots, day_slots=day, places=places)
    assert np.bincount(starts.cohort, starts.share) == pytest.approx(np.ones(len(came)))
    assert (starts.slot >= ready[starts.cohort]).all()
    assert shared or (np.diff(starts.cohort) >= 0).all()
    assert (np.diff(starts.slot) >= 0).all()
    if starts.slot.max() < slots - 1:
        put_in = np.bincount(starts.slot % day, starts.share * peak[starts.cohort, 0], minlength=day)
        flow = np.zeros(day)
        for age in range(day):
            flow += np.roll(put_in, age) * 0.5 ** (age / half_slots) / (1.0 - 0.5 ** (day / half_slots))
        if starts.slot.max() < day:
            assert flow.max() <= power * (1 + 1e-7)
            held = sum(
                np.roll(np.bincount(starts.slot, 2.0 * starts.share, minlength=day), age) for age in range(cycle)
            )
            assert np.max(held) <= batch_t * (1 + 1e-7)


def test_a_tunnel_takes_its_batch_for_a_cycle_by_hand() -> None:
    """A tunnel of 2 t for 4 slots, 5 t come at once: 2 at 0, 2 at 4, the last at 8; in one of 5 t all go in at once."""
    peak, ready = np.full((5, 40), 1.0), np.zeros(5, dtype=np.intp)
    for batch_t, expected in ((2.0, [0, 0, 4, 4, 8]), (5.0, [0] * 5)):
        places = CoolerPlaces(batch_t, 4)
        starts = first_come(peak, np.ones(5), ready, 100.0, half_slots=1.0, day_slots=96, places=places)
        assert starts.slot.tolist() == expected
        assert starts.share.tolist() == [1.0] * 5


def test_rooms_share_their_power_by_hand() -> None:
    """10 kW for lots of 10 and 30 kW: a quarter of each at once, where a tunnel would take the first whole."""
    peak, ready = np.array([[10.0] * 50, [30.0] * 50]), np.array([0, 0])
    room, tunnel = (
        first_come(peak, np.ones(2), ready, 10.0, half_slots=1.0, day_slots=96, places=CoolerPlaces(shared=shared))
        for shared in (True, False)
    )
    assert room.share[:2] == pytest.approx([0.25, 0.25])
    assert tunnel.share[0] == pytest.approx(1.0)


@pytest.mark.parametrize(("method", "batches"), [("forced_air", "batch_t = 1.0\ncycle_h = 3.0\n"), ("room", "")])
def test_planner_replay_and_verification_agree_on_batches_and_rooms(tmp_path: Path, method: str, batches: str) -> None:
    """Batches of 1 t, or a room that shares 8 kW: less is in time than without the limit, alike in all three."""
    made = {}
    for name, kw in (("limited", 8.0 if method == "room" else 200.0), ("free", 200.0)):
        figures = batches if name == "limited" else ""
        settings = f"[siting]\nbudget_cny = 0\n[depot_type.cool_{method}_500]\ncooling_kw = {kw}\n{figures}"
        site = site_rows(f"S1,A,109.01,28.0,existing,cool_{method}_500:1,,,0")
        tables = {"villages": TWO_VILLAGES, "harvest": HARVEST.format(400.0), "sites": site}
        if method == "forced_air" and name == "free":
            settings += "batch_t = 1000\ncycle_h = 0.25\n"
        made[name] = decided(load(tiny_county(tmp_path / name, settings, **tables))[0])
    limited, free = made["limited"], made["free"]
    assert limited.report.problems == ()
    assert limited.summary["loss"]["plan_rate"] > free.summary["loss"]["plan_rate"]
    seen = Replayer(limited.scenario, limited.basis.placed, limited.tables).shifted(0.0, 1.0, 1.0).sums
    assert seen["plan_t"] == pytest.approx(limited.summary["loss"]["plan_t"], rel=1e-9)
    assert seen["cooled_t"] == pytest.approx(limited.tables["lots"].query("depot != ''")["tonnes"].sum(), rel=0.02)


def test_more_refrigeration_costs_by_the_kw(tmp_path: Path) -> None:
    """The catalogue's 92 kW cost 386,400 CNY; 102 kW at 1,900 CNY/kW 405,400; a stated investment stays."""
    kinds = [
        next(kind for kind in county(tmp_path / name, 10.0, kw).depot_types if kind.id == "cool_forced_air_500")
        for name, kw in (("as_shipped", None), ("more", 102.0))
    ]
    assert [kind.capex_cny for kind in kinds] == [386_400.0, 405_400.0]


@pytest.mark.parametrize("given", ["batch_t = 2.0", "cycle_h = 1.0"])
def test_a_batch_needs_its_cycle(tmp_path: Path, given: str) -> None:
    """Half of a batch is refused with what goes together."""
    folder = tiny_county(tmp_path / "half", f"[depot_type.cool_room_500]\n{given}\n")
    with pytest.raises(BadInputError, match="go together; state all three"):
        load(folder)


def test_lots_wait_in_the_hall_and_verify_agrees(short: Plan) -> None:
    """Lots go in piece by piece; the heat taken is all that is installed, no more; verify finds the same."""
    lots = short.tables["lots"]
    assert lots.groupby("village").size().min() > 1
    assert short.summary["cooling"]["installed_kw"] == 40.0
    assert 39.9 < short.summary["cooling"]["peak_kw"] <= 40.0
    assert short.report.problems == ()


def test_twice_the_lots_without_more_power_are_cooled_later(tmp_path: Path) -> None:
    """The same depot, the same routes and hours: twice the tonnes, a smaller share in time and a larger share lost.

    A replay without chance finds the same share in time.
    """
    plans = [decided(county(tmp_path / f"t{t}", t, 20.0)) for t in (200.0, 400.0)]
    one, two = (made.summary for made in plans)
    for made in plans:
        seen = Replayer(made.scenario, made.basis.placed, made.tables).shifted(0.0, 1.0, 1.0).sums
        assert seen["in_time_t"] / seen["harvest_t"] == pytest.approx(made.summary["coverage"]["plan"], rel=1e-9)
    assert one["villages"]["served"] == two["villages"]["served"] == 2
    assert two["coverage"]["plan"] < one["coverage"]["plan"] - 0.05
    assert two["loss"]["plan_rate"] > one["loss"]["plan_rate"]


@pytest.mark.slow
def test_more_power_never_cools_less_in_time(tmp_path: Path) -> None:
    """From a little to plenty: coverage rises to what it is when all that comes is cooled at once."""
    found = [decided(county(tmp_path / f"kw{kw}", 400.0, kw)).summary for kw in (25.0, 50.0, 100.0, 1000.0)]
    covered = [summary["coverage"]["plan"] for summary in found]
    assert covered[0] < covered[1] < covered[2] + 1e-9
    assert covered[2] <= covered[3] + 1e-9
    assert found[-1]["cooling"]["peak_kw"] < 1000.0
    free = county(tmp_path / "free", 400.0)
    kinds = tuple(kind.model_copy(update={"cooling_kw": None}) for kind in free.depot_types)
    unlimited = decided(replace(free, depot_types=kinds))
    assert unlimited.summary["coverage"]["plan"] == pytest.approx(covered[-1])
    assert unlimited.summary["loss"]["plan_t"] == pytest.approx(found[-1]["loss"]["plan_t"], rel=1e-9)
    assert unlimited.summary["cooling"] == {"peak_kw": 0.0, "installed_kw": 0.0}
    assert unlimited.report.problems == ()


@pytest.mark.parametrize("key", ["peak_kw", "installed_kw"])
def test_verify_names_power_that_is_off(short: Plan, key: str) -> None:
    """A thousandth more heat or power than recomputed is found."""
    summary = copy.deepcopy(short.summary)
    summary["cooling"][key] *= 1.001
    report = verify_tables(short.scenario, short.basis.placed.network.given, short.tables, summary)
    assert any(f"cooling.{key} is stated as" in problem for problem in report.problems)


def test_verify_follows_the_power_of_the_inputs(short: Plan) -> None:
    """With half the power in the inputs the same tables tell of lots that were cooled too soon."""
    kinds = tuple(
        kind.model_copy(update={"cooling_kw": 20.0}) if kind.id == "cool_forced_air_500" else kind
        for kind in short.scenario.depot_types
    )
    scenario = replace(short.scenario, depot_types=kinds)
    report = verify_tables(scenario, short.basis.placed.network.given, short.tables, short.summary)
    assert any(problem.startswith("lots: ") for problem in report.problems)


def test_siting_knows_what_power_takes_on_the_hardest_day(tmp_path: Path) -> None:
    """By hand: 9 kW to spare for 20 hours, over the heat of a tonne of beans at 30 °C, its breath and that in store."""
    scenario = county(tmp_path / "hard", 400.0, 12.0)
    made = decided(scenario)
    kinds = scenario.depot_types
    k = next(n for n, kind in enumerate(kinds) if kind.id == "cool_forced_air_500")
    crop = next(one for one in scenario.commodities if one.id == "snap_bean")
    warm = float(hourly_air_c(scenario.periods[0]).max())
    spare = 12.0 - 0.3 * 500.0 * (warm - 10.0) / 1000.0
    stay_d = (3 * kinds[k].half_cooling_h + scenario.chain.depot_dwell_h) / 24.0
    field = crop.heat_kj_kg_k * (warm - 10.0) / 3.6
    breath = respiration_w_t(crop, warm) / 1000.0 * kinds[k].half_cooling_h / np.log(2.0)
    stored = respiration_w_t(crop, 10.0) / 1000.0 * stay_d * 24.0
    assert made.basis.capacity_t_day[k] == pytest.approx(spare * 20.0 / (field + breath + stored))
    assert made.summary["cooling"]["peak_kw"] <= 12.0
    assert made.report.problems == ()


def test_a_replay_without_chance_waits_as_the_plan_does(short: Plan) -> None:
    """The same day lived through again: what waits for power is lost as planned, and all of it is cooled."""
    seen = Replayer(short.scenario, short.basis.placed, short.tables).shifted(0.0, 1.0, 1.0).sums
    assert seen["plan_t"] == pytest.approx(short.summary["loss"]["plan_t"], rel=1e-9)
    assert seen["cooled_t"] == pytest.approx(800.0)
    assert seen["in_time_t"] / seen["harvest_t"] == pytest.approx(short.summary["coverage"]["plan"], rel=1e-9)
