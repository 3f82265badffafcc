"""What was assumed, and whose data it is, stands on every result: terminal, summary, map, picture, report, layers."""

from __future__ import annotations

import io
import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from coldchain.language import speaking
from coldchain.model import Assumption, badges
from coldchain.planning import Options, Plan, plan
from coldchain.reports import print_summary, write_run
from coldchain.reports.panel import heading, panel
from coldchain.scenario import load, upland, write_scenario

LICENCE = "© OpenStreetMap contributors, ODbL 1.0"
GIVEN = (
    Assumption(what="licence", figure=LICENCE, source="OpenStreetMap"),
    Assumption(what="harvest", figure="300 t a village", source="a rule"),
)
NOTE = "Sums of 2026, by the county's own survey."


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan six villages without roads, with two assumptions and a note of the user's."""
    folder = tmp_path_factory.mktemp("assumed") / "county"
    draft = upland(6, 3)
    draft = replace(draft, notes=(NOTE,), assumptions=GIVEN, sections={**draft.sections, "roads": {"file": ""}})
    write_scenario(draft, folder)
    scenario, faults = load(folder)
    assert scenario.assumptions == GIVEN
    return plan(scenario, Options.quickly(), faults)


def test_the_summary_lists_what_was_assumed(made: Plan) -> None:
    """The scenario's own first, then notes, roads that are none, figures nobody measured, and that it is a draft."""
    listed = made.summary["assumptions"]
    assert [one["what"] for one in listed] == ["licence", "harvest", "note", "roads", "figures", "effort"]
    assert listed[2]["figure"] == NOTE
    assert "times 1.4" in listed[3]["figure"]


def test_terminal_map_and_heading_show_them(made: Plan) -> None:
    """Attribution and note are in words on each; assumed harvests and missing roads are badges."""
    told = io.StringIO()
    print_summary(made.summary, Console(file=told, width=200))
    for text in (told.getvalue(), panel(made)):
        assert LICENCE in text
        assert NOTE.split(",", maxsplit=1)[0] in text
    assert "harvests are assumed" in heading(made)
    assert "draft by quick effort" in heading(made)
    with speaking("zh"):
        assert "产量为假定" in heading(made)


def test_a_written_run_carries_them(made: Plan, tmp_path: Path) -> None:
    """The licence stands in summary, map and the metadata of every layer."""
    folder = write_run(made, tmp_path / "run", {})
    assert LICENCE in json.dumps(json.loads((folder / "summary.json").read_text("utf-8")), ensure_ascii=False)
    assert LICENCE in (folder / "map.html").read_text("utf-8")
    with sqlite3.connect(folder / "plan.gpkg") as base:
        texts = [row[0] for row in base.execute("select metadata from gpkg_metadata")]
    assert len([text for text in texts if LICENCE in text]) == 6


@pytest.mark.parametrize(
    ("toml", "column", "message"),
    [
        ("assumptions = 3", "assumptions", "must hold tables"),
        ('[[assumptions]]\nwhat = "weather"\nfigure = "dry"', "assumptions.what", "must be one of"),
        ('[[assumptions]]\nwhat = "harvest"', "assumptions.figure", "must be given"),
    ],
)
def test_a_wrong_assumption_is_named(tmp_path: Path, toml: str, column: str, message: str) -> None:
    """Key and reason are given."""
    folder = tmp_path / "county"
    write_scenario(upland(6, 3), folder)
    file = folder / "scenario.toml"
    text = file.read_text("utf-8")
    file.write_text(f"{toml}\n{text}" if toml.startswith("assumptions") else f"{text}\n{toml}\n", encoding="utf-8")
    with pytest.raises(Exception, match=message) as caught:
        load(folder)
    assert column in str(caught.value)


def test_no_badge_without_assumption() -> None:
    """A surveyed county with roads bears none."""
    assert badges([{"what": "note", "figure": NOTE, "source": ""}]) == []
