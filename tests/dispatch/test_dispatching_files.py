"""What goes in and comes out of a day's dispatch: faults all at once, GPX, GeoJSON, sheets, and tampering named."""

from __future__ import annotations

import json
import math
import shutil
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest
from dispatching_cases import line_county, order, routed, write_table
from perishable import write_perishable
from planned import decided, saved

from coldchain.cli import run
from coldchain.dispatch.dispatch import DispatchRequest, dispatch
from coldchain.dispatch.folder import write_day
from coldchain.errors import BadInputError, UsageError
from coldchain.runs import place_on_roads
from coldchain.runs.folder import read_run
from coldchain.scenario import load
from coldchain.verify.day import Permits, verify_day

GPX = "{http://www.topografix.com/GPX/1/1}"
CHILDREN = {
    "gpx": ["metadata", "wpt", "rte", "trk"], "metadata": ["name", "desc"], "wpt": ["name", "desc", "type"],
    "rtept": ["name", "desc", "type"], "rte": ["name", "rtept"], "trk": ["name", "trkseg"], "trkseg": ["trkpt"],
    "trkpt": [], "name": [], "desc": [], "type": [],
}  # fmt: skip
Change = Callable[[dict[str, pd.DataFrame]], None]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return line_county(tmp_path_factory.mktemp("dispatching") / "county")


