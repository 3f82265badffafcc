"""A day's dispatch: timetables by hand, causes one by one, locked tours, sequences, starts, and sums that add up."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from routing_cases import vehicle

from coldchain.errors import UsageError
from coldchain.routing.causes import clock
from coldchain.routing.day import DayProblem, Locked
from coldchain.routing.dispatch import instance_of_day, pieces_of, solve_day
from coldchain.routing.ruin import RuinEffort, ruin_recreate
from coldchain.routing.timetable import drive, violations

few = settings(derandomize=True, deadline=None, max_examples=30)
INF = float("inf")
SHORT = RuinEffort(iterations=400)
TRUCK = vehicle(cost_cny_h=0.0, cost_cny_day=10.0, cost_cny_km=1.0)


def line(places, load=None, vehicles=(TRUCK,), m=1, **figures):
    """Return a day on a line: 30 km an hour, the depots first; 1 CNY per hour aboard unless said otherwise."""
    at = np.array(places, dtype=float)
    n = len(at) - m
    far = np.abs(np.subtract.outer(at, at))
    load = np.full(n, 100.0) if load is None else np.array(load, dtype=float)
    given = {
        "volume_m3": load / 250.0,
        "weight_cny_h": np.ones((n, 3)),
        "available": (None,) * len(vehicles),
        "value_cny": np.full(n, INF),
        "window_h": np.tile([0.0, INF], (n, 1)),
        "depot_window_h": np.tile([0.0, 48.0], (m, 1)),
        "depot_kg": np.full(m, INF),
        "access_cny": np.zeros((m, n)),
        "regimes": np.full(n, -1),
        "max_aboard_h": np.full(n, INF),
    } | figures
    return DayProblem(far / 30.0, far, load, vehicles=vehicles, **given)


def random_line(n, seed, m=1, **figures):
    """Return a day with windows, two regimes, two vehicle types, optional lots and lots of several truckloads."""
    r = np.random.default_rng(seed)
    opens = r.uniform(5, 12, n)
    trucks = (
        vehicle("a", trips_day=2),
        vehicle("b", payload_kg=400.0, cargo="insulated", max_drive_h=6.0, shift_h=8.0),
    )
    chosen = {
        "window_h": np.column_stack([opens, opens + r.uniform(1, 6, n)]),
        "regimes": r.choice([1, 2, 3], n),
        "value_cny": np.where(r.random(n) < 0.5, 150.0, INF),
        "max_aboard_h": r.uniform(1.0, 4.0, n),
        "weight_cny_h": r.uniform(0, 20, (n, 3)),
        "access_cny": r.uniform(0, 5, (m, n)),
        "stop_h": 0.1, "load_h_t": 0.15, "unload_h": 0.25, "since_ready": bool(seed % 2),
    }  # fmt: skip
    load = r.choice([80.0, 300.0, 1500.0], n)
    return line(r.uniform(-60, 60, n + m), load, trucks, m, **(chosen | figures))


def test_timetable_waits_as_late_as_can_be():
    """Stops at 30 and 60 km; the far one opens at 5:00: the truck is back at 7:00 and calls at the near one at 6:00."""
    day = line([0, 30, 60], window_h=np.array([[0.0, INF], [5.0, INF]]))
    tour = drive(day, Locked("truck", 0, (((1, 100.0), (0, 100.0)),)))
    trip = tour.rounds[0]
    assert (trip.leave_h, trip.back_h) == (3.0, 7.0)
    assert [(v.start_h, v.aboard_h, v.spoilage_cny) for v in trip.visits] == [(5.0, 2.0, 2.0), (6.0, 1.0, 1.0)]
    assert tour.cost_cny == 10.0 + 120.0


def test_lot_waits_aboard_where_its_window_ends_early():
    """The near stop closes at 1:00, the far one opens at 4:00: the first lot rides from 1:00 to 6:00."""
    day = line([0, 30, 60], window_h=np.array([[0.0, 1.0], [4.0, INF]]))
    trip = drive(day, Locked("truck", 0, (((0, 100.0), (1, 100.0)),))).rounds[0]
    assert [v.aboard_h for v in trip.visits] == [5.0, 2.0]
    since = drive(replace(day, since_ready=True), Locked("truck", 0, (((0, 100.0), (1, 100.0)),)))
    assert since.spoilage_cny == 6.0 + 2.0


def test_two_trips_of_one_vehicle():
    """Two lots of 800 kg, payload 1,000: one vehicle goes twice when it may, and the shift counts both trips."""
    day = line([0, 30, 60], [800, 800], (TRUCK.model_copy(update={"trips_day": 2}),), unload_h=0.5)
    result = solve_day(day, effort=SHORT)
    assert [len(tour.rounds) for tour in result.tours] == [2]
    assert result.tours[0].shift_h == pytest.approx(2 + 0.5 + 4 + 0.5)
    once = solve_day(line([0, 30, 60], [800, 800]), effort=SHORT)
    assert len(once.tours) == 2
    assert result.total_cny == pytest.approx(once.total_cny - 10.0)


def test_a_plain_day_is_judged_in_constant_time():
    """Nothing but loads, hours aboard and shifts: no duty is driven through; any of the rest asks for it."""
    day = line([0, 10, 20, 30])
    assert not instance_of_day(day, pieces_of(day)).needs_duties
    for richer in (
        replace(day, window_h=np.array([[0.0, INF], [3.0, INF], [0.0, INF]])),
        replace(day, depot_window_h=np.array([[6.0, 12.0]])),
        replace(day, regimes=np.array([1, 2, 3])),
        replace(day, max_aboard_h=np.array([1.0, 2.0, 3.0])),
        replace(day, since_ready=True),
        replace(day, vehicles=(vehicle(max_drive_h=3.0),)),
        replace(day, vehicles=(vehicle(trips_day=2),)),
        replace(day, vehicles=(vehicle(), vehicle("v", cargo="reefer")), available=(None, None)),
    ):
        assert instance_of_day(richer, pieces_of(richer)).needs_duties
    reefer = replace(day, vehicles=(vehicle(cargo="reefer"),), weight_cny_h=np.tile([9.0, 9.0, 2.0], (3, 1)))
    found = ruin_recreate(instance_of_day(reefer, pieces_of(reefer)), SHORT)
    assert found.cost == pytest.approx(solve_day(reefer, effort=SHORT).total_cny)


def test_large_lot_is_cut():
    """2,300 kg at one place are three truckloads, of 1,000 kg at most, and no kilogram is lost."""
    result = solve_day(line([0, 30], [2300]), effort=SHORT)
    loads = sorted(trip.load_kg for tour in result.tours for trip in tour.rounds)
    assert loads == pytest.approx([300.0, 1000.0, 1000.0])
    assert not result.left


@few
@given(st.integers(0, 10_000), st.integers(0, 9), st.integers(1, 2))
def test_sums_add_up(seed, n, m):
    """Every kilogram is on a valid tour or left with a cause; the total is what the engine believed."""
    day = random_line(n, seed, m)
    result = solve_day(day, effort=SHORT, seed=seed)
    brought = np.zeros(n)
    for tour in result.tours:
        assert not violations(day, tour)
        for visit in (v for trip in tour.rounds for v in trip.visits):
            brought[visit.stop] += visit.load_kg
            assert visit.start_h >= day.window_h[visit.stop, 0] - 1e-9
    for left in result.left:
        brought[left.stop] += left.load_kg
        assert left.detail
    np.testing.assert_allclose(brought, day.load_kg)
    if all(np.isfinite(day.value_cny[x.stop]) for x in result.left):
        engine = ruin_recreate(instance_of_day(day, pieces_of(day)), SHORT, seed=seed)
        assert result.total_cny == pytest.approx(engine.cost, rel=1e-6, abs=1e-3)


FAR = [[INF, INF], [INF, INF]]


@pytest.mark.parametrize(
    ("cause", "text", "day"),
    [
        ("unreachable", "no road", replace(line([0, 30]), time_h=np.array(FAR))),
        ("depot", "no depot that can be reached", line([0, 30], access_cny=np.array([[INF]]))),
        ("depot", "room for 40 kg more", line([0, 30], depot_kg=np.array([40.0]))),
        ("regime", "no temperature regime", line([0, 30], regimes=np.array([0]))),
        ("hours_aboard", r"1\.0 h > 0\.5 h aboard", line([0, 30], max_aboard_h=np.array([0.5]))),
        ("window", "there at 07:00, window ends 06:30", line([0, 30], window_h=np.array([[0, 6.5]]),
                                                            depot_window_h=np.array([[6.0, 20.0]]))),
        ("window", "back at 10:00, depot closes 09:30", line([0, 30], window_h=np.array([[9.0, 12.0]]),
                                                             depot_window_h=np.array([[6.0, 9.5]]))),
        ("driving", r"2\.0 h > 1\.5 h driving", line([0, 30], vehicles=(vehicle(max_drive_h=1.5),))),
        ("shift", r"12\.0 h > 10\.0 h shift", line([0, 180])),
        ("fleet", "no vehicle on offer", line([0, 30], available=(0,))),
        ("fleet", r"all vehicles that could fetch it are out \(1 × truck\)", line([0, 30, -30], [900, 900],
                                                                               available=(1,))),
        ("sequence", "no vehicle has room and time", line([0, 30, -30], [600, 600], sequences=((0, 1),))),
        ("not_worth", "on a tour of the day costs 20 CNY, leaving it 9 CNY", line([0, 30, 40], [600, 300],
                                                             available=(1,), value_cny=np.array([INF, 9.0]),
                                                             weight_cny_h=np.zeros((2, 3)))),
        ("not_worth", "costs 71 CNY, leaving it 20 CNY", line([0, 30], value_cny=np.array([20.0]))),
    ],
)  # fmt: skip
def test_cause(cause, text, day):
    """Each cause by itself, with its figures."""
    left = solve_day(day, effort=SHORT).left
    assert {x.cause for x in left} == {cause}
    assert pytest.approx(left[0].load_kg) == day.load_kg[left[0].stop]
    assert re.search(text, left[0].detail), left[0].detail


def test_regimes_do_not_mix():
    """A chilled and a warm lot next door take two vehicles; a third that suits both rides with either."""
    day = line([0, 30, 31, 32], regimes=np.array([1, 2, 3]))
    trips = [{v.stop for v in t.visits} for tour in solve_day(day, effort=SHORT).tours for t in tour.rounds]
    assert len(trips) == 2
    assert {0, 1} not in trips


def test_cargo_decides_the_vehicle():
    """The insulated van costs 20 CNY more a day and saves 2 h times 20 CNY of spoilage."""
    van = TRUCK.model_copy(update={"id": "van", "cargo": "insulated", "cost_cny_day": 30.0})
    for hot, used in ((40.0, "van"), (15.0, "truck")):
        weight = np.array([[hot, 20.0, 20.0]])
        result = solve_day(line([0, 60], vehicles=(TRUCK, van), weight_cny_h=weight), effort=SHORT)
        assert result.tours[0].vehicle_id == used


def test_locked_tour_is_driven_as_it_stands():
    """The locked tour keeps its order, takes its vehicle from the fleet, and its load from the lots."""
    locked = Locked("truck", 0, (((1, 100.0), (0, 60.0)),))
    day = line([0, 30, 60, 90], locked=(locked,), available=(2,))
    result = solve_day(day, effort=SHORT)
    given = next(tour for tour in result.tours if tour.locked)
    assert [(v.stop, v.load_kg) for v in given.rounds[0].visits] == [(1, 100.0), (0, 60.0)]
    other = next(tour for tour in result.tours if not tour.locked)
    assert {v.stop: v.load_kg for v in other.rounds[0].visits} == pytest.approx({2: 100.0, 0: 40.0})


@few
@given(st.integers(0, 10_000), st.booleans())
def test_sequences_stay_together(seed, windows):
    """Stops of a sequence follow each other in their order on one trip, at the times the engine believed."""
    figures = {"regimes": np.full(6, -1), "value_cny": np.full(6, 5e4), "max_aboard_h": np.full(6, 9.0)}
    day = random_line(6, seed, sequences=((4, 1, 2),), **figures)
    day = replace(day, load_kg=np.full(6, 90.0), volume_m3=np.full(6, 0.3))
    if not windows:
        day = replace(day, window_h=np.tile([0.0, INF], (6, 1)), since_ready=False)
    result = solve_day(day, effort=SHORT, seed=seed)
    trips = [[v.stop for v in trip.visits] for tour in result.tours for trip in tour.rounds]
    with_chain = [trip for trip in trips if 4 in trip]
    for trip in with_chain:
        at = trip.index(4)
        assert trip[at : at + 3] == [4, 1, 2]
    assert all(not violations(day, tour) for tour in result.tours)
    assert windows or with_chain


def test_never_worse_than_the_start():
    """From yesterday's tours with a stop that has no load today and one that is new."""
    day = random_line(8, 3, window_h=np.tile([0.0, INF], (8, 1)))
    good = solve_day(day, effort=RuinEffort(iterations=5000))
    start = [
        Locked(t.vehicle_id, t.depot, tuple(tuple((v.stop, v.load_kg) for v in r.visits) for r in t.rounds))
        for t in good.tours
    ]
    again = solve_day(day, effort=RuinEffort(iterations=0), start=start)
    assert again.total_cny <= good.total_cny + 1e-6
    fewer = replace(day, load_kg=np.where(np.arange(8) == 2, 0.0, day.load_kg))
    assert all(
        v.stop != 2 for t in solve_day(fewer, effort=SHORT, start=start).tours for r in t.rounds for v in r.visits
    )
    nonsense = [Locked("truck", 0, (((0, 1.0),),)), Locked("a", 0, (tuple((i, 1.0) for i in range(8)),))]
    assert solve_day(day, effort=SHORT, start=nonsense).total_cny < INF


