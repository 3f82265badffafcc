"""Reports of a run: workbook, page and PDF, in both languages."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import coldchain as cc
from coldchain.cli import run as cli
from coldchain.errors import MissingExtraError
from coldchain.language import _, speaking
from coldchain.papers.advice import Advice
from coldchain.papers.case import PaperCase, case_of
from coldchain.papers.meeting import meeting_paper
from coldchain.papers.page import page_text
from coldchain.papers.paper import Head, Listing, PaperTable, Text
from coldchain.planning import Plan
from coldchain.reports import figures, fonts, printing, write_run
from coldchain.reports.book import write_book
from coldchain.reports.document import Section, Told, better_known, sections
from coldchain.runs import run_information
from coldchain.runs.folder import read_run


class Addresses(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        """Remember an address."""
        self.found += [value for name, value in attrs if name in {"src", "href"} and value]


REPLAYED = ["--years", "6"]


@pytest.fixture(scope="module")
def run(small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that holds what its uncertain figures move, so that no report works it out again."""
    given = run_information(small_plan, {"scenario": str(small_plan.scenario.folder)})
    folder = write_run(small_plan, tmp_path_factory.mktemp("report") / "run", given)
    cc.sensitivity(cc.Result(small_plan)).save(folder)
    return folder


@pytest.fixture(scope="module")
def told(run: Path) -> Told:
    """Return what a report is made from, with a replay of a few years."""
    _info, summary, tables = read_run(run)
    return Told(summary, tables, cc.replay(run, years=6, days=1).facts)


def named(told: Told) -> dict[str, Section]:
    return {section.title: section for section in sections(told)}


def test_places_are_shown_by_name_and_id(small_plan: Plan) -> None:
    """Routes and the award notice show names too; the tables of the run keep their ids."""
    tables = small_plan.tables
    named_tables = {
        **tables,
        "depots": tables["depots"].assign(name="Depot " + tables["depots"]["depot"].astype(str)),
        "villages": tables["villages"].assign(name="Village " + tables["villages"]["village"].astype(str)),
    }
    shown = named(Told(small_plan.summary, named_tables))
    routes, awards = shown["Collection routes"].rows, shown["Award notice"].rows
    first = tables["stops"][tables["stops"]["route"] == tables["routes"]["route"][0]]["village"]
    assert routes["villages"].iloc[0] == " → ".join(f"Village {key} ({key})" for key in first)
    assert routes["depot"].tolist() == [f"Depot {key} ({key})" for key in tables["routes"]["depot"]]
    expected = ["; ".join(f"Depot {key} ({key})" for key in text.split(";")) for text in tables["subsidies"]["depots"]]
    assert awards["depots"].tolist() == expected


@pytest.mark.parametrize(
    ("language", "title"), [("en", "Before and after"), pytest.param("zh", "前后对比", marks=pytest.mark.slow)]
)
def test_a_report_in_both_languages(run: Path, tmp_path: Path, language: str, title: str) -> None:
    """Workbook and page tell the figures of the summary; the page asks nothing of the network."""
    assert cli(["report", str(run), "--out", str(tmp_path), "--lang", language, "--quiet", *REPLAYED]) == 0
    _info, summary, tables = read_run(run)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    addresses = Addresses()
    addresses.feed(page)
    assert title in page
    assert f"{100 * summary['loss']['plan_rate']:.1f}%" in page
    assert [address for address in addresses.found if "//" in address] == []
    assert "http" not in page
    assert summary["scenario"]["sha256"][:12] in page.split("<footer>")[1]
    assert "coldchain " not in page.split("<footer>")[0]
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    with speaking(language):
        assert book.sheetnames == [_(name) for name in (
            "Summary", "Money", "Losses", "Greenhouse gases", "Depots", "Assignment", "Collection routes", "Vehicles",
            "People", "Award notice", "Sensitivity", "Years replayed",
            *(["Villages not served"] if summary["villages"]["unserved"] else []),
            *(["Sites left out"] if len(tables["sites_left_out"]) else []), "Data problems", "Assumptions and sources",
        )]  # fmt: skip
        depots = book[_("Depots")]
    assert depots.max_row == len(tables["depots"]) + 1
    assert [depots.cell(row, 1).value for row in range(2, depots.max_row + 1)] == list(tables["depots"]["depot"])
    places = range(1, depots.max_column + 1)
    column = next(c for c in places if "CNY" in depots.cell(1, c).value or "元" in depots.cell(1, c).value)
    total = sum(depots.cell(row, column).value or 0.0 for row in range(2, depots.max_row + 1))
    assert total == pytest.approx(tables["depots"]["capex_cny"].sum())