@pytest.fixture(scope="module")
def day(county: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Route a day with hours, a note, two trips and a lot too many."""
    folder = tmp_path_factory.mktemp("day")
    rows = [
        order("7", "A", 1500, ready="08:30", until="20:00", note="秤在村口"), order("8", "B", 900, ready="07:00"),
        order("9", "A", 1500, "pak_choi", ready="09:00"), order("10", "B", 300, value_cny=1),
    ]  # fmt: skip
    fleet = write_table(folder / "fleet.csv", [{"vehicle": "light_truck", "count": 2, "trips_day": 2}])
    options = ("--orders", str(write_table(folder / "orders.csv", rows)), "--fleet", str(fleet), "--day", "warm")
    summary = routed(county, folder / "out", *options, "--depot-hours", "05:00-21:00", mapped=True)
    assert summary["trips"] == 3
    return folder / "out"


def faults(county: Path, tmp_path: Path, **tables: list[dict[str, object]]) -> set[tuple[int | None, str, str, str]]:
    """Return row, column, value and code of each fault of some tables."""
    paths = {name: write_table(tmp_path / f"{name}.csv", rows) for name, rows in tables.items()}
    with pytest.raises(BadInputError, match="in the input") as raised:
        dispatch(DispatchRequest(county, day="warm", iterations=0, **paths))  # type: ignore[arg-type]
    return {(f.row, f.column, f.value, f.code) for f in raised.value.faults if not f.warning}


def test_every_fault_of_orders_and_fleet_at_once(county: Path, tmp_path: Path) -> None:
    """Unknown places and crops, amounts that are none, windows shut before they open, doubled ids, empty vehicles."""
    orders = [
        order("1", "Aa"), order("1", "A", commodity="tomatoe"), order("2", "A", -5), order("3", "A", "nan"),
        order("4", "A", ready="10:00", until="09:00"), order("5", "A", ""), order("6", "A", depot="E"),
        order("7", "A", "much"), order("8", "A", ready="25 o'clock"), {**order("9", "A"), "t": 1},
        order("10", "A", value_cny=-1),
    ]  # fmt: skip
    fleet: list[dict[str, object]] = [
        {"vehicle": "light_truck", "payload_kg": 0}, {"vehicle": "lorry", "payload_kg": ""},
        {"vehicle": "medium_truck", "count": -1}, {"vehicle": "light_truck", "depot": "Q"},
    ]  # fmt: skip
    assert faults(county, tmp_path, orders=orders, fleet=fleet) == {
        (2, "village", "Aa", "unknown-village"), (3, "commodity", "tomatoe", "unknown-commodity"),
        (3, "order", "1", "duplicate-id"), (4, "kg", "-5", "out-of-range"), (5, "kg", "nan", "not-finite"),
        (6, "until", "09:00", "bad-window"), (7, "kg", "", "missing"), (8, "depot", "E", "unknown-depot"),
        (9, "kg", "much", "not-a-number"), (10, "ready", "25 o'clock", "invalid"), (11, "kg", "", "missing"),
        (12, "value_cny", "-1", "out-of-range"), (2, "payload_kg", "0", "out-of-range"),
        (3, "vehicle", "lorry", "unknown-vehicle"), (4, "count", "-1", "out-of-range"),
        (5, "depot", "Q", "unknown-depot"),
    }  # fmt: skip


def test_no_vehicle_no_order_and_depots_on_some_rows(county: Path, tmp_path: Path) -> None:
    """A fleet of none, orders of nothing, a depot on one row only, one vehicle listed twice."""
    assert faults(county, tmp_path, fleet=[{"vehicle": "light_truck", "count": 0}]) == {
        (None, "count", "", "no-vehicle")
    }
    assert faults(county, tmp_path, orders=[order("1", "A", 0)]) == {(None, "kg", "0", "no-orders")}
    mixed: list[dict[str, object]] = [
        {"vehicle": "light_truck", "depot": "D"}, {"vehicle": "medium_truck"}, {"vehicle": "light_truck", "depot": "D"},
    ]  # fmt: skip
    assert faults(county, tmp_path, fleet=mixed) == {
        (3, "depot", "", "missing"), (4, "vehicle", "light_truck", "duplicate-id"),
    }  # fmt: skip


def test_faults_of_locked_tours(county: Path, tmp_path: Path) -> None:
    """Unknown vehicles, depots and villages of locked tours are named by their rows; a vehicle's name will do."""
    rows: list[dict[str, object]] = [
        {"tour": "x", "vehicle": "lorry", "depot": "D", "village": "A"},
        {"tour": "y", "vehicle": "light_truck", "depot": "Q", "village": "A"},
        {"tour": "z", "vehicle": "light_truck", "depot": "D", "village": "Zz"},
        {"tour": "w", "vehicle": "light truck 4.2 m, 1.5 t", "depot": "D", "village": "Yy"},
    ]
    assert faults(county, tmp_path, locked=rows) == {
        (2, "vehicle", "lorry", "unknown-vehicle"), (3, "depot", "Q", "unknown-depot"),
        (4, "village", "Zz", "unknown-village"), (5, "village", "Yy", "unknown-village"),
    }  # fmt: skip


def test_orders_as_people_write_them(county: Path, tmp_path: Path) -> None:
    """Chinese headings, names of villages and crops, tonnes, full-width digits, GB18030 or a mark: the same orders."""
    rows: list[dict[str, object]] = [
        {"订单号": "1", "村庄": "甲村", "品种": "番茄", "吨": "０.５", "最早": "８：３０", "备注": "冷"},
    ]
    read = []
    for encoding in ("gb18030", "utf-8-sig"):
        path = write_table(tmp_path / f"{encoding}.csv", rows, encoding)
        read.append(dispatch(DispatchRequest(county, orders=path, day="warm", iterations=0)).orders)
    assert read[0] == read[1]
    assert (read[0][0].kg, read[0][0].ready_h, read[0][0].note) == (500.0, 8.5, "冷")


def test_no_open_depot(tmp_path: Path) -> None:
    """Without a plan and with nothing standing there is nowhere to go, and the message says what to do."""
    county = line_county(tmp_path / "county", status="candidate", existing="")
    with pytest.raises(BadInputError, match=r"no depot is open: .* run `coldchain plan` first"):
        dispatch(DispatchRequest(county, day="warm", iterations=0))


def test_a_crop_no_depot_takes_stays_behind(tmp_path: Path) -> None:
    """Of two orders the one that needs another zone stays, with the zone said; naming the depot makes it a fault."""
    county = line_county(tmp_path / "county", existing="cool_room_500:1")
    orders = write_table(tmp_path / "o.csv", [order("1", "A"), order("2", "A", 50, "pak_choi")])
    left = routed(county, tmp_path / "day", "--orders", str(orders), "--day", "warm")["unserved"]
    assert [(row["order"], row["cause"]) for row in left] == [("2", "depot")]
    assert "pak_choi needs zone cold" in left[0]["detail"]
    assert run(["verify", str(tmp_path / "day")]) == 0
    rows = [order("2", "A", 50, "pak_choi", depot="D")]
    assert faults(county, tmp_path, orders=rows) == {(2, "depot", "D", "no-zone")}


def test_inputs_are_never_overwritten(county: Path, tmp_path: Path) -> None:
    """A folder that holds an input, or something that is no day, is refused before any work."""
    orders = write_table(tmp_path / "o.csv", [order("1", "A")])
    assert run(["routes", str(county), "--orders", str(orders), "--out", str(tmp_path), "--quiet"]) == 2
    assert run(["routes", str(county), "--out", str(county), "--quiet"]) == 2
    assert run(["routes", str(county)]) == 2
    with pytest.raises(UsageError, match="needs a plan"):
        dispatch(DispatchRequest(county, anywhere=False, day="warm"))
    assert orders.read_text(encoding="utf-8").startswith("order,village")


def test_gpx_follows_the_schema(day: Path) -> None:
    """Each tour's GPX 1.1 has its elements in the order of the schema, its halts, and a track from depot to depot."""
    tours = pd.read_csv(day / "tables" / "tours.csv", encoding="utf-8-sig")
    for row in tours.to_dict("records"):
        root = ET.parse(day / "sheets" / f"{row['tour']}.gpx").getroot()  # noqa: S314 - our own file
        assert (root.tag, root.get("version"), root.get("creator")) == (f"{GPX}gpx", "1.1", "coldchain")
        for element in root.iter():
            tags = [child.tag.removeprefix(GPX) for child in element]
            known = CHILDREN[element.tag.removeprefix(GPX)]
            assert tags == sorted(tags, key=known.index)
        assert len(root.findall(f"{GPX}wpt")) == row["stops"] + 1
        assert len(root.findall(f"{GPX}trk")) == len(root.findall(f"{GPX}rte")) == row["trips"]
        for track in root.iter(f"{GPX}trkseg"):
            points = [(point.get("lon"), point.get("lat")) for point in track]
            assert points[0] == points[-1] == ("110.000000", "28.000000")
            assert ("109.700000", "28.000000") in points


def test_geojson_and_sheets(day: Path) -> None:
    """Lines and points carry their figures; a sheet begins and ends at the depot and names what is loaded."""
    features = json.loads((day / "routes.geojson").read_text(encoding="utf-8"))["features"]
    kinds = [feature["properties"]["kind"] for feature in features]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"trip": 3, "stop": 3, "depot": 1}
    assert features[0]["geometry"]["coordinates"][0] == [110.0, 28.0]
    tours = pd.read_csv(day / "tables" / "tours.csv", encoding="utf-8-sig")
    sheets = pd.concat(pd.read_csv(day / "sheets" / f"{key}.csv", encoding="utf-8-sig") for key in tours["tour"])
    assert sheets.groupby("trip")["kg"].sum().sum() == pytest.approx(3900.0)
    assert sheets["goods"].dropna().str.contains("1,500 kg Tomato (turning/ripe) 番茄", regex=False).any()
    page = "".join((day / "sheets" / f"{key}.html").read_text(encoding="utf-8") for key in tours["tour"])
    assert "秤在村口" in page
    assert "4.2 m, 1.5 t 4.2 米" in page  # the vehicle in both languages
    assert "Trip 2 of 2 第 2 趟" in page


