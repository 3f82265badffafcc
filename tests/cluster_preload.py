"""Loaded by the Dask workers of the tests: their jobs are done by the fake worker."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))


def dask_setup(_: Any) -> None:
    """Put the fake minder in place."""
    from batch_cases import fake_minder

    from coldchain.batch import errand

    errand.Minder = fake_minder  # type: ignore[misc, assignment]
