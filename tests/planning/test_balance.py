"""Both years by village: they add up to the bill of the county, and the referee reckons them on its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from perishable import write_perishable
from planned import decided
from scenario_cases import change, replace_in_toml, set_in_toml

from coldchain.planning import Plan
from coldchain.planning.balance import _spread
from coldchain.reports import write_run
from coldchain.runs import run_information
from coldchain.runs.names import check_names
from coldchain.scenario import load
from coldchain.verify import verify_tables

STORAGE = "commodity,period,until,days,price_cny_kg\nkiwifruit,autumn,winter,60,9\nponkan,winter,spring,45,4\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan six villages with a standing depot, storage, traced lots and deductions for lateness."""
    folder = tmp_path_factory.mktemp("balance")
    write_perishable(6, 3, folder)
    (folder / "storage.csv").write_text(STORAGE, encoding="utf-8")
    replace_in_toml(folder, "[economics]\n", "[economics]\nfee_cny_t = 150.0\n")
    set_in_toml(folder, "late_cny_t", "20.0")
    change(folder, "sites", 2, existing="cold_forced_air_200:1")
    return decided(load(folder)[0])


def test_villages_add_up_to_the_bill(made: Plan) -> None:
    """Today's totals, the plan's, and what is built: nothing of the county's year is left over."""
    table, summary = made.tables["balance"], made.summary
    assert table["today_cny"].sum() == pytest.approx(summary["net"]["today_cny"], rel=1e-9)
    assert table["plan_cny"].sum() == pytest.approx(summary["net"]["plan_cny"], rel=1e-9)
    assert table["investment_cny"].sum() == pytest.approx(summary["investment"]["total_cny"], rel=1e-9)
    assert (table["benefit_cny"] - table["today_cny"] + table["plan_cny"]).abs().max() < 1e-6
    assert summary["investment"]["total_cny"] > 0


def test_a_village_that_stays_as_it_is_pays_nothing_for_depots(made: Plan) -> None:
    """Who brings nothing to a depot has the same year as before."""
    table = made.tables["balance"].set_index("village")
    cooled = made.tables["villages"].set_index("village")["cooled_t"]
    for village in cooled.index[cooled == 0]:
        assert table["benefit_cny"][village] == pytest.approx(0.0, abs=1e-6)
    assert table["investment_cny"][cooled > 0].gt(0).any()


def test_the_referee_finds_a_wrong_year(made: Plan) -> None:
    """An honest table passes; a village's benefit that is a tenth too high is named."""
    assert made.report.ok, made.report.problems
    table = made.tables["balance"].copy()
    table.loc[0, "benefit_cny"] *= 1.1
    tables: dict[str, pd.DataFrame] = {**made.tables, "balance": table}
    found = verify_tables(made.scenario, made.inputs.placed.network.given, tables, made.summary)
    assert any("benefit_cny" in text for text in found.problems), found.problems


def test_idle_rooms_are_shared_by_harvest() -> None:
    """By hand: 90 CNY of a depot by 1 t and 2 t; 40 CNY of one that nobody uses by harvests of 3 t and 1 t."""
    tonnes, harvest = np.array([[1.0, 0.0], [2.0, 0.0]]), np.array([3.0, 1.0])
    assert _spread(np.array([90.0, 40.0]), tonnes, harvest).tolist() == [60.0, 70.0]


def test_a_plan_written_says_it_too(made: Plan, tmp_path: Path) -> None:
    """The table lies in the run folder with all its columns."""
    folder = write_run(made, tmp_path / "run", run_information(made, {}))
    written = pd.read_csv(folder / "tables" / "balance.csv")
    assert list(written.columns) == list(made.tables["balance"].columns)


def test_a_run_of_an_earlier_version_has_no_such_table(made: Plan, tmp_path: Path) -> None:
    """It is whole without."""
    check_names(tmp_path, made.scenario, {name: table for name, table in made.tables.items() if name != "balance"})
