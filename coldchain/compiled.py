"""The compiler of loops, whose results numba keeps on disk; what a killed run or a full disk cut short is thrown away.

Loops are marked with this ``njit``, so that nothing is loaded from a damaged cache: it is compiled anew.
"""

from __future__ import annotations

import contextlib
import os
import pickle
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("NUMBA_CPU_NAME", "generic")  # equal results on every machine of one architecture, as fast here

from numba import config, njit

__all__ = ["drop_damaged", "njit"]

END = pickle.STOP
"""Last byte of a complete pickle, which all of these files are."""


def drop_damaged(folder: Path) -> None:
    """Delete indices and results of the compiler below a folder that are not complete."""
    for kept in folder.rglob("*.nb[ic]"):
        with contextlib.suppress(OSError):
            if not (_is_index(kept) if kept.suffix == ".nbi" else kept.read_bytes()[-1:] == END):
                kept.unlink()


def _is_index(path: Path) -> bool:
    """Tell whether an index can be read as numba reads it: its version, then what is in it."""
    try:
        with path.open("rb") as file:
            pickle.load(file)  # noqa: S301 - numba is about to load the same file
            stamp, _overloads = pickle.loads(file.read())  # noqa: S301
    except OSError:
        return True
    except Exception:  # noqa: BLE001 - a damaged pickle raises almost anything
        return False
    return stamp is not None


def _folders() -> Iterator[Path]:
    """Yield where results are kept: beside the modules, or where the user has them."""
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
    yield Path(__file__).parent


for _folder in _folders():
    drop_damaged(_folder)
