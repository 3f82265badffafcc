"""Bad input at the command line: the exit code, and a message that names file, row, column and value."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scenario_cases import append, change, change_all, replace_in_toml, rows_of, set_in_toml, small_county, write_rows

from coldchain.cli import run
from coldchain.scenario import load, wgs84_to_gcj02

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def county(tmp_path: Path) -> Path:
    """Write an upland county of six villages."""
    return small_county(tmp_path / "county", 6)


def check(folder: Path, capsys: Capture, *more: str) -> tuple[int, str]:
    """Run ``coldchain check`` and return its exit code and what it says on stderr."""
    capsys.readouterr()
    code = run(["check", str(folder), *more])
    return code, capsys.readouterr().err


def plan(folder: Path, out: Path, capsys: Capture, *more: str) -> tuple[int, dict[str, Any], str]:
    """Run ``coldchain plan`` and return its exit code, its summary and what it says on stderr."""
    capsys.readouterr()
    code = run(["plan", str(folder), "--out", str(out), "--effort", "quick", "--json", *more])
    said = capsys.readouterr()
    return code, json.loads(said.out) if said.out else {}, said.err


def lines(text: str, start: str) -> list[str]:
    """Return the lines that begin with a word."""
    return [line for line in text.splitlines() if line.startswith(start)]


def refused(folder: Path, capsys: Capture, *expected: str) -> None:
    """Check that ``check`` and ``plan`` both leave with 3 and name exactly these errors."""
    code, said = check(folder, capsys)
    assert (code, lines(said, "error")) == (3, [f"error: {text}" for text in expected])
    code, summary, said = plan(folder, folder.parent / "out", capsys)
    assert (code, summary, lines(said, "error")) == (3, {}, [f"error: {text}" for text in expected])
    assert not (folder.parent / "out").exists()


def rewrite(stem: str, content: bytes) -> Callable[[Path], None]:
    """Return an edit that replaces a file."""
    return lambda folder: (folder / stem).write_bytes(content) and None


def cell(table: str, line: int, **cells: str) -> Callable[[Path], None]:
    """Return an edit of one row."""
    return lambda folder: change(folder, table, line, **cells)


def no_villages(folder: Path) -> None:
    """Leave the header of the villages alone."""
    rewrite("villages.csv", b"id,name,county,lon,lat\n")(folder)


def setting(key: str, value: str) -> Callable[[Path], None]:
    """Return an edit of a setting, whatever it was."""
    return lambda folder: set_in_toml(folder, key, value)


def in_toml(old: str, new: str) -> Callable[[Path], None]:
    """Return an edit of the settings."""
    return lambda folder: replace_in_toml(folder, old, new)


PAK_CHOI = "did you mean Pak choi / bok choy (pak_choi)?"
BUDGET_HINT = (
    'scenario.toml, siting.budget_cny = "500": is in yuan and too small for any depot; if 万元 was meant, write 5000000'
)
SWAPPED_HINT = (
    'villages.csv row 3, lon, lat = "28.6, 109.6": longitude and latitude look swapped: '
    "a latitude must be within ±90° north"
)
CASES: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "empty file": (rewrite("hubs.csv", b""), ("hubs.csv: is empty; a header row is needed",)),
    "binary file": (
        rewrite("villages.csv", bytes(range(256))),
        ("villages.csv: is not a text table (binary content)",),
    ),
    "no villages": (no_villages, ("villages.csv: holds no villages; at least one row is needed",)),
    "text in a number": (
        cell("villages", 4, lon="109.6F"),
        ('villages.csv row 4, lon = "109.6F": must be a number of ° east',),
    ),
    "NaN": (cell("sites", 2, lat="NaN"), ('sites.csv row 2, lat = "NaN": must be a finite number',)),
    "infinity": (cell("hubs", 2, lon="inf"), ('hubs.csv row 2, lon = "inf": must be a finite number',)),
    "a billion tonnes": (
        cell("harvest", 2, tonnes="1000000000"),
        ('harvest.csv row 2, tonnes = "1000000000": must be at most 1e+06 t',),
    ),
    "negative tonnes": (cell("harvest", 2, tonnes="-3"), ('harvest.csv row 2, tonnes = "-3": must be at least 0 t',)),
    "missing amount": (cell("harvest", 2, tonnes=""), ("harvest.csv row 2, tonnes: must be given",)),
    "negative budget": (
        setting("budget_cny", "-90000"),
        ('scenario.toml, siting.budget_cny = "-90000": must be at least 0 CNY',),
    ),
    "budget in 万元": (
        setting("budget_cny", "500"),
        (BUDGET_HINT,),
    ),
    "unknown commodity": (
        cell("harvest", 2, commodity="pak_choy"),
        (f'harvest.csv row 2, commodity = "pak_choy": is not a known commodity; {PAK_CHOI}',),
    ),
    "unknown datum": (
        in_toml('datum = "wgs84"', 'datum = "xian80"'),
        ('scenario.toml, datum = "xian80": must be one of wgs84, cgcs2000, gcj02, bd09',),
    ),
    "swapped coordinates": (
        cell("villages", 3, lon="28.6", lat="109.6"),
        (SWAPPED_HINT,),
    ),
    "period without temperature": (
        cell("periods", 3, temp_min_c="", temp_max_c=""),
        ("periods.csv row 3: period summer has no temperature: give temp_min_c and temp_max_c, or t00_c … t23_c",),
    ),
    "missing table": (
        lambda folder: (folder / "periods.csv").unlink(),
        ("periods.csv: the table is missing (.csv or .gpkg)",),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_bad_input_is_refused_with_its_place(case: str, county: Path, capsys: Capture) -> None:
    """Check and plan leave with 3 and one message that says file, row, column, value and what would be right."""
    spoil, expected = CASES[case]
    spoil(county)
    refused(county, capsys, *expected)


def test_duplicate_ids(county: Path, capsys: Capture) -> None:
    """Two hubs of one id are refused with the row of the first."""
    hub = rows_of(county / "hubs.csv")[0]
    write_rows(county / "hubs.csv", [hub, hub | {"lon": str(float(hub["lon"]) + 0.05)}])
    refused(county, capsys, 'hubs.csv row 3, id = "H01": is used twice; first on row 2')


def test_everything_wrong_is_told_at_once(county: Path, capsys: Capture) -> None:
    """Three faults in three files come in one message; as JSON they are a list with the same content."""
    change(county, "villages", 2, lon="x")
    change(county, "harvest", 3, tonnes="-1")
    append(county, "\n[sitting]\n")
    code, said = check(county, capsys)
    assert (code, len(lines(said, "error"))) == (3, 3)
    assert run(["check", str(county), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [(f["code"], f["count"], f["where"]) for f in told["faults"]] == [
        ("unknown-key", 1, "scenario.toml, sitting"),
        ("not-a-number", 1, "villages.csv, lon, row 2"),
        ("out-of-range", 1, "harvest.csv, tonnes, row 3"),
    ]


def test_no_such_scenario(tmp_path: Path, capsys: Capture) -> None:
    """A folder that is not there, and a file where a folder is wanted, are named."""
    code, said = check(tmp_path / "nowhere", capsys)
    assert code == 3
    assert f"{tmp_path / 'nowhere'}: no such scenario folder" in said
    (tmp_path / "table.csv").write_text("id\n", encoding="utf-8")
    code, said = check(tmp_path / "table.csv", capsys)
    assert code == 3
    assert "is a file; a scenario is a folder" in said


def test_half_written_scenarios(county: Path, capsys: Capture) -> None:
    """A settings file cut off in the middle, and tables without one, are said to be half-written."""
    whole = (county / "scenario.toml").read_bytes()
    (county / "scenario.toml").write_bytes(whole[: whole.index(b"[chain]") - 20])
    code, said = check(county, capsys)
    assert code == 3
    assert "scenario.toml: is not valid TOML, perhaps half-written" in said
    (county / "scenario.toml").unlink()
    code, said = check(county, capsys)
    assert code == 3
    assert "there is no scenario.toml in this folder; a scenario half-written by init or import has none" in said


def test_unknown_variant(county: Path, capsys: Capture) -> None:
    """A variant that is not there is refused with the list of those that are, by check and by plan."""
    known = "there is no such variant; there are base, half, double, none; did you mean half?"
    expected = f'scenario.toml, variant = "hafl": {known}'
    assert check(county, capsys, "--variant", "hafl") == (3, f"error: {expected}\n")
    code, _, said = plan(county, county.parent / "out", capsys, "--variant", "hafl")
    assert (code, lines(said, "error")) == (3, [f"error: {expected}"])


def test_one_village_is_planned(tmp_path: Path, capsys: Capture) -> None:
    """A county of a single village plans, verifies and accounts for its whole harvest."""
    code, summary, _ = plan(small_county(tmp_path / "one", 1), tmp_path / "out", capsys)
    assert code == 0
    assert summary["villages"]["total"] == 1
    assert summary["loss"]["plan_t"] <= summary["loss"]["baseline_t"] + 1e-9
    assert run(["verify", str(tmp_path / "out")]) == 0


@pytest.mark.slow
def test_no_budget_is_todays_chain(county: Path, capsys: Capture) -> None:
    """With a budget of 0 the plan has no subsidy, and is never dearer than today's chain."""
    code, summary, _ = plan(county, county.parent / "out", capsys, "--budget", "0")
    assert code == 0
    assert summary["investment"]["subsidy_cny"] == 0.0
    assert summary["investment"]["budget_cny"] == 0.0
    assert summary["loss"]["plan_cny"] <= summary["loss"]["baseline_cny"] + 1e-6


