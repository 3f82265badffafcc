"""Odd and bad games at the command line: what is printed, what is refused, and how."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from coldchain.cli import run
from coldchain.model import Scenario
from coldchain.scenario import load, upland, write_scenario
from coldchain.settlement import GroupCost

Run = Callable[..., tuple[int, str, str]]
IN_CORE = ("nucleolus", "per_capita_nucleolus", "equal_profit", "lorenz")
FIGURES = ("collection", "line_haul", "overflow", "handling", "operation", "energy", "capital", "loss")


@pytest.fixture
def share(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Share a game at the command line; return exit code, stdout and stderr."""

    def at_command_line(players: Sequence[str], values: Any, *options: str, **more: Any) -> tuple[int, str, str]:
        path = tmp_path / "game.json"
        content = {"kind": "cost", "players": list(players), "values": values, **more}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        code = run(["share", "--game", str(path), *options])
        return (code, *capsys.readouterr())

    return at_command_line


def test_one_member(share: Run) -> None:
    """It pays what it costs alone by every rule; no minus nought."""
    code, told, _ = share(["甲"], {"甲": 5}, "--json", volumes={"甲": 3})
    assert code == 0
    assert {tuple(amounts.values()) for amounts in json.loads(told)["allocations"].values()} == {(5.0,)}
    _, shown, _ = share(["甲"], {"甲": 5})
    assert "one member: there is nothing to share, and nobody to leave" in shown
    assert "-0.0" not in shown


def test_a_member_with_no_produce(share: Run) -> None:
    """A dummy pays nothing by any rule, volume included, and blocks nothing."""
    values = {"a": 5, "b": 4, "d": 0, "ab": 7, "ad": 5, "bd": 4, "abd": 7}
    code, told, _ = share("abd", values, "--json", volumes=[3, 2, 0])
    assert code == 0
    for rule, amounts in json.loads(told)["allocations"].items():
        assert amounts["d"] == pytest.approx(0.0, abs=1e-12), rule
    assert all(verdict["holds"] for verdict in json.loads(told)["stability"].values())
    assert "-0.0" not in share("abd", values)[1]


def test_nobody_has_produce(share: Run) -> None:
    """Nothing costs nothing, by every rule."""
    code, told, _ = share("ab", {"a": 0, "b": 0, "ab": 0}, "--json", volumes=[0, 0])
    assert code == 0
    assert json.loads(told)["left_out"] == {}
    assert {v for amounts in json.loads(told)["fen"].values() for v in amounts.values()} == {0}


def test_two_identical_members_pay_the_same(share: Run) -> None:
    """Twins have equal amounts by every rule; where a fen is over, one of them has it."""
    values = {"a": 5, "b": 5, "c": 4, "ab": 8, "ac": 7, "bc": 7, "abc": 10.01}
    told = json.loads(share("abc", values, "--json", volumes=[1, 1, 2])[1])
    for amounts in told["allocations"].values():
        assert amounts["a"] == pytest.approx(amounts["b"], abs=1e-12)
    for fen in told["fen"].values():
        assert 0 <= fen["a"] - fen["b"] <= 1
        assert sum(fen.values()) == 1001


def test_all_together_cost_more_than_apart(share: Run) -> None:
    """Rules that satisfy everybody are left out with the reason; the others are blocked; the core is told empty."""
    code, shown, _ = share("ab", {"a": 5, "b": 4, "ab": 12})
    assert code == 0
    assert "nucleolus: left out; apart the members do better by 3 than together" in shown
    assert "the core is empty: under any rule some group gains 1.5000 or more" in shown
    told = json.loads(share("ab", {"a": 5, "b": 4, "ab": 12}, "--json")[1])
    assert not any(verdict["holds"] for verdict in told["stability"].values())
    assert told["least_epsilon"] == pytest.approx(1.5)


GROUPS_MISSING = 'values: 4 cases ("a + b", "c", "a + c", "b + c"): this group is missing'


@pytest.mark.parametrize(
    ("players", "values", "messages"),
    [
        ("abc", {"a": 5, "b": 4, "abc": 12}, [GROUPS_MISSING]),
        ("ab", {"a": float("nan"), "b": float("inf"), "ab": "-inf"}, ['a = "nan": must be', '"inf"', '"-inf"']),
        ([f"m{i}" for i in range(30)], {}, ["at most 25 members, 1,073,741,824 groups do not fit; join some into one"]),
    ],
)  # fmt: skip
def test_refused(share: Run, players: Sequence[str], values: Any, messages: list[str]) -> None:
    """Every fault is told at once, with where it stands; the command leaves with 3."""
    code, told, errors = share(players, values, "--json")
    assert (code, told) == (3, "")
    for message in messages:
        assert message in errors


