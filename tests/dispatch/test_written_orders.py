"""Orders as people type them are read as tables are: units, clock times, totals, names; every fault in one round."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from scenario_cases import change, small_county

from coldchain.dispatch.clock import read_clock
from coldchain.dispatch.fleet import read_fleet
from coldchain.dispatch.orders import Order, read_orders
from coldchain.errors import Fault
from coldchain.model import Scenario
from coldchain.scenario import load


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Write a county of eight villages: two are called 双河村, one 官庄村; the first site is 锦和镇预冷库."""
    county = small_county(tmp_path_factory.mktemp("orders") / "county")
    for row, name in ((2, "官庄村"), (3, "双河村"), (4, "双河村")):
        change(county, "villages", row, name=name)
    change(county, "sites", 2, name="锦和镇预冷库")
    return load(county)[0]


def read(path: Path, scenario: Scenario, text: str) -> tuple[list[Order], list[Fault]]:
    """Read orders from the text of a table."""
    path.write_text(text, encoding="utf-8")
    return read_orders(path, scenario, [depot_of(scenario)])


def depot_of(scenario: Scenario) -> str:
    """Return the id of 锦和镇预冷库."""
    return next(site.id for site in scenario.sites if site.name == "锦和镇预冷库")


@pytest.mark.parametrize(
    ("heading", "cell", "kg"),
    [
        ("数量(斤)", "1600", 800.0),
        ("数量（公斤）", '"1,600"', 1600.0),
        ("数量", "3000斤", 1500.0),
        ("数量", "2.5吨", 2500.0),
        ("重量(吨)", "0.8", 800.0),
        ("吨", "约0.8", 800.0),
        ("kg", "800公斤", 800.0),
        ("Weight (t)", "0.8", 800.0),
    ],
)
def test_amounts(tmp_path: Path, scenario: Scenario, heading: str, cell: str, kg: float) -> None:
    """Amounts in the unit of the heading or of the cell."""
    crop = scenario.commodities[0].name_zh
    orders, faults = read(tmp_path / "o.csv", scenario, f"村庄,品种,{heading}\n官庄村,{crop},{cell}\n")
    assert (faults, [order.kg for order in orders]) == ([], [pytest.approx(kg)])


def test_an_amount_without_any_unit_is_asked(tmp_path: Path, scenario: Scenario) -> None:
    """数量 1600 may be jin or kilograms."""
    crop = scenario.commodities[0].name_zh
    _orders, faults = read(tmp_path / "o.csv", scenario, f"村庄,品种,数量\n官庄村,{crop},1600\n")
    assert [(fault.code, fault.column, fault.value) for fault in faults] == [("no-unit", "数量", "1600")]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("8:30", 8.5), ("08:30:00", 8.5), ("8点半", 8.5), ("下午2点", 14.0), ("8.30", 8.5), ("8.00", 8.0), ("8.5", 8.5),
        ("8.75", 8.75), ("0.3333333", 8.0), ("0.375", 9.0), ("1.0416667", 25.0), ("01:15 +1", 25.25),
        ("2026-07-15 08:30:00", 8.5), ("9", 9.0),
    ],
)  # fmt: skip
def test_clock_times(text: str, hours: float) -> None:
    """Clock times as people and spreadsheets write them."""
    assert read_clock(text) == pytest.approx(hours)


@pytest.mark.parametrize(("text", "one", "other"), [("8.3", "08:18", "08:30"), ("8.25", "08:15", "08:25")])
def test_clock_times_that_may_be_two_are_asked(text: str, one: str, other: str) -> None:
    """A decimal that is a share of the hour or minutes is not guessed."""
    with pytest.raises(ValueError, match=rf'may be {one} or {other}; write it with a colon; got "{text}"'):
        read_clock(text)


def test_every_fault_in_one_round_by_the_headings_of_the_file(tmp_path: Path, scenario: Scenario) -> None:
    """Form and names together; messages speak of the file's headings and cells."""
    crop = scenario.commodities[0].name_zh
    text = (
        f"村庄,品种,数量(斤),最早\n管庄村,{crop},若干,8.3\n双河村,西瓜,100,25点\n官庄村,{crop},100,8点半\n合计,,200,\n"
    )
    orders, faults = read(tmp_path / "o.csv", scenario, text)
    assert [(fault.row, fault.column, fault.value, fault.code) for fault in faults] == [
        (2, "数量(斤)", "若干", "not-a-number"),
        (2, "最早", "8.3", "invalid"),
        (2, "村庄", "管庄村", "unknown-village"),
        (3, "品种", "西瓜", "unknown-commodity"),
        (3, "最早", "25点", "invalid"),
        (3, "村庄", "双河村", "ambiguous-village"),
        (5, "", "合计", "total-row"),
    ]
    assert faults[5].guess.count("双河村 (") == 2
    assert "官庄村 (" in faults[2].guess
    assert [(order.kg, order.ready_h) for order in orders] == [(50.0, 8.5)]


def test_what_we_write_is_read_back(tmp_path: Path, scenario: Scenario) -> None:
    """A cell ``name (id)`` as our template writes it, and a depot by its name."""
    village = scenario.villages[1]
    crop = scenario.commodities[0].id
    text = f"village,commodity,kg,depot\n{village.name} ({village.id}),{crop},5,锦和镇预冷库\n"
    (order,), faults = read(tmp_path / "o.csv", scenario, text)
    assert (faults, order.village, order.depot, order.value_cny) == ([], 1, depot_of(scenario), math.inf)


def test_a_fleet_by_names(tmp_path: Path, scenario: Scenario) -> None:
    """Vehicle types and depots of a fleet go by name too."""
    kind = scenario.vehicles[0]
    path = tmp_path / "fleet.csv"
    row = f'"{kind.name}",锦和镇预冷库,2'
    path.write_text(f"车型,预冷库,数量\n{row}\n", encoding="utf-8")
    (made,), faults = read_fleet(path, scenario, [depot_of(scenario)])
    assert (faults, made.base, made.count, made.depot) == ([], kind.id, 2, depot_of(scenario))
