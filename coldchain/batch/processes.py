"""Process trees: who descends from whom, how much memory they hold, and ending them all."""

from __future__ import annotations

import contextlib
import os
import signal
from importlib import import_module, util
from pathlib import Path
from typing import Any

PROC = Path("/proc")
MIB = 2**20


def can_watch() -> bool:
    """Tell whether memory and descendants of a process can be seen here: Linux, or with psutil anywhere."""
    return (PROC / "self" / "statm").is_file() or util.find_spec("psutil") is not None


def descendants(pid: int) -> list[int]:
    """Return the processes that descend from one, nearest first; none where they cannot be seen."""
    if not (PROC / "self" / "stat").is_file():
        return [child.pid for child in _psutil_children(pid)]
    parents: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            parents.setdefault(_parent(entry), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        children = parents.get(todo.pop(0), [])
        found += children
        todo += children
    return found


def resident_mib(pids: list[int]) -> float:
    """Return the memory that processes hold together, MiB; 0 for those that ended."""
    if not (PROC / "self" / "statm").is_file():
        return sum(_psutil_resident(pid) for pid in pids) / MIB
    page = os.sysconf("SC_PAGE_SIZE")
    pages = 0
    for pid in pids:
        with contextlib.suppress(OSError, IndexError, ValueError):
            pages += int((PROC / str(pid) / "statm").read_text().split()[1])
    return pages * page / MIB


def end_tree(pid: int, *, itself: bool = True) -> None:
    """Kill a process and all that descend from it."""
    for one in [*descendants(pid), *([pid] if itself else [])]:
        with contextlib.suppress(OSError):
            os.kill(one, getattr(signal, "SIGKILL", signal.SIGTERM))


def _parent(entry: Path) -> int:
    """Read the parent from ``stat``: the second field after the command, which may itself hold spaces."""
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):
        return -1


def _psutil_children(pid: int) -> list[Any]:
    if util.find_spec("psutil") is None:
        return []
    psutil: Any = import_module("psutil")
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []


def _psutil_resident(pid: int) -> float:
    if util.find_spec("psutil") is None:
        return 0.0
    psutil: Any = import_module("psutil")
    try:
        return float(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0.0
