"""A run is one thing: as it was made, as its folder holds it; and its tables have one schema."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tiny_cases import tiny_county

from coldchain.cells import csv_text
from coldchain.errors import BadInputError
from coldchain.planning import Plan, plan_quickly
from coldchain.reports import write_run
from coldchain.runs import Run, run_information, schema
from coldchain.runs.folder import RUN, SUMMARY
from coldchain.scenario import load
from coldchain.verify import columns as verified


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a county of one village with a crop that no plan leaves uncooled."""
    harvest = "village,commodity,period,tonnes\nV1,strawberry,p,300\n"
    return tiny_county(tmp_path_factory.mktemp("runs") / "tiny", harvest=harvest)


@pytest.fixture(scope="module")
def made(county: Path) -> Plan:
    """Plan it."""
    return plan_quickly(load(county)[0])


@pytest.fixture(scope="module")
def folder(made: Plan, county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the plan."""
    target = tmp_path_factory.mktemp("runs") / "run"
    return write_run(made, target, run_information(made, {"scenario": str(county)}))


def test_a_folder_opens_to_what_was_saved(made: Plan, folder: Path) -> None:
    """Summary, tables, scenario and roads are those of the plan; the scenario is found by itself."""
    opened = Run.open(folder).checked()
    assert opened.unchanged
    assert opened.tables["depots"]["depot"].tolist() == ["S1"]
    assert opened.summary["annual_cny"] == made.summary["annual_cny"]
    assert opened.tables.keys() == made.tables.keys()
    for name, frame in made.tables.items():
        assert csv_text(opened.tables[name]) == csv_text(frame), name
    assert opened.scenario.sha256 == made.scenario.sha256
    assert opened.placed.node.tolist() == made.placed.node.tolist()
    assert opened.planned.siting.budget_cny == made.scenario.siting.budget_cny


def test_tables_alone_need_no_scenario(made: Plan, tmp_path: Path) -> None:
    """A run whose scenario is gone still opens; only who asks for the scenario hears of it."""
    gone = write_run(made, tmp_path / "run", run_information(made, {"scenario": str(tmp_path / "nowhere")}))
    opened = Run.open(gone)
    assert opened.tables["depots"]["depot"].tolist() == made.tables["depots"]["depot"].tolist()
    with pytest.raises(BadInputError, match=r"nowhere.*not there any more"):
        _ = opened.scenario


def test_a_run_of_other_inputs_says_so(made: Plan) -> None:
    """The hash of the summary is held against that of the scenario."""
    other = {**made.summary, "scenario": {**made.summary["scenario"], "sha256": "0"}}
    assert not replace(made, summary=other).unchanged


def test_tables_have_the_columns_and_kinds_of_the_schema(made: Plan) -> None:
    """Every table that a plan makes is in the schema, column by column; tables without rows have the same kinds."""
    for name, frame in made.tables.items():
        assert tuple(frame.columns) == schema.TABLES[name], name
        assert {column: str(kind) for column, kind in frame.dtypes.items()} == {
            column: str(kind) for column, kind in schema.frame(name, []).dtypes.items()
        }, name
    assert schema.TABLES.keys() - made.tables.keys() <= schema.OPTIONAL


def test_verification_keeps_the_same_list_by_itself() -> None:
    """The referee's own list of tables and columns is that of the schema."""
    assert dict(schema.TABLES) == verified.COLUMNS
    assert schema.OPTIONAL == verified.OPTIONAL
    decided = {table: set(columns) for table, columns in verified.DECIDED_PLACES.items()}
    assert all(columns <= set(schema.PLACES[table]) for table, columns in decided.items())


def test_every_column_is_known_once() -> None:
    """No column is listed without a table, none is used without kind and heading; units stand in names and headings."""
    used = {column for columns in schema.TABLES.values() for column in columns}
    assert used == set(schema.COLUMNS)
    for one in schema.COLUMNS.values():
        assert one.heading, one.name
        assert (one.kind == "number") == bool(one.unit) or one.kind == "whole", one.name


def test_results_page_names_every_table() -> None:
    """docs/results.md has a row for each table that a plan writes."""
    text = (Path(__file__).parents[2] / "docs" / "results.md").read_text(encoding="utf-8")
    assert [name for name in schema.TABLES if f"`{name}`" not in text] == []


def test_an_empty_table_reads_back_with_its_kinds(made: Plan, county: Path, tmp_path: Path) -> None:
    """Numbers of a table without rows are numbers again, not text."""
    bare = replace(made, tables={**made.tables, "next_budget": schema.frame("next_budget", [])})
    folder = write_run(bare, tmp_path / "run", run_information(bare, {"scenario": str(county)}))
    assert (folder / RUN).is_file()
    assert (folder / SUMMARY).is_file()
    kinds = Run.open(folder).tables["next_budget"].dtypes.astype(str).to_dict()
    assert kinds == schema.frame("next_budget", []).dtypes.astype(str).to_dict()
    assert pd.api.types.is_numeric_dtype(Run.open(folder).tables["next_budget"]["loss_t"])


def _aged(folder: Path, target: Path, number: int, lacking: dict[str, list[str]]) -> Path:
    """Copy a run as another version would have written it: without some columns; a table without any is gone."""
    shutil.copytree(folder, target)
    about = json.loads((target / RUN).read_text(encoding="utf-8")) | {"schema": f"coldchain.run/{number}"}
    for table, columns in lacking.items():
        path = target / "tables" / f"{table}.csv"
        kinds = {name: kind for name, kind in about["columns"].pop(table).items() if name not in columns}
        frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        path.unlink()
        if columns:
            about["columns"][table] = kinds
            path.write_text(csv_text(frame.drop(columns=columns)), encoding="utf-8-sig")
    (target / RUN).write_text(json.dumps(about), encoding="utf-8")
    return target


def test_an_earlier_run_is_read_with_stated_defaults(folder: Path, tmp_path: Path) -> None:
    """Before mobile units, storage and tours there were neither columns nor tables for them."""
    lacking = {"depots": ["units_bought"], "assignment": ["unit", "period"], "line_haul": ["tour"], "units": [],
               "storage": []}  # fmt: skip
    opened = Run.open(_aged(folder, tmp_path / "older", 1, lacking)).checked()
    assert set(opened.tables["depots"]["units_bought"]) <= {""}
    assert len(opened.tables["units"]) == len(opened.tables["storage"]) == 0


def test_an_earlier_run_that_lacks_more_is_refused_with_the_command(folder: Path, county: Path, tmp_path: Path) -> None:
    """The message says what is missing and how the plan is made again."""
    older = _aged(folder, tmp_path / "older", 1, {"line_haul": ["ride_h"], "lots": ["cooled_h"]})
    with pytest.raises(
        BadInputError, match=r"lacks line_haul.ride_h, lots.cooled_h; plan it again: coldchain plan"
    ) as e:
        Run.open(older)
    assert str(county) in str(e.value)
    assert str(older) in str(e.value)


@pytest.mark.parametrize(
    ("number", "says"), [(6, "newer version of coldchain wrote this"), (0, 'must be "coldchain.run')]
)
def test_runs_of_other_formats_are_refused(folder: Path, tmp_path: Path, number: int, says: str) -> None:
    """A newer number, or one that never was."""
    with pytest.raises(BadInputError, match=says):
        Run.open(_aged(folder, tmp_path / "other", number, {}))


def test_columns_missing_from_a_run_of_today_are_named(folder: Path, tmp_path: Path) -> None:
    """A run of this version has every column: a damaged one is not filled up."""
    with pytest.raises(BadInputError, match=r"units_bought.*the column is missing"):
        Run.open(_aged(folder, tmp_path / "damaged", 5, {"depots": ["units_bought"]})).checked()


ALWAYS = ("stages", "net", "cooling", "fleet", "firmness", "work", "ended", "assumptions", "net.depot_cny_t",
          "annual_cny.overflow", "loss.plan_water_t", "stages.whole_plan")  # fmt: skip


@pytest.mark.parametrize("path", ALWAYS)
def test_what_every_run_of_today_states_is_missed(folder: Path, tmp_path: Path, path: str) -> None:
    """A part of the summary taken out is named, though runs of earlier formats may lack it."""
    copy = _aged(folder, tmp_path / "copy", 5, {})
    told = json.loads((copy / SUMMARY).read_text(encoding="utf-8"))
    *above, last = path.split(".")
    del (told[above[0]] if above else told)[last]
    (copy / SUMMARY).write_text(json.dumps(told), encoding="utf-8")
    with pytest.raises(BadInputError, match=rf"summary.json, {path}: is missing; a run of this program has it"):
        Run.open(copy)
    if path != "stages.whole_plan":
        about = json.loads((copy / RUN).read_text(encoding="utf-8")) | {"schema": "coldchain.run/4"}
        (copy / RUN).write_text(json.dumps(about), encoding="utf-8")
        assert Run.open(copy).information["schema"] == "coldchain.run/4"


def test_a_scenario_of_a_newer_format_says_so(county: Path, tmp_path: Path) -> None:
    """Update, it says, instead of naming every key it does not know."""
    shutil.copytree(county, tmp_path / "next")
    head = tmp_path / "next" / "scenario.toml"
    head.write_text(head.read_text(encoding="utf-8").replace("coldchain.scenario/1", "coldchain.scenario/9"), "utf-8")
    with pytest.raises(BadInputError, match=r"coldchain.scenario/9.*newer version of coldchain.*scenario/1: update"):
        load(tmp_path / "next")
