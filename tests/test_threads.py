"""Steps side by side change the time, never the answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from perishable import write_perishable

from coldchain.model import Scenario
from coldchain.planning import Options, plan
from coldchain.planning.days import Effort
from coldchain.scenario import load
from coldchain.threads import beside, mapped
from coldchain.work import Meter


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    """Five villages that build."""
    folder = tmp_path_factory.mktemp("threads")
    write_perishable(5, 3, folder)
    return load(folder)[0]


def test_answers_come_in_order() -> None:
    """A slow first item does not let the second one pass."""
    assert list(mapped(lambda n: n * n, range(20), 4)) == [n * n for n in range(20)]


def test_a_failure_beside_is_raised_where_its_answer_is_asked_for() -> None:
    """What goes wrong beside is not lost."""

    def fails() -> int:
        raise ValueError("beside")

    with beside(fails, 2) as answer, pytest.raises(ValueError, match="beside"):
        answer()


@pytest.mark.parametrize("asked", [Options.quickly, pytest.param(lambda: Options(work=5.0), marks=pytest.mark.slow)])
def test_threads_change_nothing(county: Scenario, asked: Callable[[], Options]) -> None:
    """Equal tables, equal summary but for the seconds, with one thread and with three, whatever ends the work."""
    made = [plan(county, replace(asked(), threads=number)) for number in (1, 3)]
    first, second = (json.dumps({**one.summary, "seconds": {}}, sort_keys=True) for one in made)
    assert first == second
    for name, table in made[0].tables.items():
        assert table.equals(made[1].tables[name]), name


def test_one_thread_where_work_may_run_out(county: Scenario) -> None:
    """Where the order of depots decides who is routed in full, they are routed one after another."""
    made = plan(county, Options.quickly())
    decision = made.course.decision
    plenty, scarce = (Effort(meter=Meter(), threads=2, room=lambda left=left: left) for left in (1e6, 0.0))
    assert (plenty.side_by_side(decision), scarce.side_by_side(decision)) == (2, 1)
