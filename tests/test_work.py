"""Work is counted, never timed: equal inputs give equal plans whatever the clock says."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import sources

from coldchain.model.ending import Ending
from coldchain.planning import Options, plan
from coldchain.planning.search import NORMAL_WORK, PACE
from coldchain.scenario import load as read
from coldchain.scenario import upland, write_scenario
from coldchain.work import Clock, Meter, branch_nodes, simplex_steps, simplex_units

MAY_ASK_THE_CLOCK = frozenset({
    "batch/minder.py", "batch/run.py", "benching/location.py", "benching/run.py", "cli/batching.py", "cli/replaying.py",
    "cli/telling.py", "cli/watching.py",
    "dispatch/dispatch.py", "funds/knapsack.py", "planning/pipeline.py", "planning/search.py",
    "routing/collection.py", "routing/dispatch.py", "routing/location.py", "routing/ruin.py",
    "siting/engine.py", "siting/search.py", "siting/solve.py",
    "sweeps/solving.py", "telemetry/broker.py", "work.py",
})  # fmt: skip
"""Modules that tell how long things took, stop where a user set a time limit, or end what hangs."""


def test_who_asks_the_clock() -> None:
    """No other module knows the time, so that none can decide by it."""
    asking = {
        sources.short_name(path)
        for path in sources.MODULES
        if any(word in path.read_text(encoding="utf-8") for word in ("import time\n", "from time import"))
    }
    assert asking == MAY_ASK_THE_CLOCK


def test_a_part_charges_the_whole() -> None:
    """What a part does counts for what it is part of, over every level."""
    whole = Meter(10.0)
    part = Meter(2.0, Meter(5.0, whole))
    part.add(1.5)
    assert (part.left(), whole.left()) == (0.5, 8.5)
    part.add(1.0)
    assert part.left() < 0 < whole.left()


@pytest.mark.parametrize("whole", [False, True])
def test_steps_and_units_are_inverse(whole: bool) -> None:
    """The steps that units allow cost no more than these units."""
    for units, size in ((0.5, 3000), (7.0, 14_000), (60.0, 100_000)):
        steps = simplex_steps(units, size, whole=whole)
        assert units * 0.999 < simplex_units(steps + 1, size, whole=whole) <= units * 1.001
    assert simplex_steps(math.inf, 10) == 2_000_000_000
    assert branch_nodes(0.0, 10**6) == 0


def test_a_clock_counts_nothing() -> None:
    """Where a user measures by the clock, work does not change what is left."""
    clock = Clock(1e9)
    clock.add(1e12)
    assert clock.left() > 1e8


def test_loops_are_compiled_for_any_machine() -> None:
    """The generic processor of the architecture, so that machines agree; whoever asks for another gets it."""
    program = "import coldchain.compiled, numba; print(numba.config.CPU_NAME)"
    told = {name: value for name, value in os.environ.items() if name != "NUMBA_CPU_NAME"}
    for more, name in (({}, "generic"), ({"NUMBA_CPU_NAME": "host"}, "host")):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={**told, **more}
        )
        assert done.stdout.strip() == name


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a county of six villages."""
    folder = tmp_path_factory.mktemp("work") / "county"
    write_scenario(upland(6, 5), folder)
    return folder


@pytest.mark.parametrize("asked", [Options.quickly, pytest.param(lambda: Options(6.0), marks=pytest.mark.slow)])
def test_equal_inputs_give_equal_plans_whatever_the_clock_says(
    asked: Callable[[], Options], county: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that runs a hundred times faster changes no table and no figure but ``seconds``."""
    first = plan(read(county)[0], asked())
    real, began = time.monotonic, time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: began + 100.0 * (real() - began))
    second = plan(read(county)[0], asked())
    assert first.tables.keys() == second.tables.keys()
    for name, table in first.tables.items():
        assert table.equals(second.tables[name]), name
    assert {**first.summary, "seconds": 0} == {**second.summary, "seconds": 0}
    assert first.summary["work"]["units"] > 0


def test_a_time_limit_only_stops_and_says_so(county: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that has run out ends the search with the best so far; a limit that is not met changes nothing."""
    assert Options.of("normal", 1e6).work == Options.of("normal").work == NORMAL_WORK
    assert Options.of("normal", 10.0).work == 10.0 * PACE
    calls = iter(range(10**9))
    monkeypatch.setattr("coldchain.planning.search.time.monotonic", lambda: float(next(calls)))
    made = plan(read(county)[0], replace(Options.of("normal", 40.0), began=0.0))
    assert made.report.ok
    assert made.summary["ended"] == Ending.TIME
