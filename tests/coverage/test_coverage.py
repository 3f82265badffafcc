"""Where there is a signal, which masts would give one, and who pays: by hand, and against every choice of masts."""

from __future__ import annotations

import itertools
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dispatching_cases import line_county

from coldchain.cli import run
from coldchain.coverage.lanes import lanes_of
from coldchain.coverage.layer import covered_by_layer
from coldchain.coverage.plan import site_masts, split_masts
from coldchain.coverage.sight import Radio, ground_m, read_tiles, seen
from coldchain.errors import BadInputError, UsageError
from coldchain.model import Mast
from coldchain.runs import place_on_roads
from coldchain.scenario import load

SIDE = 1201
MASTS = """基站编号,经度,纬度,天线挂高(米),铁塔投资(万元),设备投资(万元),状态,运营商
M1,109.72,28.01,40,30,10,候选,
M2,109.41,28.01,40,50,10,candidate,
M3,109.7,28.02,40,30,10,已有,mobile
"""
Capture = pytest.CaptureFixture[str]


def tile(folder: Path, ridge_m: float = 0.0, name: str = "N28E109") -> Path:
    """Write a level tile with a ridge along the meridian a quarter of a degree from its western edge."""
    metres = np.zeros((SIDE, SIDE), dtype=">i2")
    metres[:, 300] = ridge_m
    (folder / f"{name}.hgt").write_bytes(metres.tobytes())
    return folder / f"{name}.hgt"


def mast(key: str = "M", lon: float = 109.2, lat: float = 28.5, **more: Any) -> Mast:
    """Return a mast."""
    return Mast(id=key, lon=lon, lat=lat, **more)


def points(*lons: float, lat: float = 28.5) -> np.ndarray:
    """Return points on a parallel."""
    return np.array([(lon, lat) for lon in lons])


def test_level_ground_is_seen_as_far_as_the_signal_carries(tmp_path: Path) -> None:
    """To the radius and no farther; the mast's own foot too."""
    tiles = read_tiles(tile(tmp_path))
    km = 2 * math.pi * 6371.0088 * math.cos(math.radians(28.5)) / 360
    spots = points(109.2, 109.2 + 7.9 / km, 109.2 + 8.1 / km)
    assert seen(tiles, [mast()], spots, Radio(8.0)).tolist() == [[True, True, False]]


@pytest.mark.parametrize(("ridge_m", "height_m", "far"), [(0, 40, True), (60, 40, False), (60, 200, True)])
def test_a_ridge_hides_what_lies_behind(tmp_path: Path, ridge_m: float, height_m: float, far: bool) -> None:
    """A ridge of 60 m half way hides the valley from a mast of 40 m, not from one of 200 m; this side is seen."""
    tiles = read_tiles(tile(tmp_path, ridge_m))
    found = seen(tiles, [mast(lon=109.22, height_m=height_m)], points(109.24, 109.28), Radio())
    assert found.tolist() == [[True, far]]


def test_the_earth_is_round(tmp_path: Path) -> None:
    """Two low antennas over level ground lose sight of each other where the earth bulges: d = √(2kR)·(√h₁ + √h₂)."""
    tiles = read_tiles(tile(tmp_path))
    horizon_km = math.sqrt(2 * 4 / 3 * 6371.0) * (math.sqrt(0.010) + math.sqrt(0.010))
    km = 2 * math.pi * 6371.0088 * math.cos(math.radians(28.5)) / 360
    spots = points(109.2 + 0.6 * horizon_km / km, 109.2 + 1.05 * horizon_km / km)
    assert seen(tiles, [mast(height_m=10)], spots, Radio(40.0, 60.0, 10.0)).tolist() == [[True, False]]


def test_a_longer_wave_needs_more_room(tmp_path: Path) -> None:
    """Over a ridge that the ray just clears, 6 GHz pass and 0.1 GHz do not."""
    tiles = read_tiles(tile(tmp_path, 20))
    high = [mast(lon=109.22, height_m=60)]
    assert [bool(seen(tiles, high, points(109.28), Radio(8.0, ghz, 3.0))[0, 0]) for ghz in (6.0, 0.1)] == [True, False]


def test_beyond_the_tiles_nothing_is_seen(tmp_path: Path) -> None:
    """Points and masts off the elevation are not reached; two tiles side by side are one ground."""
    tile(tmp_path)
    tiles = read_tiles(tmp_path)
    assert not seen(tiles, [mast()], points(108.9, 110.1), Radio(60.0)).any()
    assert not seen(tiles, [mast(lon=108.99)], points(109.01), Radio()).any()
    tile(tmp_path, name="N28E110")
    both = read_tiles(tmp_path)
    assert seen(both, [mast(lon=109.99)], points(110.01), Radio()).all()
    assert np.isfinite(ground_m(both, points(109.5, 110.5))).all()


