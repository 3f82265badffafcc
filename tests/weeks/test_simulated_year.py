"""A simulated year: the same for all who live it, rolled week by week, priced on what came, and drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_weeks import planned

import coldchain as cc
from coldchain.errors import BadInputError
from coldchain.language import use
from coldchain.runs import Run
from coldchain.weeks.calendar import week_number
from coldchain.weeks.world import World, weeks_in_season

__all__ = ["planned"]
PICTURES = ("harvest", "gain", "loss", "hours", "people")


@pytest.fixture(scope="module")
def folder(planned: Path) -> Path:
    """Return a county of eight villages with a plan."""
    return planned


@pytest.fixture(scope="module")
def year(folder: Path) -> cc.Year:
    """Live through two weeks of it, six weeks apart."""
    return cc.simulate_year(folder, "2026-W26", "2026-W32", every=6)


def test_a_year_is_drawn_from_its_seed_alone(folder: Path) -> None:
    """Equal seeds give equal harvests, whatever weeks came first; another seed another year; means are the plan's."""
    run = Run.open(folder / "plan")
    weeks = weeks_in_season(run, "2026-W01", "2026-W52")
    one, again, other = (World(run, seed, weeks) for seed in (1, 1, 2))
    assert all(np.array_equal(one.harvest[week], again.harvest[week]) for week in weeks)
    assert not np.array_equal(one.harvest[weeks[0]], other.harvest[weeks[0]])
    drawn = [sum(week.sum() for week in World(run, seed, weeks).harvest.values()) for seed in range(40)]
    meant = run.scenario.harvest_t.sum() * 364 / 365
    assert np.mean(drawn) == pytest.approx(meant, rel=0.05)


def test_a_county_hands_in_what_came_before(folder: Path, tmp_path: Path) -> None:
    """The first week has no deliveries, the third those of two weeks, in kg."""
    run = Run.open(folder / "plan")
    world = World(run, 1, [week_number(f"2026-W{n}") for n in (30, 31, 32)])
    world.hand_in(tmp_path, world.weeks[2])
    given = pd.read_csv(tmp_path / "deliveries.csv")
    assert given["kg"].sum() / 1000 == pytest.approx(sum(world.harvest[w].sum() for w in world.weeks[:2]), rel=1e-3)
    world.hand_in(tmp_path, world.weeks[0])
    assert not (tmp_path / "deliveries.csv").exists()


def test_weeks_are_lived_and_written(folder: Path, year: cc.Year) -> None:
    weeks = year.weeks
    assert weeks["week"].to_list() == ["2026-W26", "2026-W32"]
    assert weeks["month"].to_list() == [6, 8]
    assert sorted(one.name for one in (folder / "rolls").iterdir()) == ["2026-W26", "2026-W32"]
    assert (weeks["rolled_lost_t"] <= weeks["today_lost_t"] * 1.001).all()
    assert (weeks[["static_cny", "rolled_cny", "came_t", "expected_t"]] > 0.0).all().all()
    assert year.months["came_t"].sum() == pytest.approx(weeks["came_t"].sum())
    assert set(year.people["week"]) <= set(weeks["week"])


def test_the_same_year_again_is_the_same(folder: Path, year: cc.Year) -> None:
    """Weeks that stand are read, not planned again; figures are equal to the last digit."""
    pd.testing.assert_frame_equal(cc.simulate_year(folder, "2026-W26", "2026-W32", every=6).weeks, year.weeks)


@pytest.mark.parametrize("what", PICTURES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_picture_is_drawn(year: cc.Year, what: str, language: str) -> None:
    """Each has a title, and a label of what is measured."""
    use(language)
    (axes,) = year.plot(what).axes  # type: ignore[arg-type] - the names of the test
    assert axes.get_title(loc="left")
    assert axes.get_ylabel()
    assert (axes.get_ylabel().isascii()) is (language == "en")


def test_a_year_that_cost_more_says_so(year: cc.Year) -> None:
    """The sign goes into the words."""
    weeks = year.weeks.assign(rolled_cny=year.weeks["static_cny"] + 100.0)
    (axes,) = replace(year, weeks=weeks).plot("gain").axes
    assert axes.get_title(loc="left").startswith("Rolling the plan cost CNY 200 more than")


def test_the_year_in_figures(year: cc.Year) -> None:
    told = year.totals()
    assert told.loc["Weeks", "Value"] == "2"
    assert "Saved by rolling it" in told.index


def test_a_year_without_a_harvest_is_named(folder: Path) -> None:
    with pytest.raises(BadInputError, match="nothing is harvested from 2026-W26 to 2026-W20"):
        cc.simulate_year(folder, "2026-W26", "2026-W20")
