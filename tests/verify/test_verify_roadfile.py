"""Roads as read against their file: what is longer, shorter or faster than it says is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scenario_cases import small_county

from coldchain.network import read_roads, write_gmns, write_lines
from coldchain.verify.roadfile import check_road_file

LINE = '<node id="{n}" lat="28.0" lon="{lon}"/>'


def problems(path: Path, **changed: Any) -> list[str]:
    """Read a road file, change what was read, and hold it against the file."""
    found: list[str] = []
    given = read_roads(path).given
    assert given is not None
    settings = SimpleNamespace(home=path.parent, roads=SimpleNamespace(file=path.name))
    record: Any = SimpleNamespace(scenario=settings, wrong=found.append)
    check_road_file(record, replace(given, **{name: getattr(given, name) * by for name, by in changed.items()}))
    return found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the same roads as published tables, as our own tables and lines, with classes and limits, and as OSM."""
    home = tmp_path_factory.mktemp("files")
    own = small_county(home / "county", 6, 3) / "roads"
    roads = read_roads(own)
    write_gmns(roads, home / "gmns")
    write_lines(roads, home / "lines.gpkg")
    row = np.repeat(np.arange(roads.links), np.diff(roads.xy_start))
    lines = shapely.linestrings(roads.xy, indices=row)
    columns = {"highway": ["tertiary"] * roads.links, "maxspeed": ["20 mph"] * roads.links}
    gpd.GeoDataFrame(columns, geometry=lines, crs=4326).to_file(home / "classes.gpkg", layer="roads")
    nodes = "".join(LINE.format(n=n, lon=109 + n / 100) for n in (1, 2, 3))
    way = '<way id="9"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="primary"/></way>'
    (home / "few.osm").write_text(f'<osm version="0.6">{nodes}{way}</osm>', encoding="utf-8")
    return {
        "published": own, "gmns": home / "gmns", "lines": home / "lines.gpkg", "classes": home / "classes.gpkg",
        "osm": home / "few.osm",
    }  # fmt: skip


KINDS = ("published", "gmns", "lines", "classes", "osm")


@pytest.mark.parametrize("kind", KINDS)
def test_roads_as_read_agree_with_their_file(kind: str, files: dict[str, Path]) -> None:
    """No word about any of them."""
    assert problems(files[kind]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_longer_road_is_named(kind: str, files: dict[str, Path]) -> None:
    """One per cent more than given or drawn."""
    (found,) = problems(files[kind], detour=1.01)
    assert "links have a length that" in found


@pytest.mark.parametrize("kind", ["published", "gmns", "lines", "osm"])
def test_a_faster_road_is_named(kind: str, files: dict[str, Path]) -> None:
    """Far above any speed stated and any class."""
    (found,) = problems(files[kind], forward_kmh=7.77)
    assert "are driven faster than" in found


def test_a_file_of_another_form_is_left_to_its_reader(files: dict[str, Path], tmp_path: Path) -> None:
    """Tables that are not plain are not judged."""
    given = read_roads(files["gmns"]).given
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "link.csv").write_bytes(b"\xff\xfe\x00")
    found: list[str] = []
    settings = SimpleNamespace(home=tmp_path, roads=SimpleNamespace(file="odd"))
    record: Any = SimpleNamespace(scenario=settings, wrong=found.append)
    check_road_file(record, given)
    assert found == []
