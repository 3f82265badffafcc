"""Papers: one layout as page and document; lists that add up, name their limits and leave persons' data out."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm
from matplotlib import font_manager
from matplotlib.font_manager import get_font

from coldchain.errors import MissingExtraError
from coldchain.language import catalogue, speaking
from coldchain.model import Papers, Subsidy, day_of
from coldchain.papers import Break, Drawing, Head, Listing, Paper, PaperTable, Signature, Text, word, write_paper
from coldchain.papers.contents import Kinds
from coldchain.papers.meeting import costs_in_words
from coldchain.papers.notice import NoticeRow, Occasion, in_unit, notice, standard
from coldchain.papers.page import page_text
from coldchain.papers.proposal import proposal_paper
from coldchain.papers.word import write_document
from coldchain.planning import Plan
from coldchain.reports import fonts
from coldchain.reports.strokes import box, svg
from coldchain.scenario import load, toml_text, upland, write_scenario
from coldchain.scenario.load import input_hash

FILLED = Papers(
    issuer="麻阳县农业农村局", date="2026-03-08", basis=("《实施方案》（麻农发〔2026〕3号）",),
    contact="李某", phone="0745-5820000",
    objections_from="2026-03-09", objections_until="2026-03-13", objections_days=5,
)  # fmt: skip


def row(number: int, cny: float, **more: str) -> NoticeRow:
    given = {"owner": f"合作社{number}社", "owner_kind": "cooperative", "limit": "按容积标准"} | more
    return NoticeRow(
        **given, place="麻阳县", content="1℃预冷库1间", depots=1, modules=1, net_m3=200, investment_cny=3 * cny,
        award_cny=cny, reckoning="",
    )  # fmt: skip


def occasion(stage: str = "proposed", papers: Papers = FILLED) -> Occasion:
    return Occasion(stage, papers, Subsidy(rate=0.3), "麻阳县", ("麻阳县",), "试算", foot="档案")  # type: ignore[arg-type]


def grid_of(paper: Paper) -> PaperTable:
    return next(block for block in paper.blocks if isinstance(block, PaperTable))


@pytest.mark.parametrize("amounts", [(10_049.0,) * 3, (33_333.33, 66_666.67), (0.0, 50.0), (999_950.0, 50.0, 49.99)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_total_is_the_sum_of_the_rows_as_shown(language: str, amounts: tuple[float, ...]) -> None:
    """Whatever rounding does to single rows: a reader who adds them finds the total, and award and own money meet."""
    with speaking(language):
        table = grid_of(notice([row(n, cny) for n, cny in enumerate(amounts)], occasion()))
    *rows, total = [[Decimal(line[k].replace(",", "")) for k in (5, 8, 9)] for line in table.rows]
    assert [sum(column) for column in zip(*rows, strict=True)] == total
    assert all(invested == award + own for invested, award, own in [*rows, total])


def test_amounts_are_rounded_half_up_in_the_unit_of_the_language() -> None:
    """To 0.01 of 万元, to the yuan in English."""
    assert in_unit(0.5) == Decimal(1)
    with speaking("zh"):
        assert in_unit(10_050.0) == Decimal("1.01")


def test_what_storing_earns_is_said_beside_what_a_year_costs() -> None:
    """An item below zero has a sentence of its own; without one there is none."""
    bill = {"collection": 3e5, "loss": 5e5, "storage": -2e5, "total": 6e5}
    with speaking("zh"):
        cost, earned = costs_in_words({"annual_cny": bill})
    assert "60.0万元" in cost
    assert earned == "其中已扣减增收：储存费用减储存增收 -20.0万元。"
    assert len(list(costs_in_words({"annual_cny": bill | {"storage": 0.0}}))) == 1


def test_an_award_notice_has_the_parts_that_counties_print() -> None:
    """Basis, process, total, period, objections, annex, unit and date, in this order; the table on a wide page."""
    with speaking("zh"):
        paper = notice([row(1, 42_000.0)], occasion("awarded"))
    told = " ".join(block.text for block in paper.blocks if isinstance(block, Text | Head))
    order = [
        "麻农发〔2026〕3号",
        "验收",
        "现予公示",
        "一、公示时间",
        "2026年3月9日至2026年3月13日（5个工作日）",
        "二、异议受理",
        "附件",
    ]
    assert [told.index(text) for text in order] == sorted(told.index(text) for text in order)
    assert Signature("麻阳县农业农村局", "2026年3月8日") in paper.blocks
    assert Break(landscape=True) in paper.blocks
    assert any("0745-5820000" in item for block in paper.blocks if isinstance(block, Listing) for item in block.items)


def test_what_is_not_known_is_left_blank() -> None:
    """Without fields the notice still stands, with lines to write on."""
    with speaking("zh"):
        page = page_text(notice([row(1, 42_000.0)], occasion("awarded", Papers())))
    assert "____年__月__日至____年__月__日" in page
    assert "联系电话：____________" in page


def test_persons_are_named_in_part_unless_the_scenario_says_otherwise() -> None:
    """Names of persons lose letters, bodies keep theirs; long numbers of remarks are cut."""
    rows = [
        row(1, 1e4, owner="张小三"),
        row(2, 1e4, remark="电话13800138000"),
        row(3, 1e4, owner="A Li", owner_kind="person"),
    ]
    cells = [line[1] + line[10] for line in grid_of(notice(rows, occasion())).rows]
    assert cells[:3] == ["张**", "合作社2社电话138***", "A L*"]
    whole = grid_of(notice(rows, occasion(papers=FILLED.model_copy(update={"mask_names": False}))))
    assert whole.rows[0][1] == "张小三"


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({}, "at most 30% of the cost"),
        ({"unit_price_cny_m3": 700.0}, "at most 30% of the cost, cost counted up to 700 CNY/m³"),
        ({"cap_per_owner_cny": 1e6}, "at most 30% of the cost, at most CNY 1,000,000 for each builder"),
        ({"rate_by_county": {"b": 0.4}}, "at most 30% to 40% of the cost"),
    ],
)
def test_the_rule_is_told_in_words(rule: dict[str, object], told: str) -> None:
    assert standard(Subsidy(rate=0.3, **rule), ("a", "b")) == told  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rule", "limit"),
    [
        ({"rate": 0.3, "unit_price_cny_m3": None}, "按造价30%"),
        ({"rate": 0.3, "unit_price_cny_m3": 100.0}, "按容积标准"),
        ({"rate": 0.3, "award_by_type_cny_m3": {"mechanical": 10.0}}, "按单位容积补助标准"),
        ({"owner_kinds": ("nobody",), "own_money": True}, "不符合补贴条件"),
    ],
)
def test_each_row_names_the_limit_that_bound(small_plan: Plan, rule: dict[str, object], limit: str) -> None:
    """By the rule of the scenario; the list of the plan has a row for each owner that builds."""
    held = small_plan.scenario
    given = replace(held, subsidy=held.subsidy.model_copy(update={"cap_per_owner_cny": None, **rule}))
    tables = {**small_plan.tables, "subsidies": small_plan.tables["subsidies"].assign(capped=False)}
    with speaking("zh"):
        run = replace(small_plan, tables=tables, inputs=replace(small_plan.inputs, held=given))
        shown = grid_of(proposal_paper(run))
    assert len(shown.rows) == 1 + len(tables["subsidies"])
    assert {line[7] for line in shown.rows[:-1]} == {limit}
    assert all(re.search(r"\d+(?:\.\d)?℃", line[3]) for line in shown.rows[:-1])


def test_a_cap_that_bound_is_named(small_plan: Plan) -> None:
    tables = {**small_plan.tables, "subsidies": small_plan.tables["subsidies"].assign(capped=True)}
    held = small_plan.scenario
    capped = replace(held, subsidy=held.subsidy.model_copy(update={"cap_per_owner_cny": 1_000_000.0}))
    run = replace(small_plan, tables=tables, inputs=replace(small_plan.inputs, held=capped))
    assert {line[7] for line in grid_of(proposal_paper(run)).rows[:-1]} == {"cap of CNY 1,000,000 a builder"}


@pytest.mark.parametrize(
    ("language", "told"),
    [("en", "2 forced-air rooms at 1 °C, 200 m³ each"), ("zh", "1℃差压预冷库2间（每间200立方米）")],
)
def test_modules_are_told_by_temperature_method_number_and_size(language: str, told: str) -> None:
    with speaking(language):
        assert Kinds.of(None).words("cold_forced_air_200:2") == told
        assert Kinds.of(None).words("hall:3") == "3 × hall"


SAMPLE = Paper(
    "A <plan>\nfor a county",
    (
        Head("1. First"), Text("Body & more."), Text("doubt", "mark", "But:"), Text("small", "note"),
        Listing(("one", "two"), numbered=True), Break(landscape=True),
        PaperTable("Table 1", ("a", "b"), (("x", "1"), ("sum", "1")), (False, True), unit="t", total=True),
        Drawing("Figure 1", svg(60, box(0, 0, 90, 20, "#ff0000"), "bar")), Signature("Unit", "8 March 2026"),
    ),
    under=("Unit",), foot="archive", lang="zh",
)  # fmt: skip


def test_a_page_asks_nothing_of_the_network_and_escapes_what_it_is_given() -> None:
    page = page_text(SAMPLE)
    assert "http" not in page
    assert "<h1>A &lt;plan&gt;<br>for a county</h1>" in page
    assert "Body &amp; more." in page
    assert 'content: "— " counter(page)' in page
    assert page.count("<section") == 2
    assert '<section class="landscape new">' in page


def test_a_document_has_headings_tables_fonts_and_page_numbers(tmp_path: Path) -> None:
    """What people edit: styles they can change, a table that repeats its head, Chinese fonts for Chinese letters."""
    write_document(SAMPLE, tmp_path / "paper.docx")
    made = docx.Document(str(tmp_path / "paper.docx"))
    styles = {line.text: line.style.name for line in made.paragraphs if line.style is not None}
    assert styles["1. First"] == "Heading 1"
    assert made.tables[0].cell(1, 0).text == "x"
    assert sum(column.width for column in made.tables[0].columns) == pytest.approx(Mm(265), abs=1000)
    assert made.tables[0].rows[0]._tr.xpath(".//w:tblHeader")
    fonts = {
        name: made.styles[name].element.rPr.rFonts.get(qn("w:eastAsia")) for name in ("Normal", "Title", "Heading 1")
    }
    assert fonts == {"Normal": "仿宋", "Title": "方正小标宋简体", "Heading 1": "黑体"}
    assert "PAGE" in made.sections[0].footer._element.xml
    assert [one.orientation for one in made.sections] == [0, 1]
    assert made.core_properties.author == ""
    assert [round(shape.width.mm) for shape in made.inline_shapes] == [140]


@cache
def every_character() -> set[str]:
    """Return what a text of ours may hold: all signs of both catalogues."""
    return {sign for texts in catalogue("zh").items() for text in texts for sign in text if not sign.isspace()}


@pytest.mark.skipif(fonts.chinese_font() is None, reason="no font with Chinese")
def test_pictures_have_a_glyph_for_every_character() -> None:
    """What charts, and pictures in a DOCX, are drawn with knows every sign of our texts: no empty box."""
    found = [font_manager.fontManager.findfont(family) for family in fonts.chart_fonts()]
    known = {chr(code) for path in found for code in get_font(path).get_charmap()}
    assert sorted(every_character() - known) == []


@pytest.mark.skipif(not fonts.on_system(), reason="no font with Chinese on this machine")
def test_pages_and_prints_have_a_glyph_for_every_character() -> None:
    """A browser takes each sign from whatever font of the system has it: some font has each of ours."""
    known: set[str] = set()
    for path in font_manager.findSystemFonts():
        if not every_character() <= known:
            known |= {chr(code) for code in get_font(path).get_charmap()}
    assert sorted(every_character() - known) == []


def test_without_the_library_a_document_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "docx", None)
    with pytest.raises(MissingExtraError, match="python-docx"):
        word.write_document(SAMPLE, tmp_path / "paper.docx")


def test_files_are_named_by_their_paper(tmp_path: Path) -> None:
    made = write_paper(SAMPLE, tmp_path, "notice", docx=True)
    assert [path.name for path in made] == ["notice.html", "notice.docx"]


@pytest.mark.parametrize("given", ["2026年3月8日", "2026/3/8", "2026-03-08 00:00:00"])
def test_days_are_read_as_people_write_them(given: str) -> None:
    assert Papers(date=given).date == "2026-03-08"


@pytest.mark.parametrize("given", ["8.3.", "2026-13-01", "soon"])
def test_what_is_no_day_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="must be a day such as 2026-03-08"):
        day_of(given)


def test_filling_in_the_papers_ages_no_plan(tmp_path: Path) -> None:
    """The hash of a scenario passes over the section of the papers; any other change is seen."""
    write_scenario(upland(3, 1), tmp_path / "county")
    file = tmp_path / "county" / "scenario.toml"
    before = input_hash(tmp_path / "county", "base")
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('issuer = ""', 'issuer = "Bureau"'), encoding="utf-8")
    assert load(tmp_path / "county")[0].papers.issuer == "Bureau"
    assert input_hash(tmp_path / "county", "base") == before
    file.write_text(text.replace("budget_cny = ", "budget_cny = 1"), encoding="utf-8")
    assert input_hash(tmp_path / "county", "base") != before


def test_every_field_of_the_papers_stands_in_a_new_scenario() -> None:
    assert all(f"\n{name} = " in toml_text(upland(3, 1)) for name in Papers.model_fields if name != "objections_days")
