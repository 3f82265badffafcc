"""Games read from files, the command line, and the core test with few group costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sharing_cases import cost_game, routing_costs

from coldchain.cli import run
from coldchain.errors import BadInputError, LimitError
from coldchain.sharing import (
    AskedCosts,
    core_test,
    equal_profit,
    equal_profit_of,
    nucleolus,
    read_game,
    shapley,
    stability,
)

PAIR = {"kind": "cost", "players": ["a", "b"], "values": {"a": 5, "b": 4, "ab": 7}}


def write(folder: Path, content: Any) -> Path:
    """Write a game file."""
    path = folder / "game.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("values", "players"),
    [
        ({"甲": 5, "乙": 4, "甲乙": 7}, ["甲", "乙"]),
        ({"co-op, east": 5, "west": 4, "co-op, east + west": 7}, ["co-op, east", "west"]),
        ({"a,b": 5, "c": 4, '["a,b", "c"]': 7}, ["a,b", "c"]),
        ([{"members": [*group], "value": cost} for group, cost in (("x", "10/2"), ("y", 4), ("yx", 7))], ["x", "y"]),
        ({"1": 5, "12": 4, "1,12": 7}, ["1", "12"]),
    ],
)  # fmt: skip
def test_names_of_any_kind(values: Any, players: list[str], tmp_path: Path) -> None:
    """Chinese names, commas in names, lists of names and fractions are read."""
    game = read_game(write(tmp_path, {"kind": "cost", "players": players, "values": values}))
    assert game.players == tuple(players)
    assert game.values.tolist() == [0.0, 5.0, 4.0, 7.0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": {"a": 5, "b": 4}}, "a \\+ b.*missing from the table"),
        ({"values": {"a": 5, "b": float("nan"), "ab": 7}}, "values.b.*finite"),
        ({"values": {"a": 5, "b": float("inf"), "ab": 7}}, "values.b.*finite"),
        ({"values": {"a": 5, "b": "four", "ab": 7}}, 'values.b = "four": must be a number'),
        ({"values": {"a": 5, "b": True, "ab": 7}}, 'values.b = "True": must be a number'),
        ({"values": {"a": 5, "b": 4, "ab": 7, "ba": 8}}, '"ba": the same group stands in the table twice'),
        ({"values": {"a": 5, "b": 4, "ab": 7, "ac": 8}}, '"ac": is not a group of the players'),
        ({"values": {"a": 5, "b": 4, "ab": 7, "": 2}}, "the empty group must be worth 0"),
        ({"values": [1, 2]}, "must map groups to numbers"),
        ({"kind": "income"}, '"income": must be one of cost'),
        ({"players": []}, "at least one name"),
        ({"players": ["a", "a"]}, '"a": must be a name that stands in the list once'),
        ({"players": [f"m{i}" for i in range(30)]}, "at most 25 members, 1,073,741,824 groups do not fit"),
        ({"players": ["a", "b", "ab"]}, '"ab": can be read as several groups'),
        ({"volumes": {"a": 1}}, "volumes: must give one number for each player"),
        ({"volumes": {"a": 1, "b": -2}}, "volumes.b.*at least 0"),
        ({"unions": [["a"]]}, "every player in exactly one union"),
    ],
)
def test_faults_are_named(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    """Each fault says where it stands and what would be right."""
    with pytest.raises(BadInputError, match=message):
        read_game(write(tmp_path, PAIR | change))


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Three things wrong are three faults, not one after the other."""
    content = PAIR | {"values": {"a": float("nan"), "c": 4, "ab": "x"}}
    with pytest.raises(BadInputError, match="4 faults") as caught:
        read_game(write(tmp_path, content))
    assert {fault.code for fault in caught.value.faults} == {
        "not-finite",
        "unknown-group",
        "not-a-number",
        "missing-group",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ('["x"]', "must name one of the games"),
        ('{"kind": "cost", "kind": "cost"}', "twice"),
        ("3", "must be an object"),
    ],
)
def test_files_that_are_no_games(text: str, message: str, tmp_path: Path) -> None:
    """Broken files are told as such."""
    with pytest.raises(BadInputError, match=message):
        read_game(write(tmp_path, text))


