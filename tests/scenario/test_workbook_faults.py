"""A workbook with a hundred seeded faults of twenty kinds: each found in its cell, none invented, all marked."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from coldchain.cli import run
from coldchain.language import speaking
from coldchain.scenario import inspect, upland
from coldchain.scenario.marking import AUTHOR, ERROR, WARNING, marked_path, write_marked
from coldchain.scenario.template import write_template

Capture = pytest.CaptureFixture[str]
Found = tuple[str, str, str]  # sheet, cells, code
EACH = 5
HARVEST, VILLAGES, SITES, VEHICLES, RULES = "产量", "村", "候选点", "车辆", "规则"


class Seeder:
    """Puts faults into a workbook, each kind into rows of its own, and remembers where."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.free = {title: iter(range(3, 10_000)) for title in book.sheetnames}
        self.planted: list[Found] = []
        self.kinds: Counter[str] = Counter()

    def cells(self, title: str, column: str, code: str, values: tuple[Any, ...], **more: Any) -> None:
        """Overwrite one cell in each of five rows; ``more`` are other cells of these rows."""
        for value in values:
            row = next(self.free[title])
            sheet = self.book[title]
            for letter, other in more.items():
                sheet[f"{letter}{row}"].value = other
            sheet[f"{column}{row}"].value = value
            self.plant(title, f"{column}{row}", code)

    def plant(self, title: str, cells: str, code: str) -> None:
        """Remember a fault."""
        self.planted.append((title, cells, code))

    def appended(self, title: str, rows: Iterator[tuple[Any, ...]], cell: str, code: str) -> None:
        """Add rows at the end whose cell, a letter or several, is the fault."""
        sheet = self.book[title]
        for cells in rows:
            sheet.append(cells)
            self.plant(title, " ".join(f"{letter}{sheet.max_row}" for letter in cell.split()), code)


def bad_amounts(seeder: Seeder) -> None:
    """Four kinds of wrong tonnes."""
    seeder.cells(HARVEST, "D", "not-a-number", ("十吨", "12千瓦", "5-6", "1,23", "三十"))
    seeder.cells(HARVEST, "D", "out-of-range", (-1, "-3吨", "-500公斤", "200万吨", "３，０００，０００"))
    seeder.cells(HARVEST, "D", "missing", (None, "", " ", "　", None))
    seeder.cells(HARVEST, "D", "formula-without-value", ("=1+2", "=D2*2", "=SUM(D2:D3)", "=D2", "=A1"))


def bad_references(seeder: Seeder) -> None:
    """Villages, crops and seasons that are not known, and a season that Excel took for a date."""
    seeder.cells(HARVEST, "A", "unknown-village", ("V9991", "V9992", "村一", 12, "00V1"))
    seeder.cells(HARVEST, "B", "unknown-commodity", ("萝卜王", "pakchoy", "杂菜", "x", "9"))
    seeder.cells(HARVEST, "C", "unknown-period", ("旺季", "Q1", "一季", "梅雨", "全年"))
    seeder.cells(HARVEST, "C", "date", tuple(datetime(2026, month, 5) for month in range(1, 6)))  # noqa: DTZ001


def bad_areas(seeder: Seeder) -> None:
    """Area without yield, and tonnes that are not area times yield."""
    seeder.cells(HARVEST, "E", "not-a-number", ("三亩", "10吨", "-5", "大片", "5~6"), F=1500)
    seeder.cells(HARVEST, "D", "not-area-times-yield", (50, 60, 70, "80吨", "9万公斤"), E=10, F=1000)


def repeated_rows(seeder: Seeder) -> None:
    """Repeat village, crop and season."""
    sheet = seeder.book[HARVEST]
    rows = [tuple(cell.value for cell in sheet[row][:4]) for row in range(100, 105)]
    seeder.appended(HARVEST, iter(rows), "A B C", "duplicate-row")


def bad_places(seeder: Seeder) -> None:
    """Coordinates that are no numbers, swapped, or far away; ids twice or missing."""
    seeder.cells(VILLAGES, "D", "not-a-number", ("109.6F", "东经", "109，6", "a", "109 36"))
    for _n in range(EACH):
        row = next(seeder.free[VILLAGES])
        east, north = (seeder.book[VILLAGES][f"{letter}{row}"] for letter in "DE")
        east.value, north.value = north.value, east.value
        seeder.plant(VILLAGES, f"D{row} E{row}", "swapped")
    for lon in (80.0, 85.5, 90.0, 130.0, 125.0):
        row = next(seeder.free[VILLAGES])
        seeder.book[VILLAGES][f"D{row}"].value = lon
        seeder.plant(VILLAGES, f"D{row} E{row}", "outlier")
    twice = (("V0001", "又一村", "A区", 109.61 + n / 100, 28.61, "") for n in range(EACH))
    seeder.appended(VILLAGES, twice, "A", "duplicate-id")
    nameless = ((None, "无名村", "A区", 109.51 + n / 100, 28.51, "") for n in range(EACH))
    seeder.appended(VILLAGES, nameless, "A", "missing")


def bad_sites(seeder: Seeder) -> None:
    """States and modules that do not exist."""
    seeder.cells(SITES, "H", "bad-choice", ("待定", "open", "可能", "x", "候选？"))
    seeder.cells(SITES, "I", "unknown-depot-type", ("大冷库", "cold_room_501:1", "库:2", "x:1", "cold room"))