def test_library_behind_the_same_face():
    """OR-Tools solves the plain day to the same optimum, and refuses what it cannot express, by name."""
    day = line([0, 10, 20, -10, -20, 5, 7, 9])
    own, library = (solve_day(day, effort=RuinEffort(iterations=500), engine=e) for e in ("ruin-recreate", "ortools"))
    assert library.total_cny == pytest.approx(own.total_cny)
    with pytest.raises(UsageError, match=r"cannot express time windows, spoilage since readiness; use ruin-recreate"):
        solve_day(replace(day, window_h=np.tile([0.0, 9.0], (7, 1)), since_ready=True), effort=SHORT, engine="ortools")
    two = replace(line([0, 1, 5, 6], m=2), available=(1,), access_cny=np.array([[0.0, INF], [INF, 0.0]]))
    with pytest.raises(UsageError, match=r"cannot express limited fleets of several depots; use ruin-recreate"):
        solve_day(two, effort=SHORT, engine="ortools")


def test_library_keeps_fleets_driving_hours_and_stops():
    """A counted fleet of one depot, hours of driving and stops a trip bind the library as they bind our own search."""
    kind = vehicle(cost_cny_h=0.0, cost_cny_day=10.0, cost_cny_km=1.0, max_drive_h=1.5, max_stops=3)
    day = line([0, 10, 20, -10, -20, 5, 7, 9], vehicles=(kind,), available=(4,))
    own, library = (solve_day(day, effort=RuinEffort(iterations=500), engine=e) for e in ("ruin-recreate", "ortools"))
    assert library.total_cny == pytest.approx(own.total_cny)
    assert all(violations(day, tour) == () for tour in library.tours)
    assert max(len(tour.rounds[0].visits) for tour in library.tours) <= 3
    short = solve_day(replace(day, available=(1,)), effort=RuinEffort(iterations=500), engine="ortools")
    assert len(short.tours) == 1
    assert short.left


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("load_kg", [-1.0], "load_kg must be at least 0; got -1"),
        ("load_kg", [np.nan], "load_kg must be at least 0; got nan"),
        ("window_h", [[1.0]], r"window_h must have shape \(1, 2\)"),
        ("available", (), r"available must be one per vehicle type \(1\)"),
    ],
)
def test_day_without_meaning_is_refused(name, value, text):
    with pytest.raises(ValueError, match=text):
        replace(line([0, 30]), **{name: value if name == "available" else np.array(value)})


def test_nothing_to_fetch():
    """No stop, and a stop without load."""
    assert solve_day(line([0]), effort=SHORT).tours == ()
    assert solve_day(line([0, 30], [0.0]), effort=SHORT).status == "feasible"
    assert clock(-0.0) == "00:00"
