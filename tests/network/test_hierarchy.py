"""The contraction hierarchy gives the same times and kilometres as Dijkstra, and is prepared once."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coldchain.errors import MissingExtraError
from coldchain.network import RoadNetwork, Travel, keeping, kept_travel, large, matrix, network_hash, travel
from coldchain.network.hierarchy import contract


def network(nodes: int, arcs: list[tuple[int, int, int, int]]) -> RoadNetwork:
    """Make a network of arcs (tail, head, ms, cm), nodes on a spiral."""
    turn = np.arange(nodes) * 2.4
    lon, lat = 110 + 0.01 * np.sqrt(turn) * np.cos(turn), 30 + 0.01 * np.sqrt(turn) * np.sin(turn)
    tail, head, time_ms, cm = np.array(arcs, dtype=np.int64).reshape(-1, 4).T
    ends = np.column_stack([lon[tail], lat[tail], lon[head], lat[head]]).reshape(-1, 2)
    return RoadNetwork(
        lon=lon, lat=lat, tail=tail, head=head, time_ms=time_ms, length_m=cm / 100.0, link=np.arange(len(tail)),
        forward=np.ones(len(tail), dtype=bool), xy=ends, xy_start=2 * np.arange(len(tail) + 1),
        road_class=np.full(len(tail), "tertiary"),
    )  # fmt: skip


def same(first: Travel, second: Travel) -> bool:
    """Compare to the last bit."""
    return np.array_equal(first.time_h, second.time_h) and np.array_equal(first.km, second.km)


def grid(side: int, seed: int = 1) -> RoadNetwork:
    """Make a grid with one-way streets, equal times and holes."""
    rng = np.random.default_rng(seed)
    at = np.arange(side * side).reshape(side, side)
    pairs = np.vstack([np.column_stack([at[:, :-1].ravel(), at[:, 1:].ravel()]),
                       np.column_stack([at[:-1].ravel(), at[1:].ravel()])])  # fmt: skip
    both = np.vstack([pairs, pairs[:, ::-1]])[rng.random(2 * len(pairs)) < 0.85]
    return network(side * side, [(int(a), int(b), int(rng.integers(1, 4)) * 1000, int(rng.integers(0, 500)))
                                 for a, b in both])  # fmt: skip


arc = st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 5), st.integers(0, 3))


@given(st.lists(arc, max_size=40), st.sampled_from([None, 3.0 / 3.6e6, 6.0 / 3.6e6]))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_as_dijkstra_on_any_network(arcs: list[tuple[int, int, int, int]], cutoff_h: float | None) -> None:
    """All pairs, with self-loops, parallel and one-way arcs, islands, arcs of no length and a cut-off."""
    road, every = network(10, arcs), np.arange(10)
    assert same(travel(road, every, every, cutoff_h, "hierarchy"), travel(road, every, every, cutoff_h, "scipy"))


def test_a_diamond_by_hand() -> None:
    """Two ways of 2 s, the shorter of 300 m counts; the one-way street back takes 5 s; nobody reaches the island."""
    arcs = [(0, 1, 1000, 20000), (1, 3, 1000, 20000), (0, 2, 1000, 10000), (2, 3, 1000, 20000), (3, 0, 5000, 100)]
    found = travel(network(5, arcs), np.array([0, 3]), np.array([3, 0, 4]), engine="hierarchy")
    assert np.rint(found.time_h * 3600).tolist() == [[2, 0, np.inf], [0, 5, np.inf]]
    assert found.km.tolist() == [[0.3, 0.0, np.inf], [0.0, 0.001, np.inf]]


def test_as_dijkstra_on_a_grid_with_repeats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine hundred nodes, repeated ends, sources in several batches."""
    monkeypatch.setattr("coldchain.network.hierarchy.LABEL_BYTES", 20_000)
    road = grid(30)
    rng = np.random.default_rng(2)
    sources, targets = rng.integers(0, 900, 200), rng.integers(0, 900, 60)
    assert same(travel(road, sources, targets, engine="hierarchy"), travel(road, sources, targets, engine="scipy"))


