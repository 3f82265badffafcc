"""An atlas of a made-up prefecture: seconds, memory and tonnes kept, for 2,000 villages and tables of a whole country.

Run ``python benchmarks/atlas.py [VILLAGES]``; every layer is written first, to a folder that goes afterwards.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from coldchain.atlas import Layers, draft_from_atlas
from coldchain.importing import write_import

WEST, NORTH, SIDE = 109.0, 29.0, 1.2
CELL = 1.0 / 12.0
CROPS = ("whea", "rice", "maiz", "pota", "toma", "vege", "citr", "temf", "trof", "bana", "soyb", "cott")


def write_map(path: Path, villages: int, rng: np.random.Generator) -> None:
    """Write a grid of roads with a village at most of its crossings and a town at every fiftieth."""
    side = int(np.ceil(np.sqrt(villages * 1.03)))
    lon, lat = np.meshgrid(WEST + SIDE * np.arange(side) / side, NORTH - SIDE * np.arange(side) / side)
    lon, lat = lon + rng.normal(0, 0.002, lon.shape), lat + rng.normal(0, 0.002, lat.shape)
    nodes, ways = [], []
    for n, (x, y) in enumerate(zip(lon.ravel(), lat.ravel(), strict=True)):
        kind = "town" if n % 50 == 0 else "village"
        nodes.append(f'<node id="{n + 1}" lat="{y:.6f}" lon="{x:.6f}"><tag k="place" v="{kind}"/>'
                     f'<tag k="name" v="Place {n}"/></node>')  # fmt: skip
    at = np.arange(side * side).reshape(side, side) + 1
    for number, line in enumerate([*at, *at.T], 1):
        refs = "".join(f'<nd ref="{ref}"/>' for ref in line)
        ways.append(f'<way id="{number}">{refs}<tag k="highway" v="tertiary"/></way>')
    path.write_text(f'<osm version="0.6">{"".join(nodes)}{"".join(ways)}</osm>', encoding="utf-8")


def write_layers(folder: Path, rng: np.random.Generator, crops: Sequence[str] = CROPS) -> Layers:
    """Write crops of a country (250,000 cells), people at 100 m, and normals."""
    lon, lat = np.meshgrid(84.0 + CELL * (np.arange(500) + 0.5), 49.0 - CELL * (np.arange(500) + 0.5))
    table = pd.DataFrame({"x": lon.ravel(), "y": lat.ravel(), "unit": "mt"})
    for crop in crops:
        table[f"{crop}_a"] = rng.gamma(0.5, 400.0, len(table)).round(1)
    table.to_csv(folder / "P_TA.csv", index=False)
    people = rng.gamma(0.3, 4.0, (1800, 1800)).astype("float32")
    size = 1.0 / 1200.0
    tags = [
        (33550, "d", 3, (size, size, 0.0), True),
        (33922, "d", 6, (0.0, 0.0, 0.0, WEST - 0.15, NORTH + 0.15, 0.0), True),
        (34735, "H", 12, (1, 1, 0, 2, 1024, 0, 1, 2, 2048, 0, 1, 4326), True),
    ]
    tifffile.imwrite(
        folder / "people.tif", people, extratags=tags, metadata=None, compression="deflate", tile=(256, 256)
    )
    month = np.arange(1, 13)
    middle = 16.0 - 11.0 * np.cos(2 * np.pi * (month - 1) / 12)
    normals = pd.DataFrame({"month": month, "temp_min_c": middle - 4, "temp_max_c": middle + 4})
    normals.to_csv(folder / "normals.csv", index=False)
    return Layers((folder / "P_TA.csv",), folder / "people.tif", (folder / "normals.csv",))


def main(villages: int) -> None:
    """Write the layers, import them, and print what it took."""
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_map(folder / "map.osm", villages, rng)
        layers = write_layers(folder, rng)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        began, worked = time.perf_counter(), time.process_time()
        drafted = draft_from_atlas(folder / "map.osm", layers)
        write_import(drafted, folder / "county")
        seconds, worked = time.perf_counter() - began, time.process_time() - worked
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    off = max(abs(float(c["villages_t"]) + float(c["beyond_t"]) - float(c["cells_t"])) / float(c["cells_t"])
              for c in drafted.account.crops)  # fmt: skip
    rows = len(drafted.draft.tables["harvest"])
    print(f"{drafted.account.villages} villages, {rows:,} rows of harvest: {seconds:.1f} s, {worked:.1f} processor "
          f"seconds, {memory:.0f} MiB at most ({before:.0f} before), tonnes off by {off:.1e}")  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
