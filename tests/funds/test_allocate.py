"""One fund between counties: brute force as referee, rules kept, simpler divisions never better."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from coldchain.cli import run
from coldchain.errors import BadInputError, InfeasibleError, UsageError
from coldchain.funds import Curves, Favour, FundProblem, FundRules, allocate, divide, read_curves

M = 1e6
Points = list[list[tuple[float, float]]]


def problem(points: Points, fund: float, favours: tuple[Favour, ...] = ()) -> FundProblem:
    """State points (CNY, loss) of each county."""
    county = np.concatenate([np.full(len(own), c) for c, own in enumerate(points)])
    money, loss = np.array([pair for own in points for pair in own]).T
    return FundProblem(county, money, money, loss, fund, favours)


def brute_force(asked: FundProblem) -> float:
    """Try every choice."""
    rows = [np.flatnonzero(asked.county == c) for c in range(asked.counties)]
    best = math.inf
    for choice in itertools.product(*rows):
        pick = list(choice)
        award = asked.award[pick]
        favoured = all(award[f.counties].sum() >= f.share * award.sum() - 1e-6 for f in asked.favours)
        if favoured and asked.money[pick].sum() <= asked.fund * (1 + 1e-9):
            best = min(best, float(asked.loss[pick].sum()))
    return best


curve = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), min_size=1, max_size=5)


@example([[(1, 13), (27, 1), (27, 1)]], 1, 0.3)  # the points nearest to the bound allow no division
@given(st.lists(curve, min_size=1, max_size=5), st.integers(0, 120), st.sampled_from([0.0, 0.3, 0.7]))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_as_brute_force(points: list[list[tuple[int, int]]], fund: int, share: float) -> None:
    """The optimum, its proof, and infeasibility agree with trying every choice; a favoured group changes nothing."""
    favours = (Favour("first", np.array([0]), share),) if share else ()
    asked = problem([[(m * M, float(loss)) for m, loss in own] for own in points], fund * M, favours)
    want = brute_force(asked)
    if math.isinf(want):
        with pytest.raises(InfeasibleError, match=r"lower the floors or raise the fund|favoured groups"):
            divide(asked)
        return
    found = divide(asked)
    assert found.value == pytest.approx(want, abs=1e-6)
    assert found.bound <= want + 1e-6
    assert found.gap <= 1e-6
    assert asked.county[found.choice].tolist() == list(range(asked.counties))
    assert asked.money[found.choice].sum() <= asked.fund * (1 + 1e-9)


def test_where_greed_fails() -> None:
    """The county that gives most a million first would leave money over that the others cannot use: 12 t, not 10 t."""
    asked = problem([[(0, 10), (3 * M, 0)], [(0, 6), (2 * M, 0)], [(0, 6), (2 * M, 0)]], 4 * M)
    found = divide(asked)
    assert (found.value, found.choice.tolist()) == (10.0, [0, 3, 5])
    assert found.price * M == pytest.approx(3.0)


def table(points: dict[str, list[tuple[float, float]]], **columns: list[object]) -> Curves:
    """Make curves of named counties, harvest 100 t each."""
    rows = [
        {"name": name, "subsidy_cny": cny, "budget_cny": cny, "loss_t": loss, "loss_rate": loss / 100,
         "loss_cny": 1000 * loss, "annual_cny": 2000 * loss, "coverage": 1 - loss / 100, "status": "feasible",
         "harvest_t": 100.0, **{key: values[n] for key, values in columns.items()}}
        for n, (name, own) in enumerate(points.items()) for cny, loss in own
    ]  # fmt: skip
    return _read(pd.DataFrame(rows))


def _read(frame: pd.DataFrame) -> Curves:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "results.csv", index=False, encoding="utf-8-sig")
        return read_curves(Path(folder))


STEEP = [(0.0, 30.0), (1 * M, 12.0), (2 * M, 6.0), (4 * M, 4.0)]
FLAT = [(0.0, 30.0), (1 * M, 27.0), (2 * M, 24.0), (4 * M, 20.0)]


@pytest.fixture(scope="module")
def two() -> Curves:
    """Return a county where money saves much, and one where it saves little."""
    return table({"steep": STEEP, "flat": FLAT}, group=["rich", "poor"], people=[100, 300], own=[0.3 * M, 5 * M])


def awards(curves: Curves, rules: FundRules) -> list[float]:
    """Return the awards in millions."""
    return (allocate(curves, rules).counties["award_cny"] / M).tolist()


def test_each_rule_by_hand(two: Curves) -> None:
    """Two million go to the steep county; floors, caps, groups and matching money move them as stated."""
    rules = FundRules(2 * M)
    assert awards(two, rules) == [2.0, 0.0]
    assert awards(two, replace(rules, floor_cny=0.5 * M)) == [1.0, 1.0]
    assert awards(two, replace(rules, cap_cny=1.2 * M)) == [1.0, 1.0]
    assert awards(two, replace(rules, max_share=0.5)) == [1.0, 1.0]
    assert awards(two, replace(rules, coverage=0.73)) == [1.0, 1.0]
    assert awards(two, replace(rules, groups="group", favoured={"poor": 0.5})) == [1.0, 1.0]
    assert awards(two, replace(rules, matching=0.5)) == [2.0, 2.0]
    assert awards(two, replace(rules, matching=0.2, own_money="own")) == [1.0, 1.0]
    assert awards(two, replace(rules, matching_of={"steep": 0.5})) == [2.0, 1.0]
    made = allocate(two, replace(rules, matching=0.5))
    assert made.counties[["fund_cny", "own_cny"]].to_numpy().tolist() == [[1 * M, 1 * M]] * 2


def test_a_floor_is_met_where_nothing_more_can_be_awarded() -> None:
    """A county whose last point lies below the floor takes that point."""
    curves = table({"small": [(0.0, 9.0), (0.2 * M, 8.9)], "steep": STEEP})
    assert awards(curves, FundRules(3 * M, floor_cny=1 * M)) == [0.2, 2.0]


def test_simpler_divisions_and_the_margin_by_hand(two: Curves) -> None:
    """Of three million: best 24 + 3 t; halves buy 18 + 3 t; by people (0.75, 2.25) only 6 t; the next step is named."""
    made = allocate(two, FundRules(3 * M, population="people"))
    compared = made.compared.set_index("division")
    assert compared["saved_t"].to_dict() == {"best": 27.0, "equal": 21.0, "by_production": 21.0, "by_population": 6.0}
    assert compared["saved_t_per_million"]["best"] == pytest.approx(9.0)
    assert compared["spent_cny"]["by_population"] == 2 * M
    assert compared["saved_t_per_million_of_fund"]["by_population"] == pytest.approx(2.0)
    assert made.facts["proved"]
    assert set(made.counties) >= {"group", "people"}
    assert "subsidy_cny" not in made.counties
    assert made.facts["last_in"] == {"county": "flat", "saves_per_million": 3.0}
    assert made.facts["next_in"] == {"county": "flat", "saves_per_million": 3.0, "step_cny": 1 * M}
    assert made.facts["tenth_more"]["saves_t"] == 0.0
    assert allocate(two, FundRules(4 * M * 0.95)).facts["tenth_more"]["saves_t"] == 3.0
    capped = allocate(two, FundRules(2 * M, cap_cny=1 * M))
    assert capped.facts["rules_cost"] == pytest.approx(24 - 21)


@given(st.lists(curve, min_size=2, max_size=6), st.integers(1, 150))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_the_best_division_is_never_worse_than_a_simple_one(points: list[list[tuple[int, int]]], fund: int) -> None:
    """Without further rules no simple division loses less, and more money never hurts."""
    named = {f"c{n}": [(0.0, 60.0), *((m * M, float(loss)) for m, loss in own)] for n, own in enumerate(points)}
    made = allocate(table(named), FundRules(fund * M))
    losses = made.compared.set_index("division")["loss_t"]
    assert losses["best"] <= losses.min() + 1e-9
    assert made.facts["tenth_more"]["saves"] >= -1e-9
    assert made.compared["spent_cny"].max() <= fund * M + 1


def test_faults_of_the_sweeps_are_named(tmp_path: Path) -> None:
    """Missing columns, cells that are no numbers, counties without a plan; nothing of the kind; foreign columns."""
    path = tmp_path / "results.csv"
    path.write_text("name,loss_t\na,1\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"(?s)subsidy_cny: there is no such column.*loss_rate"):
        read_curves(path)
    path.write_text("name,subsidy_cny,loss_t,loss_rate,status\na,1,x,0.1,feasible\nb,,,,infeasible\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"(?s)loss_t: 1 row \(2\): must be a number.*b: no budget of this county"):
        read_curves(path)
    made = tmp_path / "empty"
    made.mkdir()
    with pytest.raises(UsageError, match="holds neither"):
        read_curves(made)
    with pytest.raises(UsageError, match="neither a table nor a folder"):
        read_curves(tmp_path / "none.csv")


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        (FundRules(M, own_money="purse"), "--own-money purse: the table has no such column"),
        (FundRules(M, groups="tribe", favoured={"poor": 0.1}), "--groups tribe"),
        (FundRules(M, groups="group", favoured={"royal": 0.1}), "--favour royal: no county"),
        (FundRules(M, matching_of={"nowhere": 0.1}), "matching money of nowhere"),
        (FundRules(M, population="group"), "must be a number of 0 or more for every county; it is not for steep"),
        (FundRules(9 * M, floor_cny=2 * M, cap_cny=M), "no budget of steep keeps floor, cap and coverage together"),
    ],
)
def test_rules_that_name_what_is_not_there(two: Curves, rules: FundRules, match: str) -> None:
    """Each is refused with the name."""
    with pytest.raises(UsageError, match=match):
        allocate(two, rules)


def test_floors_above_the_fund_are_infeasible(two: Curves) -> None:
    """The message gives both sums."""
    with pytest.raises(InfeasibleError, match=r"comes to 4,000,000 CNY; the fund is 3,000,000 CNY"):
        allocate(two, FundRules(3 * M, floor_cny=1.5 * M))


def test_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sweep folders in; tables, object and a page that needs no network out; bad options leave with 2."""
    for name, own in {"a": STEEP, "b": FLAT}.items():
        (tmp_path / "sweeps" / name).mkdir(parents=True)
        points = [{"subsidy_cny": m, "budget_cny": m, "loss_t": loss, "loss_rate": loss / 100, "coverage": 0.5,
                   "loss_cny": loss, "annual_cny": loss, "status": "feasible"} for m, loss in own]  # fmt: skip
        told = {"scenario": {"name": name, "lon": 110.0 + len(points), "lat": 30.0}, "points": points}
        (tmp_path / "sweeps" / name / "sweep.json").write_text(json.dumps(told), encoding="utf-8")
    command = ["allocate", str(tmp_path / "sweeps"), "--fund", "3e6", "--out", str(tmp_path / "out")]
    assert run([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["saved_t"], told["proved"]) == (27.0, True)
    page = (tmp_path / "out/allocation.html").read_text(encoding="utf-8")
    assert "<script src=" not in page
    counties = pd.read_csv(tmp_path / "out/counties.csv", encoding="utf-8-sig")
    assert counties["harvest_t"].tolist() == [100.0, 100.0]
    assert run(command) == 0
    shown = capsys.readouterr().out
    assert "proved optimal" in shown
    assert "the best step not taken: b, 3.0 t a year per CNY M" in shown
    assert run([*command, "--favour", "poor=0.2"]) == 2
    assert run([*command, "--matching-of", "a=1.2"]) == 2
    assert run([*command, "--matching-of", "a"]) == 2
