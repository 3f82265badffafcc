"""A plan lived through again: its own loss without chance, queues checked by hand, the same years for the same seed."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planned import saved

import coldchain as cc
from coldchain.cli import run as cli
from coldchain.cli.replaying import replay
from coldchain.errors import UsageError
from coldchain.model import Chain, Routing
from coldchain.model.bands import Figures, put, uncertain_figures
from coldchain.planning import Plan
from coldchain.replays import NONE, Chances, ReplayEffort, Replayer
from coldchain.replays.aging import Ager
from coldchain.replays.chances import ChanceSource, DayDraw, draw_days, draw_season
from coldchain.replays.day import DayOutcome, ReplayedDay, docks
from coldchain.replays.layout import DailyRound, Lots, TypicalDay
from coldchain.replays.replay import in_doubt

CHAIN = Chain(planned_wait_h=1.0, unload_h=0.5)
ROUTING = Routing(stop_h=0.0, load_h_t=0.0)
SMALL = ReplayEffort(years=3, days=2, seed=4, draws=2)


def season(tours: tuple[DailyRound, ...], tonnes: tuple[float, ...], room_t: float) -> TypicalDay:
    """Lay out stops of one lot each, an hour from one depot, ready at 8:00."""
    count = len(tonnes)
    nought = np.zeros(count, dtype=np.intp)
    planned = tuple(0.0 for _ in tonnes)
    lots = Lots(nought, nought, np.array(tonnes), nought, nought, nought, np.zeros((count, 5, 4)))
    coolers = (("D", "cool", "forced_air", ""),)
    first = np.arange(count + 1, dtype=np.intp)
    hours = tuple(1.0 for _ in tonnes)
    takes, kept = np.array([room_t]), np.zeros((1, 1))
    return TypicalDay(0, 8.0, tours, planned, tonnes, hours, first, lots, coolers, takes, kept, (None,), np.zeros(1))


def tour(stop: int, room_t: float = 1.0, shift_h: float = 10.0) -> DailyRound:
    return DailyRound("D", "truck", (1.0, 1.0), (stop,), room_t, shift_h, hours=2.5, spare_h=shift_h - 2.5)


def live(day: TypicalDay, places: int, harvest: float = 1.0, road: float = 1.0) -> DayOutcome:
    draw = DayDraw(0.0, np.full((1, 1), harvest), road, 0.0, np.random.default_rng(0))
    return ReplayedDay(day, CHAIN, ROUTING, {"D": places}, draw).run()


@pytest.fixture(scope="module")
def replayer(small_plan: Plan) -> Replayer:
    return Replayer(small_plan.scenario, small_plan.basis.placed, small_plan.tables)


def test_a_season_without_harvest_loses_nothing(replayer: Replayer) -> None:
    """Where nothing grows in a period there is no lot to follow."""
    idle = replace(replayer.ager.scenario, harvest_t=np.zeros_like(replayer.ager.scenario.harvest_t))
    draw = DayDraw(0.0, np.ones(idle.harvest_t.shape[:2]), 1.0, 0.0, np.random.default_rng(0))
    lost = Ager(Figures(idle), replayer.ager.trader).without_depots_t(replayer.layout.seasons[0], draw)
    assert lost.tolist() == [0.0] * len(idle.villages)


@pytest.fixture(scope="module")
def folder(small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(small_plan, tmp_path_factory.mktemp("replay") / "run", {"scenario": str(small_plan.scenario.folder)})


def test_without_chance_the_plan_comes_out(replayer: Replayer, small_plan: Plan) -> None:
    """Tonnes and money lost, with the plan and today, are the plan's own to nine digits."""
    told = small_plan.summary["loss"]
    found = replayer.shifted(0.0, 1.0, 1.0).sums
    assert found["plan_t"] == pytest.approx(told["plan_t"], rel=1e-9)
    assert found["plan_cny"] == pytest.approx(told["plan_cny"], rel=1e-9)
    assert found["today_t"] == pytest.approx(told["baseline_t"], rel=1e-9)
    assert found["harvest_t"] == pytest.approx(small_plan.scenario.harvest_t.sum())
    cooled = small_plan.tables["villages"]["cooled_t"].sum()
    assert (found["cooled_t"], found["warm_t"], found["left_t"]) == (pytest.approx(cooled), 0.0, 0.0)
    assert (found["second_trips"], found["waited_h"], found["late"]) == (0.0, 0.0, 0.0)


