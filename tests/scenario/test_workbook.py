"""Workbooks: the template in both languages, what is understood of headings, units and cells, and what is refused."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from scenario_cases import rows_of, small_county, write_rows

from coldchain.batch.errand import pack_inputs
from coldchain.batch.jobs import BatchJob, BatchSettings, files_of, read_jobs
from coldchain.batch.orders import JobOrder
from coldchain.cli import run
from coldchain.errors import BadInputError
from coldchain.importing import draft_from_points
from coldchain.language import speaking
from coldchain.model import dictionary
from coldchain.runs import place_on_roads
from coldchain.scenario import inspect, is_scenario, load, named_files, upland, variants_of, write_scenario
from coldchain.scenario.headings import heading, title, titles, unit_in
from coldchain.scenario.rulesheet import read_rules
from coldchain.scenario.template import COLUMNS, heading_text, write_template
from coldchain.scenario.units import factor, figure_in
from coldchain.scenario.workbook import read_book

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write the template of nine villages in both languages."""
    root = tmp_path_factory.mktemp("books")
    made = {}
    for lang in ("en", "zh"):
        with speaking(lang):
            made[lang] = write_template(upland(9, 4), root / lang)
    return made


def edited(book: Path, target: Path, edit: Any) -> Path:
    """Change a workbook and save it elsewhere."""
    opened = load_workbook(book)
    edit(opened)
    opened.save(target)
    return target


def test_both_languages_say_the_same(books: dict[str, Path]) -> None:
    """The Chinese template, with 万元 and Chinese crops and seasons, is the scenario of the English one."""
    (english, warned), (chinese, warned_too) = load(books["en"], "half"), load(books["zh"], "half")
    assert (warned, warned_too) == ((), ())
    assert np.array_equal(english.harvest_t, chinese.harvest_t)
    assert english.siting == chinese.siting
    assert [v.lon for v in english.villages] == [v.lon for v in chinese.villages]
    assert [crop.id for crop in english.commodities] == [crop.id for crop in chinese.commodities]
    trucks = [[v.model_copy(update={"name": "", "source": ""}) for v in one.vehicles] for one in (english, chinese)]
    assert trucks[0] == trucks[1]
    assert chinese.vehicles[1].name == "轻型货车 4.2 米 1.5 吨"
    assert chinese.subsidy.class_of_county == {"A区": "formerly_poor"} or not english.subsidy.class_of_county
    assert variants_of(books["zh"]) == ("base", "half", "double", "none")
    cells = {str(cell.value) for sheet in load_workbook(books["zh"]) for row in sheet.iter_rows() for cell in row}
    assert not cells & {"true", "false", "True", "False"}
    assert any("留空即按 hunan_2021：" in text for text in cells)


def test_a_workbook_is_the_draft_it_was_made_of(books: dict[str, Path]) -> None:
    """Budget, harvest and places of the draft come back; its roads are left out."""
    draft = upland(9, 4)
    scenario, _warnings = load(books["en"])
    assert scenario.siting.budget_cny == draft.sections["siting"]["budget_cny"]
    assert scenario.harvest_t.sum() == pytest.approx(draft.tables["harvest"]["tonnes"].sum())
    assert {v.id for v in scenario.villages} == set(draft.tables["villages"]["id"])
    assert scenario.roads.file == ""
    assert scenario.name == "en"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_heading_of_the_template_is_understood(lang: str) -> None:
    """Each is read back as its field, its unit as one of the same kind."""
    with speaking(lang):
        for table, names in COLUMNS.items():
            for name in names:
                read = heading(table, heading_text(table, name))
                assert read.name == name
                assert factor(read.unit or unit_in(table, name) or "-", unit_in(table, name) or "-") is not None


def test_every_setting_has_a_title_of_its_own() -> None:
    """No Chinese title of a setting stands for two settings."""
    sections = (*dictionary.SECTIONS, "head")
    named = [name for (section, _field), names in titles().items() if section in sections for name in names]
    named = [name for name in named if name != "来源"]
    assert len(set(named)) == len(named)
    known = {key for key in titles() if key[0] in dictionary.SECTIONS}
    assert known == {(section, name) for section, noun in dictionary.SECTIONS.items() for name in noun.model_fields}