def test_budgets_on_the_command_line(county: Path, capsys: Capture) -> None:
    """A negative budget and one that lacks its 万 are usage errors, code 2, before anything is computed."""
    code, _, said = plan(county, county.parent / "out", capsys, "--budget", "-5")
    assert code == 2
    assert "-5" in said
    assert "must be from 0 to 1e+12 CNY" in said
    code, _, said = plan(county, county.parent / "out", capsys, "--budget", "500")
    assert code == 2
    assert "--budget 500 is in yuan and too small for any depot; if 万元 was meant, write 5000000" in said
    for text, words in (
        ("nan", '36万元; got "nan"'),
        ("inf", '36万元; got "inf"'),
        ("1e13", "0 to 1e+12 CNY; got 1e13"),
    ):
        code, _, said = plan(county, county.parent / "out", capsys, "--budget", text)
        assert code == 2
        assert words in said
    assert not (county.parent / "out").exists()


def test_an_output_that_cannot_be_written(county: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a file, over a file, in a read-only folder or over someone's files: refused before computing, code 2."""
    used = county.parent / "used"
    used.mkdir()
    (used / "thesis.txt").write_text("mine", encoding="utf-8")
    below = county / "scenario.toml" / "run"
    for out, words in (
        (below, "run cannot be written"), (county / "scenario.toml", "is no earlier run"), (used, "is no earlier run"),
    ):  # fmt: skip
        code, _, said = plan(county, out, capsys)
        assert code == 2
        assert words in said
        assert "siting" not in said

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    code, _, said = plan(county, county.parent / "out", capsys)
    assert (code, "cannot be written: Permission denied in" in said) == (2, True)
    assert (used / "thesis.txt").read_text(encoding="utf-8") == "mine"


def test_init_and_import_into_what_cannot_be_written(county: Path, capsys: Capture) -> None:
    """Init refuses a folder in use and a path below a file with code 2; nothing is left behind."""
    before = sorted(path.name for path in county.parent.iterdir())
    for target, words in ((county, "is not empty"), (county / "hubs.csv" / "x", "cannot be written")):
        assert run(["init", str(target), "--villages", "2"]) == 2
        assert words in capsys.readouterr().err
    assert sorted(path.name for path in county.parent.iterdir()) == before


def test_imports_of_what_is_no_source(tmp_path: Path, capsys: Capture) -> None:
    """A missing, an empty and a foreign file are bad input for both importers; an unknown datum is named."""
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "junk.osm.pbf").write_bytes(b"\x00\x01 not a map")
    (tmp_path / "ok.csv").write_text("id,level,lon,lat\n1,village,109.6,28.6\n", encoding="utf-8")
    out = ["--out", str(tmp_path / "out")]
    for arguments, words in (
        (["points", str(tmp_path / "gone.csv"), "--datum", "wgs84"], "gone.csv"),
        (["points", str(tmp_path / "empty.csv"), "--datum", "wgs84"], "is empty; a header row is needed"),
        (["points", str(tmp_path / "ok.csv"), "--datum", "mars"], "must be one of wgs84, cgcs2000, gcj02, bd09"),
        (["osm", str(tmp_path / "junk.osm.pbf")], "junk.osm.pbf"),
        (["osm", str(tmp_path / "gone.osm.pbf")], "gone.osm.pbf"),
    ):
        assert run(["import", *arguments, *out]) == 3
        assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_full_width_and_gb18030_tables_are_read_alike(county: Path) -> None:
    """Full-width digits, and Chinese names in GB18030, change nothing about the county but the names."""
    plain, _ = load(county)
    rows = [row | {"name": f"{n}村", "lon": "".join(chr(ord(c) + 0xFEE0) for c in row["lon"])}
            for n, row in enumerate(rows_of(county / "villages.csv"))]  # fmt: skip
    write_rows(county / "villages.csv", rows, "gb18030")
    typed, faults = load(county)
    assert faults == ()
    assert {village.name for village in typed.villages} == {f"{n}村" for n in range(6)}
    named = [
        one.model_copy(update={"name": other.name}) for one, other in zip(typed.villages, plain.villages, strict=True)
    ]
    assert named == list(plain.villages)
    assert (typed.harvest_t == plain.harvest_t).all()