def test_years_without_chance_are_all_the_usual_day(replayer: Replayer) -> None:
    """Where temperatures do not stray either, two days of a season are what one is, and lose less than days that do."""
    still = replayer.scenario.chain.model_copy(update={"air_season_c": 0.0, "air_day_c": 0.0})
    calm = replayer.under(Figures(replace(replayer.scenario, chain=still)))
    drawn, steady = calm.year(NONE, 0, 0, 2).sums, calm.shifted(0.0, 1.0, 1.0).sums
    assert drawn["plan_t"] == pytest.approx(steady["plan_t"], rel=1e-9)
    assert steady["today_t"] < replayer.shifted(0.0, 1.0, 1.0).sums["today_t"]


def test_two_vehicles_and_one_unloading_place() -> None:
    """Loaded at 8:00, both are back at 9:00; one unloads until 9:30, the other until 10:00. Harvest was at 7:00."""
    found = live(season((tour(0), tour(1)), (1.0, 1.0), 5.0), places=1)
    assert sorted(found.cooled.warm_h) == [2.5, 3.0]
    assert found.waited_h == 0.5
    assert live(season((tour(0), tour(1)), (1.0, 1.0), 5.0), places=2).cooled.warm_h == [2.5, 2.5]


def test_a_full_pre_cooler_lets_the_rest_pass_warm() -> None:
    """Of 2 t the pre-cooler takes 1.5: the first load whole, half of the second."""
    found = live(season((tour(0), tour(1)), (1.0, 1.0), 1.5), places=1)
    assert found.cooled.tonnes == [1.0, 0.5]
    assert (found.warm.lot, found.warm.tonnes) == ([1], [0.5])


def test_what_a_vehicle_leaves_is_fetched_when_it_is_back() -> None:
    """Of 1.5 t one is taken; the vehicle has unloaded at 9:30, loads the rest at 10:30 and has unloaded at 12:00."""
    found = live(season((tour(0),), (1.0,), 5.0), places=1, harvest=1.5)
    assert (found.cooled.tonnes, found.cooled.warm_h) == ([1.0, 0.5], [2.5, 5.0])
    assert (found.second_trips, found.left.tonnes, found.late) == (1, [], 0)
    assert (found.returned, found.hires, found.more_h) == ([("truck", 0)], [], [("truck", 2.5)])


def test_what_would_be_in_after_the_shift_is_fetched_by_a_hired_lorry() -> None:
    """The vehicle leaves at 7:00; with a shift of 4.9 h it would be in too late with the rest, at 12:00.

    A hired one sets out at 8:00, loads at 9:00 and has unloaded at 10:30; the first is in at 9:30, as planned.
    """
    found = live(season((tour(0, shift_h=4.9),), (1.0,), 5.0), places=1, harvest=1.5)
    assert (found.cooled.tonnes, found.cooled.warm_h) == ([1.0, 0.5], [2.5, 3.5])
    assert (found.second_trips, found.hires, found.left.tonnes) == (1, ["truck"], [])
    assert sum(hours for _key, hours in found.more_h) == pytest.approx(2.5)


def test_a_load_of_several_vehicles_takes_several_returns() -> None:
    found = live(season((tour(0),), (1.0,), 5.0), places=1, harvest=3.5)
    assert found.cooled.tonnes == pytest.approx([1.0, 1.0, 1.0, 0.5])
    assert (found.second_trips, len(found.hires)) == (3, 0)
    assert found.more_h == [("truck", pytest.approx(7.5))]


def test_slow_roads_make_a_vehicle_late() -> None:
    """Two hours each way instead of one: loaded at 9:00 instead of 8:00, in at 11:30, past a shift of 4 h."""
    found = live(season((tour(0, shift_h=4.0),), (1.0,), 5.0), places=1, road=2.0)
    assert (found.cooled.warm_h, found.late) == ([4.5], 1)
    assert live(season((tour(0),), (1.0,), 5.0), places=1, road=0.5).cooled.warm_h == [2.0]


