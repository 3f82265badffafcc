"""Drivers' hours over a week: what is left today, who is used up, and what verification says of it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from dispatching_cases import line_county

from coldchain.cli import run
from coldchain.dispatch.drivers import drivers_of, earlier_days, hours_before, within_week
from coldchain.dispatch.fleet import VehiclesAtHand
from coldchain.errors import BadInputError
from coldchain.model import VehicleType

TRUCK = VehicleType(id="t", payload_kg=1500, volume_m3=9, cargo="ambient", cost_cny_day=60, cost_cny_km=1,
                    cost_cny_h=2, shift_h=10)  # fmt: skip
FLEET = "vehicle,count\nlight_truck,2\n"


def test_hours_left_are_the_shift_of_today() -> None:
    """Of four trucks one is fresh, two have 7 h and 7.4 h left, one half an hour: 10 h, twice 7 h, and used up."""
    fleet = [VehiclesAtHand(TRUCK, 4, "", "t"), VehiclesAtHand(TRUCK, None, "", "t", for_hire=True)]
    before = {"t #1": 41.0, "t #2": 30.0, "t #3": 47.5, "t #4": 40.6}
    found = [(one.kind.id, one.kind.shift_h, one.count, one.drivers) for one in within_week(fleet, before, 48.0)]
    assert found == [
        ("t", 10.0, 1, ("t #2",)), ("t@7h", 7.0, 2, ("t #1", "t #4")), ("t", 10.0, None, ()),
    ]  # fmt: skip
    assert [(one.name, one.before_h) for one in drivers_of(fleet, before)] == sorted(before.items())


def dated(folder: Path, *days: str) -> Path:
    """Write what says of which days folders of routes are."""
    for n, day in enumerate(days):
        (folder / f"{n}").mkdir(parents=True)
        (folder / f"{n}" / "routes.json").write_text(json.dumps({"day": {"given": day}}), encoding="utf-8")
    return folder


def test_earlier_days_are_those_of_the_same_week(tmp_path: Path) -> None:
    """Sunday before, Monday, Tuesday, Wednesday itself, Thursday and a day of summer: on Wednesday three count."""
    days = ("2026-07-12", "2026-07-13", "2026-07-14", "2026-07-15", "2026-07-16", "summer")
    week = dated(tmp_path / "week", *days)
    assert date.fromisoformat(days[3]).isoweekday() == 3
    assert [path.name for path in earlier_days([week], "2026-07-15")] == ["1", "2", "5"]
    assert [path.name for path in earlier_days([week / "1", week / "2"], "2026-07-15", week / "2")] == ["1"]


def test_days_that_cannot_be_counted_are_named(tmp_path: Path) -> None:
    """A folder without routes, two folders of one day, and a day of another county."""
    twice = dated(tmp_path / "twice", "2026-07-13", "2026-07-13")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInputError, match=r"(?s)empty: holds no day of routes.*is of 2026-07-13, as .*0 is"):
        earlier_days([tmp_path / "empty", twice], "2026-07-15")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a county of one tour a day of some five hours, whose two drivers may work six a week."""
    folder = line_county(tmp_path_factory.mktemp("drivers") / "county", {"routing": {"driver_h_week": 6.0}})
    (folder.parent / "fleet.csv").write_text(FLEET, encoding="utf-8")
    return folder


def routed(county: Path, day: str, week: Path | None) -> int:
    """Route a day after those of the week."""
    driven = ["--driven", str(week)] if week is not None else []
    out, fleet = county.parent / "week" / day, county.parent / "fleet.csv"
    return run(["routes", str(county), "--day", "warm", "--fleet", str(fleet), "--iterations", "50", "-q",
                "--out", str(out), *driven])  # fmt: skip


def test_a_week_of_two_drivers(county: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One drives each day until neither can; the third day stays behind, every day verifies, and changes are named."""
    week = county.parent / "week"
    assert [routed(county, "a", None), routed(county, "b", week), routed(county, "c", week)] == [0, 0, 4]
    tables = {day: pd.read_csv(week / day / "tables" / "drivers.csv") for day in "abc"}
    hours = tables["a"]["today_h"].max()
    assert 4.0 < hours < 7.0
    assert tables["a"]["today_h"].tolist() == [hours, 0.0]
    assert tables["b"]["before_h"].tolist() == [hours, 0.0]
    assert tables["b"]["today_h"].tolist() == [0.0, hours]
    assert tables["c"]["left_h"].tolist() == [6.0 - hours] * 2
    assert [run(["verify", str(week / day)]) for day in "abc"] == [0, 0, 0]
    capsys.readouterr()
    path = week / "b" / "tables" / "drivers.csv"
    written = path.read_text(encoding="utf-8-sig")
    path.write_text(written.replace(f",{hours:g},0.0", ",1.0,0.0", 1), encoding="utf-8-sig")
    assert path.read_text(encoding="utf-8-sig") != written
    assert run(["verify", str(week / "b")]) == 3
    told = capsys.readouterr()
    assert "drivers: before_h of light_truck #1 is stated as 1; recomputed 4.585" in told.out + told.err
    assert "is a day of line, not of other" in str(hours_before([week / "a"], "other")[1][0])


def test_all_drivers_used_up(county: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody has an hour left and nothing may be hired, the day is refused by name."""
    week = county.parent / "rest"
    long = line_county(tmp_path / "county", {"routing": {"driver_h_week": 5.0}})
    fleet = tmp_path / "fleet.csv"
    fleet.write_text("vehicle,count\nlight_truck,1\n", encoding="utf-8")
    command = ["routes", str(long), "--day", "warm", "--fleet", str(fleet), "--iterations", "50", "-q"]
    assert run([*command, "--out", str(week / "a")]) == 0
    assert run([*command, "--out", str(week / "b"), "--driven", str(week)]) == 3
    assert "have used up the hours of their week: light_truck #1" in capsys.readouterr().err
