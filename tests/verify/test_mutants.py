"""A planner that is wrong in one function is found out: verification shares none of them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from mutants import counted, functions, mutant, replaced
from perishable import write_perishable
from scenario_cases import append, change, change_all, replace_in_toml, set_in_toml, small_county

from coldchain.network import read_roads
from coldchain.planning import Plan, plan_quickly
from coldchain.scenario import load

STORAGE = "commodity,period,until,days,price_cny_kg\nkiwifruit,autumn,winter,60,9\nponkan,winter,spring,45,4\n"
PROGRAMME = """[subsidy]
own_money = true
years = [2026, 2027]
pot_by_year_cny = {2026 = 200000.0, 2027 = 300000.0}
paid_after_years = 1
"""
UNIT_AND_TRUCK = """
[mobile_unit.light]
name = "light trailer"
zone = "cold"
temp_c = 2
method = "forced_air"
half_cooling_h = 1.0
energy_ratio = 0.4
throughput_t_day = 8
storage_t = 4
net_m3 = 12
capex_cny = 60000
opex_cny_year = 8000
move_cny = 500

[vehicle.warm]
payload_kg = 4000.0
volume_m3 = 24.0
cargo = "insulated"
cost_cny_day = 300.0
cost_cny_km = 2.0
cost_cny_h = 30.0
"""
SAMPLE = (
    "coldchain.network.matrix.travel", "coldchain.network.snap.snap_places", "coldchain.spoilage.stages.hourly_air_c",
    "coldchain.spoilage.kinetics.loss_share", "coldchain.model.award.award_cny", "coldchain.planning.money.yearly",
)  # fmt: skip
TAKEN_AS_READ = frozenset({"coldchain.network.speeds.limit_kmh"})
"""What a sign beside the road says: verification only knows that no lorry is faster than its class allows."""
TAKEN_AS_STATED = frozenset({"coldchain.planning.money.standing_opex_cny", "coldchain.spoilage.stages.stage_array"})
"""What reaches no figure but the bound, which no one can prove without solving: with lanes that look hopeless nothing
is cooled, and all figures of that poor plan are true."""


@dataclass(frozen=True)
class Planned:
    """A county, the bytes of its sound plan, and the functions that it calls."""

    folder: Path
    sound: str
    calls: frozenset[str]


def text_of(made: Plan) -> str:
    """Return all that a plan writes into tables and summary, but for the seconds."""
    summary = {key: value for key, value in made.summary.items() if key != "seconds"}
    tables = "".join(name + frame.to_csv() for name, frame in sorted(made.tables.items()))
    return tables + json.dumps(summary, sort_keys=True, default=str)


def planned(folder: Path) -> Plan:
    """Plan a county with quick effort."""
    scenario, faults = load(folder)
    return plan_quickly(scenario, 0, faults)


def sound(folder: Path) -> Planned:
    """Plan a county with sound functions, and note which are called."""
    calls: set[str] = set()
    with ExitStack() as stack:
        for name, function in functions().items():
            stack.enter_context(replaced(function, counted(function, name, calls)))
        made = planned(folder)
    assert made.report.problems == ()
    return Planned(folder, text_of(made), frozenset(calls))


def verdict(name: str, county: Planned) -> str:
    """Plan with one function broken: found, unchanged, or overlooked."""
    function = functions()[name]
    with replaced(function, mutant(function)):
        try:
            made = planned(county.folder)
        except Exception as error:  # noqa: BLE001 - a planner that breaks down tells no lies
            return f"found: {type(error).__name__}"
    if not made.report.ok:
        return "found"
    return "unchanged" if text_of(made) == county.sound else "overlooked"


@pytest.fixture(scope="module")
def with_roads(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Six villages with roads, a standing depot, storage, fees, late deductions, two programme years."""
    folder = tmp_path_factory.mktemp("mutants") / "roads"
    write_perishable(6, 3, folder)
    set_in_toml(folder, "budget_cny", "500000.0")
    (folder / "storage.csv").write_text(STORAGE, encoding="utf-8")
    replace_in_toml(folder, "[subsidy]\n", PROGRAMME)
    replace_in_toml(folder, "[economics]\n", "[economics]\nfee_cny_t = 150.0\n")
    set_in_toml(folder, "late_cny_t", "20.0")
    change(folder, "sites", 2, existing="cold_forced_air_200:1")
    return sound(folder)


@pytest.fixture(scope="module")
def without_roads(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Six villages without roads, with a mobile unit and trucks that warm up."""
    folder = small_county(tmp_path_factory.mktemp("mutants") / "proximity", 6, 4)
    set_in_toml(folder, "file", '""')
    set_in_toml(folder, "budget_cny", "900000.0")
    set_in_toml(folder, "mobile_units", '["light"]')
    set_in_toml(folder, "line_haul_vehicles", '["warm"]')
    replace_in_toml(folder, "[subsidy]\n", "[subsidy]\nown_money = true\n")
    change_all(folder, "sites", lambda row: {**row, "max_modules": "0"})
    append(folder, UNIT_AND_TRUCK)
    return sound(folder)


@pytest.fixture(scope="module")
def with_lines(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    """Six villages on roads that have classes and posted limits instead of speeds."""
    folder = small_county(tmp_path_factory.mktemp("mutants") / "lines", 6, 3)
    roads = read_roads(folder / "roads")
    row = np.repeat(np.arange(roads.links), np.diff(roads.xy_start))
    limit = np.where(np.arange(roads.links) % 2, "30", "")
    columns = {"highway": ["tertiary"] * roads.links, "maxspeed": limit}
    lines = gpd.GeoDataFrame(columns, geometry=shapely.linestrings(roads.xy, indices=row), crs=4326)
    lines.to_file(folder / "roads.gpkg", layer="roads")
    set_in_toml(folder, "file", '"roads.gpkg"')
    return sound(folder)


def test_the_list_is_generated() -> None:
    """Functions of every room are in it, compiled ones too, and helpers of the modules are not."""
    names = functions()
    assert len(names) > 70
    assert {*SAMPLE, "coldchain.spoilage.kernels.run_stage", "coldchain.network.geometry.whole"} <= names.keys()
    assert not [name for name in names if ".verify" in name or "._" in name]


@pytest.mark.parametrize(
    "name", [*SAMPLE[2:5], *(pytest.param(name, marks=pytest.mark.slow) for name in SAMPLE[:2] + SAMPLE[5:])]
)
def test_a_wrong_function_is_found(name: str, with_roads: Planned) -> None:
    """Ways, places, air, loss, award and bill."""
    assert verdict(name, with_roads).startswith("found")


@pytest.mark.slow
def test_every_wrong_function_is_found(with_roads: Planned, without_roads: Planned, with_lines: Planned) -> None:
    """A mutant of each public function that a plan calls is found, or the plan's bytes do not change.

    The exceptions are closed: posted limits are taken as they are read, and the bound as it is stated.
    """
    overlooked = set()
    for name in functions():
        calling = [county for county in (with_roads, without_roads, with_lines) if name in county.calls]
        said = next((found for county in calling if (found := verdict(name, county)) != "unchanged"), "unchanged")
        if said == "overlooked":
            overlooked.add(name)
    assert overlooked == TAKEN_AS_READ | TAKEN_AS_STATED