def test_as_many_unloading_places_as_the_plan_needs() -> None:
    three = season((tour(0), tour(1), tour(2)), (1.0, 1.0, 1.0), 5.0)
    assert docks(three, CHAIN) == {"D": 3}
    later = replace(three.tours[2], legs_h=(1.0, 1.5))
    assert docks(replace(three, tours=(*three.tours[:2], later)), CHAIN) == {"D": 2}


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.integers(0, 10_000))
def test_nothing_gets_lost_on_the_way(seed: int) -> None:
    """Cooled, passed warm and left add up to what was picked, whatever the day."""
    rng = np.random.default_rng(seed)
    stops = tuple(rng.uniform(0.1, 2.0, 5).tolist())
    tours = tuple(tour(n, room_t=max(stops[n], float(rng.uniform(0.2, 2.0)))) for n in range(5))
    day = season(tours, stops, float(rng.uniform(0.0, 6.0)))
    found = live(day, 1, harvest=float(rng.uniform(0.0, 4.0)), road=float(rng.uniform(0.5, 2.0)))
    again = live(day, 1, harvest=1.0)
    assert sum(again.cooled.tonnes + again.warm.tonnes) == pytest.approx(sum(stops))
    assert all(hours >= CHAIN.unload_h for hours in found.cooled.warm_h + found.warm.warm_h)
    assert sum(found.cooled.tonnes) <= float(day.room_t[0]) + 1e-9


def test_same_seed_same_years(replayer: Replayer, small_plan: Plan) -> None:
    """Equal seeds give equal years, more years begin with the same ones, another seed gives others."""
    first = replay_of(replayer, small_plan, SMALL)
    assert first == replay_of(replayer, small_plan, SMALL)
    assert replay_of(replayer, small_plan, replace(SMALL, years=2))["years"] == first["years"][:2]
    assert replay_of(replayer, small_plan, replace(SMALL, seed=5))["years"] != first["years"]


def replay_of(replayer: Replayer, plan: Plan, effort: ReplayEffort) -> dict[str, Any]:
    from coldchain.replays import replay as live_through

    return live_through(replayer, Chances(), effort, plan.summary)


def test_years_with_other_figures(replayer: Replayer) -> None:
    """The stated figures give the same years; shorter lives lose more today, whatever the years; draws have spreads."""
    scenario = replayer.scenario
    calm = replayer.shifted(0.0, 1.0, 1.0).sums
    assert replayer.under(Figures(scenario)).shifted(0.0, 1.0, 1.0).sums == calm
    lives = [one for one in uncertain_figures(scenario) if one.key.endswith(".life_d")]
    short = put(Figures(scenario), [(one, one.low) for one in lives])
    worse = replayer.under(short).shifted(0.0, 1.0, 1.0).sums
    assert lives
    assert worse["today_t"] > calm["today_t"]
    doubt = in_doubt(replayer, NONE, ReplayEffort(years=1, days=1, draws=3))
    assert doubt is not None
    assert (doubt["draws"], doubt["years"]) == (3, 1)
    assert doubt["today_rate"]["p5"] < doubt["today_rate"]["p95"]
    assert in_doubt(replayer, NONE, ReplayEffort(years=1, days=1, draws=0)) is None


def test_worse_years_lose_more(replayer: Replayer) -> None:
    """Warmer days and slower roads lose more, today and with the plan; the harvest alone changes no share by itself."""
    calm = replayer.shifted(0.0, 1.0, 1.0).sums
    for shift in ((2.0, 1.0, 1.0), (0.0, 1.0, 1.25)):
        worse = replayer.shifted(*shift).sums
        assert worse["plan_t"] > calm["plan_t"]
        assert worse["today_t"] > calm["today_t"]
    assert replayer.shifted(0.0, 1.2, 1.0).sums["today_t"] == pytest.approx(1.2 * calm["today_t"])


def test_depots_that_run_full_are_named(replayer: Replayer, small_plan: Plan) -> None:
    """What depots cool and pass on warm adds up to the years'; half as much harvest again fills some."""
    found = replay_of(replayer, small_plan, SMALL)
    assert sum(row["cooled_t"] for row in found["depots"]) == pytest.approx(
        sum(year["cooled_t"] for year in found["years"]) / SMALL.years
    )
    assert {row["depot"] for row in found["depots"]} == set(small_plan.tables["depots"]["depot"])
    rich = replayer.shifted(0.0, 1.5, 1.0)
    assert rich.depots[:, 1].sum() == pytest.approx(rich.sums["warm_t"])
    assert rich.sums["warm_t"] > 0


def test_draws_have_the_spreads_asked_for(small_plan: Plan) -> None:
    """Days of a season spread as asked, and their mean hardly moves: a slice each."""
    source, chances = ChanceSource.of(1, 0), Chances(season_c=0.0, day_c=3.0, road_cv=0.2).of(small_plan.scenario)
    calm = draw_season(source, chances, 2, 1)
    years = [[(day.air_c, day.road) for day in draw_days(source, chances, calm, 4)] for _year in range(500)]
    air, road = np.array(years)[:, :, 0], np.array(years)[:, :, 1]
    assert air.std() == pytest.approx(3.0, rel=0.05)
    assert road.std() == pytest.approx(0.2, rel=0.1)
    assert road.mean() == pytest.approx(1.0, abs=0.01)
    assert air.mean(axis=1).std() < 0.5 * 3.0 / 2.0  # of four independent days it would be half of 3


