"""Every change of one cell, leaf or row of a written run is found, or lies in the closed list."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from perishable import write_perishable
from scenario_cases import change, replace_in_toml, set_in_toml
from tampering import Change, Trial, changes, read_rows, write_rows

from coldchain.cli import run
from coldchain.verify.figures import _check_unserved
from coldchain.verify.record import Problem, Report
from coldchain.verify.unchecked import UNCHECKED

STORAGE = "commodity,period,until,days,price_cny_kg\nkiwifruit,autumn,winter,60,9\nponkan,winter,spring,45,4\n"
PROGRAMME = """[subsidy]
own_money = true
years = [2026, 2027]
pot_by_year_cny = {2026 = 200000.0, 2027 = 300000.0}
paid_after_years = 1
"""
SAMPLE = 24
Capture = pytest.CaptureFixture[str]


def county(folder: Path) -> Path:
    """Write six villages with a standing depot, storage, fees, late deductions and two programme years."""
    write_perishable(6, 3, folder)
    set_in_toml(folder, "budget_cny", "500000.0")
    (folder / "storage.csv").write_text(STORAGE, encoding="utf-8")
    replace_in_toml(folder, "[subsidy]\n", PROGRAMME)
    replace_in_toml(folder, "[economics]\n", "[economics]\nfee_cny_t = 150.0\n")
    set_in_toml(folder, "late_cny_t", "20.0")
    change(folder, "sites", 2, existing="cold_forced_air_200:1")
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Scenario and run of that county."""
    home = tmp_path_factory.mktemp("tampering")
    scenario, made = county(home / "county"), home / "run"
    assert run(["plan", str(scenario), "--effort", "quick", "--quiet", "--out", str(made)]) == 0
    return scenario, made


@pytest.fixture(scope="module")
def trial(folders: tuple[Path, Path]) -> Trial:
    """Return what changes the run and verifies it."""
    return Trial(*folders, folders[1].with_name("tampered"))


def wrong(trial: Trial, tried: list[Change]) -> list[str]:
    """Return what is not found, or ends in an exception."""
    assert trial.problems(None) == ()
    return [verdict for one in tried if (verdict := trial.verdict(one))]


@pytest.mark.slow
def test_a_sample_of_changes_is_found(trial: Trial) -> None:
    """Two dozen changes drawn from all; the slow tests try every one."""
    every = list(changes(trial.run))
    drawn = np.random.default_rng(7).choice(len(every), SAMPLE, replace=False)
    assert wrong(trial, [every[n] for n in drawn]) == []


@pytest.mark.slow
def test_every_change_is_found(trial: Trial) -> None:
    """All changes of the six villages."""
    assert wrong(trial, list(changes(trial.run))) == []


@pytest.mark.slow
def test_changes_of_upland_are_found(tmp_path: Path) -> None:
    """A hundred changes of the shipped county."""
    upland, made = Path(__file__).parents[2] / "scenarios" / "upland", tmp_path / "run"
    assert run(["plan", str(upland), "--effort", "quick", "--quiet", "--out", str(made)]) == 0
    every = list(changes(made))
    drawn = np.random.default_rng(11).choice(len(every), 100, replace=False)
    assert wrong(Trial(upland, made, tmp_path / "tampered"), [every[n] for n in drawn]) == []


def test_one_wrong_figure_is_one_problem(trial: Trial) -> None:
    """An edited award, a day's kilometres, a loss, the gap: one problem each, which names the cell."""
    for place in (
        "tables.subsidies.award_cny",
        "tables.routes.km",
        "tables.villages.plan_loss_t",
        "summary.objective.gap",
    ):
        one = next(one for one in changes(trial.run) if one.place == place)
        found = trial.problems(one)
        assert len(found) == 1, found
        assert place.split(".")[-1] in found[0]


def test_causes_come_before_consequences() -> None:
    """Figures of later stages may follow from a stage that is wrong; broken limits are always named."""
    found = [Problem("figures", "loss", True), Problem("assignment", "share"), Problem("figures", "limit")]
    report = Report.of(found, 0.1, 2.0, 3.0)
    assert (report.problems, report.consequences) == (("share", "limit"), ("loss",))
    assert Report.of(found[:1]).problems == ("loss",)


