"""Forecasts of prices and demand: dates, faults of the table, models by hand, scores, intervals, command and API."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import coldchain as cc
from coldchain.cli import run
from coldchain.errors import BadInputError, UsageError
from coldchain.forecasts import Panel, models, panel_of, read_series
from coldchain.forecasts.dates import Step
from coldchain.forecasts.trials import Trials, try_out

Capture = pytest.CaptureFixture[str]


def months(steps: int, first: str = "2021-01") -> list[str]:
    """Return so many months."""
    return [str(month) for month in pd.period_range(first, periods=steps, freq="M")]


def market(steps: int = 48, series: int = 6, seed: int = 1, noise: float = 0.03) -> pd.DataFrame:
    """Return invented monthly prices with one season, a common drift and some noise."""
    rng = np.random.default_rng(seed)
    at = np.arange(steps)
    rows = []
    for n in range(series):
        season = 0.4 * np.sin(2 * np.pi * (at + n) / 12)
        level = np.exp(1.0 + 0.3 * n + season + np.cumsum(rng.normal(0.0, noise, steps)))
        rows += [(f"crop {n}", month, round(float(v), 4)) for month, v in zip(months(steps), level, strict=True)]
    return pd.DataFrame(rows, columns=["series", "date", "value"])


def write(folder: Path, text: str) -> Path:
    """Write a table."""
    path = folder / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path


def saved(folder: Path, table: pd.DataFrame) -> Path:
    """Write a frame as a table."""
    return write(folder, table.to_csv(index=False))


@pytest.mark.parametrize(
    ("written", "step"),
    [
        (["2026-01", "2026-02", "2026-03"], Step.MONTH),
        (["2026年1月", "2026年2月", "2026年3月"], Step.MONTH),
        (["2026-01-31", "2026-02-28", "2026-03-31"], Step.MONTH),
        (["2025-W52", "2026-W01", "2026-W02"], Step.WEEK),
        (["2026/1/5", "2026/1/12", "2026/1/19"], Step.WEEK),
        (["20260105", "20260106", "20260107"], Step.DAY),
    ],
)
def test_dates_as_people_write_them(tmp_path: Path, written: list[str], step: Step) -> None:
    """Days, weeks and months follow each other without a hole, over the turn of the year too."""
    read = read_series(write(tmp_path, "品名,日期,价格\n" + "".join(f"A,{text},3.5\n" for text in written)))
    numbers = [number for _name, number in read.values]
    assert (read.step, [number - numbers[0] for number in numbers]) == (step, [0, 1, 2])


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        ("A,2026-01,three\n", r"row 2, value = \"three\": must be a number"),
        ('A,2026-01,"1,5"\n', r"row 2, value = \"1,5\": must be a number"),
        ("A,2026-01,-2\n", r"row 2, value = \"-2\": must not be negative"),
        ("A,2026-01,inf\n", r"row 2, value = \"inf\": must be a number"),
        ("A,2026-13,2\n", r"row 2, date = \"2026-13\": must be a date such as 2026-03-14"),
        (",2026-01,2\n", r"row 2, series: the name of the series is missing"),
        ("A,2026-01,2\nA,2026-01,3\n", r"row 3, date = \"A, 2026-01\": has a second value, 3; row 2 gives 2"),
        ("A,2026-01,2\nA,2026-W09,3\n", r"row 3, date: days, weeks and months are mixed in one column; row 2"),
        ("A,2026-01-01,2\nA,2026-06-01,3\n", r"date: dates must follow each other .* got mostly 151 days"),
        ("A,2026-01-01,2\nB,2026-06-01,3\n", r"date: every series has one date only"),
        ("A,2026-01,-\n", r"holds no values"),
    ],
)
def test_rows_that_do_not_fit_are_named(tmp_path: Path, rows: str, place: str) -> None:
    """Text, negative prices, bad dates, second values: file, row, column and what was given."""
    with pytest.raises(BadInputError, match=place):
        read_series(write(tmp_path, "series,date,value\n" + rows))


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    """A text, a negative price and a bad date in one go."""
    with pytest.raises(BadInputError, match="3 faults in the input"):
        read_series(write(tmp_path, "series,date,value\nA,2026-01,x\nA,2026-02,-1\nA,soon,2\n"))


@pytest.mark.parametrize("column", ["series", "date", "value"])
def test_a_missing_column_is_named(tmp_path: Path, column: str) -> None:
    """With the names it may have."""
    table = market(3).drop(columns=column)
    with pytest.raises(BadInputError, match=f"{column}: there is no such column; it may be called {column}"):
        read_series(saved(tmp_path, table))


def test_what_is_odd_is_told_and_read_right(tmp_path: Path) -> None:
    """Unsorted and doubled rows, zeros, blanks, other columns: warnings, and the same values as the clean table."""
    clean = market(30, 2)
    odd = pd.concat([clean.iloc[::-1], clean.iloc[3:5]]).assign(quotes=9)
    odd.loc[odd["date"] == "2022-03", "value"] = 0.0
    read = read_series(saved(tmp_path, odd))
    assert {fault.code for fault in read.faults} == {"unsorted", "doubled-row", "zero-value", "unused-columns"}

    wanted = read_series(saved(tmp_path, clean[clean["date"] != "2022-03"]))
    assert read.values == wanted.values


@pytest.mark.parametrize("text", ["休市", "Closed", ""])
def test_a_closed_market_is_named_and_counts_as_missing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "prices.csv"
    path.write_text(f"series,date,value\nkale,2026-01,3\nkale,2026-02,{text}\nkale,2026-03,4\n", encoding="utf-8")
    read = read_series(path)
    assert len(read.values) == 2
    assert [(one.row, one.value, one.warning) for one in read.faults] == [(3, text, True)]


def test_short_gaps_are_filled_and_said_long_ones_part_a_series(tmp_path: Path) -> None:
    """One month missing: the geometric mean of its neighbours; four missing: only what follows counts."""
    table = market(48, 2)
    first = table[table["series"] == "crop 0"].reset_index(drop=True)
    gone = first[first["date"] != "2022-06"]
    panel = panel_of(read_series(saved(tmp_path, gone)))
    middle = np.sqrt(first["value"][16] * first["value"][18])
    assert panel.values[17, 0] == pytest.approx(middle)
    assert [(fault.code, fault.value) for fault in panel.faults] == [("missing-date", "crop 0, 2022-06")]
    parted = table[~((table["series"] == "crop 0") & table["date"].between("2021-10", "2022-01"))]
    panel = panel_of(read_series(saved(tmp_path, parted)))
    assert np.isnan(panel.values[:13, 0]).all()
    assert np.isfinite(panel.values[13:, 0]).all()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda t: t[t["date"] < "2024-10"], "ends at 2024-09, before the others"),
        (lambda t: t[t["date"] > "2023-02"], "has 22 values in a row up to its end; 24 are needed"),
        (lambda t: t[t["date"] != t["date"]], None),
        (lambda t: t.assign(value=3.0), "never changes"),
    ],
)
def test_what_there_is_too_little_data_for_is_said(
    spoil: Callable[[pd.DataFrame], pd.DataFrame], reason: str | None
) -> None:
    """A series that ends early, is short or never changes is named and not forecast; the others are."""
    table = market(48, 3)
    some = table["series"] == "crop 1"
    outlook = cc.forecast(pd.concat([table[~some], spoil(table[some])]), 2)
    assert [one.reason for one in outlook.unmodelled] == [reason] * (reason is not None)
    assert set(outlook.table["series"]) == {"crop 0", "crop 2"}


def test_nothing_to_model_is_bad_input() -> None:
    """When every series is short the answer is what is needed, not a guess."""
    with pytest.raises(BadInputError, match="no series has 24 values in a row up to the last date; that is two"):
        cc.forecast(market(20, 2))
    with pytest.raises(BadInputError, match="no series has 27 values in a row"):
        cc.backtest(market(26, 2))


def test_models_by_hand() -> None:
    """Season of two: 1, 2, 4, 8 in logarithms; the last value, last season, and the gap to it."""
    y = np.array([[1.0], [2.0], [4.0], [8.0]])
    assert models.naive(y, 2, 2).ravel().tolist() == [8.0, 8.0]
    assert models.seasonal_naive(y, 2, 3).ravel().tolist() == [4.0, 8.0, 4.0]
    halved = np.zeros((12, 1))
    for t in range(2, 12):
        halved[t] = halved[t - 2] + 0.5 ** (t - 2)
    assert models.gap(halved[:9], 2, 2) == pytest.approx(halved[9:11])
    for t in range(2, 12):
        halved[t] = halved[t - 2 :: -2].mean() + 0.5 ** (t - 2)
    assert models.mean_season(halved[:9], 2, 2) == pytest.approx(halved[9:11])


def test_the_pooled_regression_finds_its_own_law() -> None:
    """Prices that go half of the gap to last year back each step, and follow the season: forecast to 2 %."""
    rng = np.random.default_rng(3)
    y = np.zeros((60, 20))
    y[:12] = rng.normal(0.0, 0.5, (12, 20))
    for t in range(12, 60):
        gap = y[t - 1] - (y[t - 13] if t > 12 else 0.0)
        y[t] = y[t - 12] + 0.5 * gap + rng.normal(0.0, 0.002, 20)
    found = models.pooled(y[:58], 12, 2)
    assert np.abs(found - y[58:]).mean() < 0.02 < np.abs(models.naive(y[:58], 12, 2) - y[58:]).mean()


def test_the_score_by_hand() -> None:
    """MASE of the seasonal naive is one where every season lies as far above the one before."""
    steps = np.arange(48)
    value = 10.0 + (steps % 12) + 2.0 * (steps // 12)
    table = pd.DataFrame({"series": "A", "date": months(48), "value": value})
    found = cc.backtest(table, 3)
    score = found.whole.mase["seasonal_naive"]
    assert (score.mean, score.median) == pytest.approx((1.0, 1.0))
    assert (found.series, found.whole.origins) == (1, 48 - 24 - 3 + 1)


def test_no_forecast_knows_the_future() -> None:
    """Changing what comes after an origin changes no forecast from it."""
    table = market(40, 4)
    later = table.assign(value=np.where(table["date"] > "2023-06", table["value"] * 3, table["value"]))
    one, other = (try_out(panel_of_frame(t), 3) for t in (table, later))
    known = 30
    for name, made in one.ahead.items():
        for origin in made:
            if origin <= known:
                assert np.array_equal(made[origin], other.ahead[name][origin], equal_nan=True)
    assert np.array_equal(one.half_width("combined", known), other.half_width("combined", known))


def panel_of_frame(table: pd.DataFrame) -> Panel:
    """Return the panel of a frame."""
    return panel_of(read_series(table))


@pytest.mark.parametrize("seed", [1, 2])
def test_intervals_hold_what_they_say(seed: int) -> None:
    """On 30 noisy series 80 % intervals hold 75 to 90 % of what came, and widen with the steps ahead."""
    table = market(54, 30, seed, noise=0.08)
    found = cc.backtest(table, 3)
    assert 0.75 <= found.whole.coverage_80 <= 0.90
    outlook = cc.forecast(table, 3).table
    width = np.log(outlook["high_80"] / outlook["low_80"]).to_numpy().reshape(30, 3).mean(axis=0)
    assert (np.diff(width) > 0).all()


def test_the_quantile_counts_origins() -> None:
    """Of four past origins the widest error makes the interval: 0.8·(1 + 1/4) is all of them."""
    y = np.zeros((30, 2))
    y[1::2] = 0.1
    ahead = {"m": {o: np.full((1, 2), y[o, 0] + 0.05 * n) for n, o in enumerate((24, 25, 26, 27))}}
    trials = Trials(y, 12, 1, ahead)
    assert trials.half_width("m", 28)[0] == pytest.approx([0.15, 0.15])
    assert np.isnan(trials.half_width("m", 24)).all()


def test_series_that_begin_late_do_not_spoil_the_others() -> None:
    """One of the series begins two years after the rest: all are forecast."""
    table = market(60, 4)
    table = table[~((table["series"] == "crop 3") & (table["date"] < "2023-06"))]
    outlook = cc.forecast(table, 3)
    assert outlook.table["value"].notna().all()
    assert (outlook.table["low_80"] < outlook.table["value"]).all()
    assert cc.backtest(table, 3).whole.mase["combined"].mean < 5.0


def test_weeks_over_three_years() -> None:
    """52 weeks are a season; the first week ahead follows the last one."""
    weeks = pd.date_range("2023-01-02", periods=160, freq="7D")
    at = np.arange(160)
    value = np.exp(0.5 * np.sin(2 * np.pi * at / 52) + np.random.default_rng(5).normal(0, 0.05, 160))
    table = pd.DataFrame({"series": "A", "date": weeks.strftime("%Y-%m-%d"), "value": value.round(4)})
    outlook = cc.forecast(table, 4)
    assert outlook.table["date"].tolist() == [str((weeks[-1] + pd.Timedelta(days=7 * n)).date()) for n in (1, 2, 3, 4)]
    with pytest.raises(UsageError, match="the horizon must be from 1 to 52 steps, one season; got 53"):
        cc.forecast(table, 53)


def test_the_same_table_gives_the_same_bytes_in_any_order() -> None:
    """The order of rows decides the order of series, and nothing else."""
    table = market(40, 3)
    mixed = table.sample(frac=1.0, random_state=4)
    one, other = (cc.forecast(t, 3).table.sort_values(["series", "date"]) for t in (table, mixed))
    pd.testing.assert_frame_equal(one.reset_index(drop=True), other.reset_index(drop=True), rtol=1e-5)


def test_command_prints_the_contract(tmp_path: Path, capsys: Capture) -> None:
    """``--backtest --json`` has the fields of the contract; without it a table, a file or an object."""
    file = saved(tmp_path, market())
    assert run(["forecast", str(file), "--backtest", "--horizon", "3", "--json", "--quiet"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["series"], found["origins"]) == (6, 22)
    assert found["mase"].keys() == {"naive", "seasonal_naive", "gap", "mean_season", "pooled", "combined"}
    assert {"mean", "median"} == found["mase"][found["default"]].keys()
    assert 0.0 < found["coverage_80"] <= 1.0
    assert run(["forecast", str(file), "--horizon", "2", "--json", "--quiet"]) == 0
    assert len(json.loads(capsys.readouterr().out)["forecasts"]) == 12
    assert run(["forecast", str(file), "--horizon", "2", "--quiet"]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert (head, len(rows)) == ("series,date,value,low_80,high_80,naive,seasonal_naive", 12)
    out = tmp_path / "outlook.csv"
    assert run(["forecast", str(file), "--out", str(out)]) == 0
    assert len(pd.read_csv(out)) == 18
    assert "--backtest" in capsys.readouterr().err


def test_command_in_words_and_in_chinese(tmp_path: Path, capsys: Capture) -> None:
    """A person reads scores, the default, and which series were left out and why."""
    table = market(40, 3)
    file = saved(tmp_path, table[~((table["series"] == "crop 2") & (table["date"] < "2023-06"))])
    assert run(["forecast", str(file), "--backtest"]) == 0
    said = capsys.readouterr()
    assert "2 series, 14 past dates, 3 steps ahead each" in said.out
    assert "1 series has too little data and is not forecast:\n  crop 2: has 11 values" in said.err
    assert run(["forecast", str(file), "--backtest", "--lang", "zh"]) == 0
    assert "默认模型：" in capsys.readouterr().out
    assert run(["forecast", str(file), "--backtest", "--out", "x.csv"]) == 2
    assert run(["forecast", str(tmp_path / "none.csv")]) == 3


def test_boosted_trees_are_an_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With LightGBM its model stands beside the others; without, code 8 and what to install."""
    pytest.importorskip("lightgbm")
    found = cc.backtest(market(36, 12), 2, trees=True)
    assert "lightgbm" in found.whole.mase
    monkeypatch.setitem(__import__("sys").modules, "lightgbm", None)
    assert run(["forecast", str(saved(tmp_path, market(36, 3))), "--trees", "--quiet"]) == 8


def test_wholesale_prices_of_xinfadi(shared: Path) -> None:
    """94 products over 36 months: better than the seasonal naive by the figures of docs/forecast.md."""
    quotes = pd.read_csv(shared / "data" / "produce" / "xinfadi_beijing_wholesale_monthly_2013_2016.csv.gz")
    prices = quotes.groupby(["product_zh", "month"])["avg_cny_per_kg"].mean().unstack()
    whole = prices[prices.notna().all(axis=1)].stack().reset_index()
    found = cc.backtest(whole.set_axis(["series", "date", "value"], axis=1), 3)
    score = found.whole.mase[found.default]
    assert (found.series, found.whole.origins) == (94, 10)
    assert score.median <= 0.85
    assert score.mean <= 1.17
    assert 0.75 <= found.whole.coverage_80 <= 0.85
    assert 0.75 <= found.judged_on.coverage_80 <= 0.85
    assert found.whole.mase["seasonal_naive"].mean == pytest.approx(1.365, abs=0.001)
