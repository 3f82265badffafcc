"""Sweeps: never worse with more money, nothing computed twice, thresholds bracketed, folders whole."""

from __future__ import annotations

import io
import itertools
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from perishable import TABLE
from rich.console import Console
from scenario_cases import set_in_toml, small_county

from coldchain.cli import run
from coldchain.errors import UsageError
from coldchain.model import Scenario
from coldchain.planning import plan_quickly
from coldchain.reports.curve import stairs
from coldchain.reports.sweeping import check_sweep_folder, print_sweep
from coldchain.scenario import load
from coldchain.sweeps import Point, PointEffort, Sweep, Target, parse_budgets, run_sweep, solving, sweep

LOSS, COVERAGE = Target("loss_rate", 0.08), Target("coverage", 0.6)


def made(budget: float, spent: float, value: float, bound: float = 0.0, loss: float = 0.1) -> Point:
    """Make up a point."""
    return Point(
        budget, "feasible", value, bound, loss_rate=loss, loss_t=100 * loss, loss_cny=value / 2, coverage=1 - loss,
        annual_cny=value, subsidy_cny=spent, investment_cny=2 * spent, depots=("S1",) if spent else (),
        of_budget_cny=budget,
    )  # fmt: skip


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Fifteen villages and three sites; the scenario's own budget is two million."""
    folder = small_county(tmp_path_factory.mktemp("sweep") / "county", 15, 5)
    set_in_toml(folder, "budget_cny", "2000000.0")
    return load(folder)[0]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[float], Point]], list[float]]:
    """Return what puts a made-up answer in place of planning; it gives the list of budgets asked, in order."""

    def put(answer: Callable[[float], Point]) -> list[float]:
        asked: list[float] = []

        def solve(tasks: list[solving.BudgetTask]) -> Iterator[tuple[solving.BudgetTask, Point]]:
            for task in tasks:
                asked.append(task.budget_cny)
                yield task, answer(task.budget_cny)

        @contextmanager
        def opened(*_: object) -> Iterator[solving.Solver]:
            yield solve

        monkeypatch.setattr(sweep, "solver", opened)
        return asked

    return put


def by_award(award: float) -> Callable[[float], Point]:
    """Answer as if every depot took ``award`` CNY, up to five, and each saved 100 CNY and four points of loss."""

    def answer(budget: float) -> Point:
        depots = min(int(budget // award), 5)
        return made(budget, depots * award, 1000.0 - 100 * depots, 200.0, 0.25 - 0.04 * depots)

    return answer


def test_range_of_budgets_includes_both_ends() -> None:
    """From, to and step; or single budgets with commas; a single number alone."""
    assert parse_budgets("0:4e7:2e6")[-1] == 4e7
    assert len(parse_budgets("0:4e7:2e6")) == 21
    assert parse_budgets("0:0.3:0.1")[-1] == pytest.approx(0.3)
    assert parse_budgets("5e5, 1e6") == (5e5, 1e6)
    assert parse_budgets("7") == (7.0,)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a:b:c", "must be an amount in CNY"),
        ("0:1e6", "FROM:TO:STEP"),
        ("0:1e6:0", "STEP above 0"),
        ("2e6:1e6:1e5", "FROM ≤ TO"),
        ("-1:1e6:1e5", "not negative"),
        ("0:inf:1e5", 'got "inf"'),
        ("nan", 'got "nan"'),
        ("0:1e9:1", "more than 500"),
        ("", "must be an amount in CNY"),
        ("1e6,", "must be an amount in CNY"),
    ],
)
def test_bad_ranges_are_refused_with_the_text(text: str, why: str) -> None:
    """The message quotes what was given and says what is wrong."""
    with pytest.raises(UsageError, match=why) as caught:
        parse_budgets(text)
    assert f'"{text}"' in str(caught.value)


def test_a_stretch_in_which_money_is_left_over_is_not_solved(
    county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]
) -> None:
    """Five depots take 2.5 million: of the budgets above none is solved but the largest."""
    asked = answers(by_award(5e5))
    result = run_sweep(county, parse_budgets("0:4e7:2e6"), tmp_path, targets=())
    assert asked[0] == 4e7
    assert [budget for budget in asked if budget > 3e6] == [4e7]
    assert {point.how for point in result.points if point.budget_cny > 3e6 and point.budget_cny < 4e7} == {"same"}
    assert [point.value for point in result.points if point.budget_cny >= 2.5e6] == [500.0] * 20


