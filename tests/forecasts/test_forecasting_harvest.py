"""Harvest by crop and week: on simulated seasons, since no series of real harvests is at hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coldchain as cc
from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.forecasts import read_deliveries, read_weather
from coldchain.forecasts.deliveries import seasons_of
from coldchain.forecasts.weather import week_of_year

Capture = pytest.CaptureFixture[str]


def simulated(
    first: int = 2019, last: str = "2025-07-20", *, warm: bool = True, seed: int = 4
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return deliveries of two crops and daily temperatures.

    Parameters
    ----------
    warm : crops ripen by degree-days, in years up to 4 K apart; else by the day of the year
    """
    rng = np.random.default_rng(seed)
    days = pd.date_range(f"{first}-01-01", last)
    shift = {year: rng.normal(0.0, 1.8) for year in range(first, days[-1].year + 1)}
    season = 16.0 - 11.0 * np.cos(2 * np.pi * (np.array(days.day_of_year) - 15) / 365.25)
    temp_c = season + np.array([shift[year] for year in days.year]) + rng.normal(0.0, 2.0, len(days))
    rows = []
    for crop, middle, width, size_t in (("cherry", 700.0, 90.0, 400.0), ("peach", 1100.0, 150.0, 900.0)):
        for year in shift:
            at = np.array(days.year == year)
            heat = np.maximum(temp_c[at] - 10.0, 0.0)
            clock = np.cumsum(heat) if warm else np.cumsum(np.maximum(season[at] - 10.0, 0.0))
            ripe = np.exp(-0.5 * ((clock - middle) / width) ** 2) * (heat if warm else np.gradient(clock))
            tonnes = ripe / np.exp(-0.5 * ((np.arange(0, 3000) - middle) / width) ** 2).sum() * size_t
            rows += [
                (crop, str(day.date()), round(float(t), 3)) for day, t in zip(days[at], tonnes, strict=True) if t > 0.05
            ]
    deliveries = pd.DataFrame(rows, columns=["series", "date", "value"])
    return deliveries, pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "temp_c": temp_c.round(2)})


def test_degree_days_by_hand() -> None:
    """A week of 12 to 18 °C above a base of 10: 2 + 3 + … + 8 = 35; with two days of it the mean of those, times 7."""
    days = pd.date_range("2026-03-02", periods=7)
    weather = read_weather(pd.DataFrame({"date": days.strftime("%Y-%m-%d"), "temp_c": np.arange(12.0, 19.0)}))
    week = (days[0].toordinal() - 1) // 7
    assert weather.degree_days(week, week + 2, 10.0).tolist()[0] == 35.0
    assert np.isnan(weather.degree_days(week + 1, week + 2, 10.0)[0])
    few = read_weather(pd.DataFrame({"date": ["2026-03-02", "2026-03-03"], "temp_c": [12.0, 13.0]}))
    assert few.degree_days(week, week + 1, 10.0)[0] == 17.5


def test_a_harvest_year_turns_when_nothing_is_harvested() -> None:
    """Citrus from November to January is one season, not two; what is picked all year has none."""
    first = (pd.Timestamp("2020-01-06").toordinal() - 1) // 7
    place = week_of_year(np.arange(first, first + 260))
    citrus = np.where((place >= 44) | (place < 4), 10.0, 0.0)
    seasons = seasons_of(citrus, first, 270)
    whole = [one for one in seasons if one.start >= 0 and one.end <= 260]
    assert len(whole) == 4
    assert {round(float(citrus[one.start : one.end].sum())) for one in whole} <= {110, 120, 130}
    assert all(a.end == b.start for a, b in pairwise(seasons))
    assert seasons_of(np.ones(260), first, 270) == []


def test_warmth_tells_when_crops_ripen() -> None:
    """Where degree-days rule, they halve the error of the calendar; the season ends with what was there."""
    deliveries, weather = simulated()
    found = cc.backtest_harvest(deliveries, weather, 4)
    assert found.clocks == {"cherry": "degree_days", "peach": "degree_days"}
    assert found.mase["degree_days"]["mean"] < 0.5 * found.mase["calendar"]["mean"]
    assert found.mase["harvest"] == found.mase["degree_days"]
    assert found.mase["seasonal_naive"]["mean"] == pytest.approx(1.0)
    assert found.coverage_80 >= 0.75
    outlook = cc.forecast_harvest(deliveries, weather, 4).table
    assert outlook["date"].unique().tolist() == ["2025-07-21", "2025-07-28", "2025-08-04", "2025-08-11"]
    peach = outlook[outlook["series"] == "peach"]
    assert 0.0 < peach["value"].iloc[0] != peach["seasonal_naive"].iloc[0]
    assert (outlook["low_80"] <= outlook["value"]).all()
    assert (outlook["value"] <= outlook["high_80"]).all()
    assert (outlook["low_80"] >= 0.0).all()


def test_the_calendar_is_kept_where_it_rules() -> None:
    """Crops that ripen on the same days each year are forecast by the calendar."""
    found = cc.backtest_harvest(*simulated(warm=False), 3)
    assert set(found.clocks.values()) == {"calendar"}


