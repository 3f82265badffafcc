"""Pages of lots: complete, in two languages, without a network or a program, harmless whatever things are called."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import browser, found_browser
from tracing_cases import traced_folder

from coldchain.cli import run
from coldchain.language import speaking
from coldchain.telemetry.dayplan import read_day
from coldchain.traceability.document import document_of
from coldchain.traceability.events import Numbering, document_of_day
from coldchain.traceability.journey import TracedDay, traced_day
from coldchain.traceability.page import LotPage, code_text, labels_text, lot_pages, page_text, qr_svg

pytest.importorskip("segno")
EVIL = '<script>alert(1)</script>"><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a routed day of three lots."""
    return traced_folder(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def day(folder: Path) -> TracedDay:
    """Lots of that day."""
    return traced_day(folder, read_day(folder), "2026-07-15", 8.0)


def pages_of(day: TracedDay) -> list[LotPage]:
    """Return the pages of a day."""
    numbering = Numbering(day.scenario)
    return list(lot_pages(day, document_of(document_of_day(day, numbering)), numbering))


class Seen(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        """Note a text."""
        self.words.append(data)


def test_a_page_tells_the_way_of_its_lot(day: TracedDay) -> None:
    """Every step of this lot and of no other, in both languages, with weight, village, landmark and seal."""
    page = next(page for page in pages_of(day) if page.journey.order == "A1")
    text = page_text(page)
    assert text.count("<li>") == 2 * 11
    for words in ("Harvested", "采收", "400.5 kg", "400.5 公斤", "甲村", "甲地番茄", "AGI-01", page.seal, "260715-A1"):
        assert words in text, words
    assert "B1" not in Seen(text).words
    assert page.seal == page.events[-1]["eventID"][14:30]


def test_a_page_holds_no_program_and_asks_for_nothing(day: TracedDay) -> None:
    """No script, no handler, no address but those of namespaces."""
    for page in pages_of(day):
        for text in (page_text(page), labels_text([page])):
            seen = Seen(text)
            assert not {"script", "iframe", "object", "link", "img"} & {*seen.tags}
            assert not [name for name, _value in seen.attributes if name.startswith("on") or name == "src"]
            assert {value for name, value in seen.attributes if name == "href"} <= {page.file}
            assert {*re.findall(r"https?://[^\"' <]+", text)} <= {"http://www.w3.org/2000/svg"}
            assert "default-src 'none'" in text


def test_names_cannot_execute(day: TracedDay) -> None:
    """A village, a crop, a landmark product and an order that are programs stand on the page as text."""
    scenario = day.scenario
    villages = tuple(one.model_copy(update={"name": EVIL}) for one in scenario.villages)
    crops = tuple(one.model_copy(update={"name": EVIL, "name_zh": EVIL}) for one in scenario.commodities)
    marks = tuple(one.model_copy(update={"name": EVIL, "certificate": EVIL}) for one in scenario.landmarks)
    journeys = tuple(replace(one, order=EVIL, landmark=marks[0]) for one in day.journeys)
    evil = replace(day, scenario=replace(scenario, villages=villages, commodities=crops), journeys=journeys)
    for page in pages_of(evil):
        for text in (page_text(page), labels_text([page])):
            seen = Seen(text)
            assert not {"script", "img"} & {*seen.tags}
            assert any(EVIL in words for words in seen.words)


def test_files_are_named_by_plain_lots(folder: Path, tmp_path: Path) -> None:
    """One page for each lot, of whatever order, an index and the labels; an earlier folder is replaced."""
    out = tmp_path / "pages"
    options = ["--out", str(tmp_path / "x.jsonld"), "--pages", str(out), "--date", "2026-07-15", "--quiet"]
    for _time in range(2):
        assert run(["trace", str(folder), *options]) == 0
    index = json.loads((out / "pages.json").read_text(encoding="utf-8"))["pages"]
    assert len(index) == 3
    assert {path.name for path in out.iterdir()} == {*index.values(), "pages.json", "labels.html"}
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+\.html", name) for name in index.values())


def test_a_folder_of_other_things_is_not_replaced(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The county itself as folder of pages is refused."""
    county = folder.parent / "county"
    assert run(["trace", str(folder), "--out", str(tmp_path / "x.jsonld"), "--pages", str(county)]) == 2
    assert "exists and is no earlier run" in capsys.readouterr().err
    assert (county / "villages.csv").is_file()


def test_the_code_leads_to_the_page_or_tells_the_facts(day: TracedDay) -> None:
    """With an address the page's own; without one text that a telephone shows offline."""
    page = next(page for page in pages_of(day) if page.journey.order == "A1")
    assert code_text(page, "https://lots.example.com/") == "https://lots.example.com/260715-A1.html"
    with speaking("zh"):
        told = code_text(page)
    assert told.splitlines() == ["番茄", "甲地番茄", "甲村", "260715-A1", "2026-07-15", "400.5 kg", page.seal]
    assert qr_svg(told).startswith("<svg")


def test_a_page_opens_in_a_browser(day: TracedDay, tmp_path: Path) -> None:
    """The language spoken shows first, the other one by its button; nothing is asked for and nothing complained of."""
    program = found_browser()
    if program is None:
        (pytest.fail if os.environ.get("COLDCHAIN_BROWSER") == "needed" else pytest.skip)("no browser")
    with speaking("zh"):
        (tmp_path / "lot.html").write_text(page_text(pages_of(day)[0]), encoding="utf-8")
    seen = (
        "[...document.querySelectorAll('article')].filter((one) => one.offsetHeight > 0).map((one) => one.lang).join()"
    )
    with browser(program) as shown:
        shown.size(390, 844, phone=True)
        shown.call("Page.navigate", url=(tmp_path / "lot.html").as_uri())
        shown.until("document.readyState == 'complete' && document.querySelectorAll('article').length == 2")
        assert shown.run(seen) == "zh"
        assert shown.run("document.documentElement.scrollWidth") <= 390
        shown.run("document.querySelector('label[for=en]').click()")
        assert shown.run(seen) == "en"
        assert shown.errors == []
        assert [url for url in shown.requests if not url.startswith("file:")] == []