def test_the_map_names_tours_and_what_stays(day: Path) -> None:
    """The map holds tours, villages and the reason of the lot left, and draws no web tiles."""
    page = (day / "map.html").read_text(encoding="utf-8").rsplit('type="application/json"', 1)[1]
    for words in ("D-1", "(B)", "stays behind", "10 at B"):
        assert words in page
    assert "WMTSTileSource" not in page


def test_an_honest_day_verifies_and_inputs_are_compared(day: Path, tmp_path: Path) -> None:
    """Verify accepts the day; an order changed in the table only is named against its file."""
    assert run(["verify", str(day), "--json"]) == 0
    path = day / "tables" / "orders.csv"
    original = path.read_bytes()
    path.write_bytes(original.replace(b"20.0,", b"21.0,"))
    try:
        assert path.read_bytes() != original
        assert run(["verify", str(day)]) == 3
    finally:
        path.write_bytes(original)
    assert not list(tmp_path.iterdir())


def _set(name: str, column: str, value: object, row: int = 0) -> Change:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        tables[name] = tables[name].astype({column: "object"})
        tables[name].loc[tables[name].index[row], column] = value

    return change


def _scale(name: str, column: str, factor: float) -> Change:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        tables[name][column] = tables[name][column].astype(float) * factor

    return change


