"""Verification: an honest plan passes; every way of tampering with its tables is named."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from perishable import write_perishable
from planned import decided

from coldchain.language import speaking
from coldchain.planning import Plan
from coldchain.scenario import load
from coldchain.verify import Report, verify_tables

Tables = dict[str, pd.DataFrame]
ENGLISH = r"\b(is|are|the|must|has|in|at|goes)\b"


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan six villages."""
    folder = tmp_path_factory.mktemp("verify") / "county"
    write_perishable(6, 9, folder)
    return decided(load(folder)[0])


def checked(honest: Plan, change: Callable[[Tables], None], summary: dict[str, Any] | None = None) -> Report:
    """Verify the plan after a change to a copy of its tables."""
    tables = {name: frame.copy() for name, frame in honest.tables.items()}
    change(tables)
    placed = honest.basis.placed
    return verify_tables(honest.scenario, placed.network.given, tables, summary or honest.summary)


@pytest.fixture(scope="module")
def named(honest: Plan) -> Callable[[str, Callable[[Tables], None]], Report]:
    """Return what verifies the plan after a change that has a name, once for both languages."""
    known: dict[str, Report] = {}

    def report(what: str, change: Callable[[Tables], None]) -> Report:
        if what not in known:
            known[what] = checked(honest, change)
        return known[what]

    return report


def test_honest_plan_passes(honest: Plan) -> None:
    """Nothing changed, nothing found, and the figures agree with the summary."""
    report = checked(honest, lambda _: None)
    assert report.ok
    assert report.loss_rate == pytest.approx(honest.summary["loss"]["plan_rate"], rel=1e-9)
    assert report.subsidy_cny == pytest.approx(honest.summary["investment"]["subsidy_cny"], rel=1e-9)


def _set(table: str, column: str, value: Any, row: int = 0) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        frame = tables[table]
        if not isinstance(value, str):
            frame[column] = frame[column].astype(float)
        frame.loc[frame.index[row], column] = value

    return change


def _scale(table: str, column: str, factor: float, row: int = 0) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        frame = tables[table]
        frame[column] = frame[column].astype(float)
        frame.loc[frame.index[row], column] *= factor

    return change


def _drop(table: str, row: int = 0) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table] = tables[table].drop(tables[table].index[row])

    return change


def _reverse_stops(tables: Tables) -> None:
    """Drive the longest route the other way round."""
    counts = tables["stops"]["route"].value_counts()
    rows = tables["stops"]["route"] == counts.index[0]
    tables["stops"].loc[rows, "order"] = tables["stops"].loc[rows, "order"].to_numpy()[::-1]


TAMPERED: list[tuple[str, Callable[[Tables], None], str]] = [
    ("a share grown above one", _set("assignment", "share", 1.5), r"assignment: \S+ of V\d+ is assigned 1\.5"),
    ("a depot for the wrong zone", _set("assignment", "zone", "mild"), r"must not go to mild"),
    ("an unknown village", _set("assignment", "village", "nowhere"), r'assignment: "nowhere" is not a known village'),
    ("a share that is not a number", _set("assignment", "share", float("nan")), r"row 2: share must be a number"),
    ("modules taken away", _set("depots", "new_modules", ""), r"capacity: \S+ must take"),
    ("an unknown module", _set("depots", "new_modules", "palace:1"), r'"palace" is not a depot type'),
    ("too many modules", _set("depots", "new_modules", "cold_room_200:9"), r"9 new modules; at most 4 fit"),
    ("a bigger award", _scale("subsidies", "award_cny", 1.01), r"subsidies: award_cny of .* is stated as"),
    ("a lorry overloaded", _scale("stops", "load_kg", 20.0), r"carries [\d,.]+ kg; light_truck may carry"),
    ("fewer kilometres", _scale("routes", "km", 0.9), r"km of \S+ is stated as"),
    ("more stops than there are", _scale("routes", "stops", 2.0), r"stops of \S+ is stated as"),
    ("a cheaper route", _scale("routes", "cost_cny_day", 0.5), r"cost_cny_day of \S+ is stated"),
    ("fewer hours aboard", _scale("stops", "aboard_h", 0.5), r"stops: aboard_h of V\d+"),
    ("stops in another order", _reverse_stops, r"is stated as .* recomputed"),
    ("a route gone", _drop("routes"), r"stops: \S+ is not a route"),
    ("a stop gone", _drop("stops"), r"is not as recomputed|is stated as .* recomputed|has no stops"),
    ("a line haul gone", _drop("line_haul"), r"line_haul: \S+ must send"),
    ("an unfit vehicle", _set("routes", "vehicle", "reefer_9m6"), r"reefer_9m6 of \S+ is not a collection vehicle"),
    ("a depot gone", _drop("depots"), r"is in use but not in the table of depots"),
    ("other days", _scale("routes", "days", 0.5), r"routes: days of \S+ is stated"),
    ("less lost in a lot", _scale("lots", "loss_t", 0.5), r"lots: loss_t of V\d+, .* is stated"),
    ("sooner at the market", _scale("lots", "delivery_h", 0.5), r"lots: delivery_h of V\d+, .* is stated"),
    ("less lost in a village", _scale("villages", "plan_loss_t", 0.9), r"villages: plan_loss_t of V\d+"),
    ("less water lost in a village", _scale("villages", "plan_water_t", 0.9), r"villages: plan_water_t of V\d+"),
    ("less value lost in a village", _scale("villages", "plan_loss_cny", 0.9), r"villages: plan_loss_cny of V\d+"),
    ("less lost of a crop", _scale("commodities", "plan_loss_t", 0.9), r"commodities: plan_loss_t of \S+"),
    ("a cheaper depot", _scale("depots", "capex_cny", 0.9), r"depots: capex_cny of \S+"),
    ("an assignment gone", _drop("assignment"), r"kg/day are fetched"),
]


