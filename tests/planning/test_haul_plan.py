"""Line haul over several depots inside a plan: what it saves, what riding along costs, the check, the bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from perishable import write_perishable
from planned import with_modules

from coldchain.economy import Bill
from coldchain.model import Scenario
from coldchain.planning import Options, Plan, lay_ground
from coldchain.planning.arcs import build_arcs
from coldchain.planning.basis import Basis, haul_bound_cny_t
from coldchain.planning.days import Days, Effort, work_out_days
from coldchain.planning.duties import run
from coldchain.planning.hauls import Hauls
from coldchain.planning.lots import TODAY, lots_of, outcome
from coldchain.planning.money import yearly
from coldchain.replays import Replayer
from coldchain.routing import RIDE_NODES, JointProblem, lower_bound_cny_t, solve_joint_haul
from coldchain.scenario import load
from coldchain.verify import Report, verify_tables

Change = Callable[[pd.DataFrame, int], pd.DataFrame]


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan twenty villages with a small cold room at each of four sites, all of one hub; several tours come out."""
    folder = tmp_path_factory.mktemp("joined") / "county"
    write_perishable(20, 3, folder)
    scenario = load(folder)[0]
    options = Options.quickly()
    count = np.zeros((len(scenario.sites), len(scenario.depot_types)), dtype=np.int64)
    count[:, [kind.id for kind in scenario.depot_types].index("cold_room_200")] = 1
    return with_modules(lay_ground(scenario, options), count)


def tours(made: Plan) -> pd.DataFrame:
    """Return the rows of the line haul over several depots."""
    table = made.tables["line_haul"]
    return table[table["tour"] != ""]


def under(made: Plan, **section: dict[str, object]) -> Basis:
    """Return the basis of a plan with some settings changed."""
    changed = {name: getattr(made.scenario, name).model_copy(update=more) for name, more in section.items()}
    scenario: Scenario = replace(made.scenario, **changed)
    return replace(made.basis, scenario=scenario)


def worked(made: Plan, basis: Basis) -> tuple[Days, pd.DataFrame, Bill]:
    """Work the decision of a plan out under another basis, with quick routes."""
    arcs = build_arcs(basis)
    days = work_out_days(basis, arcs, made.course.decision, Effort(quick=True))
    lots = lots_of(basis, arcs, made.course.decision, days)
    return days, lots, yearly(basis, made.course.decision, days, lots)


def test_tours_save_more_than_they_lose(joined: Plan) -> None:
    """The same decision costs less with tours than without, by less line haul and a little more loss."""
    assert joined.report.ok
    assert len(tours(joined))
    days, lots, bill = worked(joined, joined.basis)
    apart_days, apart_lots, apart_bill = worked(joined, under(joined, routing={"haul_depots": 1}))
    assert days.tours
    assert not apart_days.tours
    assert bill.total < apart_bill.total
    assert bill.line_haul < apart_bill.line_haul
    assert bill.loss > apart_bill.loss
    assert lots["tonnes"].sum() == pytest.approx(apart_lots["tonnes"].sum(), rel=1e-12)
    cold, apart_cold = (frame[frame["site"] != TODAY] for frame in (lots, apart_lots))
    rides = {ride.site: ride for ride in days.rides}
    hours = (cold["tonnes"] * cold["delivery_h"]).sum() - (apart_cold["tonnes"] * apart_cold["delivery_h"]).sum()
    assert hours > 0
    assert rides


def test_each_tour_saves_by_itself(joined: Plan) -> None:
    """Taking one tour apart into separate trips never makes the year cheaper, what days beyond the usual cost aside."""
    basis, arcs, decision = joined.basis, build_arcs(joined.basis), joined.course.decision
    days, _, bill = worked(joined, basis)
    apart, _, _ = worked(joined, under(joined, routing={"haul_depots": 1}))
    alone = {(day.site, day.period, day.zone): day for day in apart.hauls}
    for tour in days.tours:
        keys = [(site, tour.period, tour.zone) for site in tour.sites]
        hauls = [day for day in days.hauls if (day.site, day.period, day.zone) not in keys]
        found = Hauls(
            hauls=(*hauls, *(alone[key] for key in keys)),
            tours=tuple(one for one in days.tours if one is not tour),
            rides=tuple(ride for ride in days.rides if (ride.site, ride.period, ride.zone) not in keys),
        )
        running = run(basis.scenario, days.collection, found)
        other = Days(days.collection, found.hauls, found.tours, found.rides, running)
        lots = lots_of(basis, arcs, decision, other)
        year = yearly(basis, decision, other, lots)
        assert year.total - year.overflow > bill.total - bill.overflow