def test_sites_left_out_have_one_number_each(small_plan: Plan, told: Told) -> None:
    """Every site without a depot has a row, the nearest to one first; its number is the one in its reason."""
    out, scenario = small_plan.tables["sites_left_out"], small_plan.scenario
    used = set(small_plan.tables["depots"]["depot"])
    assert set(out["site"]) == {site.id for site in scenario.sites} - used
    assert len(out)
    possible = out[out["possible"].astype(bool)]
    assert possible["beyond_cny_year"].is_monotonic_increasing
    for row in possible[possible["beyond_cny_year"] > 0].to_dict("records"):
        assert f"would cost {row['beyond_cny_year']:,.0f} CNY a year more than it saves" in row["reason"]
    paper = meeting_paper(case_of(small_plan, told))
    listed = next(
        block for block in paper.blocks if isinstance(block, PaperTable) and "Sites left out" in block.caption
    )
    assert [row[3] for row in listed.rows] == out["reason"].tolist()


def test_the_paper_has_what_a_meeting_expects(small_plan: Plan, told: Told) -> None:
    """Advice first, four numbered parts, what is asked at the end, every depot by name; what was assumed is listed."""
    with speaking("zh"):
        paper = meeting_paper(case_of(small_plan, told))
        page = page_text(paper)
        assumed = set(figures.assumed(told.summary))
    first = [block.label for block in paper.blocks[:3] if isinstance(block, Text)]
    assert first == ["建议：", "理由：", "疑点："]
    parts = [block.text for block in paper.blocks if isinstance(block, Head) and block.level == 1]
    assert parts[:4] == ["一、基本情况", "二、方案主要内容", "三、需要研究的问题", "四、提请会议审议事项"]
    asked = next(block for block in paper.blocks if isinstance(block, Listing))
    assert asked.numbered
    assert "同意" in asked.items[0]
    depots = next(block for block in paper.blocks if isinstance(block, PaperTable) and "预冷库" in block.caption)
    assert [row[1] for row in depots.rows[:-1]] == told.tables["depots"]["name"].tolist()
    listed = {item for block in paper.blocks if isinstance(block, Listing) for item in block.items}
    assert assumed <= listed
    assert page.count('class="roads"') == 1


def test_totals_of_the_paper_are_those_of_the_summary(small_plan: Plan, told: Told) -> None:
    """Today's whole cost stands beside the plan's, and each table's last row adds up its column."""
    paper = meeting_paper(case_of(small_plan, told))
    bill = next(block for block in paper.blocks if isinstance(block, PaperTable) and "losses included" in block.caption)
    net = told.summary["net"]
    assert [float(cell) for cell in bill.rows[-1][1:]] == pytest.approx(
        [net["today_cny"] / 1e6, net["plan_cny"] / 1e6], abs=0.01
    )
    plan = [float(row[2]) for row in bill.rows[:-1] if row[2] != "–"]
    assert sum(plan) == pytest.approx(float(bill.rows[-1][2]), abs=0.006 * len(plan))


@pytest.mark.parametrize(
    ("built", "left", "said"),
    [
        pytest.param(True, 0.0, "", id="all-spent"),
        pytest.param(True, 5e7, "every further depot would cost more a year than it saves", id="nothing-pays"),
        pytest.param(True, 10.0, "less than the smallest award", id="crumbs"),
        pytest.param(False, 5e7, "every further depot", id="nothing-built"),
    ],
)
def test_what_is_left_of_the_budget_is_explained(
    small_plan: Plan, told: Told, built: bool, left: float, said: str
) -> None:
    """Nothing left, nothing that pays, or less than one award; the meeting is asked accordingly."""
    paid = told.summary["investment"]
    subsidy = paid["subsidy_cny"] if built else 0.0
    total = paid["total_cny"] if built else 0.0
    invested = {**paid, "subsidy_cny": subsidy, "total_cny": total, "budget_cny": subsidy + left}
    advice = Advice(replace(told, summary={**told.summary, "investment": invested}), small_plan.scenario)
    assert (said in advice.unspent()) if said else advice.unspent() == ""
    assert advice.recommendation().startswith("Build nothing") == (not built)
    assert ("no new depot" in next(iter(advice.asked()))) == (not built)