@pytest.mark.parametrize(("what", "change", "message"), TAMPERED, ids=[name for name, _, _ in TAMPERED])
def test_tampering_is_named(
    named: Callable[[str, Callable[[Tables], None]], Report],
    what: str,
    change: Callable[[Tables], None],
    message: str,
) -> None:
    """Each kind of tampering is reported by what it breaks."""
    report = named(what, change)
    assert not report.ok, what
    joined = "\n".join(report.problems)
    assert pd.Series([joined]).str.contains(message, regex=True).all(), joined


CHINESE = [
    pytest.param(*case, id=case[0], marks=[] if n % 4 == 0 else pytest.mark.slow) for n, case in enumerate(TAMPERED)
]
"""A quarter of them; all are a long proof, and another test demands that every message has its Chinese."""


@pytest.mark.parametrize(("what", "change", "_message"), CHINESE)
def test_tampering_is_named_in_chinese(
    named: Callable[[str, Callable[[Tables], None]], Report],
    honest: Plan,
    what: str,
    change: Callable[[Tables], None],
    _message: str,
) -> None:
    """The same problems, each a Chinese sentence around ids and names of tables and columns."""
    english = named(what, change)
    with speaking("zh"):
        chinese = checked(honest, change)
    assert len(chinese.problems) == len(english.problems), what
    assert [text for text in chinese.problems if not re.search("[一-鿿]", text) or re.search(ENGLISH, text)] == []


STATED = [
    ("loss", "plan_rate"), ("loss", "plan_cny"), ("loss", "plan_water_t"), ("loss", "plan_discount_cny"),
    ("annual_cny", "collection"), ("annual_cny", "line_haul"), ("annual_cny", "handling"), ("annual_cny", "overflow"),
    ("annual_cny", "energy"), ("annual_cny", "capital"), ("annual_cny", "operation"), ("annual_cny", "total"),
    ("coverage", "plan"), ("delivery_h", "max"), ("routes", "km"), ("objective", "gap"), ("net", "today_cny"),
    ("net", "plan_cny"), ("net", "benefit_cny"), ("net", "payback_years"), ("investment", "subsidy_cny"),
    ("investment", "total_cny"), ("objective", "value"),
]  # fmt: skip
TOGETHER = [path for path in STATED if path[0] != "objective"]


@pytest.mark.parametrize(
    "paths",
    [pytest.param(TOGETHER, id="together"), [("objective", "gap")], [("objective", "value")],
     *(pytest.param([path], marks=pytest.mark.slow) for path in TOGETHER)],
)  # fmt: skip
def test_every_stated_total_is_recomputed(honest: Plan, paths: list[tuple[str, str]]) -> None:
    """A summary figure that is off by a thousandth is named with both values, alone and among others."""
    summary = copy.deepcopy(honest.summary)
    for section, name in paths:
        stated = summary[section][name]
        summary[section][name] = stated * 1.001 if stated else 1.0
    report = checked(honest, lambda _: None, summary)
    for section, name in paths:
        assert any(f"{section}.{name} is stated as" in problem for problem in report.problems), name


def test_vehicle_volume_is_checked(honest: Plan) -> None:
    """With a loading space of a cubic metre the same routes carry too much."""
    small = tuple(v.model_copy(update={"volume_m3": 1.0}) for v in honest.scenario.vehicles)
    placed = honest.basis.placed
    scenario = replace(honest.scenario, vehicles=small)
    report = verify_tables(scenario, placed.network.given, honest.tables, honest.summary)
    assert any("m³; light_truck holds 1.00" in problem for problem in report.problems)


def test_bound_above_value_is_refused(honest: Plan) -> None:
    """A bound that exceeds the recomputed value is a false proof, and is called one."""
    summary = copy.deepcopy(honest.summary)
    summary["objective"]["bound"] = summary["objective"]["value"] * 1.01
    assert any("lies above the value" in problem for problem in checked(honest, lambda _: None, summary).problems)


def test_missing_table_is_named(honest: Plan) -> None:
    """Without its stops a plan cannot be verified, and the report says which table is missing."""
    report = checked(honest, lambda tables: tables.__delitem__("stops"))
    assert report.problems == ("table stops is missing",)


def test_verify_shares_nothing_with_the_solvers() -> None:
    """No module of `verify` imports siting, routing or plan."""
    folder = Path(__file__).parents[2] / "coldchain" / "verify"
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    for room in ("siting", "routing", "plan"):
        assert f"from coldchain.{room}" not in text
        assert f"import coldchain.{room}" not in text