def test_every_column_has_a_chinese_heading() -> None:
    """Each field of each table has a title, its own or that of its group, and the title is read back as the field."""
    for table, noun in dictionary.TABLES.items():
        for name in (name for name in noun.model_fields if name != "hourly_c"):
            told = title(table, name, "zh")
            assert told != name
            assert heading(table, told).name == name


def test_the_command_writes_one_workbook(tmp_path: Path, capsys: Capture) -> None:
    """``init --workbook`` writes the folder's name.xlsx and nothing else; it never overwrites; ``check`` accepts it."""
    assert run(["init", str(tmp_path / "litchi"), "--workbook", "--villages", "5"]) == 0
    assert [path.name for path in (tmp_path / "litchi").iterdir()] == ["litchi.xlsx"]
    assert run(["check", str(tmp_path / "litchi" / "litchi.xlsx")]) == 0
    assert "0 errors, 0 warnings" in capsys.readouterr().out
    assert run(["init", str(tmp_path / "litchi"), "--workbook"]) == 2
    assert "not empty" in capsys.readouterr().err
    assert run(["init", str(tmp_path / "x"), "--workbook", "--template", "nation", "--counties", "2"]) == 2


@pytest.mark.parametrize(
    ("text", "unit", "given", "expected"),
    [
        ("12", "t", "", "12"), ("59200公斤", "t", "", "59.2"), ("59200", "t", "公斤", "59.2"), ("3万斤", "t", "", "15"),
        ("1.5", "CNY", "万元", "15000"), ("120万元", "CNY", "元", "1200000"), ("1.2亿", "CNY", "", "120000000"),
        ("30%", "share", "", "0.3"), ("30", "share", "%", "0.3"), ("1,234.5", "t", "", "1234.5"),
        ("15亩", "ha", "", "1"), ("1500", "t/ha", "公斤/亩", "22.5"), ("90分钟", "h", "", "1.5"),
        ("0.55元/度", "CNY/kWh", "", "0.55"),
        ("3元每公斤", "CNY/kg", "", "3"), ("109.5°", "° east", "", "109.5"), ("-3", "t", "公斤", "-0.003"),
        ("1,23", "t", "", "1,23"), ("12kW", "t", "", "12kW"), ("十吨", "t", "", "十吨"), ("5-6", "t", "", "5-6"),
        ("", "t", "公斤", ""),
    ],
)  # fmt: skip
def test_figures_with_units(text: str, unit: str, given: str, expected: str) -> None:
    """A figure comes to the unit of the model; what is no figure of that kind stays as it is."""
    assert figure_in(text, unit, given) == expected


def test_codes_and_odd_cells_survive(books: dict[str, Path], tmp_path: Path) -> None:
    """Zeros in front as text or as a format, full-width digits, per cent cells, titles above, merged counties."""

    def edit(book: Any) -> None:
        village = book["villages"]
        for row, code in ((2, "000123"), (3, "０００１２４")):
            old = village.cell(row, 1).value
            village.cell(row, 1).value = code
            for line in book["harvest"].iter_rows(min_row=2, max_col=1):
                line[0].value = code.replace("０", "0") if line[0].value == old else line[0].value
        old = village.cell(4, 1).value
        village.cell(4, 1).value, village.cell(4, 1).number_format = 77, "000000"
        for line in book["harvest"].iter_rows(min_row=2, max_col=1):
            line[0].value = "000077" if line[0].value == old else line[0].value
        village.cell(2, 4).value = "１０９．６°"
        village.insert_rows(1, 2)
        village["A1"].value = "2026年 产地表"
        for row in (4, 5, 6):
            village.cell(row, 3).value = "A县"
        village.merge_cells("C4:C6")
        for row in book["rules"].iter_rows(min_row=2, max_col=2):
            if row[0].value == "siting.coverage":
                row[1].value, row[1].number_format = 0.05, "0%"

    scenario, _warnings = load(edited(books["en"], tmp_path / "book.xlsx", edit))
    villages = {village.id: village for village in scenario.villages}
    assert [villages[key].county for key in ("000123", "000124", "000077")] == ["A县"] * 3
    assert villages["000123"].lon == pytest.approx(109.6)
    assert scenario.siting.coverage == pytest.approx(0.05)
    assert scenario.harvest_t.sum() == pytest.approx(upland(9, 4).tables["harvest"]["tonnes"].sum())


