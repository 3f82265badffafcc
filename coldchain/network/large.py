"""Matrices larger than memory: computed block by block into files that are mapped, and found again by content."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from coldchain.arrays import Floats
from coldchain.network.graph import RoadNetwork
from coldchain.network.keeping import blocks, cache_folder, is_sound, network_hash, replaced
from coldchain.network.matrix import Engine, NodeList, Travel, travel

BLOCK_BYTES = 128 * 2**20


def kept_travel(
    network: RoadNetwork,
    sources: NodeList,
    targets: NodeList,
    cutoff_h: float | None = None,
    folder: Path | None = None,
    engine: Engine = "auto",
) -> Travel:
    """Do as :func:`coldchain.network.matrix.travel` does, into files: read back when they are there already.

    Parameters
    ----------
    folder : of the files; the one named by ``COLDCHAIN_CACHE`` when left out

    Returns
    -------
    Travel
        Arrays mapped from the files: pages come into memory as they are read. A reader may take rows of them at a time.

    Raises
    ------
    ValueError
        As ``travel``, or when no folder is named.
    """
    folder = folder or cache_folder()
    if folder is None:
        raise ValueError("kept_travel needs a folder, or COLDCHAIN_CACHE in the environment")
    sources, targets = np.asarray(sources, dtype=np.int64), np.asarray(targets, dtype=np.int64)
    stem = _stem(network, sources, targets, cutoff_h)
    files = [folder / f"{name}-{stem}.npy" for name in ("time_h", "km")]
    if not all(is_sound(file, file.stem) for file in files):
        _compute(network, (sources, targets), cutoff_h, engine, files)
    hours, km = (np.load(file, mmap_mode="r") for file in files)
    return Travel(hours, km)


def _stem(network: RoadNetwork, sources: NodeList, targets: NodeList, cutoff_h: float | None) -> str:
    digest = hashlib.sha256(f"{network_hash(network)} {len(sources)} {cutoff_h}".encode())
    digest.update(sources.data)
    digest.update(targets.data)
    return digest.hexdigest()[:32]


def _compute(
    network: RoadNetwork, nodes: tuple[NodeList, NodeList], cutoff_h: float | None, engine: Engine, files: list[Path]
) -> None:
    """Fill both files block by block, then give them their names."""
    sources, targets = nodes
    shape = (len(sources), len(targets))
    if len(sources) <= len(targets):  # searches run from the smaller side: none is run twice
        parts = [(part, slice(None)) for part in blocks(*shape, BLOCK_BYTES)]
    else:
        parts = [(slice(None), part) for part in blocks(shape[1], shape[0], BLOCK_BYTES)]
    with ExitStack() as stack:
        partial = [stack.enter_context(replaced(file, file.stem)) for file in files]
        mapped = [np.lib.format.open_memmap(path, "w+", np.float64, shape) for path in partial]
        for part in parts:
            found = travel(network, sources[part[0]], targets[part[1]], cutoff_h, engine)
            _put(mapped, part, found)
        for array in mapped:
            array.flush()


def _put(
    mapped: list[np.memmap[tuple[int, ...], np.dtype[np.float64]]], part: tuple[slice, slice], found: Travel
) -> None:
    arrays: tuple[Floats, Floats] = found.time_h, found.km
    for target, array in zip(mapped, arrays, strict=True):
        target[part] = array
