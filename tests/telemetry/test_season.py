"""Promised and kept over a season: what days enough contradict is proposed, with its evidence; nothing is applied."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from dispatching_cases import line_county, routed

import coldchain as cc
from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.scenario import load
from coldchain.telemetry.dayplan import read_day
from coldchain.telemetry.kept import COLUMNS
from coldchain.telemetry.season import read_lanes, season_of
from coldchain.telemetry.seasonpage import season_text
from coldchain.telemetry.simulate import MishapRates, SensorWorld

DATE = "2026-07-15"
CALM = MishapRates(failure=0, left_open=0, late=0, lost=0, dead=0, stuck=0, offset=0, jumping=0)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the county."""
    return line_county(tmp_path_factory.mktemp("season") / "county")


@pytest.fixture(scope="module")
def folder(county: Path) -> Path:
    """Route the day of the county in a row."""
    routed(county, county.parent / "day", "--json")
    return county.parent / "day"


def lanes(file: Path, days: int, warm_c: float = 0.0, ratio: float = 1.0, share: float = 1.0) -> Path:
    """Write the lanes of so many days: rooms that much warmer, drives that much longer, and a little scatter."""
    draw = np.random.default_rng(2)
    rows = [
        {
            "date": f"2026-07-{n + 1:02d}", "village": village, "room": "room/D/cool/forced_air", "commodity": "tomato",
            "vehicle": "light_truck", "drive_h": 4.0, "drive_h_measured": 4.0 * (ratio + 0.01 * draw.normal()),
            "lots": 1, "kg": 500.0, "measured_share": share, "room_set_c": 10.0,
            "room_mean_c": 10.0 + warm_c + 0.1 * draw.normal(), "life_used": 0.2, "life_low": 0.1, "life_high": 0.3,
            "loss_planned": 0.02, "loss_measured": 0.03, "kg_lost_planned": 10.0, "kg_lost_measured": 15.0,
        }
        for n in range(days) for village in "AB"
    ]  # fmt: skip
    pd.DataFrame(rows)[COLUMNS].to_csv(file, index=False)
    return file


def test_what_a_season_contradicts_is_proposed(county: Path, tmp_path: Path) -> None:
    """Rooms 1.5 K too warm and drives a quarter longer, on ten days: temperature and speed with their bands."""
    scenario = load(county)[0]
    found = season_of(read_lanes([lanes(tmp_path / "a.csv", 10, 1.5, 1.25)]), scenario)
    made = {(one.table, one.id): one for one in found.proposed}
    rooms = made["depot_types", "cool_forced_air_500"]
    assert (rooms.stated, rooms.days, rooms.rows) == (10.0, 10, 20)
    assert rooms.proposed == pytest.approx(11.5, abs=0.1)
    assert rooms.low < 11.5 < rooms.high
    truck = made["vehicles", "light_truck"]
    assert truck.proposed == pytest.approx(truck.stated / 1.25, abs=0.01)
    assert {key[0] for key in made} == {"depot_types", "vehicles"}
    assert all(one.id.startswith("cool_forced_air") for one in found.proposed if one.table == "depot_types")
    assert found.lanes["kg_lost_measured"].tolist() == [150.0, 150.0]
    assert found.lanes["days"].tolist() == [10, 10]


@pytest.mark.parametrize(
    ("days", "warm_c", "share"), [(4, 1.5, 1.0), (10, 0.1, 1.0), (10, 1.5, 0.3)],
    ids=["too few days", "too little", "hardly measured"],
)  # fmt: skip
def test_nothing_is_proposed_without_evidence(
    days: int, warm_c: float, share: float, county: Path, tmp_path: Path
) -> None:
    """Four days are too few, a tenth of a kelvin is nothing, and lanes hardly measured do not speak."""
    table = read_lanes([lanes(tmp_path / "a.csv", days, warm_c, 1.0, share)])
    assert season_of(table, load(county)[0]).proposed == ()


def test_a_day_counts_once_and_tables_are_checked(tmp_path: Path) -> None:
    """The same file twice is one season; columns that are missing and cells that are no number are named."""
    file = lanes(tmp_path / "a.csv", 6)
    assert len(read_lanes([file, file])) == 12
    frame = pd.read_csv(file)
    frame.drop(columns="kg").to_csv(tmp_path / "b.csv", index=False)
    frame.assign(room_mean_c="warm").to_csv(tmp_path / "c.csv", index=False)
    with pytest.raises(BadInputError, match=r"b.csv(.|\n)*kg(.|\n)*c.csv(.|\n)*room_mean_c"):
        read_lanes([tmp_path / "b.csv", tmp_path / "c.csv"])


def test_the_command_and_its_page(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table of proposals, the page and the object agree; the scenario is the same to the byte."""
    file, before = lanes(tmp_path / "a.csv", 8, 1.5), (county / "scenario.toml").read_bytes()
    out, page = tmp_path / "p.csv", tmp_path / "p.html"
    assert run(["kept", str(county), str(file), "--out", str(out), "--page", str(page), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["days"] == 8
    assert len(pd.read_csv(out)) == len(told["proposals"]) > 0
    assert told["proposals"][0]["evidence"].startswith("rooms measured +1.5 K")
    text = page.read_text(encoding="utf-8")
    assert "cool_forced_air_500" in text
    assert "<script" not in text
    assert (county / "scenario.toml").read_bytes() == before
    assert run(["kept", str(county), str(file)]) == 0
    assert "kept 3.00%" in capsys.readouterr().out
    found = cc.kept(cc.load(county), [file])
    assert season_text(found) == text


def test_measured_days_from_python(folder: Path, tmp_path: Path) -> None:
    """A calm day simulated: hours driven as planned, lots and alarms as frames, a page, a trace that is in order."""
    world = SensorWorld(read_day(folder), DATE, seed=1, rates=CALM).simulated()
    file = tmp_path / "day.jsonl"
    file.write_text("\n".join(world.lines), encoding="utf-8")
    seen = cc.watch(folder, file, date=DATE, store=tmp_path / "s.sqlite")
    table = seen.lanes()
    assert table["drive_h_measured"].tolist() == pytest.approx(table["drive_h"].tolist(), abs=0.15)
    assert (table["vehicle"] == "light_truck").all()
    assert seen.lots()["lot"].tolist() == [plan.key for plan in read_day(folder).lots]
    assert len(seen.alarms()) == len(seen.proposals()) == 0
    assert seen.save_page(tmp_path / "d.html").stat().st_size > 1000
    assert cc.watch(folder, store=tmp_path / "s.sqlite", date=DATE).lots().equals(seen.lots())
    traced = cc.trace(folder, tmp_path / "d.jsonld", date=DATE)
    assert (traced.printed()["lots"], traced.findings) == (2, ())