def test_sight_on_real_ground(shared: Path) -> None:
    """On a tile of the Pyrenees a higher mast sees at least what a lower one does, and neither sees everything."""
    tiles = read_tiles(shared / "data" / "roads" / "N42E001.hgt.zip")
    rng = np.random.default_rng(3)
    spots = np.column_stack([1.5 + 0.1 * rng.random(300), 42.5 + 0.1 * rng.random(300)])
    low, high = (seen(tiles, [mast(lon=1.55, lat=42.55, height_m=h)], spots, Radio()) for h in (20, 120))
    assert (low <= high).all()
    assert 0 < low.sum() < high.sum() < 300


TRIALS = range(12)


def trial(seed: int) -> tuple[list[Mast], np.ndarray, np.ndarray, np.ndarray]:
    """Draw up to five masts, six villages, two carriers."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 6))
    masts = [mast(f"M{n}", tower_cny=float(rng.integers(2, 9)) * 1e5, equipment_cny=1e5) for n in range(count)]
    reach, needs = rng.random((count, 6)) < 0.4, rng.random((2, 6)) < 0.7
    return masts, reach, needs, rng.integers(1, 50, 6).astype(float)


def choices(masts: list[Mast], carriers: int) -> Any:
    """Yield every choice of equipment, with its cost."""
    for bits in itertools.product((False, True), repeat=len(masts) * carriers):
        equipped = np.array(bits).reshape(len(masts), carriers)
        cost = sum(
            one.tower_cny * row.any() + one.equipment_cny * row.sum() for one, row in zip(masts, equipped, strict=True)
        )
        yield equipped, float(cost)


def gained(equipped: np.ndarray, reach: np.ndarray, needs: np.ndarray) -> np.ndarray:
    """Return what a choice gives, bool[carriers, villages]."""
    return needs & (equipped[:, :, None] & reach[:, None, :]).any(axis=0)


@pytest.mark.parametrize("seed", TRIALS)
def test_masts_are_the_best_of_all_choices(seed: int) -> None:
    """Most tonnes within the budget, and least cost without one; the bound holds, the cost is within the budget."""
    masts, reach, needs, tonnes = trial(seed)
    budget = 9e5
    best = max(float((gained(e, reach, needs) * tonnes / 2).sum()) for e, cost in choices(masts, 2) if cost <= budget)
    joint = site_masts(masts, reach, needs, tonnes, budget)
    assert joint.status == "optimal"
    assert joint.weight == pytest.approx(best)
    assert best <= joint.bound <= best + 1e-6 * max(best, 1)
    assert joint.cost_cny <= budget
    all_of_it = needs & reach.any(axis=0)
    least = min(cost for e, cost in choices(masts, 2) if (gained(e, reach, needs) == all_of_it).all())
    free = site_masts(masts, reach, needs, tonnes, math.inf)
    assert free.cost_cny == pytest.approx(least)
    assert (gained(free.equipped, reach, needs) == all_of_it).all()


@pytest.mark.parametrize("seed", TRIALS[:4])
def test_the_cost_of_every_group_is_its_least(seed: int) -> None:
    """Each group's value is that of the cheapest choice for it, and the shares add up to the fen."""
    masts, reach, needs, _tonnes = trial(seed)
    needs = needs & reach.any(axis=0)
    split = split_masts(masts, reach, needs, ("a", "b"))
    for mask, group in ((1, [0]), (2, [1]), (3, [0, 1])):
        own = needs[group]
        least = min(cost for e, cost in choices(masts, len(group)) if (gained(e, reach, own) == own).all())
        assert split.game.values[mask] == pytest.approx(least)
    for fen in split.fen.values():
        assert sum(fen) == round(100 * split.game.values[3])


