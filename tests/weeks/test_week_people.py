"""People as a limit of a week: operators for the depots that are used, drivers for the hours of routes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planned import with_modules
from test_weeks import STANDS, WEEK, County, planned, rolled

from coldchain.planning import Options, lay_ground
from coldchain.runs import Run, run_information, write_folder, write_tables
from coldchain.runs.folder import SUMMARY, read_tables
from coldchain.scenario import load
from coldchain.weeks import Asked, roll_week
from coldchain.weeks.recheck import verify_week

__all__ = ["planned", "rolled"]
HEAD = "skill,place,shift,persons,hours_day\n"


def staffed(planned: Path, folder: Path, people: str) -> County:
    """Copy a county, state its people and plan it anew with the depots that stand."""
    county = replanned(planned, folder, "people.csv", HEAD + people)
    county.deliver(2.5)
    return county


def replanned(planned: Path, folder: Path, name: str, text: str) -> County:
    """Copy a county, add a table to its scenario and plan it anew with the depots that stand."""
    shutil.copytree(planned, folder)
    shutil.rmtree(folder / "plan")
    (folder / "scenario" / name).write_text(text, encoding="utf-8")
    scenario, faults = load(folder / "scenario")
    ground = lay_ground(scenario, Options.quickly(), faults)
    made = with_modules(ground, np.zeros((len(scenario.sites), len(scenario.depot_types)), np.int64))
    about = run_information(made, {"scenario": str(folder / "scenario"), "scenario_from_run": "../scenario"})
    write_folder(folder / "plan", lambda at: write_tables(made.tables, at, SUMMARY, made.summary, about))
    return County(folder, Run.open(folder / "plan"))


def week_of(county: County) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Plan a week; it must verify."""
    found = roll_week(Asked(county.folder, WEEK, {}, most_changed=0.25))
    folder = county.folder / "rolls" / WEEK
    assert verify_week(folder).problems == ()
    return found, read_tables(folder)


def hours_of(tables: dict[str, pd.DataFrame], skill: str) -> float:
    """Return hours a day that a skill works in the week."""
    people = tables["people"]
    return float(people.loc[people["skill"] == skill, "hours"].sum()) / (85 * 7 / 92)


@pytest.mark.slow
def test_enough_people_change_nothing(rolled: County, planned: Path, tmp_path: Path) -> None:
    """The week is that without a table of people; nobody more is worth anything."""
    found, _tables = week_of(staffed(planned, tmp_path / "free", "operator,,,99,8\ndriver,,,99,10\n"))
    assert [row["worth_cny_person"] for row in found["crews"]] == [0.0, 0.0]
    free = json.loads((rolled.folder / "rolls" / WEEK / "roll.json").read_text(encoding="utf-8"))
    assert found["t"] == free["t"]


def test_people_at_hand_limit_a_week(rolled: County, planned: Path, tmp_path: Path) -> None:
    """Half of both is kept, costs more than a week without limits and has a price; less is found wrong."""
    week = rolled.folder / "rolls" / WEEK
    free, tables = json.loads((week / "roll.json").read_text(encoding="utf-8")), read_tables(week)
    each = hours_of(tables, "operator") / tables["people"]["skill"].eq("operator").sum()
    driven = hours_of(tables, "driver")
    lines = f"operator,,am,1,{each}\ndriver,,am,2,{driven / 4}\ndriver,,pm,0.5,{driven / 4}\n"
    county = staffed(planned, tmp_path / "short", lines)
    short, tables = week_of(county)
    folder = county.folder / "rolls" / WEEK
    assert hours_of(tables, "operator") <= each + 2e-3
    assert 0.0 < hours_of(tables, "driver") <= driven * 0.625 + 2e-3
    assert len(set(read_tables(folder / "week")["assignment"]["depot"])) == 1
    crews = {row["skill"]: row for row in short["crews"]}
    assert crews["operator"]["worth_cny_person"] > 0.0
    assert crews["driver"]["hours_day"] == pytest.approx(driven * 0.625)
    assert short["t"]["cooled"] < free["t"]["cooled"]
    page = (folder / "notice.html").read_text(encoding="utf-8")
    assert "One more is worth" in page
    assert "现有工时（小时/天）" in page
    path = folder / "tables" / "crews.csv"
    path.write_text(path.read_text(encoding="utf-8-sig").replace(f"{crews['driver']['needed_h_day']}", "1.5"))
    assert any("crews.needed_h_day of driver" in text for text in verify_week(folder).problems)
    assert STANDS in str(county.run.scenario.sites[0].existing)


def test_what_is_held_and_cannot_be_served_is_named(planned: Path, tmp_path: Path) -> None:
    """Nobody runs the depots: what is contracted stays, by name, and nothing is lost."""
    county = staffed(planned, tmp_path / "none", "operator,,,0,8\n")
    village = county.run.tables["assignment"]["village"].iloc[0]
    (county.folder / "held.csv").write_text(f"village,reason\n{village},contracted\n", encoding="utf-8")
    found, _tables = week_of(county)
    assert found["t"]["cooled"] == 0.0
    assert any(village in text for text in found["warnings"] if "do not suffice" in text)
    assert json.loads((county.folder / "rolls" / WEEK / "roll.json").read_text(encoding="utf-8")) == found
