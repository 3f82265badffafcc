"""A county small enough to work out by hand: two villages in a row before a depot, each an hour from the next."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from coldchain.cli import run
from coldchain.scenario import Draft, write_scenario

LON = {"H": 110.2, "D": 110.0, "A": 109.7, "B": 109.4, "E": 110.4}
HARVEST = (("A", "tomato", "warm", 40.0), ("B", "tomato", "warm", 50.0), ("B", "pak_choi", "warm", 0.0))


def line_county(folder: Path, sections: Mapping[str, Mapping[str, Any]] | None = None, **site: str) -> Path:
    """Write the county: air of 20 °C all day, villages A and B, depots D and E, hub H, 100 days, and a dead season."""
    lat = 28.0
    given = {"status": "existing", "existing": "cool_forced_air_500:1;cold_forced_air_500:1", **site}
    nodes = list(LON)
    links = [("B", "A"), ("A", "D"), ("D", "H"), ("H", "E")]
    hours = {f"t{n:02d}_c": 20.0 for n in range(24)}
    tables = {
        "villages": pd.DataFrame({"id": ["A", "B"], "name": ["甲村", "乙村"], "lon": [LON["A"], LON["B"]], "lat": lat}),
        "sites": pd.DataFrame(
            {
                "id": ["D", "E"], "lon": [LON["D"], LON["E"]], "lat": lat,
                "status": [given["status"], "candidate"], "existing": [given["existing"], ""],
            }
        ),
        "hubs": pd.DataFrame({"id": ["H"], "lon": [LON["H"]], "lat": lat}),
        "periods": pd.DataFrame([{"id": "warm", "days": 100, **hours}, {"id": "dead", "days": 50, **hours}]),
        "harvest": pd.DataFrame(HARVEST, columns=["village", "commodity", "period", "tonnes"]),
        "roads/node": pd.DataFrame(
            {"node_id": range(len(nodes)), "x_coord": [LON[key] for key in nodes], "y_coord": lat}
        ),
        "roads/link": pd.DataFrame(
            {
                "link_id": range(len(links)), "from_node_id": [nodes.index(a) for a, _ in links],
                "to_node_id": [nodes.index(b) for _, b in links], "directed": False, "length_m": 30000.0,
                "facility_type": "unclassified", "free_speed": 30.0,
            }
        ),
    }  # fmt: skip
    write_scenario(Draft("line", {"roads": {"file": "roads"}, **(sections or {})}, tables), folder)
    return folder


def write_table(path: Path, rows: Sequence[Mapping[str, object]], encoding: str = "utf-8") -> Path:
    """Write rows as a CSV file."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)), restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def routed(source: Path, out: Path, *options: str, iterations: int = 300, mapped: bool = False) -> dict[str, Any]:
    """Run the command, without the map unless asked for, which takes most of its time; return its routes.json."""
    asked = ["routes", str(source), "--out", str(out), "--iterations", str(iterations), "--quiet", *options]
    with pytest.MonkeyPatch.context() as patch:
        if not mapped:
            patch.setattr("coldchain.dispatch.map.write_day_map", lambda _made, path, *_told: path.write_bytes(b""))
        code = run(asked)
    assert code == 0, code
    summary: dict[str, Any] = json.loads((out / "routes.json").read_text(encoding="utf-8"))
    return summary


def table(out: Path, name: str) -> pd.DataFrame:
    """Read a written table, text as text."""
    texts = {"order": str, "village": str, "lots": str, "locked": str} if name != "stops" else {"lots": str}
    return pd.read_csv(out / "tables" / f"{name}.csv", encoding="utf-8-sig", dtype=texts, keep_default_na=True)


def order(key: str, village: str, kg: object = 400, commodity: str = "tomato", **more: object) -> dict[str, object]:
    """Return one row of an orders table."""
    return {"order": key, "village": village, "commodity": commodity, "kg": kg, **more}