def bad_rules(seeder: Seeder) -> None:
    """Set what does not exist or lies out of range."""
    strange = ((text, 1) for text in ("补贴预祘", "siting.budget", "利率2", "最大距离", "subsidy.rat"))
    seeder.appended(RULES, strange, "A", "unknown-key")
    wrong = {"利率": 5, "高峰系数": 0.5, "最低及时预冷率": "120%", "最低按时送达率": -1, "绕行系数": 9}
    for row in seeder.book[RULES].iter_rows(min_row=2, max_col=2):
        if row[0].value in wrong:
            row[1].value = wrong[row[0].value]
            seeder.plant(RULES, row[1].coordinate, "out-of-range")


SEEDS: tuple[Callable[[Seeder], None], ...] = (
    bad_amounts, bad_references, bad_areas, repeated_rows, bad_places, bad_sites, bad_rules,
)  # fmt: skip


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Found]]:
    """Write a Chinese workbook of a hundred villages and put a hundred faults into it."""
    folder = tmp_path_factory.mktemp("faults")
    with speaking("zh"):
        clean = write_template(upland(100, 5), folder / "clean")
    assert inspect(clean)[1] == ()
    book = load_workbook(clean)
    seeder = Seeder(book)
    for seed in SEEDS:
        seed(seeder)
    book.save(folder / "县.xlsx")
    return folder / "县.xlsx", seeder.planted


def test_a_hundred_faults_of_twenty_kinds(seeded: tuple[Path, list[Found]]) -> None:
    """All are found, each in its cell with its kind; nothing else is."""
    path, planted = seeded
    assert (len(planted), len(planted) / EACH) == (100, 20)
    _scenario, faults = inspect(path)
    assert Counter((fault.sheet, fault.cell, fault.code) for fault in faults) == Counter(planted)


def test_the_marked_copy(seeded: tuple[Path, list[Found]], capsys: Capture) -> None:
    """``check`` leaves the book as it is and writes a copy that opens, exactly the faulty cells coloured and noted."""
    path, planted = seeded
    before = hashlib.sha256(path.read_bytes()).hexdigest()
    assert run(["check", str(path), "--json"]) == 3
    told = json.loads(capsys.readouterr().out)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == before
    assert (told["ok"], told["marked"]) == (False, str(path.with_name("县.checked.xlsx")))
    assert sum(group["count"] for group in told["faults"]) == 100
    assert all(group["where"].startswith("县.xlsx › ") for group in told["faults"])
    copy = load_workbook(told["marked"])
    noted = {
        (sheet.title, cell.coordinate)
        for sheet in copy.worksheets[1:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.comment is not None and cell.comment.author == AUTHOR
    }
    coloured = {
        (sheet.title, cell.coordinate)
        for sheet in copy.worksheets[1:]
        for row in sheet.iter_rows()
        for cell in row
        if cell.fill.start_color.rgb in (ERROR, WARNING)
    }
    assert noted == coloured == {(title, cell) for title, cells, _code in planted for cell in cells.split()}
    assert (copy.worksheets[0].title, copy.worksheets[0].max_row) == ("faults", 101)
    listed = copy.worksheets[0]
    assert listed["C2"].hyperlink.location == f"'{listed['B2'].value}'!{listed['C2'].value.split()[0]}"
    original = load_workbook(path)
    for sheet in original.worksheets:
        texts = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert texts == [[cell.value for cell in row] for row in copy[sheet.title].iter_rows()]


def test_a_marked_copy_checked_again(seeded: tuple[Path, list[Found]], tmp_path: Path) -> None:
    """What was mended in a marked copy loses its mark, the notes of the headings stay."""
    path = tmp_path / "again.xlsx"
    first = write_marked(seeded[0], inspect(seeded[0])[1])
    book = load_workbook(first)
    cell = next(cells for _title, cells, code in seeded[1] if code == "bad-choice")
    book[SITES][cell].value = "必建"
    book.save(path)
    faults = inspect(path)[1]
    assert len(faults) == 99
    again = load_workbook(write_marked(path, faults))
    assert again[SITES][cell].comment is None
    assert again[SITES][cell].fill.start_color.rgb not in (ERROR, WARNING)
    assert again[SITES]["H1"].comment is not None
    with speaking("zh"):
        assert marked_path(path).name == "again.检查.xlsx"


def test_a_clean_book_gets_no_copy(tmp_path: Path, capsys: Capture) -> None:
    """Nothing is written beside a workbook without faults, nor beside one that cannot be opened."""
    assert run(["init", str(tmp_path / "a"), "--workbook", "--villages", "4", "--json"]) == 0
    book = Path(json.loads(capsys.readouterr().out)["folder"])
    assert run(["check", str(book)]) == 0
    (tmp_path / "a" / "broken.xlsx").write_bytes(b"PK")
    assert run(["check", str(tmp_path / "a" / "broken.xlsx")]) == 3
    assert "cannot be read as an Excel workbook" in capsys.readouterr().err
    assert sorted(path.name for path in book.parent.iterdir()) == ["a.xlsx", "broken.xlsx"]
