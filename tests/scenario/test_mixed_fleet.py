"""New counties have a mixed fleet on offer: lorries that go again, owned or hired; what a user states goes first."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tiny_cases import tiny_county

from coldchain.cli import run
from coldchain.importing import draft_from_points, write_import
from coldchain.model import Scenario
from coldchain.scenario import Draft, load, offered_types, with_fleet

SCENARIOS = Path(__file__).parents[2] / "scenarios"
PLACES = (
    "name,county,lon,lat,kind\n"
    "Ayi,C,109.00,28.00,village\nBoli,C,109.02,28.01,village\nTang,C,109.01,28.02,town\nXian,C,109.03,28.03,hub\n"
)


def mixed(scenario: Scenario) -> bool:
    """Whether all usual types are on offer, may go again and may be owned, with a source."""
    offered = {name: getattr(scenario.routing, name) for name in offered_types()}
    kinds = [scenario.vehicle(key) for types in offered.values() for key in types]
    return offered == offered_types() and all(
        kind.trips_day > 1 and kind.own_cny_year and kind.own_h_year and kind.source for kind in kinds
    )


@pytest.mark.parametrize("name", ["upland", "anji-tea", "baise-mango", "zunyi-chilli"])
def test_shipped_counties_have_the_usual_fleet(name: str) -> None:
    """Each shipped county offers two lorries and three reefers, one of 5 t."""
    scenario = load(SCENARIOS / name)[0]
    assert mixed(scenario)
    assert scenario.vehicle("reefer_6m8").payload_kg == 5000.0


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", ["folder", "workbook"])
def test_a_county_made_up_has_it(tmp_path: Path, form: str, language: str) -> None:
    """So has what ``init`` writes, as a folder and as a workbook, in either language."""
    options = ["--workbook"] if form == "workbook" else []
    assert run(["init", str(tmp_path / "c"), "--villages", "4", *options, "--lang", language]) == 0
    scenario = load(tmp_path / "c")[0]
    assert mixed(scenario)
    assert ("Labour Law" in scenario.vehicle("light_truck").source) == (language == "en")
    assert scenario.vehicle("farm_tricycle").own_cny_year is None


def test_an_imported_list_has_it_unless_its_rules_name_vehicles(tmp_path: Path) -> None:
    """An import offers the usual fleet; rules that name one lorry get that one."""
    (tmp_path / "places.csv").write_text(PLACES, encoding="utf-8")
    (tmp_path / "one.toml").write_text(
        '[sections.routing]\ncollection_vehicles = ["farm_tricycle"]\n', encoding="utf-8"
    )
    for name, rules in (("usual", None), ("one", tmp_path / "one.toml")):
        write_import(draft_from_points(tmp_path / "places.csv", datum="wgs84", rules=rules), tmp_path / name)
    assert mixed(load(tmp_path / "usual")[0])
    routing = load(tmp_path / "one")[0].routing
    assert routing.collection_vehicles == ("farm_tricycle",)
    assert routing.line_haul_vehicles == offered_types()["line_haul_vehicles"]


def test_what_a_draft_states_stays() -> None:
    """Types and vehicles of a draft go before the usual ones."""
    own = pd.DataFrame([{"id": "light_truck", "trips_day": 2}])
    made = with_fleet(Draft("own", {"routing": {"line_haul_vehicles": ["reefer_9m6"]}}, {"vehicles": own}))
    assert made.sections["routing"]["line_haul_vehicles"] == ["reefer_9m6"]
    assert made.tables["vehicles"] is own


def test_a_folder_that_states_no_vehicles_keeps_its_meaning(tmp_path: Path) -> None:
    """A scenario written before, without vehicles of its own, still has one lorry, hired, that goes once a day."""
    scenario = load(tiny_county(tmp_path / "county"))[0]
    assert scenario.routing.collection_vehicles == ("light_truck",)
    assert scenario.routing.line_haul_vehicles == ("reefer_4m2", "reefer_9m6")
    assert all(kind.trips_day == 1 and kind.own_cny_year is None for kind in scenario.vehicles)
