"""No answer depends on how the rows of a county's files are sorted: plan, sweep, shares and a day of routes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from planned import saved
from scenario_cases import rows_of, small_county, write_rows

import coldchain as cc
from coldchain.planning import plan_quickly

TABLES = ("villages", "sites", "hubs", "harvest", "vehicles")
CROPS = ("pak_choi", "chilli")
Two = tuple[Path, Path]


@pytest.fixture(scope="module")
def counties(tmp_path_factory: pytest.TempPathFactory) -> Two:
    """Write a county of two towns and three sites twice, the second time with its rows shuffled."""
    room = tmp_path_factory.mktemp("rows")
    one, other = (_county(room / name) for name in ("one", "other"))
    random = np.random.default_rng(1)
    for stem in TABLES:
        rows = rows_of(other / f"{stem}.csv")
        write_rows(other / f"{stem}.csv", [rows[n] for n in random.permutation(len(rows))])
    assert rows_of(one / "villages.csv") != rows_of(other / "villages.csv")
    return one, other


def _county(folder: Path) -> Path:
    small_county(folder, 7, 5)
    villages = [{**row, "town": "ab"[n % 2]} for n, row in enumerate(rows_of(folder / "villages.csv"))]
    write_rows(folder / "villages.csv", villages)
    site, *others = rows_of(folder / "sites.csv")
    more = [{**site, "id": f"N{n}", "name": "", "owner": "", "lon": villages[n]["lon"], "lat": villages[n]["lat"]}
            for n in range(2)]  # fmt: skip
    write_rows(folder / "sites.csv", [{**site, "status": "forced"}, *others, *more])
    harvest = [{**row, "tonnes": f"{8 * float(row['tonnes'])}"} for row in rows_of(folder / "harvest.csv")
               if row["commodity"] in CROPS and row["period"] == "summer"]  # fmt: skip
    write_rows(folder / "harvest.csv", harvest)
    return folder


@pytest.fixture(scope="module")
def runs(counties: Two) -> Two:
    """Plan both and save the runs."""
    found = [saved(plan_quickly(cc.load(path)), path.parent / f"run-{path.name}", {"scenario": str(path)})
             for path in counties]  # fmt: skip
    return found[0], found[1]


def facts(run: cc.Result) -> dict[str, Any]:
    """Return the summary but for the seconds and the hash of the files."""
    return {**run.summary, "scenario": {**run.summary["scenario"], "sha256": ""}, "seconds": {}}


def same(some: dict[str, pd.DataFrame], others: dict[str, pd.DataFrame]) -> None:
    """Compare all tables, row by row."""
    assert some.keys() == others.keys()
    for name, table in some.items():
        pd.testing.assert_frame_equal(table, others[name], check_exact=True, obj=name)


def test_plans(runs: Two) -> None:
    """Summary and tables, rows in the same order too."""
    one, other = map(cc.open, runs)
    assert one.summary["depots"]["built"]
    assert facts(one) == facts(other)
    same(dict(one.tables), dict(other.tables))


def test_days_of_routes(runs: Two, tmp_path: Path) -> None:
    """Orders may be shuffled as well; what is named by its row has another name."""
    stops = cc.open(runs[0]).tables["villages"]["village"]
    rows = [{"order": f"o{n}", "village": key, "commodity": CROPS[n % 2], "kg": f"{500 + 90 * n}"}
            for n, key in enumerate([*stops, *stops])]  # fmt: skip
    days = []
    for run, order in zip(runs, (range(len(rows)), reversed(range(len(rows)))), strict=True):
        write_rows(tmp_path / f"{run.name}.csv", [rows[n] for n in order])
        days.append(cc.routes(run, tmp_path / f"{run.name}.csv", day="summer", any_depot=True, iterations=500))
    assert len(days[0].tables["stops"])
    same(dict(days[0].tables), dict(days[1].tables))


def test_sweeps(counties: Two) -> None:
    """Every point of both, and what each would decide."""
    one, other = (cc.sweep(cc.load(path), [4e5], effort="quick") for path in counties)
    tables = [made.table().drop(columns="seconds") for made in (one, other)]
    pd.testing.assert_frame_equal(*tables, check_exact=True)


@pytest.mark.slow
def test_shares(counties: Two) -> None:
    """The bills of every rule."""
    one, other = (cc.share(cc.load(path), members="town", effort="quick", time_limit_s=60.0) for path in counties)
    pd.testing.assert_frame_equal(one.rules(), other.rules(), check_exact=True)