def test_no_tours_where_they_cannot_help(joined: Plan) -> None:
    """Neither when a loss is the first aim, nor past the target where a share must be on time."""
    days, lots, _ = worked(joined, under(joined, siting={"objective": ("loss_t", "total_cost_cny")}))
    assert not days.tours
    target = float(np.median(lots["delivery_h"]))
    late = {"chain": {"delivery_target_h": target}}
    _, apart, _ = worked(joined, under(joined, routing={"haul_depots": 1}, **late))
    _, strict, _ = worked(joined, under(joined, siting={"on_time": 0.01}, **late))
    within = [frame["tonnes"][frame["delivery_h"] <= target + 1e-6].sum() for frame in (apart, strict)]
    assert within[1] == pytest.approx(within[0], rel=1e-12)


def test_late_goods_ride_along_only_when_it_pays(joined: Plan) -> None:
    """With a price on lateness that no saving makes good, tours make nothing late."""
    _, lots, _ = worked(joined, joined.basis)
    late = {"chain": {"delivery_target_h": float(np.median(lots["delivery_h"]))}, "economics": {"late_cny_t": 1e5}}
    target = late["chain"]["delivery_target_h"] + 1e-6
    _, apart, _ = worked(joined, under(joined, routing={"haul_depots": 1}, **late))
    _, dear, _ = worked(joined, under(joined, **late))
    within = [frame["tonnes"][frame["delivery_h"] <= target].sum() for frame in (apart, dear)]
    assert within[1] == pytest.approx(within[0], rel=1e-12)


def test_the_memo_changes_nothing(joined: Plan) -> None:
    """Remembered line haul is the line haul worked out afresh."""
    memo: dict[tuple[object, ...], tuple[object, ...]] = {}
    arcs = build_arcs(joined.basis)
    first, second = (
        work_out_days(joined.basis, arcs, joined.course.decision, Effort(quick=True, memo=memo)) for _ in range(2)
    )
    fresh = work_out_days(joined.basis, arcs, joined.course.decision, Effort(quick=True))
    assert first.tours == second.tours == fresh.tours
    assert first.hauls == second.hauls == fresh.hauls


def checked(made: Plan, change: Change) -> Report:
    """Verify the plan after a change to its first tour."""
    tables = {name: frame.copy() for name, frame in made.tables.items()}
    tables["line_haul"] = change(tables["line_haul"], int(tours(made).index[0]))
    placed = made.basis.placed
    return verify_tables(made.scenario, placed.network.given, tables, made.summary)


def scaled(column: str, factor: float) -> Change:
    """Scale a figure of the tour."""

    def change(frame: pd.DataFrame, row: int) -> pd.DataFrame:
        frame[column] = frame[column].astype(float)
        frame.loc[row, column] *= factor
        return frame

    return change


def rewritten(text: Callable[[list[str]], str]) -> Change:
    """Write the tour's depots anew."""

    def change(frame: pd.DataFrame, row: int) -> pd.DataFrame:
        frame.loc[row, "tour"] = text(str(frame.loc[row, "tour"]).split(";"))
        return frame

    return change


def moved(parts: list[str]) -> str:
    """Load a third of the first depot's tonnes at the last instead."""
    (one, t_one, h_one), (two, t_two, h_two) = (part.split(":") for part in (parts[0], parts[-1]))
    part = float(t_one) / 3
    return ";".join([f"{one}:{float(t_one) - part}:{h_one}", *parts[1:-1], f"{two}:{float(t_two) + part}:{h_two}"])