def test_thresholds_end_at_the_step_itself(
    county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]
) -> None:
    """Five depots of 500,000 are needed for 8 % loss: 2.5 million is enough, and a budget just below misses it."""
    answers(by_award(5e5))
    result = run_sweep(
        county, parse_budgets("0:4e7:2e6"), tmp_path, targets=(LOSS, COVERAGE, Target("loss_rate", 0.01))
    )
    loss, coverage, never = result.thresholds
    assert loss.reached_cny == 2.5e6
    assert loss.missed_cny is not None
    assert 0 < 2.5e6 - loss.missed_cny <= 0.05 * 2.5e6
    assert coverage.reached_cny == 0.0
    assert never.reached_cny is None
    assert never.best == pytest.approx(0.05)
    assert "reached by no budget" in "\n".join(result.lines())


@given(st.lists(st.tuples(st.floats(1, 1e3), st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=8), st.randoms())
@settings(derandomize=True, max_examples=60, deadline=None)
def test_more_money_is_never_worse(figures: list[tuple[float, float, float]], order: Any) -> None:
    """Whatever the searches found: values fall, bounds fall, each plan fits its budget, no bound passes its value."""
    known = {}
    least = min(value for value, _, _ in figures)
    for n, (value, part, spent) in enumerate(figures):
        known[float(n)] = made(float(n), n * spent, value, least * part * (1 - n / 10))
    ledger = sweep._Ledger(None, Path(), {}, lambda _: iter(()), PointEffort(), known)  # type: ignore[arg-type]
    budgets = list(known)
    order.shuffle(budgets)
    points = sweep.finished(ledger, budgets)
    assert [point.budget_cny for point in points] == sorted(known)
    for lower, upper in itertools.pairwise(points):
        assert upper.value <= lower.value
        assert upper.bound <= lower.bound
    for point in points:
        assert point.subsidy_cny <= point.budget_cny
        assert point.bound <= point.value
        assert point.value <= known[point.budget_cny].value


def test_a_worse_plan_of_a_larger_budget_gives_way_and_the_sweep_says_so(
    county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]
) -> None:
    """The plan for three million was found worse than that for two: the latter is carried over, its origin named."""
    answers(lambda budget: made(budget, budget, 900.0 if budget == 2e6 else 1000.0, 500.0))
    result = run_sweep(county, (1e6, 2e6, 3e6), tmp_path, targets=())
    assert [(p.how, p.of_budget_cny) for p in result.points] == [("solved", 1e6), ("solved", 2e6), ("carried", 2e6)]
    assert "carried over" in result.lines()[-1]


def test_infeasible_budgets_are_points_and_lower_ones_follow(
    county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]
) -> None:
    """What is proved infeasible with much money is not tried with less; the table says so."""
    asked = answers(lambda b: made(b, b, 10.0) if b > 2.5e6 else Point(b, "infeasible", problems=("no room",)))
    result = run_sweep(county, parse_budgets("0:4e6:1e6"), tmp_path)
    assert [p.status for p in result.points if p.budget_cny in result.asked] == [*["infeasible"] * 3, *["feasible"] * 2]
    assert 1e6 not in asked
    assert result.table()["annual_cny"].isna().sum() == 3
    assert result.problems == ()


def test_finished_budgets_are_read_and_others_go_on(
    county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]
) -> None:
    """A second run solves nothing, a wider one only what is new, a garbled or foreign file is solved again."""
    first = answers(by_award(5e5))
    run_sweep(county, (0.0, 1e6, 2e6), tmp_path, targets=())
    assert set(first) == {0.0, 1e6, 2e6, 3e6}
    second = answers(by_award(5e5))
    again = run_sweep(county, (0.0, 1e6, 2e6), tmp_path, targets=())
    assert (second, again.solved, again.kept) == ([], 0, 4)
    next((tmp_path / "points").glob("1000000-*.json")).write_text("{", encoding="utf-8")
    third = answers(by_award(5e5))
    run_sweep(county, (0.0, 1e6, 1.6e6, 2e6), tmp_path, targets=())
    assert sorted(third) == [1e6, 1.6e6]


def test_other_settings_are_other_points(county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]) -> None:
    """Another seed, another time limit or another subsidy rule is solved anew."""
    answers(by_award(5e5))
    run_sweep(county, (1e6,), tmp_path, PointEffort(seed=1), ())
    for effort, scenario in ((PointEffort(seed=2), county), (PointEffort(time_limit_s=7, seed=1), county)):
        asked = answers(by_award(5e5))
        run_sweep(scenario, (1e6,), tmp_path, effort, ())
        assert 1e6 in asked


def test_a_stop_keeps_what_is_finished(county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]) -> None:
    """After two budgets the caller stops: two points, marked interrupted; the next run goes on from there."""
    asked = answers(by_award(5e5))
    result = run_sweep(county, parse_budgets("0:4e6:1e6"), tmp_path, PointEffort(stop=lambda: len(asked) >= 2), ())
    assert result.interrupted
    assert result.solved == 2
    assert "the same command goes on" in result.lines()[-1]
    rest = answers(by_award(5e5))
    whole = run_sweep(county, parse_budgets("0:4e6:1e6"), tmp_path, targets=())
    assert not set(rest) & {4e6, 0.0}
    assert whole.kept == 2


