"""A day routed from Python is the day of the command."""

from __future__ import annotations

from pathlib import Path

import pytest
from dispatching_cases import line_county, routed, table

import coldchain as cc
from coldchain.cli import run
from coldchain.errors import UsageError


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write two villages on one road to a depot."""
    return line_county(tmp_path_factory.mktemp("days") / "county")


def test_a_day_is_that_of_the_command(county: Path, tmp_path: Path) -> None:
    """Tables, key figures and lines; what is saved is verified."""
    day = cc.routes(county, day="warm", iterations=2000)
    summary = routed(county, tmp_path / "told", "--day", "warm", "--iterations", "2000")
    assert list(day.tables["stops"]["village"]) == ["B", "A"] == list(table(tmp_path / "told", "stops")["village"])
    assert {**day.summary, "seconds": 0} == {**summary, "seconds": 0}
    assert day.lines.geometry.geom_type.value_counts().to_dict() == {"Point": 3, "LineString": 1}
    assert run(["verify", str(day.save(tmp_path / "saved")), "-q"]) == 0


def test_hours_that_are_none_are_refused(county: Path) -> None:
    """Closing before opening names the argument."""
    with pytest.raises(UsageError, match="depot_hours"):
        cc.routes(county, depot_hours="22:00-06:00")
