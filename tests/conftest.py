"""Fixtures that several test files use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from coldchain import language
from coldchain.plan import Options, Plan, plan
from coldchain.scenario import load, upland, write_scenario


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let every test begin in English, with the settings of the defaults, whatever machine it runs on."""
    monkeypatch.setenv("COLDCHAIN_LANG", "en")
    monkeypatch.setenv("XDG_CONFIG_HOME", os.devnull)
    language.use("en")
    yield
    language.use("en")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data, ``$COLDCHAIN_SHARED`` or ``../shared``; its absence fails on CI and skips elsewhere."""
    folder = Path(os.environ.get("COLDCHAIN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no shared data in {folder}")
    return folder


@pytest.fixture(scope="session")
def small_plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Plan the synthetic county with twelve villages, the same on every machine; its folder stays for the session."""
    folder = tmp_path_factory.mktemp("small") / "upland"
    write_scenario(upland(12, 3), folder)
    scenario, faults = load(folder)
    return plan(scenario, Options.quickly(), faults)
