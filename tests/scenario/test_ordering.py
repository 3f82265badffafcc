"""A scenario is the same however the rows of its tables are sorted; ids decide between equals alone."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scenario_cases import append, change, faults_of, rows_of, small_county, write_rows

from coldchain.model import Scenario
from coldchain.scenario import load

TABLES = ("villages", "sites", "hubs", "harvest", "storage", "people", "vehicles")
VANS = "id,name,payload_kg,volume_m3,cargo,cost_cny_day,cost_cny_km,cost_cny_h\n"
SMALL, LARGE = "small,small,900,5,ambient,60,0.9,22\n", "large,large,1900,11,ambient,90,1.2,22\n"


def county(folder: Path) -> Path:
    """Write a county with two sites at one point, vehicles of its own, storage and people."""
    small_county(folder, 6)
    first, *others = rows_of(folder / "sites.csv")
    twin = {**first, "id": "T900", "name": "T900", "owner": "another", "existing": ""}
    write_rows(folder / "sites.csv", [first, *others, twin])
    (folder / "vehicles.csv").write_text(VANS + LARGE + SMALL, encoding="utf-8")
    crop, period = (rows_of(folder / "harvest.csv")[0][name] for name in ("commodity", "period"))
    until = next(row["id"] for row in rows_of(folder / "periods.csv") if row["id"] != period)
    kept = [f"{crop},{one},{other},30,4" for one, other in ((period, until), (until, period))]
    lines = ["commodity,period,until,days,price_cny_kg", *kept]
    (folder / "storage.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "people.csv").write_text("skill,place,persons\noperator,,9\ndriver,,90\n", encoding="utf-8")
    return folder


def plain(scenario: Scenario) -> dict[str, object]:
    """Return all of a scenario but where it lies and the hash of its files."""
    return {**vars(replace(scenario, folder=None, sha256="")), "harvest_t": scenario.harvest_t.tolist()}


@given(seed=st.integers(0, 10**6))
def test_rows_in_any_order_are_one_scenario(seed: int) -> None:
    """Places, harvests, vehicles, storage and people, each shuffled by itself."""
    with tempfile.TemporaryDirectory() as room:
        folder = county(Path(room) / "county")
        first, _faults = load(folder)
        random = np.random.default_rng(seed)
        for stem in TABLES:
            rows = rows_of(folder / f"{stem}.csv")
            write_rows(folder / f"{stem}.csv", [rows[n] for n in random.permutation(len(rows))])
        again, _faults = load(folder)
    assert plain(again) == plain(first)
    assert again.harvest_t.any(axis=(1, 2)).all()


def test_places_stand_from_north_to_south_and_kinds_by_their_figures(tmp_path: Path) -> None:
    """Each harvest stays with its village; the vehicle of less payload goes first, after those of the catalogue."""
    scenario, _faults = load(county(tmp_path / "county"))
    north = [village.lat for village in scenario.villages]
    assert north == sorted(north, reverse=True)
    for row in rows_of(tmp_path / "county" / "harvest.csv"):
        v = [village.id for village in scenario.villages].index(row["village"])
        c = [crop.id for crop in scenario.commodities].index(row["commodity"])
        p = [period.id for period in scenario.periods].index(row["period"])
        assert scenario.harvest_t[v, c, p] == float(row["tonnes"])
    assert [kind.id for kind in scenario.vehicles][-2:] == ["small", "large"]


def test_the_order_of_vehicles_on_offer_says_nothing(tmp_path: Path) -> None:
    """They stand as in the catalogue."""
    folder = small_county(tmp_path / "county", 4)
    append(folder, '\n[variants.turned.routing]\nline_haul_vehicles = ["reefer_9m6", "reefer_4m2"]\n')
    scenario, _faults = load(folder, "turned")
    assert [kind.id for kind in scenario.line_haul] == ["reefer_4m2", "reefer_9m6"]


def test_faults_name_the_row_of_the_file(tmp_path: Path) -> None:
    """The northernmost village may stand last: the row is that of the file."""
    folder = small_county(tmp_path / "county", 5)
    rows = sorted(rows_of(folder / "villages.csv"), key=lambda row: float(row["lat"]))
    write_rows(folder / "villages.csv", rows)
    change(folder, "villages", 6, lon="east")
    assert [(one.file, one.row, one.value) for one in faults_of(folder) if one.column == "lon"] == [
        ("villages.csv", 6, "east")
    ]