def test_what_is_in_already_counts() -> None:
    """Twice the harvest up to now: more is expected of the weeks to come, up to twice as much."""
    deliveries, weather = simulated(last="2025-06-29")
    this_year = (deliveries["date"] > "2025-01-01") & (deliveries["series"] == "peach")
    more = deliveries.assign(value=np.where(this_year, deliveries["value"] * 2, deliveries["value"]))
    one, other = (cc.forecast_harvest(table, weather, 3).table.set_index("series") for table in (deliveries, more))
    ratio = other.loc["peach", "value"].sum() / one.loc["peach", "value"].sum()
    assert 1.05 < ratio <= 2.0
    assert other.loc["cherry", "value"].tolist() == one.loc["cherry", "value"].tolist()


def test_weather_to_come_is_unknown() -> None:
    """Temperatures after the last delivery do not move a forecast."""
    deliveries, weather = simulated()
    known = deliveries[deliveries["date"] < "2025-06-16"]
    hot = weather.assign(temp_c=np.where(weather["date"] >= "2025-06-16", 35.0, weather["temp_c"]))
    one, other = (cc.forecast_harvest(known, table, 4).table for table in (weather, hot))
    assert one["value"].sum() == pytest.approx(other["value"].sum(), rel=0.25)
    assert one["date"].tolist() == other["date"].tolist()


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d, w: (d.assign(value="much"), w), r'value: .*"much"\): must be a number'),
        (lambda d, w: (d.assign(value=-1), w), r"must not be negative"),
        (lambda d, w: (d.assign(date="2025-03"), w), r"must be a day or a week"),
        (lambda d, w: (d.assign(value=0), w), r"holds no values"),
        (lambda d, w: (d, w.assign(temp_c=99)), r"must be a temperature between -60 and 60 °C"),
        (lambda d, w: (d, pd.concat([w, w.tail(1)])), r"the day is given twice"),
        (lambda d, w: (d, w.assign(date="March")), r"must be a day such as 2026-03-14"),
        (lambda d, w: (d, w[w["date"] > "2025-01-01"]), r"covers too few of the weeks of the deliveries, 2019-"),
        (lambda d, w: (d[d["date"] > "2024-01-01"], w), r"cherry: has 1 whole season; 3 are needed|peach.*has 1 whole"),
        (lambda d, w: (d, w.drop(columns="temp_c")), r"there is no such column; it may be called temp_c"),
    ],
)
def test_tables_that_do_not_fit_are_named(
    spoil: Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]], message: str
) -> None:
    """Text, negative tonnes, months, doubled days, weather of other years, too few seasons."""
    with pytest.raises(BadInputError, match=message):
        cc.forecast_harvest(*spoil(*simulated()), 3)


def test_doubled_deliveries_count_once_and_others_are_added() -> None:
    """The same row twice is one delivery, named; two lots of one day are both there."""
    table = pd.DataFrame({"series": "A", "date": "2026-03-03", "value": [2.0, 2.0, 3.0]})
    read = read_deliveries(table)
    assert read.tonnes.tolist() == [[5.0]]
    assert [fault.code for fault in read.faults] == ["doubled-row"]


def test_a_crop_without_a_season_is_said() -> None:
    """Picked all year: no turn of the season; the other crop is forecast."""
    deliveries, weather = simulated()
    weeks = pd.DataFrame({"series": "egg", "date": weather["date"][::7], "value": 3.0})
    found = cc.forecast_harvest(pd.concat([deliveries, weeks]), weather, 3)
    assert [one.reason for one in found.unmodelled] == ["is harvested all year round; forecast it without --weather"]
    assert set(found.table["series"]) == {"cherry", "peach"}


def test_days_without_a_temperature_are_said() -> None:
    """A month is missing: a normal year stands in, and it is named."""
    deliveries, weather = simulated()
    holed = weather[~weather["date"].between("2022-04-04", "2022-05-01")]
    found = cc.forecast_harvest(deliveries, holed, 3)
    assert [fault.message for fault in found.faults] == ["4 weeks have no temperature; those of a normal year stand in"]


def test_the_command(tmp_path: Path, capsys: Capture) -> None:
    """With --weather the same command forecasts harvests; options that do not fit are usage errors."""
    deliveries, weather = simulated()
    files = [tmp_path / "deliveries.csv", tmp_path / "weather.csv"]
    deliveries.to_csv(files[0], index=False)
    weather.to_csv(files[1], index=False)
    args = ["forecast", str(files[0]), "--weather", str(files[1]), "--horizon", "2"]
    assert run([*args, "--json", "-q"]) == 0
    assert len(json.loads(capsys.readouterr().out)["forecasts"]) == 4
    assert run([*args, "--backtest", "--json", "-q"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["mase"].keys() == {"harvest", "degree_days", "calendar", "naive", "seasonal_naive"}
    assert run([*args, "--backtest"]) == 0
    assert "  cherry follows degree-days" in capsys.readouterr().out
    assert run([*args, "--backtest", "--lang", "zh"]) == 0
    assert "cherry 按积温推算" in capsys.readouterr().out
    assert run([*args, "--trees"]) == 2
    assert run(["forecast", str(files[0]), "--base", "5"]) == 2