def test_tonnes_from_area_and_yield(books: dict[str, Path], tmp_path: Path) -> None:
    """亩 times 公斤/亩 gives tonnes; one alone, and three that disagree, are named with their cells."""

    def edit(book: Any) -> None:
        sheet = book["产量"]
        for row, cells in (
            (2, (None, 12, 1500)),
            (3, (None, 12, None)),
            (4, (99, 12, 1500)),
            (5, (18, "12亩", "1.5吨/亩")),
        ):
            for column, value in enumerate(cells, start=4):
                sheet.cell(row, column).value = value

    scenario, faults = inspect(edited(books["zh"], tmp_path / "book.xlsx", edit))
    assert {(f.row, f.cell, f.code, f.value) for f in faults} == {
        (3, "F3", "incomplete", ""), (4, "D4", "not-area-times-yield", "99"),
    }  # fmt: skip
    assert scenario is not None
    draft = upland(9, 4).tables["harvest"]
    assert scenario.harvest_t.sum() == pytest.approx(draft["tonnes"][4:].sum() + 18 + 0 + 99 + 18)


def test_faults_are_named_as_the_planner_sees_them(books: dict[str, Path], tmp_path: Path) -> None:
    """Sheet, row, heading and text as written, whatever they are called inside."""

    def edit(book: Any) -> None:
        book["产量"]["D3"].value = "十吨"
        book["候选点"]["H2"].value = "待定"
        rules = book["规则"]
        row = next(r for r in rules.iter_rows(min_row=2) if r[0].value == "补贴预算")
        row[1].value = "2元"

    with pytest.raises(BadInputError, match="3 faults") as caught:
        load(edited(books["zh"], tmp_path / "book.xlsx", edit))
    assert [str(fault) for fault in sorted(caught.value.faults, key=lambda f: f.cell)][1:] == [
        'book.xlsx › 产量 row 3, 产量 (吨) = "十吨": must be a number of 吨',
        "book.xlsx › 候选点 row 2, 状态 = \"待定\": must be one of 'candidate', 'existing', 'forced' or 'forbidden'",
    ]
    budget = min(caught.value.faults, key=lambda f: f.cell)
    assert (budget.sheet, budget.value, budget.code, budget.column) == (
        "规则",
        "2元",
        "budget-unit",
        "补贴预算 (siting.budget_cny)",
    )


def test_formulas_count_by_their_result(books: dict[str, Path], tmp_path: Path) -> None:
    """A formula that was never calculated is a fault, not an empty cell."""

    def edit(book: Any) -> None:
        book["harvest"]["D2"].value = "=1+2"

    _scenario, faults = inspect(edited(books["en"], tmp_path / "book.xlsx", edit))
    assert [(f.cell, f.value, f.code) for f in faults] == [("D2", "=1+2", "formula-without-value")]