def overloaded(parts: list[str]) -> str:
    """Load fifty tonnes at the last depot."""
    depot, _tonnes, hours = parts[-1].split(":")
    return ";".join([*parts[:-1], f"{depot}:50:{hours}"])


def hastened(parts: list[str]) -> str:
    """Let the last depot's load ride a tenth of the time less."""
    depot, tonnes, hours = parts[-1].split(":")
    return ";".join([*parts[:-1], f"{depot}:{tonnes}:{float(hours) * 0.9}"])


def gone(frame: pd.DataFrame, row: int) -> pd.DataFrame:
    """Take the tour out."""
    return frame.drop(index=row)


TAMPERED: list[tuple[str, Change, str]] = [
    ("the other way round", rewritten(lambda parts: ";".join(reversed(parts))), r"is written down for"),
    ("tonnes moved to the last depot", rewritten(moved), r"load_t_day of \S+ in \S+ \S+ is stated as"),
    ("more tonnes than the truck holds", rewritten(overloaded), r"are more than its"),
    ("a shorter ride from the last", rewritten(hastened), r"line_haul: ride of \S+ on .* by way of .* is stated as"),
    ("shorter rides", scaled("ride_h", 0.9), r"line_haul: ride_h of .* by way of .* is stated as"),
    ("fewer hours", scaled("hours_day", 0.9), r"line_haul: hours_day of .* by way of .* is stated as"),
    ("fewer kilometres", scaled("km_day", 0.9), r"line_haul: km_day of .* by way of"),
    ("a cheaper tour", scaled("cost_cny_day", 0.9), r"line_haul: cost_cny_day of .* by way of"),
    ("two trips", scaled("trips_day", 2.0), r"line_haul: trips_day of .* by way of"),
    ("no sense", rewritten(lambda _: "A to B"), r'tour must read "depot:t:h;depot:t:h"'),
    ("one depot", rewritten(lambda parts: parts[0]), r"must call at 2 to 4 different depots"),
    ("a depot twice", rewritten(lambda parts: ";".join([*parts, parts[0]])), r"must call at 2 to 4 different depots"),
    ("straight from the first", rewritten(lambda _: ""), r"must send|is stated as"),
    ("gone", gone, r"line_haul: \S+ must send|load_t_day of \S+ .* is stated as"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "change", "message"), TAMPERED, ids=[name for name, _, _ in TAMPERED])
def test_tampering_with_a_tour_is_named(joined: Plan, what: str, change: Change, message: str) -> None:
    """Each kind of tampering is reported by what it breaks."""
    report = checked(joined, change)
    assert not report.ok, what
    found = "\n".join(report.problems)
    assert pd.Series([found]).str.contains(message, regex=True).all(), found


def test_an_order_turned_round_whole_is_found(joined: Plan) -> None:
    """With depot and text turned round alike, the rides or the trips of the duty no longer agree."""

    def change(frame: pd.DataFrame, row: int) -> pd.DataFrame:
        parts = str(frame.loc[row, "tour"]).split(";")[::-1]
        frame.loc[row, "tour"], frame.loc[row, "depot"] = ";".join(parts), parts[0].split(":")[0]
        return frame

    report = checked(joined, change)
    assert any("line_haul: ride_h" in problem or "have a vehicle" in problem for problem in report.problems)


def test_a_limit_on_depots_is_checked(joined: Plan) -> None:
    """Where a truck may load at one depot only, the tours break the limit."""
    scenario = under(joined, routing={"haul_depots": 1}).scenario
    placed = joined.basis.placed
    report = verify_tables(scenario, placed.network.given, joined.tables, joined.summary)
    assert any("different depots" in problem for problem in report.problems)