def test_a_carrier_that_needs_nothing_pays_nothing() -> None:
    """Two that need the same pay alike; tower and equipment by hand: 30 + 2 x 10 for two of three."""
    one = [mast(tower_cny=300_000, equipment_cny=100_000)]
    needs = np.array([[True], [True], [False]])
    split = split_masts(one, np.array([[True]]), needs, ("a", "b", "c"))
    assert split.game.values.tolist() == [0, 4e5, 4e5, 5e5, 0, 4e5, 4e5, 5e5]
    assert split.fen["shapley"] == split.fen["nucleolus"] == [25_000_000, 25_000_000, 0]


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Write the county on a line, with level ground and three masts."""
    folder = line_county(tmp_path / "county")
    (folder / "masts.csv").write_text(MASTS, encoding="utf-8")
    for name in ("N28E109", "N28E110"):
        tile(tmp_path, name=name)
    return folder


def told(county: Path, capsys: Capture, *options: str) -> dict[str, Any]:
    """Run the command; return what it prints for programs."""
    assert run(["masts", str(county), "--elevation", str(county.parent), "--json", *options]) == 0
    printed: dict[str, Any] = json.loads(capsys.readouterr().out)
    return printed


def test_blind_villages_and_lanes_are_listed(county: Path, tmp_path: Path, capsys: Capture) -> None:
    """A has a signal of one carrier, B of none; both masts mend it: 30 + 2 x 10 for A, 50 + 3 x 10 for B, in 万元."""
    found = told(county, capsys, "--out", str(tmp_path / "out"))
    assert found["villages"] == {"all": 2, "blind": ["B"], "blind_after": []}
    assert (sorted(found["built"]), found["cost_cny"], found["status"]) == (["M1", "M2"], 1_300_000, "optimal")
    assert 0 < found["lanes_km"]["blind_km_after"] < found["lanes_km"]["blind_km"] < found["lanes_km"]["km"]
    assert sum(one["shapley"] for one in found["shares"]) == pytest.approx(1_300_000)
    assert found["shares"][0]["shapley"] < found["shares"][1]["shapley"]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "masts.json",
        "villages.csv",
        "lanes.csv",
        "masts.csv",
    }


def test_a_budget_takes_the_most_tonnes(county: Path, capsys: Capture) -> None:
    """40 t at A lack two carriers of three, 50 t at B all three: of 80 万元 B; of 55 A, whose mast costs 50."""
    assert told(county, capsys, "--budget", "80万元")["built"] == ["M2"]
    found = told(county, capsys, "--budget", "55万元")
    assert (found["built"], found["cost_cny"]) == (["M1"], 500_000)
    assert found["t_connected"] == pytest.approx(40 * 2 / 3)
    assert told(county, capsys, "--budget", "1万元")["built"] == []


def test_the_words_in_chinese(county: Path, capsys: Capture) -> None:
    """Figures for people."""
    assert run(["masts", str(county), "--elevation", str(county.parent), "--lang", "zh"]) == 0
    assert "无信号的村：2 个中有 1 个；建站后 0 个" in capsys.readouterr().out


def layer(path: Path, **properties: Any) -> Path:
    """Write a layer of one area around village B, with the given properties."""
    ring = [[109.3, 27.9], [109.5, 27.9], [109.5, 28.1], [109.3, 28.1], [109.3, 27.9]]
    area = {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [area]}), encoding="utf-8")
    return path


def test_a_layer_says_who_has_a_signal(county: Path, tmp_path: Path, capsys: Capture) -> None:
    """Of all carriers, of one, or of a stranger."""
    spots = points(109.4, 109.7, lat=28.0)
    names = ("mobile", "unicom")
    assert covered_by_layer(layer(tmp_path / "all.geojson"), spots, names).tolist() == [[True, False], [True, False]]
    one = layer(tmp_path / "one.geojson", carrier="unicom")
    assert covered_by_layer(one, spots, names).tolist() == [[False, False], [True, False]]
    assert told(county, capsys, "--coverage", str(one))["villages"]["blind"] == []
    with pytest.raises(BadInputError, match='"unicom": is not one of the carriers mobile'):
        covered_by_layer(one, spots, ("mobile",))


WRONG = [
    (["--carriers", "a,a"], 2, "each once; got a, a"),
    (["--carriers", ","], 2, "--carriers must name"),
    (["--coverage", "nothing.gpkg"], 3, "nothing.gpkg: cannot be read"),
    (["--carriers", "unicom"], 3, 'carrier = "mobile": is not one of the carriers'),
]


@pytest.mark.parametrize(("options", "code", "words"), WRONG)
def test_what_does_not_fit_is_refused(county: Path, capsys: Capture, options: list[str], code: int, words: str) -> None:
    """With what is wrong and where."""
    assert run(["masts", str(county), "--elevation", str(county.parent), *options]) == code
    assert words in capsys.readouterr().err


def test_elevation_must_be_of_the_county(county: Path, tmp_path: Path, capsys: Capture) -> None:
    """No tile, and a tile of elsewhere."""
    empty = tmp_path / "empty"
    empty.mkdir()
    assert run(["masts", str(county), "--elevation", str(empty)]) == 3
    assert "must be an elevation tile" in capsys.readouterr().err
    assert run(["masts", str(county), "--elevation", str(tile(empty, name="S10E020"))]) == 3
    assert "covers no village" in capsys.readouterr().err


def test_lanes_follow_the_roads(county: Path) -> None:
    """From A 30 km to the depot and from B 60, by the stated lengths of the drawn roads, in steps of equal length."""
    scenario = load(county)[0]
    lanes = lanes_of(scenario, place_on_roads(scenario)[0], {})
    lanes = sorted(lanes, key=lambda lane: scenario.villages[lane.village].id)
    assert [(scenario.villages[lane.village].id, lane.depot) for lane in lanes] == [("A", "D"), ("B", "D")]
    assert lanes[1].km == pytest.approx(2 * lanes[0].km, rel=1e-3)
    assert re.fullmatch("A|B", scenario.villages[lanes[0].village].id)
    steps = np.diff(lanes[1].points[:, 0])
    assert np.allclose(steps, steps[0])


def test_carriers_are_checked_before_anything_is_read() -> None:
    """Nine are too many for a table of groups."""
    from coldchain.coverage.study import MastRequest, study

    with pytest.raises(UsageError, match="1 to 8 carriers"):
        study(MastRequest(Path("none"), Path("none"), carriers=tuple("abcdefghi")))
