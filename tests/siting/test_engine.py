"""The child process of the solver: kept between solves, ended when it must not be trusted."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

from coldchain.siting import engine as engines
from coldchain.siting.engine import Engine, Model, Rows, StoppedError
from coldchain.work import Meter


@pytest.fixture(autouse=True)
def children(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Send every model to a child, and begin and end without one waiting."""
    monkeypatch.setattr(engines, "SMALL", 0)
    engines._end_waiting()
    yield
    engines._end_waiting()


def least(cost: float) -> Model:
    """State: least cost·x with x ≥ 2."""
    rows = Rows()
    row = rows.new(2.0, np.inf)
    rows.put(row, np.array([0]), np.array([1.0]))
    return Model(np.array([cost]), np.array([0.0]), np.array([9.0]), np.array([False]), rows)


def solved(cost: float) -> tuple[float, int]:
    """Return the least cost and the process that found it."""
    with Engine(Meter(), lambda: False, 0) as engine:
        answer = engine.solve(least(cost), 10.0)
        assert engine._child is not None
        return float(cost * answer.values[0]), engine._child.pid


def test_the_next_engine_takes_the_child() -> None:
    """Three solves by one process, each with its own answer."""
    found = [solved(cost) for cost in (1.0, 2.5, 3.0)]
    assert [round(value, 9) for value, _ in found] == [2.0, 5.0, 6.0]
    assert len({pid for _, pid in found}) == 1


def test_a_child_that_died_or_is_busy_is_not_kept() -> None:
    """After a kill or a stop in the middle of a solve the next engine starts a new one."""
    _, first = solved(1.0)
    os.kill(first, 9)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    _, second = solved(1.0)
    assert second != first
    stop = [False]
    with Engine(Meter(), lambda: stop[0], 0) as engine:
        engine.solve(least(1.0), 10.0)
        engine._busy = True
    assert not engines._idle
    value, third = solved(4.0)
    assert (value, third != second) == (8.0, True)


def test_a_stop_ends_the_child() -> None:
    """Asked to stop before the answer is there: no child is left waiting."""
    asked = iter([False, True])
    with (
        Engine(Meter(), lambda: next(asked, True), 0) as engine,
        pytest.raises(StoppedError, match=r"^$"),
    ):
        engine.solve(least(1.0), 10.0)
    assert not engines._idle


@pytest.mark.parametrize("small", [0, 3000])
def test_a_model_that_highs_gives_up_is_solved_without_presolve(monkeypatch: pytest.MonkeyPatch, small: int) -> None:
    """One failure leads to a second try, two to a limit without plan and bound; the next model is solved."""
    monkeypatch.setattr(engines, "SMALL", small)
    tries: list[str] = []
    failing = {"choose"}
    name = "_direct" if small else "_by_child"
    owner = engines if small else Engine
    original = getattr(owner, name)

    def fail(*arguments: object) -> object:
        parameters = arguments[1 if small else 2]
        tries.append(parameters.highs.string_options["presolve"])
        return None if tries[-1] in failing else original(*arguments)

    monkeypatch.setattr(owner, name, fail)
    with Engine(Meter(), lambda: False, 0) as engine:
        answer = engine.solve(least(1.0), 10.0)
        assert answer.values[0] == pytest.approx(2.0)
        assert tries == ["choose", "off"]
        failing.add("off")
        answer = engine.solve(least(1.0), 10.0)
        assert (answer.status, answer.values, answer.bound) == ("limit", None, -np.inf)
        failing.clear()
        assert engine.solve(least(3.0), 10.0).values[0] == pytest.approx(2.0)
