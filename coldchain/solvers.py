"""Manners of the solvers below OR-Tools."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def data_alone_on_stdout() -> Iterator[None]:
    """Send to stderr what a solver prints on stdout by itself; for the whole process, so not from several threads."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
