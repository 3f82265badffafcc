"""Very large road data: a matrix on a million nodes by each engine, and a province's PBF, each in a process of its own.

Run ``python benchmarks/large.py`` (about ten minutes), or one part: ``matrix``, ``networkx``, ``pbf``.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from roads import synthetic

from coldchain.network import RoadNetwork, read_osm, to_networkx, travel
from coldchain.network.graph import MS_PER_H
from coldchain.network.hierarchy import contract, measure
from coldchain.network.keeping import hierarchy_of

NODES, VILLAGES, SITES = 1_000_000, 10_000, 500
CUTOFF_H, SAMPLE = 3.0, 2
PARTS = ("matrix", "networkx", "pbf")


def say(name: str, figure: str) -> None:
    """Print one row."""
    print(f"{name:<72}{figure:>16}", flush=True)


def peak_gib() -> float:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


class Watch:
    """Seconds of processor and wall time since it was made."""

    def __init__(self) -> None:
        self.cpu, self.wall = time.process_time(), time.monotonic()

    def __str__(self) -> str:
        """Render both."""
        return f"{time.process_time() - self.cpu:.1f} ({time.monotonic() - self.wall:.1f})"


def ends_of(network: RoadNetwork) -> tuple[np.ndarray, np.ndarray]:
    """Choose villages and sites."""
    rng = np.random.default_rng(3)
    nodes = rng.choice(network.nodes, VILLAGES + SITES, replace=False)
    return nodes[:VILLAGES], nodes[VILLAGES:]


def matrix() -> None:
    """Villages × sites by hierarchy and by Dijkstra."""
    warm = synthetic(500)
    measure(contract(warm), np.arange(5), np.arange(5), np.inf)
    travel(warm, np.arange(5), np.arange(5), engine="scipy")
    watch = Watch()
    network = synthetic(NODES)
    say(f"synthetic {network.nodes:,} nodes, {network.arcs:,} arcs: build", f"{watch}")
    ends = ends_of(network)
    watch = Watch()
    hierarchy_of(network)
    say("hierarchy: order, contraction, customisation", f"{watch}")
    watch = Watch()
    fast = travel(network, *ends, engine="hierarchy")
    say(f"matrix {VILLAGES:,} x {SITES}, hierarchy", f"{watch}")
    say("peak memory so far", f"{peak_gib():.2f} GiB")
    watch = Watch()
    near = travel(network, *ends, cutoff_h=CUTOFF_H, engine="scipy")
    say(f"matrix {VILLAGES:,} x {SITES}, scipy cut off at {CUTOFF_H:g} h", f"{watch}")
    inside = np.isfinite(near.time_h)
    say("pairs within the cut-off", f"{inside.mean():.1%}")
    equal = np.array_equal(near.time_h[inside], fast.time_h[inside]) and np.array_equal(
        near.km[inside], fast.km[inside]
    )
    say("equal times and kilometres", f"{equal and bool((fast.time_h[~inside] > CUTOFF_H).all())}")
    watch = Watch()
    full = travel(network, ends[0], ends[1][:20], engine="scipy")
    say(f"matrix {VILLAGES:,} x 20 of the sites, scipy, no cut-off", f"{watch}")
    equal = np.array_equal(full.time_h, fast.time_h[:, :20]) and np.array_equal(full.km, fast.km[:, :20])
    say("equal times and kilometres", f"{equal}")
    say("peak memory", f"{peak_gib():.2f} GiB")


def networkx() -> None:
    """Time single searches of networkx on the same network."""
    import networkx as nx

    network = synthetic(NODES)
    ends = ends_of(network)
    graph = to_networkx(network)
    for _, _, data in graph.edges(data=True):
        data["ms"] = round(data["time_h"] * MS_PER_H)
    watch = Watch()
    found = [nx.single_source_dijkstra_path_length(graph, int(site), weight="ms") for site in ends[1][:SAMPLE]]
    say(f"networkx, {SAMPLE} searches of {SITES}", f"{watch}")
    ours = travel(network, ends[1][:SAMPLE], ends[0], engine="scipy")
    want = np.array([[row[int(village)] for village in ends[0]] for row in found])
    say("largest difference", f"{np.abs(np.rint(ours.time_h * MS_PER_H) - want).max():.0f} ms")


def pbf() -> None:
    """Write and read a small PBF and one five times as large, each in a process of its own."""
    for junctions in (NODES // 5, NODES):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "province.osm.pbf"
            for task in ("write-pbf", "read-pbf"):
                subprocess.run([sys.executable, __file__, task, str(path), str(junctions)], check=True)


def read_pbf(path: Path) -> None:
    """Read a PBF, and tell the memory of the reading alone."""
    before, watch = peak_gib(), Watch()
    network = read_osm(path).network
    size, nodes = path.stat().st_size / 2**20, network.nodes + len(network.xy) - 2 * network.links
    say(f"PBF, {size:.0f} MiB: {network.nodes:,} nodes, {network.arcs:,} arcs", f"{watch}")
    say("peak memory of the process (before reading)", f"{peak_gib():.2f} ({before:.2f}) GiB")
    say("bytes a node of the roads' outlines, all told", f"{(peak_gib() - before) * 2**30 / nodes:.0f}")


def write_pbf(path: Path, junctions: int) -> None:
    """Write the synthetic network as OpenStreetMap data: four further nodes along each road, and a house with four."""
    import osmium

    network = synthetic(junctions)
    forward = np.flatnonzero(network.forward)
    tail, head = network.tail[forward], network.head[forward]
    bends, corners = 4, ((0.0, 0.0), (1e-4, 0.0), (1e-4, 1e-4), (0.0, 1e-4))
    with osmium.SimpleWriter(str(path)) as writer:
        for n, (lon, lat) in enumerate(zip(network.lon.tolist(), network.lat.tolist(), strict=True), start=1):
            writer.add_node(osmium.osm.mutable.Node(id=n, location=(lon, lat)))
        number = network.nodes
        for a, b in zip(tail.tolist(), head.tolist(), strict=True):
            for k in range(1, bends + 1):
                number, part = number + 1, k / (bends + 1)
                lon = network.lon[a] + part * (network.lon[b] - network.lon[a])
                lat = network.lat[a] + part * (network.lat[b] - network.lat[a])
                writer.add_node(osmium.osm.mutable.Node(id=number, location=(float(lon), float(lat))))
        houses = number
        for a in tail.tolist():
            for east, north in corners:
                number, place = number + 1, (float(network.lon[a]) + east, float(network.lat[a]) + north)
                writer.add_node(osmium.osm.mutable.Node(id=number, location=place))
        at = network.nodes
        for way, (a, b) in enumerate(zip(tail.tolist(), head.tolist(), strict=True), start=1):
            nodes = [a + 1, *range(at + 1, at + bends + 1), b + 1]
            at += bends
            writer.add_way(osmium.osm.mutable.Way(id=way, nodes=nodes, tags={"highway": "tertiary"}))
        for house in range(len(tail)):
            nodes = [houses + 4 * house + k for k in (1, 2, 3, 4, 1)]
            writer.add_way(osmium.osm.mutable.Way(id=len(tail) + house + 1, nodes=nodes, tags={"building": "yes"}))


def main() -> None:
    """Run the parts asked for, each in a process of its own."""
    asked = sys.argv[1:]
    if asked[:1] == ["write-pbf"]:
        write_pbf(Path(asked[1]), int(asked[2]))
    elif asked[:1] == ["read-pbf"]:
        read_pbf(Path(asked[1]))
    elif len(asked) == 1:
        {"matrix": matrix, "networkx": networkx, "pbf": pbf}[asked[0]]()
    else:
        print("processor seconds (wall)")
        for part in asked or PARTS:
            subprocess.run([sys.executable, __file__, part], check=True)


if __name__ == "__main__":
    main()
