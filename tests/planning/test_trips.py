"""Plans whose vehicles go again and are owned or hired: bill, bound, verification and replay agree."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest
from perishable import write_perishable
from planned import decided

from coldchain.economy import Work, choose_fleet, least_day_cny
from coldchain.economy.fleet import fleet_of
from coldchain.language import speaking
from coldchain.model import Scenario, VehicleType
from coldchain.planning import Plan
from coldchain.planning.basis import least_types
from coldchain.replays import NONE, Chances, ReplayEffort, Replayer, replay
from coldchain.scenario import load
from coldchain.verify import Report, verify_tables

Tables = dict[str, pd.DataFrame]
AGAIN: Mapping[str, float] = {"trips_day": 4}
MORE = [pytest.param(which, marks=pytest.mark.slow) for which in ("once", "again")]
OWNED: Mapping[str, float] = {"trips_day": 4, "own_cny_year": 9000.0, "own_h_year": 2500.0}


def with_vehicles(scenario: Scenario, figures: Mapping[str, float]) -> Scenario:
    """Return the scenario with other figures of all vehicles."""
    return replace(scenario, vehicles=tuple(kind.model_copy(update=dict(figures)) for kind in scenario.vehicles))


@cache
def planned(villages: int, which: str) -> Plan:
    """Plan a small county whose vehicles go once, go again, or may be owned besides."""
    figures: Mapping[str, float] = {"once": {}, "again": AGAIN, "owned": OWNED}[which]
    with TemporaryDirectory() as folder:
        write_perishable(villages, 5, Path(folder) / "county")
        scenario, _faults = load(Path(folder) / "county")
        return decided(with_vehicles(scenario, figures))


def checked(made: Plan, change: Callable[[Tables], None] = lambda _tables: None) -> Report:
    tables = {name: table.copy() for name, table in made.tables.items()}
    change(tables)
    return verify_tables(made.scenario, made.basis.placed.network.given, tables, made.summary)


@pytest.mark.parametrize("which", [*MORE, "owned"])
def test_bill_fleet_and_bound_are_borne_out(which: str) -> None:
    made = planned(6, which)
    report = checked(made)
    assert report.problems == ()
    assert report.total_cny == pytest.approx(made.summary["annual_cny"]["total"], rel=1e-9)
    assert made.summary["objective"]["bound"] <= made.summary["objective"]["value"] * (1 + 1e-9)


def test_going_again_costs_less_and_takes_fewer_vehicles() -> None:
    once, again = planned(6, "once"), planned(6, "again")
    assert (again.tables["duties"]["order"] > 1).any()
    assert again.summary["annual_cny"]["total"] < once.summary["annual_cny"]["total"]
    assert again.summary["routes"]["vehicles"] < once.summary["routes"]["vehicles"]
    assert all(row["owned"] == 0 for row in again.summary["fleet"])
    assert max(row["trips_day"] for row in again.summary["fleet"]) > 1.0


def test_owning_pays_where_vehicles_drive_most_days() -> None:
    again, owned = planned(6, "again"), planned(6, "owned")
    table = owned.tables["fleet"]
    assert owned.summary["annual_cny"]["total"] < again.summary["annual_cny"]["total"]
    assert sum(row["owned"] for row in owned.summary["fleet"]) == table["owned"].sum() > 0
    days = table["owned_days"] + table["hired_days"]
    hire = table["vehicle"].map({kind.id: kind.cost_cny_day for kind in owned.scenario.vehicles})
    assert (table["own_cny_year"] + table["hire_cny_year"] <= days * hire + 1e-6).all()


@pytest.mark.parametrize("which", ["again", "owned"])
def test_a_year_without_chance_loses_what_the_plan_states(which: str) -> None:
    made = planned(6, which)
    year = Replayer(made.scenario, made.basis.placed, made.tables).shifted(0.0, 1.0, 1.0)
    assert year.sums["plan_cny"] == pytest.approx(made.summary["loss"]["plan_cny"], rel=1e-6)


def _set(table: str, column: str, value: float) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        at = tables[table].index[tables[table][column] > 0][-1]
        tables[table].loc[at, column] = value

    return change


def _gone(tables: Tables) -> None:
    tables["duties"] = tables["duties"][tables["duties"]["route"] != tables["duties"]["route"].max()]


def _joined(tables: Tables) -> None:
    routes = tables["duties"]["route"] != ""
    tables["duties"].loc[routes, "duty"] = tables["duties"].loc[routes, "duty"].iloc[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("duties", "wait_h", 0.0), "wait_h of trip"),
        (_gone, "is driven 0 times"),
        (_joined, "makes"),
        (_set("fleet", "owned", 99), "fleet: own_cny_year of"),
        (_set("fleet", "own_cny_year", 1.0), "fleet: own_cny_year of"),
    ],
    ids=["no waiting", "a trip without a vehicle", "one vehicle for all", "more owned", "cheap to own"],
)
def test_a_fleet_that_does_not_bear_its_plan_out_is_named(change: Callable[[Tables], None], message: str) -> None:
    report = checked(planned(6, "owned"), change)
    assert [text for text in (*report.problems, *report.consequences) if message in text]
    with speaking("zh"):
        assert checked(planned(6, "owned"), change).problems != report.problems


TRUCK = VehicleType(
    id="t", payload_kg=1500, volume_m3=9, cargo="ambient", cost_cny_day=60, cost_cny_km=1, cost_cny_h=2,
    own_cny_year=9000, own_h_year=1100,
)  # fmt: skip


def plain_days(work: list[Work], owned: int, hours: float) -> int:
    """Most days that so many vehicles can take over, every duty on every day taken or not."""
    duties = [(one.days, h) for one in work for h in one.hours]
    best = 0
    for taken in itertools.product(*(range(int(days) + 1) for days, _h in duties)):
        used, place, fits = 0.0, 0, True
        for one in work:
            mine = taken[place : place + len(one.hours)]
            place += len(one.hours)
            fits &= sum(mine) <= owned * one.days
        used = sum(count * h for count, (_days, h) in zip(taken, duties, strict=True))
        if fits and used <= hours * owned + 1e-9:
            best = max(best, sum(taken))
    return best


@pytest.mark.parametrize("hours", [9.0, 14.0, 1000.0])
@pytest.mark.parametrize("owned", [0, 1, 2, 3])
def test_owned_vehicles_take_over_as_many_days_as_can_be(owned: int, hours: float) -> None:
    work = [Work(3.0, (2.0, 3.0), 4), Work(2.0, (1.0, 4.0, 2.5), 3)]
    kind = TRUCK.model_copy(update={"own_h_year": hours})
    found = fleet_of(kind, work, owned).owned_days
    whole = plain_days(work, owned, hours)
    assert whole - 1e-9 <= found < whole + 1.0


@pytest.mark.parametrize("own", [0.0, 5000.0, 9000.0, 14000.0, None])
def test_no_other_number_of_vehicles_costs_less(own: float | None) -> None:
    kind = TRUCK.model_copy(update={"own_cny_year": own, "own_most": 4})
    work = [Work(90.0, (4.0, 5.0, 6.5, 8.0, 9.0), 9), Work(180.0, (3.0, 7.0), 4), Work(95.0, (8.0,), 2)]
    chosen = choose_fleet(kind, work)
    others = [fleet_of(kind, work, n) for n in range(5 if own is not None else 1)]
    cost = chosen.own_cny + chosen.hire_cny
    assert cost == min(one.own_cny + one.hire_cny for one in others)
    assert cost >= chosen.days * least_day_cny(kind, 365.0) - 1e-9


@pytest.mark.parametrize("which", [MORE[0], "owned"])
def test_the_bill_of_a_year_without_chance_is_the_one_stated(which: str) -> None:
    made = planned(6, which)
    replayer = Replayer(made.scenario, made.basis.placed, made.tables)
    found = replay(replayer, NONE, ReplayEffort(years=1, days=1), made.summary)["bill"]
    stated = made.summary["annual_cny"]
    assert found["stated_cny"] == stated["total"]
    loss = found["by_term"].pop("loss")
    assert replayer.shifted(0.0, 1.0, 1.0).sums["plan_cny"] == pytest.approx(stated["loss"], rel=1e-9)
    assert loss["mean_cny"] < stated["loss"]  # that of usual days alone
    calm = stated["total"] - stated["overflow"] - stated["loss"] + loss["mean_cny"]
    assert found["mean_cny"] == found["p50_cny"] == found["p95_cny"] == pytest.approx(calm, rel=1e-6)
    assert found["by_term"].pop("overflow")["mean_cny"] == pytest.approx(0.0, abs=1.0)
    for name, term in found["by_term"].items():
        assert term["mean_cny"] == pytest.approx(stated[name], rel=1e-6, abs=1.0), name


def test_years_of_chance_are_priced_by_term() -> None:
    made = planned(6, "owned")
    replayer = Replayer(made.scenario, made.basis.placed, made.tables)
    found = replay(replayer, Chances(), ReplayEffort(years=4, days=2, seed=1), made.summary)["bill"]
    terms = found["by_term"]
    assert set(terms) == set(made.summary["annual_cny"]) - {"total"}
    assert found["mean_cny"] == pytest.approx(sum(term["mean_cny"] for term in terms.values()), rel=1e-9)
    assert found["p50_cny"] <= found["p95_cny"]
    assert terms["capital"]["mean_cny"] == terms["capital"]["stated_cny"]
    assert terms["overflow"]["mean_cny"] > 0.0


@pytest.mark.parametrize("seed", range(6))
def test_no_duty_costs_less_than_the_bound_lets_its_trips_pay(seed: int) -> None:
    """Random trips, put on as few vehicles as can be, owned all year or hired: least prices never exceed the bill."""
    random = np.random.default_rng(seed)
    scenario = planned(6, "owned").scenario
    days = sum(period.days for period in scenario.periods)
    own = None if seed % 3 == 0 else float(random.uniform(2000, 30000))
    kind = TRUCK.model_copy(
        update={"trips_day": int(random.integers(1, 5)), "own_cny_year": own, "own_h_year": None, "shift_h": 9.0}
    )
    (least,) = least_types(scenario, (kind,), random.uniform(0.5, 6.0, 8), 0.5)
    hours = random.uniform(0.3, 9.0, 12)
    duties: list[list[float]] = []
    for trip in sorted(hours, reverse=True):
        place = next((d for d in duties if sum(d) + trip <= kind.shift_h and len(d) < kind.trips_day), None)
        duties.append([trip]) if place is None else place.append(trip)
    fleet = choose_fleet(kind, [Work(days, tuple(map(sum, duties)), len(hours))])
    paid = fleet.own_cny + fleet.hire_cny + days * kind.cost_cny_h * hours.sum()
    assert days * (len(hours) * least.cost_cny_day + least.cost_cny_h * hours.sum()) <= paid * (1 + 1e-12)
