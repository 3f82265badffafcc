"""Run folders: written whole, read back equal, verified from what was read, and never over anything foreign."""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas
import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from coldchain.economy import REGULAR
from coldchain.errors import BadInputError, UsageError
from coldchain.planning import Options, Plan, plan
from coldchain.reports import print_summary, write_run
from coldchain.reports.lines import plan_lines
from coldchain.runs import check_target, run_information
from coldchain.runs.folder import read_run
from coldchain.runs.record import plain_values
from coldchain.scenario import load, upland, write_scenario
from coldchain.verify import verify_tables

SUMMARY_KEYS = {
    "schema": None,
    "scenario": {"name", "variant", "sha256"},
    "version": None,
    "seed": None,
    "status": None,
    "interrupted": None,
    "ended": None,
    "seconds": {"total", "network", "siting", "routing", "verify"},
    "objective": {"name", "value", "bound", "gap"},
    "loss": {
        "baseline_rate",
        "plan_rate",
        "baseline_t",
        "plan_t",
        "baseline_cny",
        "plan_cny",
        "baseline_water_t",
        "plan_water_t",
        "baseline_discount_cny",
        "plan_discount_cny",
    },
    "coverage": {"baseline", "plan"},
    "investment": {"total_cny", "subsidy_cny", "subsidy_share", "budget_cny", "by_county"},
    "annual_cny": {*REGULAR, "total"},
    "net": {"today_cny", "plan_cny", "benefit_cny", "payback_years", "depot_cny_t"},
    "emissions": {
        "today_kg",
        "plan_kg",
        "collection_kg",
        "depot_kg",
        "line_haul_kg",
        "trader_kg",
        "power_kwh",
        "trader_tkm",
    },
    "waterfall": None,
    "counterfactuals": None,
    "stages": {"field", "retail", "least_market", "whole_today", "whole_plan", "whole_least"},
    "doubt": {"draws", "loss_today", "loss_plan", "saving_cny", "payback_years", "pays_in"},
    "cooling": {"peak_kw", "installed_kw"},
    "depots": {"existing", "built", "mobile"},
    "routes": {"count", "vehicles", "km", "hours"},
    "fleet": None,
    "delivery_h": {"p50", "p95", "max", "share_within_target", "target"},
    "villages": {"total", "served", "unserved"},
    "assumptions": None,
    "firmness": {"gap_with_these_depots", "best_by_count", "depots", "runner_up"},
    "work": {"units"},
    "warnings": None,
}
LAYERS = ("depots", "hubs", "villages", "assignment", "routes", "roads")


@pytest.fixture(scope="module")
def run(small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "base"
    return write_run(small_plan, folder, run_information(small_plan, {"time_limit": 20.0, "seed": 0}))


@pytest.fixture(scope="module")
def empty_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """One village and no money: no depot, no route."""
    folder = tmp_path_factory.mktemp("one") / "upland"
    write_scenario(upland(1, 3), folder)
    return plan(load(folder, "none")[0], Options.quickly(tries=5))


def test_summary_has_exactly_the_keys_of_the_design(run: Path) -> None:
    summary = json.loads((run / "summary.json").read_text(encoding="utf-8"))
    assert list(summary) == list(SUMMARY_KEYS)
    for key, inner in SUMMARY_KEYS.items():
        if inner is not None:
            assert set(summary[key]) == inner, key
    assert all(set(item) == {"id", "reason"} for item in summary["villages"]["unserved"])


def test_a_run_reads_back_equal(small_plan: Plan, run: Path) -> None:
    run_info, summary, tables = read_run(run)
    assert summary == plain_values(small_plan.summary)
    assert run_info["seed"] == small_plan.summary["seed"]
    assert list(tables) == list(small_plan.tables)
    for stem, frame in small_plan.tables.items():
        pd.testing.assert_frame_equal(tables[stem], frame, check_exact=True, obj=stem)


def test_the_written_tables_verify_as_the_plan_did(small_plan: Plan, run: Path) -> None:
    _, summary, tables = read_run(run)
    placed = small_plan.basis.placed
    report = verify_tables(small_plan.scenario, placed.network.given, tables, summary)
    assert report == small_plan.report


def test_run_information_tells_how_the_plan_came_about(small_plan: Plan, run: Path) -> None:
    run_info, *_ = read_run(run)
    assert run_info["arguments"] == {"time_limit": 20.0, "seed": 0}
    assert run_info["limits"] == {"time_limit": 20.0}
    assert run_info["scenario"]["folder"] == str(small_plan.scenario.folder)
    assert {"scenario.toml", "villages.csv", "harvest.csv"} <= set(run_info["sha256"]["files"])
    assert run_info["sha256"]["scenario"] == small_plan.scenario.sha256
    assert run_info["settings"]["siting"]["budget_cny"] == small_plan.scenario.siting.budget_cny
    assert {"python", "coldchain", "ortools", "bokeh"} <= set(run_info["versions"])
    assert run_info["started_utc"] <= run_info["stopped_utc"]


def test_ids_with_leading_zeros_and_empty_texts_stay_text(small_plan: Plan, tmp_path: Path) -> None:
    villages = small_plan.tables["villages"].assign(cooperative="", county="NA")
    villages["village"] = [f"{n:03d}" for n in range(len(villages))]
    odd = replace(small_plan, tables={"villages": villages, "cooled": pd.DataFrame({"h": [1.5, np.nan]})})
    folder = tmp_path / "odd"
    (folder / "tables").mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps(plain_values(small_plan.summary)), encoding="utf-8")
    columns = {"villages": {"village": "text", "cooperative": "text", "county": "text"}, "cooled": {"h": "number"}}
    (folder / "run.json").write_text(
        json.dumps(run_information(small_plan, {}) | {"columns": columns}), encoding="utf-8"
    )
    for stem, frame in odd.tables.items():
        frame.to_csv(folder / "tables" / f"{stem}.csv", index=False, encoding="utf-8-sig")
    _, _, tables = read_run(folder)
    assert tables["villages"]["village"].iloc[1] == "001"
    assert set(tables["villages"]["cooperative"]) == {""}
    assert set(tables["villages"]["county"]) == {"NA"}
    assert math.isnan(tables["cooled"]["h"].iloc[1])


