"""Reports of a run: workbook, page and PDF, in both languages."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pytest

from coldchain.cli import run as cli
from coldchain.errors import MissingExtraError
from coldchain.language import _, speaking
from coldchain.plan import Plan
from coldchain.report import printing, read_run, write_run
from coldchain.report.book import write_book
from coldchain.report.document import sections


class Addresses(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):  # noqa: ARG002
        """Remember an address."""
        self.found += [value for name, value in attrs if name in {"src", "href"} and value]


@pytest.fixture(scope="module")
def run(small_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(small_plan, tmp_path_factory.mktemp("report") / "run", {"arguments": {}})


@pytest.mark.parametrize(("language", "title"), [("en", "Before and after"), ("zh", "前后对比")])
def test_a_report_in_both_languages(run: Path, tmp_path: Path, language: str, title: str) -> None:
    """Workbook and page tell the figures of the summary; the page asks nothing of the network."""
    assert cli(["report", str(run), "--out", str(tmp_path), "--lang", language, "--quiet"]) == 0
    _info, summary, tables = read_run(run)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    addresses = Addresses()
    addresses.feed(page)
    assert title in page
    assert f"{100 * summary['loss']['plan_rate']:.1f} %" in page
    assert [address for address in addresses.found if "//" in address] == []
    assert "http" not in page.replace("http://www.w3.org", "")
    book = openpyxl.load_workbook(tmp_path / "report.xlsx")
    with speaking(language):
        depots = book[_("Depots")]
    assert depots.max_row == len(tables["depots"]) + 1
    assert [depots.cell(row, 1).value for row in range(2, depots.max_row + 1)] == list(tables["depots"]["depot"])
    column = next(
        c
        for c in range(1, depots.max_column + 1)
        if "CNY" in depots.cell(1, c).value or "元" in depots.cell(1, c).value
    )
    total = sum(depots.cell(row, column).value or 0.0 for row in range(2, depots.max_row + 1))
    assert total == pytest.approx(tables["depots"]["capex_cny"].sum())


def test_nothing_else_in_the_run_is_touched(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert cli(["report", str(run), "--json"]) == 0
    written = json.loads(capsys.readouterr().out)
    assert {Path(path).name for path in written.values()} == {"report.xlsx", "report.html"}
    assert all(path.read_bytes() == content for path, content in before.items())
    assert not list(run.glob(".report*"))
    assert cli(["report", str(run), "--quiet"]) == 0


def test_loss_by_co_operative_adds_up(run: Path) -> None:
    _info, summary, tables = read_run(run)
    told = {section.title: section for section in sections(summary, tables)}
    groups = tables["villages"].assign(cooperative=[f"co-operative {k % 3}" for k in range(len(tables["villages"]))])
    told |= {section.title: section for section in sections(summary, {**tables, "villages": groups})}
    for title in ("Loss by crop", "Loss by co-operative"):
        assert told[title].rows["plan_loss_t"].sum() == pytest.approx(summary["loss"]["plan_t"])
        assert told[title].rows["harvest_t"].sum() == pytest.approx(tables["villages"]["harvest_t"].sum())


def test_text_is_no_formula(run: Path, tmp_path: Path) -> None:
    """A depot called =1+1 stays that text, and ids keep their zeros."""
    _info, summary, tables = read_run(run)
    depots = tables["depots"].copy()
    depots.loc[0, ["depot", "name"]] = ["007", "=1+1"]
    with speaking("en"):
        write_book(tmp_path / "book.xlsx", "=2+2", sections(summary, {**tables, "depots": depots}))
    sheet = openpyxl.load_workbook(tmp_path / "book.xlsx")["Depots"]
    assert (sheet["A2"].value, sheet["B2"].value, sheet["B2"].data_type) == ("007", "=1+1", "s")


def test_without_a_browser_the_way_to_a_pdf_is_told(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing.shutil, "which", lambda _name: None)
    with pytest.raises(MissingExtraError, match=r"open .*report.html in any browser"):
        printing.print_page(tmp_path / "report.html", tmp_path / "report.pdf")
    assert cli(["report", str(run), "--out", str(tmp_path), "--pdf", "--quiet"]) == 8
    assert not (tmp_path / "report.pdf").exists()


def test_no_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli(["report", str(tmp_path)]) == 3
    assert "summary.json" in capsys.readouterr().err