def _drop(name: str) -> Change:
    def change(tables: dict[str, pd.DataFrame]) -> None:
        tables[name] = tables[name].iloc[1:]

    return change


def _swap_villages(tables: dict[str, pd.DataFrame]) -> None:
    tables["stops"]["village"] = tables["stops"]["village"].map({"A": "B", "B": "A"})


TAMPERED: list[tuple[str, Change, str]] = [
    ("fewer kilometres", _scale("trips", "km", 0.9), r"trips: km of \S+ trip 1 is stated"),
    ("a cheaper tour", _scale("tours", "cost_cny", 0.9), r"tours: cost_cny of"),
    ("a shorter ride", _scale("stops", "aboard_h", 0.5), r"stops: aboard_h at"),
    ("an earlier arrival", _set("stops", "arrive_h", 1.0), r"stops: arrive_h at"),
    ("a clock time changed", _set("stops", "arrive", "05:55"), r"arrive is written as 05:55"),
    ("loaded before it is ready", _scale("orders", "ready_h", 2.5), r"is loaded on \S+ before it is ready"),
    ("a window shut", _set("orders", "until_h", 6.0, -1), r"after its window has closed"),
    ("the truck overloaded", _scale("fleet", "payload_kg", 0.5), r"carries 1,500.0 kg; light_truck may carry 750"),
    ("the truck too small", _scale("fleet", "volume_m3", 0.1), r"m³; light_truck holds 1.50"),
    ("a shift too long", _set("fleet", "shift_h", 3.0), r"the shift of light_truck is 3 h"),
    ("driving too long", _set("fleet", "max_drive_h", 1.0), r"may drive 1 h"),
    ("too many trips", _set("fleet", "trips_day", 1), r"drives 2 trips; light_truck may drive 1"),
    ("too many vehicles", _set("fleet", "count", 1.0), r"2 of light_truck are out; there are 1"),
    ("the depot shut", _set("depots", "close_h", 9.0), r"is back at D after it closes"),
    ("less lost", _scale("lots", "loss_share", 0.5), r"lots: loss_share of"),
    ("a lot gone", _drop("lots"), r"kg of \S+; [\d.,]+ are fetched or left"),
    ("a lot left forgotten", _drop("unserved"), r"kg of 10; 0.000 are fetched or left"),
    ("another depot", _set("depots", "modules", "mild_room_200:1"), r"D has no module"),
    ("too much for the depot", _set("depots", "modules", "cool_room_200:1;cold_room_200:1"), r"is given|no module"),
    ("a village unknown", _set("stops", "village", "Q"), r'stops: "Q" is not a known village'),
    ("another village", _swap_villages, r"of another village is loaded"),
    ("a stop gone", _drop("stops"), r"has no stops|load_kg of"),
    ("a number that is none", _set("lots", "kg", float("nan")), r"lots row 2: kg must be a number"),
    ("a tour gone", _drop("tours"), r"trips: \S+ is not in the table tours"),
]