def test_a_datum_stated_wrong_raises_the_question(tmp_path: Path, capsys: Capture) -> None:
    """Villages and towns in GCJ-02 under ``datum = "wgs84"`` lie off the roads: the warning asks for gcj02."""
    county = small_county(tmp_path / "county", 12)
    for stem in ("villages", "sites", "hubs"):
        change_all(county, stem, lambda row: row | dict(zip(
            ("lon", "lat"), (f"{v:.6f}" for v in map(float, wgs84_to_gcj02(float(row["lon"]), float(row["lat"])))),
            strict=True)))  # fmt: skip
    code, said = check(county, capsys)
    assert code == 0
    asked = [line for line in lines(said, "warning") if "scenario.toml, datum" in line]
    assert len(asked) == 1
    assert "was gcj02 meant?" in asked[0]
    replace_in_toml(county, 'datum = "wgs84"', 'datum = "gcj02"')
    code, said = check(county, capsys)
    assert (code, lines(said, "warning"), lines(said, "error")) == (0, [], [])


def links_of(folder: Path, node: str) -> list[int]:
    """Return the lines of roads/link.csv that touch a node."""
    rows = rows_of(folder / "roads" / "link.csv")
    return [n for n, row in enumerate(rows, 2) if node in (row["from_node_id"], row["to_node_id"])]