def test_what_is_no_workbook(tmp_path: Path) -> None:
    """A text file by that name and a missing sheet are told plainly."""
    (tmp_path / "x.xlsx").write_text("id,name\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="cannot be read as an Excel workbook"):
        load(tmp_path / "x.xlsx")
    with pytest.raises(BadInputError, match="no such scenario folder"):
        load(tmp_path / "y.xlsx")


def test_settings_by_key_or_title(books: dict[str, Path], tmp_path: Path) -> None:
    """A row is known by its key, its Chinese title or both; strange rows, twins and foreign units are named."""

    def edit(book: Any) -> None:
        for row in (
            ("siting.coverag", 1),
            ("补贴预算", "30万元"),
            ("siting.gap", "1%"),
            ("roads.circuity", 2, None, None, None, "吨"),
        ):
            book["rules"].append(row)

    book = edited(books["en"], tmp_path / "book.xlsx", edit)
    rules = read_rules(read_book(book).sheets["rules"])
    assert [(fault.column, fault.code) for fault in rules.faults] == [
        ("siting.coverag", "unknown-key"), ("siting.budget_cny", "duplicate-key"), ("siting.gap", "duplicate-key"),
        ("roads.circuity", "duplicate-key"),
    ]  # fmt: skip
    assert 'did you mean "siting.coverage"?' in rules.faults[0].message


def test_tables_of_a_folder_may_have_chinese_headings(tmp_path: Path) -> None:
    """The same county in CSV, in GB18030 with 公斤 and 县区, is the same scenario; faults name the Chinese heading."""
    county = small_county(tmp_path / "county", 6)
    plain, _warnings = load(county)
    names = {"village": "村编号", "commodity": "作物", "period": "季节", "tonnes": "产量（公斤）"}
    rows = [
        {names[key]: str(float(text) * 1000) if key == "tonnes" else text for key, text in row.items()}
        for row in rows_of(county / "harvest.csv")
    ]
    write_rows(county / "harvest.csv", rows, "gb18030")
    chinese, _warnings = load(county)
    assert np.allclose(chinese.harvest_t, plain.harvest_t)
    rows[0]["产量（公斤）"] = "-5"
    write_rows(county / "harvest.csv", rows, "gb18030")
    with pytest.raises(BadInputError, match=r'harvest.csv row 2, 产量\(公斤\) = "-5": must be at least 0 t'):
        load(county)


def test_a_run_finds_its_workbook_again(tmp_path: Path, capsys: Capture) -> None:
    """``plan`` takes the book, its run names it and ``verify`` reads it from there; its hash changes with its bytes."""
    with speaking("zh"):
        book = write_template(upland(4, 4), tmp_path / "county")
    out = tmp_path / "run"
    assert run(["plan", str(book), "--out", str(out), "--effort", "quick", "-q"]) == 0
    about = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert about["sha256"]["files"] == {"county.xlsx": hashlib.sha256(book.read_bytes()).hexdigest()}
    assert run(["verify", str(out), "-q"]) == 0
    assert "verified" in capsys.readouterr().out
    book.unlink()
    assert run(["verify", str(out)]) == 3


def test_roads_lie_beside_the_workbook(books: dict[str, Path], tmp_path: Path) -> None:
    """A road file named in the rules is found from where the book lies, and counts among the inputs."""

    def edit(book: Any) -> None:
        for row in book["rules"].iter_rows(min_row=2, max_col=2):
            if row[0].value == "roads.file":
                row[1].value = "roads"

    book = edited(books["en"], tmp_path / "book.xlsx", edit)
    with pytest.raises(
        BadInputError, match=r'book.xlsx › rules row \d+, roads.file = "roads": there is no such road file'
    ):
        place_on_roads(load(book)[0])
    write_scenario(upland(9, 4), tmp_path / "folder")
    (tmp_path / "folder" / "roads").rename(tmp_path / "roads")
    placed, _warnings = place_on_roads(load(book)[0])
    assert placed.network.kind != "proximity"
    assert list(named_files(book)) == ["book.xlsx", "roads/link.csv", "roads/node.csv"]
    key = BatchJob("a", "book.xlsx", book).key(BatchSettings())
    (tmp_path / "roads" / "link.csv").write_text("changed", encoding="utf-8")
    assert BatchJob("a", "book.xlsx", book).key(BatchSettings()) != key


def test_a_batch_carries_a_workbook(books: dict[str, Path], tmp_path: Path) -> None:
    """A list may name workbooks; by value the book travels whole and is found by its name."""
    (tmp_path / "counties.csv").write_text(f"name,scenario\na,{books['zh']}\n", encoding="utf-8")
    (job,) = read_jobs(tmp_path / "counties.csv")
    assert files_of(job.folder) == (books["zh"],)
    fields = {field.name: getattr(field, "default", None) for field in dataclasses.fields(JobOrder)}
    order = JobOrder(**{**fields, "scenario": str(job.folder), "orders": ""})
    with zipfile.ZipFile(io.BytesIO(pack_inputs(order))) as parcel:
        assert parcel.namelist() == ["scenario/zh.xlsx"]


def test_rows_of_totals_and_stray_cells(books: dict[str, Path], tmp_path: Path) -> None:
    """A row of totals is left out with a warning; a stray cell far below is refused before it costs minutes."""

    def edit(book: Any) -> None:
        book["产量"].append(("合计", None, None, "=SUM(D2:D9)"))
        book["村"].append(("总计：", "9村"))

    scenario, faults = inspect(edited(books["zh"], tmp_path / "book.xlsx", edit))
    assert [(f.sheet, f.value, f.code, f.warning) for f in faults] == [
        ("村", "总计:", "total-row", True), ("产量", "合计", "total-row", True),
    ]  # fmt: skip
    assert scenario is not None
    assert len(scenario.villages) == 9

    def stray(book: Any) -> None:
        book["产量"]["A1048576"].value = "x"

    with pytest.raises(BadInputError, match=r"has cells as far as row 1048576 and column F, beyond any table"):
        load(edited(books["zh"], tmp_path / "stray.xlsx", stray))


def test_a_list_of_places_may_be_a_workbook(tmp_path: Path) -> None:
    """``import points`` reads the first sheet, below its title, codes and full-width figures as they are meant."""
    book = Workbook()
    sheet = book.active
    for row in (
        ("某县产地名单",), ("编号", "名称", "级别", "经度", "纬度"), ("0001", "甲村", "村", "１０９．６", 28.6),
        ("0002", "乙镇", "乡镇", 109.62, 28.61), ("0003", "县城", "县", 109.65, 28.62), ("合计", "3个"),
    ):  # fmt: skip
        sheet.append(row)
    book.save(tmp_path / "list.xlsx")
    assert run(["import", "points", str(tmp_path / "list.xlsx"), "--datum", "wgs84", "--out", str(tmp_path / "c")]) == 0
    scenario, _warnings = load(tmp_path / "c")
    assert [(v.id, v.lon) for v in scenario.villages] == [("0001", 109.6)]
    sheet["D3"].value = "东"
    book.save(tmp_path / "bad.xlsx")
    with pytest.raises(BadInputError, match=r'bad.xlsx row 3, lon = "东"'):
        draft_from_points(tmp_path / "bad.xlsx", datum="wgs84")


@pytest.mark.slow
def test_a_batch_of_a_workbook_is_planned_and_routed(tmp_path: Path) -> None:
    """A folder with the workbook of `init` is planned; the folder of its plans gives the day's routes."""
    assert run(["init", str(tmp_path / "in" / "litchi"), "--workbook"]) == 0
    assert run(["batch", str(tmp_path / "in"), "--out", str(tmp_path / "plans"), "--quiet"]) == 0
    asked = ["batch", str(tmp_path / "plans"), "--command", "routes", "--iterations", "200", "--quiet"]
    assert run([*asked, "--out", str(tmp_path / "day")]) == 0
    found = pd.read_csv(tmp_path / "day" / "results.csv", dtype=str)
    assert list(found["status"]) == ["feasible"]
    assert run(["verify", str(next((tmp_path / "day").rglob("routes.json")).parent)]) == 0


def test_the_report_of_a_run_is_no_scenario(tmp_path: Path) -> None:
    """A folder with one workbook is a scenario; the folder of a run is none, whatever was reported there."""
    (tmp_path / "report.xlsx").write_bytes(b"")
    assert is_scenario(tmp_path)
    (tmp_path / "run.json").write_text("{}")
    assert not is_scenario(tmp_path)