def test_years_come_in_pairs_of_mirror_images(small_plan: Plan) -> None:
    """What one year draws too high the next draws as much too low: temperatures cancel, factors multiply to a constant.

    A pair alone differs from the next one, and the mean of forty years' factors strays a third as far as it would.
    """
    chances = Chances().of(small_plan.scenario)
    drawn = [draw_season(ChanceSource.of(5, year), chances, 3, 2) for year in range(80)]
    assert [one.air_c for one in drawn[::2]] == [-one.air_c for one in drawn[1::2]]
    assert len({abs(one.air_c) for one in drawn}) == 40
    both = np.array([first.harvest * second.harvest for first, second in zip(drawn[::2], drawn[1::2], strict=True)])
    assert both == pytest.approx(np.full(both.shape, both[0, 0, 0]))
    factor = np.array([one.harvest for one in drawn])
    pairs = (factor[::2] + factor[1::2]) / 2.0
    assert pairs.std() < factor.std() / math.sqrt(2.0) / 3.0
    days = [[day.air_c for day in draw_days(ChanceSource.of(5, year), chances, drawn[year], 3)] for year in (0, 1)]
    assert days[0] == pytest.approx([-air_c for air_c in days[1]])


def test_the_command(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The object is printed and kept; without chance years are alike; nothing else is touched."""
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    asked = ["replay", str(folder), "--years", "2", "--days", "1", "--json", "--quiet"]
    assert cli([*asked, "--temperature", "0", "--harvest", "0", "--travel", "0"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rate"]["p5"] == told["rate"]["p95"]
    assert told["undisturbed"]["rate"] == pytest.approx(told["plan"]["rate"], rel=1e-9)
    assert json.loads((folder / "replay.json").read_text(encoding="utf-8")) == told
    assert all(path.read_bytes() == content for path, content in before.items())
    assert cli(["replay", str(folder), "--years", "2", "--days", "1", "--lang", "zh"]) == 0
    printed = capsys.readouterr()
    assert "二十年中" in printed.out
    assert "下一步" in printed.err


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--temperature", "warm", "must be 2 numbers with commas between; got warm"),
        ("--harvest", "0.1,0.2", "must be 3 numbers"),
        ("--travel", "0.1,9", "leg_cv must be from 0 to 2; got 9"),
    ],
)
def test_spreads_that_are_none(
    folder: Path, option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli(["replay", str(folder), option, value]) == 2
    assert message in capsys.readouterr().err


def test_another_scenario_is_refused(folder: Path, small_plan: Plan, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    shutil.copytree(small_plan.scenario.folder, moved)
    toml = moved / "scenario.toml"
    toml.write_text(toml.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    with pytest.raises(UsageError, match="has changed since this plan was made"):
        cc.replay(folder, years=2, chances=NONE, scenario=moved)


def test_a_run_of_another_version_is_refused(small_plan: Plan) -> None:
    older = {**small_plan.tables, "line_haul": small_plan.tables["line_haul"].drop(columns="tour")}
    with pytest.raises(UsageError, match=r"this run lacks line_haul.tour: another version wrote it; plan it again"):
        Replayer(small_plan.scenario, small_plan.basis.placed, older)


def test_the_command_has_no_spreads_of_its_own(small_plan: Plan) -> None:
    """Spreads are the scenario's where the command names none, those of temperature as well."""
    texts = {option.name: str(option.default) for option in replay.params}
    assert not {"0", "1", "2"} & set(texts["temperature"] + texts["harvest"] + texts["travel"])
    given, usual = Chances(), small_plan.scenario
    changed = replace(
        usual,
        routing=usual.routing.model_copy(update={"harvest_crop_cv": 0.3, "travel_leg_cv": 0.4}),
        chain=usual.chain.model_copy(update={"air_season_c": 0.7, "air_day_c": 3.1}),
    )
    assert given.of(changed) == replace(given.of(usual), crop_cv=0.3, leg_cv=0.4, season_c=0.7, day_c=3.1)
    assert Chances(crop_cv=0.0).of(changed).crop_cv == 0.0