def test_an_earlier_run_is_replaced_whole(small_plan: Plan, run: Path) -> None:
    (run / "tables" / "left_over.csv").write_text("x\n", encoding="utf-8")
    write_run(small_plan, run, run_information(small_plan, {"time_limit": 20.0, "seed": 0}))
    assert not (run / "tables" / "left_over.csv").exists()
    assert [path.name for path in run.parent.iterdir()] == ["base"], "nothing else is left behind"


@pytest.mark.parametrize("summary", [None, "{}", "not json"])
def test_a_foreign_folder_is_refused_and_untouched(small_plan: Plan, tmp_path: Path, summary: str | None) -> None:
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    if summary is not None:
        (tmp_path / "summary.json").write_text(summary, encoding="utf-8")
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(UsageError, match="no earlier run"):
        write_run(small_plan, tmp_path, {})
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "years of work"


def test_a_folder_that_cannot_be_written_is_named(small_plan: Plan, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match=r"file.run cannot be written"):
        write_run(small_plan, tmp_path / "file" / "run", {})
    with pytest.raises(UsageError, match="no earlier run"):
        check_target(tmp_path / "file")


def test_a_failure_midway_leaves_nothing(small_plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("coldchain.reports.map.write_map", full)
    with pytest.raises(UsageError, match="No space left"):
        write_run(small_plan, tmp_path / "run", {})
    assert not list(tmp_path.iterdir())


def test_a_part_of_a_whole_number_is_named(run: Path) -> None:
    """A count of 6.3 is not read as 6."""
    table = run / "tables" / "depots.csv"
    before = table.read_bytes()
    frame = pd.read_csv(table, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    frame.loc[0, "villages"] = frame.loc[0, "villages"] + ".3"
    frame.to_csv(table, index=False, encoding="utf-8-sig")
    try:
        with pytest.raises(BadInputError, match=r"depots\.csv row 2, villages = \"\d+\.3\": must be a whole number"):
            read_run(run)
    finally:
        table.write_bytes(before)


def test_every_missing_or_garbled_part_is_named(small_plan: Plan, run: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"run\.json: is missing(.|\n)*summary\.json: is missing"):
        read_run(tmp_path)
    broken = write_run(small_plan, tmp_path / "broken", run_information(small_plan, {}))
    (broken / "tables" / "depots.csv").unlink()
    stops = (broken / "tables" / "stops.csv").read_text(encoding="utf-8-sig").replace("load_kg", "load", 1)
    (broken / "tables" / "stops.csv").write_text(stops, encoding="utf-8")
    routes = (run / "tables" / "routes.csv").read_text(encoding="utf-8-sig").splitlines()
    routes[1] = routes[1].rpartition(",")[0] + ",dear"
    (broken / "tables" / "routes.csv").write_text("\n".join(routes), encoding="utf-8")
    with pytest.raises(BadInputError) as caught:
        read_run(broken)
    found = {(Path(fault.file).name, fault.row, fault.column, fault.value) for fault in caught.value.faults}
    assert found == {
        ("depots.csv", None, "", ""), ("stops.csv", 1, "load_kg", ""), ("routes.csv", 2, "cost_cny_day", "dear"),
    }  # fmt: skip


def test_layers_open_with_styles(small_plan: Plan, run: Path) -> None:
    layers = {name: geopandas.read_file(run / "plan.gpkg", layer=name) for name in LAYERS}
    tables = small_plan.tables
    assert all(layer.crs.to_epsg() == 4326 for layer in layers.values())
    assert list(layers["depots"]["depot"]) == list(tables["depots"]["depot"])
    assert len(layers["villages"]) == 12
    assert list(layers["routes"]["route"]) == list(tables["routes"]["route"])
    assert len(layers["assignment"]) == len(tables["assignment"])
    with closing(sqlite3.connect(run / "plan.gpkg")) as base:
        styles = dict(base.execute("SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1"))
    assert set(styles) == set(LAYERS)
    assert "&quot;cooled_t&quot; &lt;= 0" in styles["villages"]
    assert 'field="avoided_t" index="11" name="Loss avoided, t"' in styles["villages"]
    assert 'attr="tonnes_year"' in styles["depots"]
    assert 'attr="depot"' in styles["routes"]
    for layer, key, scale in (("depots", "depot", "0"), ("hubs", "hub", "0"), ("villages", "village", "1")):
        style = ET.fromstring(styles[layer].split("\n", 1)[1])  # noqa: S314 - our own
        text, rendering = style.find(".//text-style"), style.find(".//rendering")
        assert style.attrib["labelsEnabled"] == "1"
        assert text is not None
        assert rendering is not None
        assert text.attrib["fieldName"] == f'coalesce(nullif("name", \'\'), "{key}")'
        assert rendering.attrib["scaleVisibility"] == scale
    assert "labeling" not in styles["roads"]
    for style in styles.values():  # all are XML that a reader takes
        assert ET.fromstring(style.split("\n", 1)[1]).tag == "qgis"  # noqa: S314 - our own


def test_passes_over_links_add_up_to_the_kilometres_driven(small_plan: Plan) -> None:
    """Vehicles a year times length, over all links in use, is what routes and line haul drive."""
    lines, network = plan_lines(small_plan), small_plan.basis.placed.network
    length_km = np.zeros(network.links)
    length_km[network.link] = network.length_m / 1000.0
    routes, hauls = small_plan.tables["routes"], small_plan.tables["line_haul"]
    driven = float((routes["km"] * routes["days"]).sum() + (hauls["km_day"] * hauls["days"]).sum())
    assert float((length_km[lines.link] * lines.passes).sum()) == pytest.approx(driven, rel=1e-9)


def test_a_plan_that_builds_nothing_is_written_whole(empty_plan: Plan, tmp_path: Path) -> None:
    assert empty_plan.tables["routes"].empty
    run = write_run(empty_plan, tmp_path / "none", run_information(empty_plan, {}))
    _, summary, tables = read_run(run)
    assert summary["depots"]["built"] == 0
    assert list(tables["routes"].columns) == list(empty_plan.tables["routes"].columns)
    assert geopandas.read_file(run / "plan.gpkg", layer="routes").empty
    placed = empty_plan.basis.placed
    assert verify_tables(empty_plan.scenario, placed.network.given, tables, summary).ok


@pytest.mark.parametrize("terminal", [False, True])
def test_the_terminal_shows_the_key_figures_within_100_columns(small_plan: Plan, *, terminal: bool) -> None:
    console = Console(file=StringIO(), width=140, force_terminal=terminal)
    print_summary(small_plan, console, Path("out"))
    text = console.file.getvalue()  # type: ignore[attr-defined] # it is a StringIO
    loss, cost = small_plan.summary["loss"], small_plan.summary["annual_cny"]
    for figure in (
        f"{100 * loss['baseline_rate']:.1f}%", f"{100 * loss['plan_rate']:.1f}%", f"{loss['plan_t']:,.0f} t",
        f"{cost['total'] / 1e6:,.2f}", "map.html", "Subsidy",
    ):  # fmt: skip
        assert figure in text
    assert ("\x1b[" in text) == terminal
    if not terminal:
        assert text.isascii()
        assert max(map(len, text.splitlines())) <= 100


def test_the_terminal_takes_a_summary_and_shows_the_first_warnings(small_plan: Plan) -> None:
    console = Console(file=StringIO(), width=90, no_color=True, force_terminal=True)
    summary = {
        **small_plan.summary,
        "warnings": [f"odd {n}" for n in range(7)],
        "interrupted": True,
        "ended": "interrupted",
    }
    print_summary(summary, console)
    text = console.file.getvalue()  # type: ignore[attr-defined] # it is a StringIO
    assert "odd 4" in text
    assert "odd 5" not in text
    assert "2 more warnings" in text
    assert "interrupted" in text


def test_a_link_to_a_run_stays_a_link(small_plan: Plan, run: Path, tmp_path: Path) -> None:
    link = tmp_path / "latest"
    link.symlink_to(run, target_is_directory=True)
    write_run(small_plan, link, run_information(small_plan, {"time_limit": 20.0, "seed": 0}))
    assert link.is_symlink()
    assert (run / "map.html").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]