def test_sheets_are_set_up_for_use_and_print(told: Told, tmp_path: Path) -> None:
    """Lists have a frozen head, a filter and A4 pages with the head repeated; figures have formats, charts stand."""
    write_book(tmp_path / "book.xlsx", "county", sections(told))
    book = openpyxl.load_workbook(tmp_path / "book.xlsx")
    for name in ("Depots", "Assignment", "Collection routes", "Award notice"):
        sheet = book[name]
        assert (sheet.freeze_panes, sheet.print_title_rows, sheet.auto_filter.ref[:3]) == ("B2", "$1:$1", "A1:")
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert book["Depots"]["A2"].number_format == "@"
    assert {cell.number_format for cell in book["Losses"][5][1:4]} == {"#,##0.0"}
    rows = {row[0].value: row[1:3] for row in book["Summary"].iter_rows()}
    rates = [told.summary["loss"][key] for key in ("baseline_rate", "plan_rate")]
    assert [cell.value for cell in rows["Loss rate"]] == pytest.approx(rates)
    assert rows["Investment"][0].value == pytest.approx(told.summary["investment"]["total_cny"])
    assert [rows[name][0].number_format for name in ("Investment", "On time", "Vehicles")] == [
        '#,##0 "CNY"', "0.0%", "#,##0",
    ]  # fmt: skip
    drawn = Counter(section.sheet for section in sections(told) if section.chart is not None)
    assert drawn["Money"] == 2
    assert {name: len(book[name]._charts) for name in drawn} == dict(drawn)


