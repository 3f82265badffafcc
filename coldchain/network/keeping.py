"""What is worth keeping of a network: its hierarchy, and matrices, found again by the hash of all they depend on."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO
from weakref import WeakKeyDictionary

import numpy as np

from coldchain.network.graph import RoadNetwork
from coldchain.network.hierarchy import Hierarchy, contract

CACHE = "COLDCHAIN_CACHE"
"""Environment variable with a folder for hierarchies and matrices; without it they last as long as the process."""
VERSION = "2"
DIGEST_BYTES = 32
BLOCK_BYTES = 2**22
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
    """Read a hierarchy back; what is missing, cut, damaged or another network's is made and written anew."""
    key = network_hash(network)
    path = folder / f"hierarchy-{key[:32]}.npz"
    if is_sound(path, key):
        with np.load(io.BytesIO(path.read_bytes()[:-DIGEST_BYTES])) as file:
            return Hierarchy(*(file[name] for name in Hierarchy._fields))
    made = contract(network)
    with suppress(OSError), replaced(path, key) as partial:  # what cannot be kept is contracted again next time
        arrays: dict[str, Any] = dict(zip(Hierarchy._fields, made, strict=True))
        np.savez(partial, **arrays)
    return made


@contextmanager
def replaced(path: Path, key: str) -> Iterator[Path]:
    """Let a file be written under another name, seal it with the hash of its key and content, then rename it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield partial
        with partial.open("rb") as file:
            seal = _digest(file, key, partial.stat().st_size)
        with partial.open("ab") as file:
            file.write(seal)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def is_sound(path: Path, key: str) -> bool:
    """Tell whether a file is there and is, byte by byte, what was sealed under this key."""
    try:
        size = path.stat().st_size - DIGEST_BYTES
        with path.open("rb") as file:
            return size > 0 and _digest(file, key, size) == file.read()
    except OSError:
        return False


def _digest(file: BinaryIO, key: str, size: int) -> bytes:
    """Hash a key and the next ``size`` bytes of a file."""
    digest = hashlib.sha256(key.encode())
    while size > 0 and (block := file.read(min(size, BLOCK_BYTES))):
        digest.update(block)
        size -= len(block)
    return digest.digest()


def blocks(rows: int, columns: int, most_bytes: int) -> Iterator[slice]:
    """Cut the rows of a matrix of two float64 figures into blocks of at most so many bytes, at least one row each.

    Examples
    --------
    >>> [(part.start, part.stop) for part in blocks(5, 10, 320)]
    [(0, 2), (2, 4), (4, 5)]
    """
    step = max(1, most_bytes // max(16 * columns, 1))
    return (slice(first, min(first + step, rows)) for first in range(0, rows, step))