def test_names_with_commas_and_chinese(share: Run) -> None:
    """Names stand as given in what is printed and in the object."""
    names = ["联合社, 东", "河西 合作社", 'O\'Brien "x"']
    groups = [g for k in (1, 2, 3) for g in itertools.combinations(names, k)]
    values = [{"members": list(group), "value": 10 * len(group) ** 0.5} for group in groups]
    code, told, _ = share(names, values, "--json")
    assert code == 0
    for rule in IN_CORE:
        assert json.loads(told)["allocations"][rule] == pytest.approx(dict.fromkeys(names, 10 / 3**0.5))
    assert "联合社, 东 + 河西 合作社 comes nearest" in share(names, values)[1]


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the planner: 100 for each group and 10 for each tonne."""

    def plan(_: Any, scenario: Scenario, mask: int, *__: Any, **___: Any) -> GroupCost:
        tonnes = float(scenario.harvest_t.sum())
        cost = 100.0 + 10.0 * tonnes
        annual = {**dict.fromkeys(FIGURES, 0.0), "loss": cost}
        return GroupCost(mask, cost, cost, annual, tonnes / 9, tonnes, ({},))

    monkeypatch.setattr("coldchain.settlement.costing._planned", plan)


def county_of(folder: Path, owners: Sequence[str], idle: str = "", alike: bool = False) -> Path:
    """Write a county of six villages whose owners alternate; one owner may have no produce, or all the same."""
    write_scenario(upland(6, 3), folder)
    scenario, _ = load(folder)
    rows = [list(row) for row in csv.reader((folder / "villages.csv").read_text(encoding="utf-8-sig").splitlines())]
    at = rows[0].index("cooperative")
    for n, row in enumerate(rows[1:]):
        row[at] = owners[n % len(owners)]
    with (folder / "villages.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    owner = {row[0]: row[at] for row in rows[1:]}
    tonnes = scenario.harvest_t.mean(axis=0) if alike else None
    names = [[x.id for x in group] for group in (scenario.villages, scenario.commodities, scenario.periods)]
    with (folder / "harvest.csv").open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["village", "commodity", "period", "tonnes"])
        for v, c, p in np.ndindex(scenario.harvest_t.shape):
            amount = scenario.harvest_t[v, c, p] if tonnes is None else tonnes[c, p]
            if amount > 0 and owner[names[0][v]] != idle:
                out.writerow([names[0][v], names[1][c], names[2][p], f"{amount:.6f}"])
    return folder


def settled(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    """Share a scenario at the command line."""
    out = folder.parent / "out"
    assert run(["share", str(folder), "--processes", "1", "--out", str(out), "--json", "-q", *options]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


@pytest.mark.usefixtures("planned")
def test_scenarios_of_odd_members(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One member, one without produce, twins; names with commas, Chinese and markup make folders and pages."""
    one = settled(county_of(tmp_path / "one" / "county", ["只有一家, 甲"]), capsys)
    assert len(one["fen"]) == 1
    assert (tmp_path / "one" / "out" / "members" / "01-只有一家_甲" / "statement.html").is_file()
    names = ["联合社, 东", "<b>", "idle"]
    odd = settled(county_of(tmp_path / "odd" / "county", names, idle="idle"), capsys)
    assert odd["fen"]["idle"] == 0
    assert all(amounts["idle"] == pytest.approx(0.0, abs=1e-9) for amounts in odd["allocations"].values())
    assert "<b></td>" not in (tmp_path / "odd" / "out" / "settlement.html").read_text(encoding="utf-8")
    twins = settled(county_of(tmp_path / "twins" / "county", ["a", "b"], alike=True), capsys)
    for rule, amounts in twins["allocations"].items():
        assert amounts["a"] == pytest.approx(amounts["b"], rel=1e-9), rule


def test_scenario_without_members(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Villages without a co-operative are named, and nothing is planned."""
    folder = county_of(tmp_path / "county", ["", "a"])
    assert run(["share", str(folder), "--out", str(tmp_path / "out"), "-q"]) == 3
    assert "3 villages have no cooperative; every village must name its member" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