def test_the_hierarchy_is_chosen_where_it_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many searches of a large network go to it, few do not, nor those of a machine without the extra."""
    road, asked = grid(10), []
    monkeypatch.setattr(matrix, "hierarchy_of", lambda road: asked.append(1) or contract(road))
    ends = np.arange(50), np.arange(50, 100)
    travel(road, *ends)
    assert asked == []
    monkeypatch.setattr(matrix, "VISITED_BY_HIERARCHY", 4000)
    chosen = travel(road, *ends)
    assert asked == [1]
    travel(road, ends[0], ends[1][:30])
    travel(road, *ends, cutoff_h=0.1)
    assert asked == [1]
    monkeypatch.setattr(matrix, "can_contract", lambda: False)
    assert same(travel(road, *ends), chosen)
    assert asked == [1]
    monkeypatch.setattr("coldchain.network.hierarchy.util.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'coldchain\[hierarchy\]'"):
        contract(road)


def test_a_hierarchy_is_kept_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Contracted once for equal networks, again for other times, and again when its file is garbled."""
    made = []
    monkeypatch.setenv("COLDCHAIN_CACHE", str(tmp_path))
    monkeypatch.setattr(keeping, "contract", lambda road: made.append(1) or contract(road))
    ends = np.arange(5), np.arange(5, 12)
    first = travel(grid(6), *ends, engine="hierarchy")
    assert same(travel(grid(6), *ends, engine="hierarchy"), first)
    assert len(made) == 1
    assert network_hash(grid(6)) == network_hash(grid(6)) != network_hash(grid(6, seed=2))
    travel(grid(6, seed=2), *ends, engine="hierarchy")
    assert len(made) == 2
    assert not list(tmp_path.glob(".*"))


def _other_weights(content: bytes) -> bytes:
    """Return a file of the same form whose hierarchy is quicker than it was."""
    with np.load(io.BytesIO(content)) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["forward"] = arrays["forward"] // 100
    changed = io.BytesIO()
    np.savez(changed, **arrays)
    return changed.getvalue() + content[-32:]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _content: b"",
    "garbled": lambda _content: b"garbled",
    "cut": lambda content: content[: len(content) // 2],
    "short": lambda content: content[:-1],
    "one bit": lambda content: content[:140] + bytes([content[140] ^ 1]) + content[141:],
    "a pickle": lambda _content: pickle.dumps({"rank": 1}),
    "other weights": _other_weights,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_cache_is_made_anew(damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever became of the kept file, hours and kilometres stay the same and the file is sound again."""
    monkeypatch.setenv("COLDCHAIN_CACHE", str(tmp_path))
    ends = np.arange(5), np.arange(5, 12)
    first = travel(grid(6), *ends, engine="hierarchy")
    kept_travel(grid(6), *ends)
    whole = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for path in tmp_path.glob("*.npz"):
        path.write_bytes(DAMAGES[damage](whole[path]))
    if damage != "other weights":
        for path in tmp_path.glob("*.npy"):
            path.write_bytes(DAMAGES[damage](whole[path]))
    assert same(travel(grid(6), *ends, engine="hierarchy"), first)
    assert same(kept_travel(grid(6), *ends), first)
    assert {path.name: len(path.read_bytes()) for path in tmp_path.iterdir()} == {
        path.name: len(content) for path, content in whole.items()
    }


def test_the_cache_of_another_network_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound file under the name of another network is not that network's."""
    monkeypatch.setenv("COLDCHAIN_CACHE", str(tmp_path))
    ends = np.arange(5), np.arange(5, 12)
    travel(grid(6, seed=2), *ends, engine="hierarchy")
    (kept,) = tmp_path.iterdir()
    kept.rename(tmp_path / f"hierarchy-{network_hash(grid(6))[:32]}.npz")
    assert same(travel(grid(6), *ends, engine="hierarchy"), travel(grid(6), *ends, engine="scipy"))


def test_a_folder_that_cannot_be_written_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the folder should be costs time only."""
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COLDCHAIN_CACHE", str(tmp_path / "file"))
    ends = np.arange(5), np.arange(5, 12)
    assert same(travel(grid(6), *ends, engine="hierarchy"), travel(grid(6), *ends, engine="scipy"))


@pytest.mark.parametrize("engine", ["scipy", "hierarchy"])
@pytest.mark.parametrize(("rows", "columns"), [(40, 7), (7, 40)])
def test_a_matrix_larger_than_memory(
    engine: matrix.Engine, rows: int, columns: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Computed in blocks of two searches, equal to the whole; read back without computing, by its cut-off."""
    road = grid(12)
    ends = np.arange(rows), np.arange(60, 60 + columns)
    asked = []
    monkeypatch.setattr(large, "BLOCK_BYTES", 16 * 40 * 2)
    monkeypatch.setattr(large, "travel", lambda *given: asked.append(given[1].shape + given[2].shape) or travel(*given))
    found = kept_travel(road, *ends, folder=tmp_path, engine=engine)
    assert isinstance(found.km, np.memmap)
    assert same(found, travel(road, *ends, engine="scipy"))
    assert len(asked) == 4
    assert {max(shape) for shape in asked} == {40}
    kept_travel(road, *ends, folder=tmp_path, engine=engine)
    assert len(asked) == 4
    kept_travel(road, *ends, cutoff_h=0.001, folder=tmp_path, engine=engine)
    assert len(asked) == 8
    assert not list(tmp_path.glob(".*"))


def test_where_to_keep_must_be_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a folder nor the environment."""
    monkeypatch.delenv("COLDCHAIN_CACHE", raising=False)
    with pytest.raises(ValueError, match="needs a folder, or COLDCHAIN_CACHE"):
        kept_travel(grid(3), np.arange(2), np.arange(2))
