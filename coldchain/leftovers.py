"""What killed runs left behind, known by the number of the process that made it, and cleared when that is gone."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from coldchain.errors import UsageError, system_reason
from coldchain.language import _

PREFIX = "coldchain-"
NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""Flag with which Windows starts a process that Ctrl-C does not reach; elsewhere a new session does that."""
HALF_WRITTEN = re.compile(r"\.(?P<name>.+)\.(?P<kind>partial|old|trial|import)-(?P<pid>\d+)(?:\.\w+)?")
TEMPORARY = re.compile(PREFIX + r"[a-z]+-(?P<pid>\d+)-.*")


def temporary_folder(purpose: str) -> tempfile.TemporaryDirectory[str]:
    """Return a temporary folder named after its purpose and this process; those of processes that are gone go first."""
    root = Path(tempfile.gettempdir())
    for path in root.glob(f"{PREFIX}*"):
        _clear(path, TEMPORARY.fullmatch(path.name))
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{purpose}-{os.getpid()}-", ignore_cleanup_errors=True)


def clear_half_written(target: Path) -> None:
    """Remove what earlier writers of a file or folder left beside it, where they are gone; what stood there returns."""
    names = {target.name, target.stem}
    for path in target.parent.glob(".*") if target.parent.is_dir() else ():
        found = HALF_WRITTEN.fullmatch(path.name)
        if found is None or found["name"] not in names or is_running(int(found["pid"])):
            continue
        if found["kind"] == "old" and not target.exists():  # it had stepped aside for one that never came
            path.rename(target)
        else:
            _clear(path, found)


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder beside the one wanted, to be filled; it is put there whole, or nothing stays.

    Raises
    ------
    UsageError
        When the folder exists and is not empty (inputs are never overwritten) or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        told = _("{folder} exists already and is not empty; choose another folder, nothing was written")
        raise UsageError(told.format(folder=folder))
    clear_half_written(folder)
    partial = folder.parent / f".{folder.name}.partial-{os.getpid()}"
    try:
        partial.mkdir(parents=True)
        yield partial
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        told = _("{folder} cannot be written: {strerror}")
        raise UsageError(told.format(folder=folder, strerror=system_reason(error))) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def is_running(pid: int) -> bool:
    """Tell whether a process is there; where the system cannot be asked without harm, it is taken to be."""
    if os.name != "posix":
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _clear(path: Path, found: re.Match[str] | None) -> None:
    if found is None or is_running(int(found["pid"])):
        return
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    elif path.is_file():
        path.unlink(missing_ok=True)