def test_the_next_million_is_read_off_between_two_solved_plans(
    county: Scenario, tmp_path: Path, answers: Callable[..., list[float]]
) -> None:
    """At two million the next buys the fifth depot: 100 CNY and 4 t; half a step is interpolated."""
    answers(by_award(5e5))
    result = run_sweep(county, (0.0, 2e6, 4e6), tmp_path, targets=())
    assert result.next_million is not None
    assert result.next_million.saved_cny == pytest.approx(100.0)
    assert result.next_million.saved_t == pytest.approx(4.0)
    table = result.table().set_index("budget_cny")
    assert table.loc[0.0, "next_million_saves_cny"] == pytest.approx(200.0)  # 400 CNY over two million
    assert pd.isna(table.loc[4e6, "next_million_saves_cny"])


def test_stairs_start_where_a_plan_can_be_had() -> None:
    """A plan found for 3 million that takes 2.2 is drawn from 2.2 on; dominated plans are left out."""
    points = (made(1e6, 1e6, 900.0), made(2e6, 1.9e6, 950.0), made(3e6, 2.2e6, 800.0))
    frame = Sweep("total_cost_cny", points, (1e6, 2e6, 3e6), (), None, 3, 0, interrupted=False).table()
    drawn = stairs(frame)
    assert drawn["budget_cny"].tolist() == [1e6, 2.2e6, pytest.approx(2.86e6)]
    assert drawn["annual_cny"].tolist() == [900.0, 800.0, 800.0]


@pytest.mark.slow
def test_sweep_of_a_small_county_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Real solves: monotone, within budget, within half a per cent of a single plan, files complete, resumable."""
    folder = small_county(tmp_path / "county", 5, 3)
    shutil.copyfile(TABLE, folder / TABLE.name)
    out = tmp_path / "out"
    command = ["sweep", str(folder), "--budget", "0:4e5:2e5", "--out", str(out), "--time-limit", "1", "--json", "-q"]
    command += ["--loss", "0.2", "--coverage", "0.1"]
    assert run(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == json.loads((out / "sweep.json").read_text(encoding="utf-8"))
    assert {"sweep.csv", "sweep.json", *found["files"]} <= {path.name for path in out.iterdir()}
    points = found["points"]
    values = [point["objective"] for point in points]
    assert values == sorted(values, reverse=True)
    assert values[-1] < values[0]
    assert all(point["subsidy_cny"] <= point["budget_cny"] + 1e-6 for point in points)
    scenario, _ = load(folder)
    own = next(point for point in points if point["budget_cny"] == scenario.siting.budget_cny)
    single = plan_quickly(scenario)
    assert own["objective"] <= 1.005 * single.summary["objective"]["value"]
    assert own["bound"] <= single.summary["objective"]["value"]
    assert run([part for part in command if part != "--json"]) == 0
    assert "budgets solved: 0" in capsys.readouterr().out


def test_without_matplotlib_the_chart_is_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chart is written as one HTML file that opens without network."""
    from coldchain.reports.sweeping import write_sweep

    points = (made(0.0, 0.0, 900.0), made(1e6, 1e6, 800.0))
    result = Sweep("total_cost_cny", points, (0.0, 1e6), (), None, 2, 0, interrupted=False)
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    told = result.as_dict({"name": "a", "variant": "base", "sha256": ""}, 1e6)
    written = write_sweep(told, result.table(), tmp_path)
    assert written["files"][-1] == "curve.html"
    page = (tmp_path / "curve.html").read_text(encoding="utf-8")
    assert "<script src=" not in page
    assert "<link" not in page
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(("columns", "terminal"), [(60, False), (60, True), (200, True)])
def test_the_table_hides_no_budget(columns: int, terminal: bool) -> None:
    """A stretch with one plan shows every budget asked, and what was tried besides; a narrow window cuts nothing."""
    points = tuple(made(1e6 * n, 5e5, 900.0) for n in range(6))
    asked = tuple(1e6 * n for n in range(5))
    frame = Sweep("total_cost_cny", points, asked, (), None, 6, 0, interrupted=False).table()
    out = io.StringIO()
    print_sweep(frame, Console(file=out, width=columns, force_terminal=terminal, color_system=None))
    lines = out.getvalue().splitlines()
    assert [line.split()[0] for line in lines if re.match(r" *\d", line)] == [f"{n}.00" for n in range(6)]
    assert "…" not in out.getvalue()
    assert sum("not asked for" in line for line in lines) == 1


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    """A folder with other things in it is left alone."""
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageError, match="no earlier sweep"):
        check_sweep_folder(tmp_path)
    with pytest.raises(UsageError, match="is no folder"):
        check_sweep_folder(tmp_path / "letter.txt")
