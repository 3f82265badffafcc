"""Rules of sharing against published answers, exact certificates, enumeration and their own properties."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import coopgame
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from sharing_cases import cost_game, degenerate, routing_costs, shapley_by_orders

from coldchain.errors import InfeasibleError
from coldchain.sharing import (
    Airport,
    Game,
    airport,
    certify,
    check,
    divide,
    divide_airport,
    equal_profit,
    exact_figures,
    indicator,
    levy_fund,
    lorenz,
    nucleolus,
    owen,
    read_game,
    scrb,
    shapley,
    shapley_sampled,
    stability,
    sums,
    whole_fen,
    yuan,
)

TRAP = np.array([0.0, 0, 0, 6, 0, 4, 2, 10])
KNOWN = [
    "lemaire1991_insurance", "hasan2011_broadcast", "ohshin2012_manufacturing", "sakawa2001_production_transport",
    "ferguson_3", "coopgame_67_1", "peleg_sudholter_5_5_12", "coopgame_4p", "coopgame_15_1", "bnf_readme_3p",
    "leastcore_face_3p", "talmud_100", "talmud_200", "talmud_300", "ibn_ezra", "tva", "skane_water_1982",
    "forest_4_companies", "forest_5_companies",
]  # fmt: skip
PRINTED = {"tva": 1e-4, "skane_water_1982": 1e-4, "forest_4_companies": 1e-4, "forest_5_companies": 1e-4}


def whole_games(least: int = 2, most: int = 5) -> st.SearchStrategy[np.ndarray[Any, np.dtype[np.float64]]]:
    """Games of whole numbers where all together are worth no less than the members alone."""

    def build(n: int) -> st.SearchStrategy[np.ndarray[Any, np.dtype[np.float64]]]:
        return st.lists(st.integers(0, 12), min_size=(1 << n) - 1, max_size=(1 << n) - 1).map(_rational)

    return st.integers(least, most).flatmap(build)


def _rational(figures: list[int]) -> np.ndarray[Any, np.dtype[np.float64]]:
    worth = np.array([0, *figures], dtype=np.float64)
    n = len(worth).bit_length() - 1
    worth[-1] = max(worth[-1], worth[1 << np.arange(n)].sum())
    return worth


@pytest.mark.parametrize("name", KNOWN)
def test_known_answers(name: str, shared: Path) -> None:
    """Every published answer is met to 1e-9, or to the digits it was printed with."""
    file = shared / "bench" / "games" / "known_games.json"
    answers = next(game for game in json.loads(file.read_text(encoding="utf-8")) if game["id"] == name)["answers"]
    game = read_game(file, name)
    found = divide(game, tuple(answers))
    assert found.left_out == {}
    for rule, published in answers.items():
        expected = np.array([float(Fraction(str(share))) for share in published])
        size = np.abs(expected).max()
        np.testing.assert_allclose(found.divisions[rule].amounts, expected, rtol=0, atol=PRINTED.get(name, 1e-9 * size))
        if rule in found.certificates:
            assert found.certificates[rule].right


def test_security_council(shared: Path) -> None:
    """Fifteen members, most groups tied: Shapley and nucleolus of the UN Security Council."""
    file = shared / "bench" / "games" / "unsc15.json"
    found = divide(read_game(file), ("shapley", "nucleolus"))
    for rule, published in json.loads(file.read_text(encoding="utf-8")).items():
        if rule in found.divisions:
            expected = [float(Fraction(share)) for share in published]
            np.testing.assert_allclose(found.divisions[rule].amounts, expected, rtol=1e-9, atol=1e-12)


def test_nucleolus_does_not_freeze_a_vertex() -> None:
    """The optimal face of the first stage is an edge; (6, 2, 2) is a vertex of it, (5, 3, 2) the nucleolus."""
    np.testing.assert_allclose(nucleolus(TRAP).payoff, [5.0, 3.0, 2.0], atol=1e-12)
    wrong = check(exact_figures(TRAP.tolist()), exact_figures([6.0, 2.0, 2.0]))
    assert not wrong.right
    assert "can fall" in wrong.reason


def _prove(seeds: range) -> None:
    for seed in seeds:
        worth = degenerate(seed)
        exact = [Fraction(int(value)) for value in worth]
        for rational in (True, False):
            for per_capita in (False, True):
                found = nucleolus(worth, rational=rational, per_capita=per_capita)
                proof = certify(exact, found, rational=rational, per_capita=per_capita)
                assert proof.right, (seed, rational, per_capita, proof.reason)
                assert found.payoff == pytest.approx([float(share) for share in proof.payoff], abs=1e-10)


def test_degenerate_games_are_certified() -> None:
    """Twenty-five games of small whole numbers, four kinds of nucleolus each, proved in fractions."""
    _prove(range(25))


@pytest.mark.slow
def test_six_hundred_degenerate_games_are_certified() -> None:
    """All 600 are right."""
    _prove(range(600))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(whole_games(), st.integers(0, 4), st.integers(-3, 3).filter(bool))
def test_certificate_refuses_every_other_division(worth: np.ndarray, member: int, shift: int) -> None:
    """Moving any amount from one member to another is never certified."""
    exact = [Fraction(int(value)) for value in worth]
    proof = certify(exact, nucleolus(worth))
    assert proof.right
    payoff = list(proof.payoff)
    n = len(payoff)
    payoff[member % n] += Fraction(shift, 7)
    payoff[(member + 1) % n] -= Fraction(shift, 7)
    assert not check(exact, payoff).right


@pytest.mark.parametrize("seed", range(12))
def test_equal_to_coopgame(seed: int) -> None:
    """Shapley and all nucleoli agree with an independent package on routing games and tied games."""
    worth = -routing_costs(7, seed) if seed % 2 else degenerate(seed)
    other = coopgame.Game(worth[1:].tolist())
    np.testing.assert_allclose(shapley(worth), coopgame.shapley(other), atol=1e-9)
    for rational, name in ((True, "nucleolus"), (False, "prenucleolus")):
        told = getattr(coopgame, name)(other)["allocation"]
        np.testing.assert_allclose(nucleolus(worth, rational=rational).payoff, told, atol=1e-8)


def test_parts_worth_more_than_the_whole() -> None:
    """No nucleolus then, and the message says by how much; the prenucleolus still exists."""
    worth = np.array([0.0, 4, 3, 5])
    with pytest.raises(InfeasibleError, match="do better by 2 than together"):
        nucleolus(worth)
    np.testing.assert_allclose(nucleolus(worth, rational=False).payoff, [3.0, 2.0])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(whole_games(), st.integers(1, 9), st.integers(-9, 9))
def test_nucleolus_properties(worth: np.ndarray, scale: int, move: int) -> None:
    """It adds up, scales and moves with the game, follows a renaming, and lies in the core where there is one."""
    n = len(worth).bit_length() - 1
    payoff = nucleolus(worth).payoff
    assert payoff.sum() == pytest.approx(worth[-1])
    moved = scale * worth + sums(np.full(n, float(move)))
    np.testing.assert_allclose(nucleolus(moved).payoff, scale * payoff + move, atol=1e-8)
    renamed = np.array([worth[int(format(mask, f"0{n}b")[::-1], 2)] for mask in range(1 << n)])
    np.testing.assert_allclose(nucleolus(renamed).payoff, payoff[::-1], atol=1e-9)
    game = Game(tuple("abcde"[:n]), "profit", worth)
    if divide(game, ("prenucleolus",)).least_epsilon <= 0:
        assert stability(game, payoff).holds


@settings(max_examples=30, deadline=None, derandomize=True)
@given(whole_games(2, 5), whole_games(2, 5))
def test_shapley_properties(first: np.ndarray, second: np.ndarray) -> None:
    """It is the mean over all orders, adds up, and is additive."""
    np.testing.assert_allclose(shapley(first), shapley_by_orders(first), atol=1e-9)
    if len(first) == len(second):
        np.testing.assert_allclose(shapley(first + second), shapley(first) + shapley(second), atol=1e-9)


def test_dummy_and_twins() -> None:
    """A member that changes nothing pays nothing and two that are alike pay alike, under every rule."""
    base = np.array([0.0, 6, 6, 9])
    costs = np.concatenate([base, base])  # the third member adds nothing to any group
    found = divide(Game(("twin", "other twin", "dummy"), "cost", costs, volume=np.array([2.0, 2.0, 0.0])))
    assert found.left_out == {}
    for rule, division in found.divisions.items():
        np.testing.assert_allclose(division.amounts, [4.5, 4.5, 0.0], atol=1e-9, err_msg=rule)


def test_one_member_pays_everything() -> None:
    """Alone there is nothing to share."""
    found = divide(Game(("only",), "cost", np.array([0.0, 7.0])))
    assert len(found.divisions) == 8
    assert all(division.amounts.tolist() == [7.0] for division in found.divisions.values())
    assert all(division.stability.holds for division in found.divisions.values())


def test_sampled_shapley_has_honest_errors() -> None:
    """The estimate adds up exactly and lies within four standard errors of the truth."""
    costs = routing_costs(8, 5)
    told = shapley_sampled(lambda mask: float(costs[mask]), 8, 400, seed=3)
    assert told.value.sum() == pytest.approx(costs[-1])
    assert (np.abs(told.value - shapley(costs)) <= 4 * told.standard_error).all()
    assert told.standard_error.max() < 0.05 * costs[-1]


def test_owen_is_the_mean_over_orders_of_unions() -> None:
    """Enumerated; with members one by one it is Shapley."""
    costs = routing_costs(6, 2)
    unions = [[0, 3], [1, 2, 5], [4]]
    np.testing.assert_allclose(owen(costs, unions), shapley_by_orders(costs, unions), atol=1e-12)
    np.testing.assert_allclose(owen(costs, [[i] for i in range(6)]), shapley(costs), atol=1e-12)
    told = shapley_sampled(lambda mask: float(costs[mask]), 6, 600, unions=unions)
    assert (np.abs(told.value - owen(costs, unions)) <= 4 * told.standard_error + 1e-12).all()


def _core_rows(game: Game) -> tuple[np.ndarray, np.ndarray]:
    masks = range(1, len(game.values) - 1)
    return np.array([indicator(m, game.n) for m in masks], dtype=float), game.values[1:-1]


@pytest.mark.parametrize("seed", range(6))
def test_equal_profit_and_lorenz_are_best_in_the_core(seed: int) -> None:
    """Over the full table, no core point has a smaller largest gap of relative saving, or a larger least saving."""
    game = cost_game(routing_costs(6, seed))
    alone, n = game.alone, game.n
    rows, limits = _core_rows(game)
    amounts = equal_profit(game)
    assert stability(game, amounts).holds
    saving = 1 - amounts / alone
    unit = np.eye(n) / alone
    pairs = np.array([np.r_[unit[j] - unit[i], -1.0] for i in range(n) for j in range(n) if i != j])
    core = np.hstack([rows, np.zeros((len(rows), 1))])
    whole = {"A_eq": np.r_[np.ones(n), 0.0][None], "b_eq": [game.values[-1]], "bounds": (None, None)}
    gap = linprog(
        np.r_[np.zeros(n), 1.0], A_ub=np.vstack([pairs, core]), b_ub=np.r_[np.zeros(len(pairs)), limits], **whole
    )
    assert saving.max() - saving.min() == pytest.approx(gap.fun, abs=1e-8)
    amounts = lorenz(game)
    assert stability(game, amounts).holds
    least = np.hstack([np.eye(n), np.ones((n, 1))])  # alone - y ≥ t
    best = linprog(np.r_[np.zeros(n), -1.0], A_ub=np.vstack([least, core]), b_ub=np.r_[alone, limits], **whole)
    assert (alone - amounts).min() == pytest.approx(-best.fun, abs=1e-8)


def test_equal_profit_of_the_forest(shared: Path) -> None:
    """The published case of five companies: savings of 6.9 to 7.8 %, and the proportional split is blocked."""
    game = read_game(shared / "bench" / "games" / "known_games.json", "forest_5_companies")
    found = divide(game)
    expected = [3520.0, 13697.5989, 9531.1691, 4572.0115, 4369.2206]
    np.testing.assert_allclose(found.divisions["equal_profit"].amounts, expected, atol=1e-4)
    told = found.divisions["proportional"].stability
    assert (told.holds, told.group, told.groups) == (False, ("2", "3", "4", "5"), 1)
    assert told.gain == pytest.approx(32.197518, abs=1e-6)


def test_empty_core_takes_the_least_epsilon() -> None:
    """Three who can each pair up: any two cost as much as one, so some pair always gains; a third of the cost each."""
    costs = np.array([0.0, 3, 3, 3, 3, 3, 3, 6])
    found = divide(cost_game(costs))
    assert found.least_epsilon == pytest.approx(1.0)
    np.testing.assert_allclose(found.divisions["equal_profit"].amounts, [2.0, 2.0, 2.0], atol=1e-9)
    assert not found.divisions["equal_profit"].stability.holds
    assert divide(cost_game(costs), ("equal_profit",), epsilon=1.0).divisions["equal_profit"].stability.holds


def test_scrb_by_hand() -> None:
    """Marginal costs 2 and 4 of 9; the remaining 3 is split 4 : 2 by what each saves beyond them."""
    np.testing.assert_allclose(scrb(cost_game(np.array([0.0, 5, 7, 9]))), [2 + 1.5, 4 + 1.5])
    np.testing.assert_allclose(scrb(cost_game(np.array([0.0, 6, 6, 9]))), [4.5, 4.5])
    stuck = divide(cost_game(np.array([0.0, 3, 3, 5, 3, 5, 5, 8])), ("scrb_aca",))
    assert "remaining benefits add up to 0" in stuck.left_out["scrb_aca"]


def test_equal_charge_of_the_forest(shared: Path) -> None:
    """Marginal cost and equal parts of the rest: the published five companies, and the first would leave."""
    game = read_game(shared / "bench" / "games" / "known_games.json", "forest_5_companies")
    found = divide(game, ("ecm",)).divisions["equal_charge"]
    np.testing.assert_allclose(found.amounts, [3982, 13002, 9852, 4702, 4152], atol=0.5)
    assert (found.stability.group, round(found.stability.gain)) == (("1",), 202)


def test_airport_by_hand_and_as_a_game(shared: Path) -> None:
    """Slices of one fixed cost: by hand, as the Shapley value of its table, and the fees of Birmingham 1968."""
    np.testing.assert_allclose(airport([300.0, 600.0, 600.0]), [100.0, 250.0, 250.0])
    needs = [5.0, 2.0, 9.0, 9.0]
    table = np.array([max([needs[i] for i in range(4) if m >> i & 1], default=0.0) for m in range(16)])
    np.testing.assert_allclose(airport(needs), shapley(table), atol=1e-12)
    lines = (shared / "bench" / "games" / "birmingham_airport_1968.csv").read_text(encoding="utf-8").splitlines()
    rows = [line.rsplit(",", 3) for line in lines if not line.startswith(("#", "type"))]
    fees = airport([float(row[1]) for row in rows], [int(row[2]) for row in rows])
    np.testing.assert_allclose(fees, [float(row[3]) for row in rows], atol=5e-5)
    assert fees @ [int(row[2]) for row in rows] == pytest.approx(115440 + 2236)


@pytest.mark.parametrize("seed", range(12))
def test_users_of_one_fixed_cost_as_in_the_table(seed: int) -> None:
    """Closed forms agree with the rules on the table of all groups, and so does the verdict on who gains most."""
    rng = np.random.default_rng(seed)
    needs = rng.integers(0, 9, rng.integers(1, 8)).astype(float) + (seed % 3 == 0)
    table = np.array([max([v for i, v in enumerate(needs) if m >> i & 1], default=0.0) for m in range(1 << len(needs))])
    names = tuple(f"v{i}" for i in range(len(needs)))
    rules = ("shapley", "nucleolus", "proportional")
    if not needs.any():
        rules = rules[:2]
    expected, found = divide(Game(names, "cost", table), rules), divide_airport(Airport(names, needs), rules)
    for rule in rules:
        ours, theirs = found.divisions[rule], expected.divisions[rule]
        np.testing.assert_allclose(ours.amounts, theirs.amounts, atol=1e-9, err_msg=rule)
        assert (ours.stability.holds, ours.stability.gain) == (
            theirs.stability.holds,
            pytest.approx(theirs.stability.gain),
        )
        lost = sum(ours.amounts[names.index(one)] for one in ours.stability.group)
        cost = max((needs[names.index(one)] for one in ours.stability.group), default=0.0)
        assert lost - cost == pytest.approx(ours.stability.gain, abs=1e-9) or len(names) == 1


def test_fund_returns_the_whole_levy() -> None:
    """One per cent of the sales goes back by tonnes, in fen that add up."""
    back = levy_fund({"a": 123_456.78, "b": 1.0}, 0.01, {"x": 1.0, "y": 1.0, "z": 1.0})
    assert back == {"x": 41153, "y": 41153, "z": 41152}
    with pytest.raises(ZeroDivisionError, match="weights of the fund add up to 0"):
        levy_fund({"a": 100.0}, 0.01, {"x": 0.0})


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(st.floats(-1e7, 1e7, allow_nan=False), min_size=1, max_size=30))
def test_fen_add_up(amounts: list[float]) -> None:
    """No bill is off by a fen or more, and together they are the rounded total."""
    fen = whole_fen(amounts)
    assert abs(sum(fen) - sum(amounts) * 100) <= 0.5 + 1e-5 * len(amounts)
    assert all(abs(f - a * 100) < 1 + 1e-5 for f, a in zip(fen, amounts, strict=True))


def test_fen_of_rounding_noise() -> None:
    """A hair below nothing is nothing."""
    assert whole_fen([-1e-13, 10.0, 1e-13]) == [0, 1000, 0]
    assert yuan(5) == "0.05"