@pytest.mark.parametrize(("what", "change", "message"), TAMPERED, ids=[name for name, _, _ in TAMPERED])
def test_tampering_is_named(county: Path, day: Path, what: str, change: Change, message: str) -> None:
    """Each kind of tampering is reported by what it breaks."""
    _, summary, tables = read_run(day, "routes.json")
    change(tables)
    scenario, _ = load(county)
    placed, _ = place_on_roads(scenario)
    report = verify_day(scenario, placed.network.given, tables, summary, Permits(own_fleet=True))
    joined = "\n".join(report.problems)
    assert pd.Series([joined]).str.contains(message, regex=True).all(), (what, joined)


@pytest.mark.parametrize(
    "path", ["km", "hours", "vehicles", "trips", "aboard_h.p50", "aboard_h.max", "loss.kg", "loss.cny", "loss.rate",
             "cost_cny.vehicles", "cost_cny.total", "orders.served_kg", "orders.unserved_kg"],
)  # fmt: skip
def test_every_total_is_recomputed(county: Path, day: Path, path: str) -> None:
    """A total that is off by a thousandth is named."""
    _, summary, tables = read_run(day, "routes.json")
    section, _, key = path.partition(".")
    place, name = (summary[section], key) if key else (summary, section)
    place[name] = place[name] * 1.001
    scenario, _ = load(county)
    placed, _ = place_on_roads(scenario)
    report = verify_day(scenario, placed.network.given, tables, summary, Permits(own_fleet=True))
    assert any(f"routes.json: {path} is stated" in problem for problem in report.problems)


def test_a_day_drives_owned_vehicles_and_asks_for_hire_with_its_price(tmp_path: Path) -> None:
    """The plan owns some lorries: their day costs nothing more, the rest of the day is hired, verify agrees."""
    county, run, day = tmp_path / "county", tmp_path / "run", tmp_path / "day"
    write_perishable(8, 5, county)
    (county / "vehicles.csv").write_text("id,trips_day,own_cny_year,own_most\nlight_truck,2,6000,1\n", encoding="utf-8")
    planned = decided(load(county)[0])
    saved(planned, run, {"scenario": str(county)})
    made = dispatch(DispatchRequest(run, day="summer", iterations=2000))
    summary, tables = write_day(made, day, {"source": str(run), "variant": "base", "day": "summer"})
    fleet = tables["fleet"].set_index("vehicle")
    assert fleet.loc["light_truck-own", ["count", "cost_cny_day"]].tolist() == [1.0, 0.0]
    out = tables["tours"]["vehicle"].value_counts()
    assert out["light_truck-own"] == 1
    (asked,) = summary["hire"]
    assert asked == {"type": "light_truck", "vehicles": out["light_truck"], "cny": 60.0 * out["light_truck"]}
    scenario = load(county)[0]
    placed, _odd = place_on_roads(scenario)
    assert verify_day(scenario, placed.network.given, tables, summary).problems == ()
    (hours,) = tables["drivers"]["today_h"]
    week = tuple(tmp_path / "week" / f"{n}" for n in range(math.ceil(47.5 / hours)))
    for folder in week:
        shutil.copytree(day, folder)
    later = dispatch(DispatchRequest(run, day="summer", driven=week, iterations=200))
    tomorrow, _tables = write_day(later, tmp_path / "next", {})
    (used_up,) = tomorrow["used_up"]
    assert used_up.pop("before_h") == pytest.approx(hours * len(week))
    assert used_up == {"driver": "light_truck-own #1", "type": "light_truck", "hire_cny_day": 60.0}
    assert tomorrow["hire"][0]["vehicles"] == tomorrow["vehicles"]
    summary["hire"] = []
    assert "routes.json: hire" in verify_day(scenario, placed.network.given, tables, summary).problems[0]
