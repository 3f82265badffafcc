"""Collection routes: what stays behind and why, counted vehicles, edges, stopping, refused input."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from routing_cases import LARGE, SMALL, check, day, days, plain_cost, random_day, vehicle

from coldchain.routing import CollectionProblem, collection, price_trip, solve_collection
from coldchain.routing.iterated import _by_vehicle
from coldchain.routing.savings import RouteDraft
from coldchain.routing.segment import Kernel

derandomised = settings(derandomize=True, deadline=None, max_examples=60)
LINE = np.abs(np.subtract.outer([0, 10, 20, 30], [0, 10, 20, 30]))  # km: depot and three villages in a row


@pytest.fixture
def library(monkeypatch):
    """Send even tiny problems through savings and OR-Tools."""
    monkeypatch.setattr(collection, "ENUMERATED", 0)


# --- unserved -------------------------------------------------------------------------------------------------------


def test_too_long_aboard():
    """102 km at 30 km/h is 3.4 h, over the 3.0 h allowed; the other village is served."""
    problem = day([[0, 102, 10], [102, 0, 95], [10, 95, 0]], [200, 200], max_aboard_h=3.0)
    result = solve_collection(problem)
    assert [(u.stop, u.load_kg, u.reason, u.detail) for u in result.unserved] == [
        (0, 200.0, "hours_aboard", "direct drive 3.4 h > 3.0 h")
    ]
    assert [r.stops for r in result.routes] == [(1,)]


def test_shift_too_short():
    """A round of 12 h does not fit a shift of 10 h."""
    result = solve_collection(day([[0, 180], [180, 0]], [200], unload_h=0.5))
    assert result.status == "infeasible"
    assert result.unserved[0].reason == "shift"
    assert result.unserved[0].detail == "shortest round 12.5 h > 10.0 h shift of small"


def test_unreachable_one_way():
    """No way back is no way; the finite way out does not help."""
    km = np.array([[0, 10.0], [np.inf, 0]])
    result = solve_collection(day(km, [200]))
    assert result.unserved[0].reason == "unreachable"


@pytest.mark.usefixtures("library")
def test_villages_without_a_road_between_them_get_their_own_routes():
    """Infinite hours between villages are kept out of every route."""
    km = np.full((5, 5), np.inf)
    km[0, :] = km[:, 0] = 10
    np.fill_diagonal(km, 0)
    result = solve_collection(day(km, [100] * 4, [5.0] * 4))
    assert sorted(r.stops for r in result.routes) == [(0,), (1,), (2,), (3,)]


def test_no_vehicle_on_offer():
    """Without vehicles nothing is served and the reason says so."""
    result = solve_collection(day(LINE, [100, 0, 100], vehicles=()))
    assert [(u.stop, u.reason) for u in result.unserved] == [(0, "no_vehicle"), (2, "no_vehicle")]
    assert result.status == "infeasible"


def test_absurd_load_names_the_payload():
    """A load of more than a thousand trucks a day is refused, not driven."""
    result = solve_collection(day([[0, 10], [10, 0]], [2e6]))
    assert result.unserved[0].reason == "payload"
    assert "1000 trips" in result.unserved[0].detail
    bulky = replace(day([[0, 10], [10, 0]], [900]), volume_m3=np.array([2e4]))
    assert solve_collection(bulky).unserved[0].reason == "volume"


@pytest.mark.parametrize("enumerated", [0, 6])
def test_counted_vehicles_leave_the_least_behind(monkeypatch, enumerated):
    """One truck of 1,000 kg for 600 + 300 + 400 kg: the 300 kg stay."""
    monkeypatch.setattr(collection, "ENUMERATED", enumerated)
    problem = day(LINE, [600, 300, 400], available=(1,))
    result = solve_collection(problem)
    check(problem, result)
    assert [(u.stop, u.reason) for u in result.unserved] == [(1, "no_vehicle")]
    assert len(result.routes) == 1


def test_counted_vehicles_are_never_exceeded():
    """With three small and one large truck for twenty villages, at most those go out, and nothing is lost sight of."""
    problem = random_day(20, 6, (SMALL, LARGE), available=(3, 1))
    result = solve_collection(problem, solution_limit=50)
    check(problem, result)
    names = [r.vehicle_id for r in result.routes]
    assert names.count("small") <= 3
    assert names.count("large") <= 1
    assert {u.reason for u in result.unserved} == {"no_vehicle"}


@derandomised
@given(days())
def test_feasible_stop_is_never_dropped(problem):
    """A stop stays behind only when no direct trip of any size and type can fetch from it."""
    for left in solve_collection(problem).unserved:
        assert all(plain_cost(problem, v, (left.stop,), [1e-3]) is None for v in problem.vehicles)


# --- edges and limits -----------------------------------------------------------------------------------------------


def test_no_stops_and_empty_stops():
    """Nothing to fetch costs nothing."""
    assert solve_collection(day([[0]], [])).total_cny == 0
    result = solve_collection(day(LINE, [0, 0, 0]))
    assert (result.status, result.routes, result.unserved) == ("optimal", (), ())


@pytest.mark.usefixtures("library")
def test_all_stops_at_the_depot():
    """Zero distances everywhere: full trucks, day rates only, no division by zero."""
    problem = day(np.zeros((8, 8)), [500] * 7, [3.0] * 7)
    result = solve_collection(problem)
    check(problem, result)
    assert result.cost_cny == pytest.approx(4 * 60.0)


@pytest.mark.usefixtures("library")
def test_costless_vehicles_do_not_break_the_scale():
    """A vehicle that costs nothing is allowed."""
    free = vehicle(cost_cny_day=0, cost_cny_km=0, cost_cny_h=0)
    check(problem := day(LINE, [400, 400, 400], vehicles=(free,)), solve_collection(problem))


@pytest.mark.usefixtures("library")
def test_limits_met_to_the_last_digit():
    """Ten lots of 100 kg fill 1,000 kg, and hours aboard equal to the limit are allowed."""
    points = np.arange(11)
    km = np.abs(np.subtract.outer(points, points)) * 3.0
    problem = day(km, [100] * 10, max_aboard_h=float(sum([0.1] * 10)))
    result = solve_collection(problem)
    check(problem, result)
    assert len(result.routes) == 1


def test_stop_returns_the_best_so_far():
    """Asked to stop, the search ends at once with routes that can be driven."""
    problem = random_day(25, 1)
    asked = iter([False] * 4 + [True] * 100_000)
    result = solve_collection(problem, solution_limit=20_000, stop=lambda: next(asked))
    check(problem, result)
    assert result.status == "limit"
    assert solve_collection(problem, stop=lambda: True).status == "limit"


def test_clock_is_a_backstop():
    """With no time left the savings routes are returned and the status says limit."""
    result = solve_collection(random_day(25, 1), time_limit_s=0.0)
    assert result.status == "limit"
    assert not result.unserved


def test_more_stops_than_can_be_enumerated_are_refused():
    """The enumeration says how many it takes."""
    with pytest.raises(ValueError, match="at most 8; got 9"):
        collection.enumerate_routes(Kernel(random_day(9, 0)))


def test_vehicles_follow_their_routes():
    """Known routes are handed to vehicles of their own type."""
    assert _by_vehicle(RouteDraft([(1, (2, 0)), (0, (1,))], []), [0, 0, 1]) == [[2], [], [3, 1]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"km": np.zeros((2, 2))}, r"km must have shape \(4, 4\); got \(2, 2\)"),
        ({"load_kg": [1, -2, 3]}, "load_kg must be finite and at least 0; got -2"),
        ({"weight_cny_h": [1, np.inf, 3]}, "weight_cny_h must be finite and at least 0; got inf"),
        ({"time_h": np.full((4, 4), np.nan)}, "time_h must be at least 0; got nan"),
        ({"unload_h": -1.0}, "unload_h must be finite"),
        ({"available": (1, 2)}, r"one count per vehicle type \(1\); got \(1, 2\)"),
    ],
)
def test_senseless_problems_are_refused(change, message):
    """Shapes, negative figures and counts are checked with the value in the message."""
    good = day(LINE, [1, 2, 3])
    fields = {f: getattr(good, f) for f in good.__dataclass_fields__}
    with pytest.raises(ValueError, match=message):
        CollectionProblem(**(fields | change))


@pytest.mark.parametrize("engine", ["ruin-recreate", "ortools"])
def test_driving_hours_bind_where_the_shift_does_not(engine):
    """Stops 30 km either way of the depot: 4 h of driving in one round, so 3 h allow two rounds of 2 h only."""
    km = np.abs(np.subtract.outer([0, 30, -30, 1, 2, 3, 4, 5], [0, 30, -30, 1, 2, 3, 4, 5]))
    free = solve_collection(day(km, [50] * 7), engine=engine)
    tired = vehicle(max_drive_h=3.0)
    bound = solve_collection(day(km, [50] * 7, vehicles=(tired,)), engine=engine)
    assert len(free.routes) == 1
    assert sorted(len(route.stops) for route in bound.routes) == [1, 6]
    assert max(route.drive_h for route in bound.routes) <= 3.0 + 1e-6


def test_stop_beyond_the_driving_hours_says_so():
    """Two hours either way and 3 h of driving allowed."""
    result = solve_collection(day([[0, 60], [60, 0]], [50], vehicles=(vehicle(max_drive_h=3.0),)))
    assert [(u.reason, u.detail) for u in result.unserved] == [
        ("shift", "direct drive out and back 4.0 h > 3.0 h of driving")
    ]


def test_driving_hours_need_a_second_driver_on_the_line_haul():
    """Four hours of driving at 3 h a driver: two vehicle days."""
    truck = vehicle(cargo="reefer", max_drive_h=3.0)
    assert price_trip(truck, 1.0, 2.0, 60.0).crews == 2
    assert price_trip(vehicle(cargo="reefer"), 1.0, 2.0, 60.0).crews == 1
