"""The compiler of loops, whose results numba keeps on disk; what a killed run or a full disk cut short is thrown away.

Loops are marked with this ``njit``, so that nothing is loaded from a damaged cache: it is compiled anew.
"""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Self

os.environ.setdefault("NUMBA_CPU_NAME", "generic")  # equal results on every machine of one architecture, as fast here

from numba import config, njit

__all__ = ["drop_damaged", "njit"]

HERE = Path(__file__).parent
END = pickle.STOP
"""Last byte of a complete pickle, which all of these files are."""


def drop_damaged(folder: Path) -> None:
    """Delete indices and results of the compiler below a folder that are not complete."""
    for kept in folder.rglob("*.nb[ic]"):
        with contextlib.suppress(OSError):
            if not (_is_index(kept) if kept.suffix == ".nbi" else kept.read_bytes()[-1:] == END):
                kept.unlink()


class _Named:
    """Stands for whatever a pickle names: the modules behind the names are not imported to see that it is complete."""

    def __new__(cls, *_given: object) -> Self:
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type[_Named]:
        if module.startswith(f"{HERE.name}.") and not re.search(
            rf"^((class|def) )?{name}\b", _source(module), re.MULTILINE
        ):
            raise pickle.UnpicklingError(name)  # of an earlier release
        return _Named


@cache
def _source(module: str) -> str:
    """Return the text of a module of this package, empty where there is none."""
    path = HERE.joinpath(*module.split(".")[1:])
    found = [one for one in (path.with_suffix(".py"), path / "__init__.py") if one.is_file()]
    return found[0].read_text(encoding="utf-8") if found else ""


def _is_index(path: Path) -> bool:
    """Tell whether an index can be read as numba reads it: its version, then what is in it."""
    try:
        with path.open("rb") as file:
            _Reader(file).load()
            stamp, _overloads = _Reader(io.BytesIO(file.read())).load()
    except OSError:
        return True
    except Exception:  # noqa: BLE001 - a damaged pickle raises almost anything
        return False
    return stamp is not None


def _folders() -> Iterator[Path]:
    """Yield where results are kept: beside the modules, or where the user has them."""
    if config.CACHE_DIR:
        yield Path(config.CACHE_DIR)
    yield HERE


for _folder in _folders():
    drop_damaged(_folder)