def cut_off(folder: Path, node: str) -> None:
    """Strike every road at a node."""
    rows = rows_of(folder / "roads" / "link.csv")
    write_rows(folder / "roads" / "link.csv", [r for r in rows if node not in (r["from_node_id"], r["to_node_id"])])


def leaf(folder: Path, below: int) -> int:
    """Return the number of a dead-end node among the first so many."""
    counts = {n: len(links_of(folder, str(n))) for n in range(1, below + 1)}
    return next(n for n, count in counts.items() if count == 1)


def test_a_village_without_a_road_is_refused_or_far(county: Path, capsys: Capture) -> None:
    """A village whose only road is struck is refused beyond max_snap_m; within it, it is planned with a warning."""
    node = leaf(county, 6)
    cut_off(county, str(node))
    code, said = check(county, capsys)
    assert code == 3
    assert [line for line in said.splitlines() if f"V{node:04d}" in line] == lines(said, "error")
    replace_in_toml(county, "max_snap_m = 5000.0", "max_snap_m = 20000.0")
    code, said = check(county, capsys)
    assert (code, len(lines(said, "warning"))) == (0, 1)
    assert f"V{node:04d}" in said
    assert "m from the nearest road that joins the network" in said
    code, summary, _ = plan(county, county.parent / "out", capsys)
    assert (code, summary["villages"]["total"]) == (0, 6)


