"""Fixtures that several test files use; kernels compiled once before workers start; seconds by room at the end."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser import Page, browser, found_browser
from hypothesis import HealthCheck, settings
from perishable import write_perishable

from coldchain import language
from coldchain.planning import Options, Plan, plan
from coldchain.scenario import load
from coldchain.verify import ageing

ROWS = 10
"""Lines of the table of seconds: the dearest rooms, and the others together."""
BROWSER = "COLDCHAIN_BROWSER"
"""Set to ``needed`` where a missing browser is a failure."""

settings.register_profile("house", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the kernels before several workers would each do so; they find them in the cache."""
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        from coldchain.cli.doctoring import compile_kernels
        from coldchain.routing.kernel import is_compiled

        if not is_compiled():
            compile_kernels()


def pytest_collection_finish(session: pytest.Session) -> None:  # noqa: ARG001
    """Leave what was imported and collected out of all later searches for garbage: a tenth of the time of a plan."""
    gc.collect()
    gc.freeze()


def room_of(file: str) -> str:
    """Return the room of a file of tests, which is its folder; of the package where it lies in none."""
    _tests, *parts = Path(file).parts
    return parts[0] if len(parts) > 1 else "package"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how long the tests of each room took, over all workers."""
    seconds, count = Counter[str](), Counter[str]()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                room = room_of(report.nodeid.split("::", maxsplit=1)[0])
                seconds[room] += report.duration
                count[room] += report.when == "call"
    if count.total() < 2:
        return
    dearest = seconds.most_common(ROWS - 1)
    rows = [(room, spent, count[room]) for room, spent in dearest]
    rest = (seconds.total() - sum(spent for _room, spent in dearest), count.total() - sum(n for *_, n in rows))
    terminalreporter.section("seconds by room")
    for room, spent, tests in [*rows, ("others", *rest)]:
        terminalreporter.write_line(f"{room:<16}{spent:8.1f} s {tests:6d} tests")


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every test begin in English, with the settings of the defaults, whatever machine it runs on."""
    monkeypatch.setenv("COLDCHAIN_LANG", "en")
    monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)
    language.use("en")
    yield
    language.use("en")


@pytest.fixture(scope="session", autouse=True)
def ages_once() -> Iterator[None]:
    """Let the referee integrate the same stretch of a journey once in all tests: a function of numbers alone."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("cooled", "drifted", "in_air"):
            patch.setattr(ageing, name, _remembering(getattr(ageing, name)))
        yield


def _remembering(worked_out: Callable[..., tuple[np.ndarray, ...]]) -> Callable[..., tuple[np.ndarray, ...]]:
    """Return the function with a memory of what it returned for equal arguments; its arrays cannot be written to."""
    known: dict[tuple[Any, ...], tuple[np.ndarray, ...]] = {}

    def recalled(*given: Any) -> tuple[np.ndarray, ...]:
        key = tuple((one.shape, one.tobytes()) if isinstance(one, np.ndarray) else one for one in given)
        if key not in known:
            known[key] = worked_out(*given)
            for array in known[key]:
                array.setflags(write=False)
        return known[key]

    return recalled


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data, ``$COLDCHAIN_SHARED`` or ``../shared``; its absence fails on CI and skips elsewhere."""
    folder = Path(os.environ.get("COLDCHAIN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no shared data in {folder}")
    return folder


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """Open a page in a browser of the system; its absence fails where one is needed and skips elsewhere."""
    program = found_browser()
    if program is None:
        reason = "no Chromium or Chrome on this system: apt-get install chromium"
        (pytest.fail if os.environ.get(BROWSER) == "needed" else pytest.skip)(reason)
    with browser(program) as one:
        one.size(1400, 900)
        yield one


@pytest.fixture(scope="session")
def small_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan the synthetic county with twelve villages, the same on every machine; its folder stays for the session."""
    folder = tmp_path_factory.mktemp("small") / "upland"
    write_perishable(12, 3, folder)
    scenario, faults = load(folder)
    return plan(scenario, Options.quickly(), faults)
