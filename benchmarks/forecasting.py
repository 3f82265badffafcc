"""Forecasts of wholesale prices: the scores of docs/forecast.md, and the processor seconds they take.

Run ``python benchmarks/forecasting.py``; prices are looked for in ``$COLDCHAIN_SHARED/data/produce``.
"""

from __future__ import annotations

import os
import time
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

import coldchain as cc

SHARED = Path(os.environ.get("COLDCHAIN_SHARED", Path(__file__).parents[2] / "shared"))
PRICES = SHARED / "data" / "produce" / "xinfadi_beijing_wholesale_monthly_2013_2016.csv.gz"
HORIZON = 3


def complete_series() -> pd.DataFrame:
    """Return the products that are quoted in every month."""
    quotes = pd.read_csv(PRICES)
    prices = quotes.groupby(["product_zh", "month"])["avg_cny_per_kg"].mean().unstack()
    whole = prices[prices.notna().all(axis=1)].stack().reset_index()
    return whole.set_axis(["series", "date", "value"], axis=1)


def main() -> None:
    """Print a table for the default and one with boosted trees."""
    table, backtest = complete_series(), cc.backtest
    for trees in (False, True) if find_spec("lightgbm") else (False,):
        began = time.process_time()
        found = backtest(table, HORIZON, trees=trees)
        seconds = time.process_time() - began
        print(
            f"{found.series} series, {found.whole.origins} origins, 1-{HORIZON} months, trees {trees}: {seconds:.2f} s"
        )
        print("| model | mean | median | later half mean | median |\n|---|---|---|---|---|")
        for name, score in found.whole.mase.items():
            later = found.judged_on.mase[name]
            print(f"| {name} | {score.mean:.3f} | {score.median:.3f} | {later.mean:.3f} | {later.median:.3f} |")
        shares = f"{found.whole.coverage_80:.3f}, later half {found.judged_on.coverage_80:.3f}"
        print(f"default {found.default}; 80 % intervals hold {shares}\n")


if __name__ == "__main__":
    main()
