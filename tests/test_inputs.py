"""What no reader takes: too large, too deep, too long, no plain file; each refused at once, with the file's name."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from coldchain.cli import run
from coldchain.errors import BadInputError, Fault
from coldchain.inputs import MIB, check_archive, parse_toml, plain_file, read_bytes, read_json, reading
from coldchain.network import RoadNetwork, read_roads
from coldchain.network.keeping import CACHE, hierarchy_of
from coldchain.network.slope import read_hgt
from coldchain.scenario import upland, write_scenario
from coldchain.scenario.listing import left_out
from coldchain.scenario.tables import read_raw
from coldchain.scenario.workbook import read_book
from coldchain.sharing.reading import read_game


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = " + "[" * 2000 + "]" * 2000, "nests more than 100 levels deep"),
        ("a = " + "[" * 150 + "]" * 150, "nests more than 100 levels deep"),
        ("[" + ".".join("a" * 300) + "]", "nests more than 100 levels deep"),
        ("a = " + "9" * 5000, "a whole number of more than 400 digits"),
        ("a = [[" + "9" * 900 + "]]", "a whole number of more than 400 digits"),
        ("a = ", "Invalid value"),
        ("a = 2024-13-45", "not valid TOML"),
        ("a = '\udcff'", "not UTF-8"),
    ],
)
def test_settings_that_are_no_settings(text, message):
    """The reader of TOML raises what it likes; the message is ours, and names the file."""
    with pytest.raises(BadInputError, match=rf"s\.toml: is not valid TOML.*{message}|s\.toml.*{message}"):
        parse_toml("s.toml", text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[" * 5000 + "]" * 5000, "nests more than 100 levels deep"),
        ("[" * 120 + "]" * 120, "nests more than 100 levels deep"),
        ('{"a": ' + "9" * 5000 + "}", "more than 400 digits"),
        ("{", "Expecting"),
        ("", "Expecting value"),
    ],
)
def test_objects_that_are_no_objects(tmp_path, text, message):
    """JSON, as games, summaries and settings of runs are kept."""
    (tmp_path / "g.json").write_text(text)
    with pytest.raises(BadInputError, match=rf"g\.json: is not JSON.*{message}"):
        read_json(tmp_path / "g.json")


def test_what_is_no_file_is_not_opened(tmp_path):
    """A pipe would block for ever, a device never ends; a name may be too long for the system to ask about."""
    os.mkfifo(tmp_path / "pipe")
    told = {"pipe": "pipe, socket or device", ".": "is a folder", "x" * 5000: "too long", "none": "No such file"}
    for name, message in told.items():
        fault = plain_file(tmp_path / name)
        assert fault is not None
        assert message in fault.message
    with pytest.raises(BadInputError, match="pipe, socket or device"):
        read_bytes(Path("/dev/zero"))
    for reader in (read_roads, read_game, read_hgt):
        (tmp_path / "N01E001.hgt").unlink(missing_ok=True)
        os.mkfifo(tmp_path / "N01E001.hgt")
        with pytest.raises(BadInputError, match="pipe, socket or device"):
            reader(tmp_path / "N01E001.hgt")


def test_a_file_is_read_up_to_its_limit(tmp_path):
    """Ten bytes of at most ten are read, of at most nine they are refused."""
    (tmp_path / "ten").write_bytes(b"0123456789")
    assert read_bytes(tmp_path / "ten", 10) == b"0123456789"
    with pytest.raises(BadInputError, match=r"ten: is too large: at most 0 MB are read"):
        read_bytes(tmp_path / "ten", 9)


def zipped(path, name, size):
    """Write a zip file of zeros."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as part:
        for _ in range(size // MIB):
            part.write(bytes(MIB))
    return path


def test_zip_files_are_measured_before_they_are_unpacked(tmp_path):
    """40 MB of zeros take 40 kB on disk; a tile of heights has 26 MB at most."""
    tile = zipped(tmp_path / "N01E001.hgt.zip", "N01E001.hgt", 40 * MIB)
    with pytest.raises(BadInputError, match=r"too large: at most 25 MB unpacked"):
        read_hgt(tile)
    check_archive(tile, 40 * MIB)
    tile.write_bytes(tile.read_bytes()[:-40])
    with pytest.raises(BadInputError, match="zip"):
        check_archive(tile)


def book_with(path, edit):
    """Write a workbook with a table of two villages, edited."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "villages"
    for row in (["id", "name", "county"], ["V1", "Upper", "A"], ["V2", "Lower", "A"]):
        sheet.append(row)
    edit(sheet)
    book.save(path)
    return path


def test_one_cell_of_millions_of_characters_is_refused_unread(tmp_path):
    """A workbook is scanned part by part; the cell is never made."""
    path = book_with(tmp_path / "b.xlsx", lambda _sheet: None)
    long = b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b"x" * 300_000 + b"</t></is></c></row></sheetData>"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(tmp_path / "long.xlsx", "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part, old.read(part).replace(b"</sheetData>", long))
    (fault,) = read_book(tmp_path / "long.xlsx").faults
    assert fault.sheet == "sheet1"
    assert "32,767 characters in a cell" in fault.message


@pytest.mark.parametrize("place", ["A300000", "ZZZ3"])
def test_a_cell_far_beyond_the_table_is_named(tmp_path, place):
    """A thousand columns or 200,000 rows are no table; a coloured or blank cell there is of no account."""
    path = book_with(tmp_path / "b.xlsx", lambda sheet: sheet.__setitem__(place, "x"))
    (fault,) = read_book(path).faults
    assert place in fault.cell or place[-1] in fault.cell
    blank = book_with(tmp_path / "c.xlsx", lambda sheet: sheet.__setitem__(place, " "))
    assert read_book(blank).faults == ()
    assert len(read_book(blank).sheets["villages"].rows) == 3


def test_a_column_filled_down_too_far_is_left_out():
    """Rows that hold one and the same text alone end the table; two of them, or different texts, do not."""
    rows = [(2, ("V1", "A")), *((n, ("", "A")) for n in range(3, 90))]
    kept, (warning,) = left_out("v.csv", rows)
    assert kept == [(2, ("V1", "A"))]
    assert warning.warning
    assert "rows 3 to 89" in warning.message
    assert left_out("v.csv", rows[:3]) == (rows[:3], [])
    assert left_out("v.csv", [(n, (f"V{n}", "")) for n in range(2, 9)])[1] == []


def test_a_table_of_too_many_columns_is_refused(tmp_path):
    """At the first row."""
    (tmp_path / "v.csv").write_text(",".join(f"c{i}" for i in range(50_000)) + "\n")
    assert [fault.code for fault in read_raw(tmp_path / "v.csv").faults] == ["too-large"]


def test_whatever_a_library_raises_is_a_fault_of_the_file():
    """Errors of our own and an exhausted memory pass as they are."""

    class OddError(Exception):
        """An exception nobody lists."""

    with pytest.raises(BadInputError, match=r"f\.xyz: cannot be read: odd") as raised, reading("f.xyz"):
        raise OddError("odd\nand more")
    assert isinstance(raised.value.__cause__, OddError)
    with pytest.raises(MemoryError), reading("f.xyz"):
        raise MemoryError


def test_exhausted_memory_is_a_limit_and_no_bug(monkeypatch, capsys):
    """Exit 5, with what to do."""

    def full(_arguments):
        raise MemoryError

    monkeypatch.setattr("coldchain.cli.command_line", full)
    assert run(["doctor"]) == 5
    assert "the memory does not suffice" in capsys.readouterr().err


def test_long_values_are_shown_short():
    """A message of a cell of thousands of characters stays readable."""
    assert len(Fault("v.csv", 2, "id", "x" * 5000, "wrong", "odd").value) == 201


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04", b"no array at all"])
def test_a_damaged_cache_is_made_anew(tmp_path, monkeypatch, damage):
    """Empty, cut or garbled: thrown away."""
    monkeypatch.setenv(CACHE, str(tmp_path))
    network = two_nodes()
    hierarchy_of(network)
    (kept,) = tmp_path.glob("hierarchy-*.npz")
    whole = kept.read_bytes()
    kept.write_bytes(damage)
    hierarchy_of(two_nodes())
    assert len(kept.read_bytes()) == len(whole)


def two_nodes() -> RoadNetwork:
    """Return a road between two places."""
    from coldchain.network import proximity_network

    return proximity_network(np.array([110.0, 110.01, 110.02]), np.array([28.0, 28.0, 28.01]), 30.0, 1.3)


def test_an_amount_beyond_exactness_is_refused(tmp_path):
    """Of 1e308 nothing can be shared to the fen."""
    game = {"kind": "cost", "players": ["a", "b"], "values": {"a": 1e308, "b": 1, "a+b": 2}}
    (tmp_path / "g.json").write_text(json.dumps(game))
    with pytest.raises(BadInputError, match=r'values\.a = "1e\+308": must be at most 1e\+13 in size'):
        read_game(tmp_path / "g.json")


@pytest.mark.parametrize(("file", "message"), [("pipe.gpkg", "pipe, socket or device"), ("x" * 5000, "no such road")])
def test_roads_that_are_no_file_are_named_by_their_setting(tmp_path, capsys, file, message):
    """``roads.file`` may name anything."""
    folder = tmp_path / "county"
    write_scenario(upland(12, 1), folder)
    os.mkfifo(folder / "pipe.gpkg")
    settings = folder / "scenario.toml"
    settings.write_text(f'{settings.read_text()}\n[variants.odd.roads]\nfile = "{file}"\n')
    assert run(["check", str(folder), "--variant", "odd"]) == 3
    said = capsys.readouterr().err
    assert "roads.file" in said
    assert message in said
