"""Fixtures that several test files use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data, ``$COLDCHAIN_SHARED`` or ``../shared``; its absence fails on CI and skips elsewhere."""
    folder = Path(os.environ.get("COLDCHAIN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no shared data in {folder}")
    return folder
