"""What is worth keeping of a network: its hierarchy, and matrices, found again by the hash of all they depend on."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from coldchain.network.graph import RoadNetwork
from coldchain.network.hierarchy import Hierarchy, contract

CACHE = "COLDCHAIN_CACHE"
"""Environment variable with a folder for hierarchies and matrices; without it they last as long as the process."""
VERSION = "1"
_HELD: WeakKeyDictionary[RoadNetwork, Hierarchy] = WeakKeyDictionary()


def cache_folder() -> Path | None:
    """Return the folder named by the environment, or None."""
    named = os.environ.get(CACHE, "")
    return Path(named) if named else None


def network_hash(network: RoadNetwork) -> str:
    """Return the hash of what travel depends on: nodes, arcs, times and lengths."""
    digest = hashlib.sha256(VERSION.encode())
    for name in ("lon", "lat", "tail", "head", "time_ms", "length_m"):
        digest.update(np.ascontiguousarray(getattr(network, name)).data)
    return digest.hexdigest()


def hierarchy_of(network: RoadNetwork) -> Hierarchy:
    """Return the hierarchy of a network: from this process, from the cache folder, or contracted now."""
    held = _HELD.get(network)
    if held is None:
        folder = cache_folder()
        held = contract(network) if folder is None else _kept(network, folder)
        _HELD[network] = held
    return held


def _kept(network: RoadNetwork, folder: Path) -> Hierarchy:
    path = folder / f"hierarchy-{network_hash(network)[:32]}.npz"
    try:
        with np.load(path) as file:
            return Hierarchy(*(file[name] for name in Hierarchy._fields))
    except (OSError, ValueError, KeyError):
        made = contract(network)
        save(path, dict(zip(Hierarchy._fields, made, strict=True)))
        return made


def save(path: Path, arrays: dict[str, npt.NDArray[Any]]) -> None:
    """Write arrays under another name first, then rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.{path.stem}.npz")
    try:
        np.savez(partial, **arrays)  # type: ignore[arg-type]
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def blocks(rows: int, columns: int, most_bytes: int) -> Iterator[slice]:
    """Cut the rows of a matrix of two float64 figures into blocks of at most so many bytes, at least one row each.

    Examples
    --------
    >>> [(part.start, part.stop) for part in blocks(5, 10, 320)]
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, most_bytes // max(16 * columns, 1))
    return (slice(first, min(first + step, rows)) for first in range(0, rows, step))