def copied(folders: tuple[Path, Path], to: Path) -> Path:
    """Copy the run beside its scenario."""
    shutil.copytree(folders[1], to)
    return to


def _set(path: tuple[str, ...], value: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        file, *keys, last = path
        place = whole = json.loads((folder / file).read_text(encoding="utf-8"))
        for key in keys:
            place = place[key]
        place[last] = value
        (folder / file).write_text(json.dumps(whole), encoding="utf-8")

    return edit


DAMAGED: dict[str, tuple[Callable[[Path], None], str]] = {
    "an aim that is none": (_set(("summary.json", "objective", "name"), "fun"), "objective.name"),
    "a figure that is a text": (_set(("summary.json", "loss", "plan_t"), "many"), "loss.plan_t"),
    "figures that are a list": (_set(("summary.json", "loss"), []), "must be an object"),
    "a seed that is a text": (_set(("run.json", "seed"), "XX"), "seed"),
    "no settings": (_set(("run.json", "settings"), {}), "settings.siting"),
    "arguments that are a number": (_set(("run.json", "arguments"), 7), "arguments"),
    "columns of a kind unknown": (_set(("run.json", "columns", "depots", "lon"), "colour"), "columns.depots.lon"),
    "a run that is a list": (lambda folder: (folder / "run.json").write_text("[1]") and None, "one JSON object"),
    "a figure that is none": (_set(("summary.json", "loss", "plan_t"), float("nan")), "loss.plan_t"),
}  # fmt: skip


@pytest.mark.parametrize("command", ["verify", "map", "replay", "explain"])
@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_run_is_a_named_fault(
    case: str, command: str, folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    """Whatever is wrong with the JSON of a run, each command that opens it leaves with 3 and names the key."""
    edit, named = DAMAGED[case]
    damaged = copied(folders, tmp_path / "run")
    edit(damaged)
    more = {"map": ["--png", str(tmp_path / "x.png")], "explain": ["--unserved"]}.get(command, [])
    assert run([command, str(damaged), *more]) == 3
    assert named in capsys.readouterr().err


CELLS = {
    "stops.village": "nowhere", "routes.vehicle": "balloon", "assignment.zone": "warm", "lots.commodity": "gold",
    "depots.units_bought": "XX", "line_haul.hub": "", "villages.village": "nowhere",
}  # fmt: skip
COMMANDS = ("map", "replay", "explain")
PAIRS = [
    pytest.param(cell, command, marks=[] if (n - m) % len(COMMANDS) == 0 else pytest.mark.slow)
    for n, cell in enumerate(CELLS)
    for m, command in enumerate(COMMANDS)
]
"""Every cell with one command, every command with some; all with all are a long proof."""


@pytest.mark.parametrize(("cell", "command"), PAIRS)
def test_an_unknown_name_is_a_named_fault(
    cell: str, command: str, folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    """A cell that names what the scenario does not have: file, row and column, code 3."""
    table, _dot, column = cell.partition(".")
    damaged = copied(folders, tmp_path / "run")
    rows = read_rows(damaged / "tables" / f"{table}.csv")
    rows[1][rows[0].index(column)] = CELLS[cell]
    write_rows(damaged / "tables" / f"{table}.csv", rows)
    more = {"map": ["--png", str(tmp_path / "x.png")], "explain": ["--unserved"]}.get(command, [])
    assert run([command, str(damaged), "--scenario", str(folders[0]), *more]) == 3
    assert f"{table}.csv row 2, {column}" in capsys.readouterr().err


def test_the_budget_is_that_of_the_run(folders: tuple[Path, Path], tmp_path: Path, capsys: Capture) -> None:
    """A summary that says a larger budget is found; one that the run was not asked for, too."""
    edited = copied(folders, tmp_path / "run")
    _set(("summary.json", "investment", "budget_cny"), 1e9)(edited)
    assert run(["verify", str(edited), "--scenario", str(folders[0])]) == 3
    assert "investment.budget_cny is stated as 1,000,000,000; recomputed 500,000" in capsys.readouterr().out
    _set(("run.json", "settings", "siting", "budget_cny"), 1e9)(edited)
    _set(("run.json", "arguments", "budget"), 5e5)(edited)
    assert run(["verify", str(edited), "--scenario", str(folders[0])]) == 3
    told = capsys.readouterr()
    assert "the run was asked for 500000" in told.out
    assert "CNY a year" in told.out + told.err, "what is wrong with the inputs does not stop the figures"


def junk(name: str) -> Callable[[Path], None]:
    """Return what overwrites a file with junk."""
    return lambda folder: (folder / name).write_bytes(b"junk" * 100) and None


def moved(folder: Path) -> None:
    """Draw a village elsewhere."""
    layer = pyogrio.read_dataframe(folder / "plan.gpkg", layer="villages")
    layer.geometry = layer.geometry.where(layer["village"] != "V0001", shapely.Point(0.0, 0.0))
    pyogrio.write_dataframe(layer, folder / "plan.gpkg", layer="villages", driver="GPKG")


def relabelled(folder: Path) -> None:
    """Let the layer of depots say another subsidy."""
    layer = pyogrio.read_dataframe(folder / "plan.gpkg", layer="depots").assign(subsidy_cny=1.0)
    pyogrio.write_dataframe(layer, folder / "plan.gpkg", layer="depots", driver="GPKG")


def redrawn(folder: Path) -> None:
    """Let the map say another status."""
    page = (folder / "map.html").read_text(encoding="utf-8")
    assert '"expanded"' in page
    (folder / "map.html").write_text(page.replace('["status",["expanded"]]', '["status",["built"]]'), encoding="utf-8")


@pytest.mark.parametrize(
    ("edit", "named"),
    [(junk("plan.gpkg"), "plan.gpkg: cannot be read"), (junk("map.html"), "map.html: cannot be read: there is no map"),
     (moved, "plan.gpkg: villages: V0001 is not drawn at its coordinates"),
     (relabelled, "plan.gpkg: depots: subsidy_cny of T001 is 1"), (redrawn, "map.html: depots: status of T001")],
    ids=["junk-layers", "junk-map", "point", "layer", "map"],
)  # fmt: skip
def test_map_and_layers_agree_with_the_tables(
    edit: Callable[[Path], None], named: str, folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    """Junk, and figures that the tables do not have, are named."""
    edited = copied(folders, tmp_path / "run")
    edit(edited)
    assert run(["verify", str(edited), "--scenario", str(folders[0])]) == 3
    assert named in capsys.readouterr().out


def test_what_is_not_recomputed_is_told(folders: tuple[Path, Path], capsys: Capture) -> None:
    """The closed list is part of the answer, for programs with reasons, for people in one line."""
    assert run(["verify", str(folders[1]), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["place"] for one in told["unchecked"]] == [one.place for one in UNCHECKED]
    assert all(one["reason"] for one in told["unchecked"])
    assert run(["verify", str(folders[1])]) == 0
    assert "not recomputed: summary.seconds, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("stated", "sound"),
    [
        ([{"id": "B", "reason": "far"}, {"id": "A", "reason": "dear"}], True),
        ([{"id": "A", "reason": "far"}, {"id": "B", "reason": "dear"}], False),
        ([{"id": "A", "reason": "dear"}, {"id": "A", "reason": "dear"}], False),
        ("A, B", False),
    ],
)
def test_the_order_of_unserved_villages_is_free(stated: Any, sound: bool) -> None:
    """Rows of the table of villages may be shuffled: each with its reason, however they are ordered."""
    villages = pd.DataFrame({"village": ["A", "C", "B"], "reason": ["dear", "", "far"]})
    found: list[str] = []
    record: Any = SimpleNamespace(tables={"villages": villages}, odd=found.append)
    _check_unserved(record, stated)
    assert (found == []) is sound