def test_command_prints_allocations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` gives amounts by rule and member, whole fen that add up, and the verdict."""
    content = PAIR | {"volumes": {"a": 1, "b": 2}, "unions": [["a"], ["b"]]}
    assert run(["share", "--game", str(write(tmp_path, content)), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["allocations"]["shapley"] == {"a": 4.0, "b": 3.0}
    assert told["allocations"]["volume"] == pytest.approx({"a": 7 / 3, "b": 14 / 3})
    assert {sum(fen.values()) for fen in told["fen"].values()} == {700}
    assert told["stability"]["volume"] == {
        "holds": False, "worst_group": ["b"], "gain": pytest.approx(2 / 3), "groups_that_gain": 1,
    }  # fmt: skip
    assert set(told["allocations"]) == {
        "shapley", "nucleolus", "prenucleolus", "per_capita_nucleolus", "equal_profit", "lorenz", "scrb_aca",
        "proportional", "volume", "owen",
    }  # fmt: skip
    assert told["certified_exactly"] == dict.fromkeys(("nucleolus", "prenucleolus", "per_capita_nucleolus"), True)


def test_command_shows_who_leaves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table names the group that would leave and what it gains; a rule that cannot be applied says why."""
    path = write(tmp_path, PAIR | {"values": {"a": 5, "b": 4, "ab": 10}, "volumes": [1, 2]})
    assert run(["share", "--game", str(path), "--rule", "volume", "--rule", "nucleolus"]) == 0
    shown = capsys.readouterr().out
    assert "volume: 1 group gains by leaving; most of all b: 2.67" in shown
    assert "nucleolus: left out; apart the members do better by 1 than together" in shown
    assert "the core is empty: under any rule some group gains 0.5000 or more" in shown


def test_command_refuses_unknown_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Usage errors leave with code 2, bad tables with 3."""
    assert run(["share", "--game", str(write(tmp_path, PAIR)), "--rule", "fair"]) == 2
    assert "--rule must be one of shapley" in capsys.readouterr().err
    assert run(["share"]) == 2
    assert "--game" in capsys.readouterr().err
    assert run(["share", "--game", str(tmp_path / "none.json")]) == 3
    assert "cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(("n", "seed"), [(6, 1), (8, 2), (8, 3), (9, 4)])
def test_frugal_core_test_agrees_with_the_full_table(n: int, seed: int) -> None:
    """Same verdict and same worst group as all 2^n costs, from part of them, for three divisions."""
    costs = routing_costs(n, seed)
    game = cost_game(costs)
    proportional = costs[-1] * game.alone / game.alone.sum()
    for amounts in (shapley(costs), -nucleolus(-costs).payoff, proportional):
        whole = stability(game, amounts)
        quick = core_test(AskedCosts(lambda mask: float(costs[mask]), n), amounts)
        assert quick.holds == whole.holds
        assert quick.gain <= whole.gain + 1e-9
        worst = core_test(AskedCosts(lambda mask: float(costs[mask]), n), amounts, worst=True)
        assert worst.gain == pytest.approx(whole.gain, abs=1e-9)
        assert worst.epsilon >= worst.gain - 1e-9
        assert worst.costed < len(costs) - 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_twelve_members_need_a_tenth_of_the_costs(seed: int) -> None:
    """The core test of a routing game of 12 asks for less than a tenth of the 4,095 group costs."""
    costs = routing_costs(12, seed)
    told = core_test(AskedCosts(lambda mask: float(costs[mask]), 12), -nucleolus(-costs).payoff)
    assert told.holds
    assert told.costed <= 0.1 * 4095


def test_members_with_assets_may_lower_the_cost() -> None:
    """A third member whose depot halves the cost: monotone bounds would be wrong, so they are left out on request."""
    costs = np.array([0.0, 8, 8, 16, 4, 4, 4, 6])
    amounts = np.array([3.0, 3.0, 0.0])
    game = cost_game(costs)
    told = core_test(AskedCosts(lambda mask: float(costs[mask]), 3, monotone=False), amounts, worst=True)
    assert told.gain == pytest.approx(stability(game, amounts).gain)
    with pytest.raises(ValueError, match="more than 20 members need floors, or costs that never fall"):
        core_test(AskedCosts(lambda mask: float(mask.bit_count()), 21, monotone=False), np.ones(21))


@pytest.mark.parametrize("n", [8, 22])
def test_floors_bound_what_was_never_costed(n: int) -> None:
    """Costs are floors plus 5 for every group: floors certify what lies on them, and state epsilon for the rest."""
    floor = np.arange(1.0, n + 1)

    def cost(mask: int) -> float:
        return 5.0 + float(floor @ ((mask >> np.arange(n)) & 1))

    amounts = floor + 5.0 / n
    told = core_test(AskedCosts(cost, n, monotone=False, floor=floor), amounts, most=2 * n + 1)
    assert not told.holds
    assert told.gain < 0
    assert 0 < told.epsilon <= 5.0 * (n - 1) / n + 1e-9
    easy = core_test(AskedCosts(cost, n, monotone=False, floor=floor + 5.0 / n), amounts, most=2 * n + 1)
    assert easy.holds
    assert easy.costed == 2 * n + 1


def test_frugal_equal_profit_is_the_same_point() -> None:
    """Groups are costed on demand until the equal-profit point is certified."""
    costs = routing_costs(8, 2)
    ledger = AskedCosts(lambda mask: float(costs[mask]), 8)
    verdict = equal_profit_of(ledger)
    assert verdict.holds
    assert verdict.costed == len(ledger.known) < 100
    np.testing.assert_allclose(verdict.amounts, equal_profit(cost_game(costs)), atol=1e-9)


def test_lower_bounds_save_costing() -> None:
    """With bounds within 2 % of the cost a fraction of the groups is enough."""
    costs = routing_costs(9, 4)
    amounts = -nucleolus(-costs).payoff
    plain = core_test(AskedCosts(lambda mask: float(costs[mask]), 9), amounts)
    helped = core_test(
        AskedCosts(lambda mask: float(costs[mask]), 9, given=lambda mask: 0.98 * float(costs[mask])), amounts
    )
    assert plain.holds
    assert helped.holds
    assert helped.costed < 0.6 * plain.costed


def test_thirty_members_by_mixed_integer_programming() -> None:
    """Past a table the bound comes from a programme: an airport game, whose closed form is certified."""
    need = np.arange(1.0, 31.0)

    def cost(mask: int) -> float:
        return float(mask.bit_length())

    from coldchain.sharing import airport

    ledger = AskedCosts(cost, 30)
    verdict = core_test(ledger, airport(need.tolist()))
    assert verdict.holds
    assert verdict.epsilon == 0.0
    assert verdict.costed < 200
    unfair = np.full(30, 1.0)
    assert core_test(AskedCosts(cost, 30), unfair).holds
    unfair[[0, 29]] = 3.0, -1.0
    told = core_test(AskedCosts(cost, 30), unfair)
    assert not told.holds
    assert told.mask & 1
    assert told.gain > 0.0


def test_limited_costing_states_its_epsilon() -> None:
    """Past the limit the verdict is open and says what is proved."""
    costs = routing_costs(9, 3)
    amounts = shapley(costs)
    told = core_test(AskedCosts(lambda mask: float(costs[mask]), 9), amounts, most=30)
    assert (told.costed, told.holds) == (30, False)
    assert told.epsilon >= stability(cost_game(costs), amounts).gain
    assert told.epsilon > 0


def test_frugal_equal_profit_of_an_empty_core() -> None:
    """An empty core is told, not looped over."""
    costs = np.array([0.0, 3, 3, 3, 3, 3, 3, 6])
    with pytest.raises(LimitError, match="no division satisfies every group within the given epsilon"):
        equal_profit_of(AskedCosts(lambda mask: float(costs[mask]), 3))
    assert equal_profit_of(AskedCosts(lambda mask: float(costs[mask]), 3), epsilon=1.0).holds