def test_an_island_of_roads_is_not_used(county: Path, capsys: Capture) -> None:
    """A village on its own short road is not left on that island: it meets the main network, far off, and is told."""
    replace_in_toml(county, "max_snap_m = 5000.0", "max_snap_m = 20000.0")
    node = leaf(county, 6)
    cut_off(county, str(node))
    nodes, links = county / "roads" / "node.csv", county / "roads" / "link.csv"
    spot = rows_of(nodes)[node - 1]
    end = {"node_id": "999", "x_coord": str(float(spot["x_coord"]) + 0.001), "y_coord": spot["y_coord"]}
    write_rows(nodes, [*rows_of(nodes), end])
    road = rows_of(links)[0] | {"link_id": "999", "from_node_id": str(node), "to_node_id": "999", "length_m": "100",
                                "geometry": ""}  # fmt: skip
    write_rows(links, [*rows_of(links), road])
    code, said = check(county, capsys)
    assert code == 0
    assert [line for line in lines(said, "warning") if f"V{node:04d}" in line and "joins the network" in line]


def test_a_hub_with_no_road_near_is_refused(county: Path, capsys: Capture) -> None:
    """A hub farther than max_snap_m from any road is an error that says how far."""
    hub = rows_of(county / "hubs.csv")[0]
    change(county, "hubs", 2, lat=str(float(hub["lat"]) + 0.5))
    code, said = check(county, capsys)
    assert code == 3
    assert len(lines(said, "error")) == 1
    metres = float(lines(said, "error")[0].split("lies ")[1].split(" m ")[0].replace(",", ""))
    assert "H01" in lines(said, "error")[0]
    assert 30_000 < metres < 60_000
    code, summary, _ = plan(county, county.parent / "out", capsys)
    assert (code, summary) == (3, {})


def test_a_road_file_that_is_not_there(county: Path, capsys: Capture) -> None:
    """A road file that is missing is named, with the way to do without."""
    replace_in_toml(county, 'file = "roads"', 'file = "streets.gpkg"')
    code, said = check(county, capsys)
    assert code == 3
    assert 'scenario.toml, roads.file = "streets.gpkg": there is no such road file' in said


def test_wrong_options_are_usage_errors(county: Path, capsys: Capture) -> None:
    """Unknown options and commands, and sizes out of range, leave with 2 and say so on stderr."""
    for arguments, words in (
        (["check"], "Missing argument"),
        (["plan", str(county), "--time-limit", "0"], "--time-limit"),
        (["plan", str(county), "--fast"], "No such option"),
        (["init", str(county), "--villages", "0"], "--villages"),
        (["init", str(county), "--villages", "2001"], "--villages"),
        (["plane"], "No such command"),
    ):
        assert run(arguments) == 2
        assert words in capsys.readouterr().err


def test_a_bug_is_called_a_bug(county: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unforeseen exception leaves with 1 and one line, and with its traceback only under --debug."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("coldchain.cli.commands.find_faults", broken)
    assert run(["check", str(county)]) == 1
    said = capsys.readouterr().err
    assert "bug in coldchain: ZeroDivisionError: by nothing" in said
    assert "Traceback" not in said
    assert run(["--debug", "check", str(county)]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_interrupt_before_a_plan(county: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C before there is a plan leaves with 130 and writes nothing."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("coldchain.cli.commands.find_faults", interrupted)
    assert run(["check", str(county)]) == 130
    assert "interrupted; nothing was written" in capsys.readouterr().err


def test_vehicles_that_are_none_are_named_beside_roads(county: Path, capsys: Capture) -> None:
    """Lorries decide which roads count; unknown ones are faults, not a crash."""
    set_in_toml(county, "collection_vehicles", '["cart"]')
    set_in_toml(county, "line_haul_vehicles", '["barge"]')
    code, said = check(county, capsys)
    assert code == 3
    assert "cart" in said
    assert "barge" in said


def test_random_bytes_never_crash_the_check(county: Path, capsys: Capture) -> None:
    """Tables with a few bytes overwritten at random are read or refused; the answer is 0 or 3, never a bug."""
    rng = np.random.default_rng(5)
    originals = {path: path.read_bytes() for path in county.rglob("*") if path.is_file()}
    for _ in range(25):
        path = sorted(originals)[int(rng.integers(len(originals)))]
        spoiled = bytearray(originals[path])
        for place in rng.integers(len(spoiled), size=3):
            spoiled[place] = int(rng.integers(256))
        path.write_bytes(bytes(spoiled))
        code, said = check(county, capsys)
        assert code in (0, 3), (path.name, said)
        path.write_bytes(originals[path])