def test_nothing_else_in_the_run_is_touched(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A report adds itself and the replay; a second one uses that replay again."""
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert cli(["report", str(run), "--json", *REPLAYED]) == 0
    written = json.loads(capsys.readouterr().out)
    assert {Path(path).name for path in written.values()} == {"report.xlsx", "report.html"}
    assert all(path.read_bytes() == content for path, content in before.items())
    assert {path.name for path in run.iterdir()} - {path.name for path in before} == {
        "report.xlsx", "report.html", "replay.json", "tables",
    }  # fmt: skip
    kept = (run / "replay.json").read_bytes()
    assert json.loads(kept)["effort"]["years"] == 6
    assert cli(["report", str(run), "--quiet", "--years", "99"]) == 0
    assert (run / "replay.json").read_bytes() == kept


def test_groups_add_up(told: Told) -> None:
    """Losses by crop, township and co-operative add up to the plan's, as do the parts of the money."""
    groups = told.tables["villages"].assign(
        cooperative=[f"co-operative {k % 3}" for k in range(len(told.tables["villages"]))],
        town=[f"town {k % 5}" for k in range(len(told.tables["villages"]))],
    )
    parts = named(Told(told.summary, {**told.tables, "villages": groups}))
    assert "Loss by township" not in named(told)
    for title in ("Loss by crop", "Loss by township", "Loss by co-operative"):
        assert parts[title].rows["plan_loss_t"].sum() == pytest.approx(told.summary["loss"]["plan_t"])
        assert parts[title].rows["baseline_loss_t"].sum() == pytest.approx(told.summary["loss"]["baseline_t"])
        assert parts[title].rows["harvest_t"].sum() == pytest.approx(groups["harvest_t"].sum())
    assert parts["Investment, once"].rows["cny"].sum() == pytest.approx(told.summary["investment"]["total_cny"])
    assert parts["Cost of a year"].rows["cny"].sum() == pytest.approx(told.summary["annual_cny"]["total"])


def test_a_replay_and_a_sweep_are_told(told: Told) -> None:
    """P50 and P95 stand in the page with the words for them; a sweep takes the place of the next budget."""
    assert told.replay is not None
    page = page_text(meeting_paper(PaperCase(Advice(told))))
    for share in ("p50", "p95"):
        assert f"{100 * told.replay['rate'][share]:.1f}%" in page
    assert "in one year of twenty more than" in page
    assert "In one year of twenty more than" in page
    budgets = pd.DataFrame({
        "budget_cny": [0.0, told.summary["investment"]["budget_cny"]], "subsidy_cny": [0.0, 1e6],
        "loss_t": [90.0, 60.0], "objective": [2 * told.summary["objective"]["value"]] * 2,
        "loss_rate": [0.3, 0.2], "sites_built": [0, 2], "next_million_saves_t": [20.0, 7.5],
        "next_million_saves_cny": [3e5, 2e5],
    })  # fmt: skip
    swept = Told(told.summary, told.tables, told.replay, budgets)
    assert "the next million saves 7.5 t and CNY 0.20 M a year" in page_text(meeting_paper(PaperCase(Advice(swept))))
    assert "What the next million buys" not in named(swept)


@pytest.mark.parametrize(
    ("worth", "awards", "same", "said"),
    [
        pytest.param(0.9, 1.0, True, True, id="better"),
        pytest.param(0.9995, 1.0, True, False, id="within-tolerance"),
        pytest.param(0.9, 1.1, True, False, id="beyond-the-budget"),
        pytest.param(0.9, 1.0, False, False, id="other-inputs"),
    ],
)
def test_a_better_plan_of_the_sweep_is_said_at_the_head(
    told: Told, worth: float, awards: float, same: bool, said: bool
) -> None:
    """Only a plan of the same inputs that takes no more awards than the budget is one for the same budget."""
    budget, value = told.summary["investment"]["budget_cny"], told.summary["objective"]["value"]
    points = pd.DataFrame(
        {"subsidy_cny": [0.0, awards * budget], "objective": [1.2 * value, worth * value], "sites_built": [0, 1]}
    )
    text = better_known(replace(told, sweep=points, same_inputs=same))
    assert text.startswith("The sweep knows a better plan for the same budget") == said
    assert ("with 1 depot built" in text) == said


def test_without_a_replay_the_report_says_why(run: Path, tmp_path: Path) -> None:
    """Another scenario at the place is no reason to have no report."""
    silent = ["report", str(run), "--out", str(tmp_path), "--quiet"]
    assert cli([*silent, "--years", "0"]) == 0
    assert "years of random weather" not in (tmp_path / "report.html").read_text(encoding="utf-8")
    (run / "replay.json").unlink(missing_ok=True)
    assert cli([*silent, "--scenario", str(tmp_path / "nowhere")]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "not made: " in page
    assert "The plan map and the list of builders are left out" in page
    assert "nowhere" in page.split("left out", 1)[1]
    assert not (tmp_path / "replay.json").exists()


def test_no_sweep_is_told(run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["report", str(run), "--out", str(tmp_path), "--sweep", str(tmp_path / "none")]) == 2
    assert "is no folder of a sweep" in capsys.readouterr().err


def test_text_is_no_formula(told: Told, tmp_path: Path) -> None:
    """A depot called =1+1 stays text, behind an apostrophe, and ids keep their zeros."""
    depots = told.tables["depots"].copy()
    depots.loc[0, ["depot", "name"]] = ["007", "=1+1"]
    book = sections(Told(told.summary, {**told.tables, "depots": depots}))
    write_book(tmp_path / "book.xlsx", "=2+2", book)
    opened = openpyxl.load_workbook(tmp_path / "book.xlsx")
    sheet = opened["Depots"]
    assert (sheet["A2"].value, sheet["B2"].value, sheet["B2"].data_type) == ("007", "'=1+1", "s")
    assert opened["Summary"]["A1"].data_type == "s"


def test_without_a_browser_the_way_to_a_pdf_is_told(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing.shutil, "which", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"open .*report.html in any browser"):
        printing.print_page(tmp_path / "report.html", tmp_path / "report.pdf")
    assert cli(["report", str(run), "--out", str(tmp_path), "--pdf", "--quiet", "--years", "0"]) == 8
    assert not (tmp_path / "report.pdf").exists()


def test_a_missing_font_is_told(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A PDF in Chinese on a machine without a Chinese font comes with a hint; in English it does not."""
    monkeypatch.setattr(fonts, "on_system", lambda: False)
    monkeypatch.setattr(printing, "browser", lambda: "a browser")
    monkeypatch.setattr(printing, "print_page", lambda _page, pdf: pdf.write_bytes(b"%PDF"))
    asked = ["report", str(run), "--out", str(tmp_path), "--pdf", "--years", "0"]
    assert cli([*asked, "--lang", "zh"]) == 0
    assert "fonts-noto-cjk" in capsys.readouterr().err
    assert cli(asked) == 0
    assert "font" not in capsys.readouterr().err


def test_no_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["report", str(tmp_path)]) == 3
    assert "summary.json" in capsys.readouterr().err