def crooked(basis: Basis, km: np.ndarray, between: np.ndarray, hours: np.ndarray, between_h: np.ndarray) -> Basis:
    """Return a basis whose first sites all deliver to one hub over roads of these lengths."""
    n = len(km)
    km, between, hours, between_h = map(np.ascontiguousarray, (km, between, hours, between_h))
    scenario = replace(basis.scenario, sites=basis.scenario.sites[:n])
    return replace(
        basis, scenario=scenario, site_hub=np.zeros(n, dtype=np.intp), haul_h=hours, haul_km=km, between_h=between_h,
        between_km=between,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_the_bound_on_line_haul_holds_for_tours(joined: Plan, seed: int) -> None:
    """On roads longer one way than the other, and fewer km by a detour, trucks cost at least the bound."""
    rng = np.random.default_rng(seed)
    n, most = int(rng.integers(2, 5)), int(rng.integers(2, 5))
    raw = rng.uniform(5, 120, (n + 1, n + 1))
    hours = shortest(rng.uniform(0.1, 3.0, (n + 1, n + 1)))
    np.fill_diagonal(raw, 0.0)
    basis = crooked(under(joined, routing={"haul_depots": most}), raw[:n, n], raw[:n, :n], hours[:n, n], hours[:n, :n])
    bound = haul_bound_cny_t(basis)
    for share in (rng.dirichlet(np.ones(n)), rng.uniform(0.1, 1.5, n)):
        made = joint(basis, 11.0 * share, most)
        day = solve_joint_haul(made)
        assert day.cost_cny_day >= float(bound @ made.load_t) * (1 - 1e-9)


def shortest(hours: np.ndarray) -> np.ndarray:
    """Make times obey the triangle inequality, as fastest ways do."""
    found = hours.copy()
    np.fill_diagonal(found, 0.0)
    for k in range(len(found)):
        found = np.minimum(found, found[:, [k]] + found[[k], :])
    return found


def joint(basis: Basis, load: np.ndarray, most: int) -> JointProblem:
    """State the line haul of a crooked basis; riding costs nothing, so that tours are at their cheapest."""
    n, nothing = len(load), np.zeros((len(load), RIDE_NODES))
    return JointProblem(
        load, basis.haul_h, basis.haul_km, basis.between_h, basis.between_km, basis.line_haul,
        np.ones((n, len(basis.line_haul)), dtype=bool), nothing, nothing, basis.haul_rule, basis.slowest, most,
    )  # fmt: skip


def test_a_straight_bound_would_be_too_high(joined: Plan) -> None:
    """Where a detour by a neighbour is fewer km than the fastest way, a tour undercuts full trucks straight there."""
    km, hours = np.array([400.0, 10.0]), np.array([2.0, 0.2])
    between, between_h = np.array([[0.0, 20.0], [20.0, 0.0]]), np.array([[0.0, 1.9], [1.9, 0.0]])
    basis = crooked(joined.basis, km, between, hours, between_h)
    made = joint(basis, np.array([10.5, 0.5]), 4)
    cost = solve_joint_haul(replace(made, hub_km=km)).cost_cny_day
    (first, second) = (lower_bound_cny_t(hours[i], km[i], basis.line_haul, basis.haul_rule) for i in range(2))
    assert cost < first * 10.5 + second * 0.5
    assert cost >= float(haul_bound_cny_t(basis) @ made.load_t)


def test_outcome_counts_every_tonne(joined: Plan) -> None:
    """Lots split over straight trips and rides still add up to the harvest."""
    harvest = float(joined.scenario.harvest_t.sum())
    assert outcome(joined.basis, joined.course.lots).harvest_t == pytest.approx(harvest, rel=1e-9)
    assert float(joined.tables["lots"]["tonnes"].sum()) == pytest.approx(harvest, rel=1e-9)


def test_a_replay_without_chance_finds_the_rides(joined: Plan) -> None:
    """Lived through without chance, the plan loses what it says, the longer rides of tours included."""
    found = Replayer(joined.scenario, joined.basis.placed, joined.tables).shifted(0.0, 1.0, 1.0).sums
    assert found["plan_t"] == pytest.approx(joined.summary["loss"]["plan_t"], rel=1e-9)
    assert found["plan_cny"] == pytest.approx(joined.summary["loss"]["plan_cny"], rel=1e-9)
