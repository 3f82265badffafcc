"""The page of a day: what watch shows, renewed as readings come, proposals accepted; the kind of folder decides."""

from __future__ import annotations

from pathlib import Path

import pytest
from bokeh.document import Document
from test_diversions import DATE, KEPT_H, STRICT, folder, messages

from coldchain.cli import run
from coldchain.diversions.proposals import Terms
from coldchain.pages import DayDesk, day_page, is_day
from coldchain.pages.day import DayPage
from coldchain.telemetry.dayplan import read_day

__all__ = ["folder"]
PATIENCE_S = 120.0


def shown(page: DayPage) -> str:
    """Let the page work out what it has not yet, and return its words."""
    page.poll()
    if page.job is not None:
        page.job.wait(PATIENCE_S)
        page.poll()
    return str(page.words.text)


def test_the_page_follows_the_readings_and_accepts(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A room that warms for a day: what can be done is listed, and carried out in a folder of its own."""
    monkeypatch.setattr("coldchain.pages.day.Terms", lambda: Terms(KEPT_H))
    file = tmp_path / "day.jsonl"
    file.write_text(messages(8.0), encoding="utf-8")
    page: DayPage = day_page(DayDesk.open(folder, file, propose=True, date=DATE, rules=STRICT), Document())
    first = shown(page)
    assert "Lots, least quality first" in first
    assert page.go.disabled
    assert shown(page) == first
    assert page.job is None
    file.write_text(messages(10.9), encoding="utf-8")
    assert shown(page) != first
    assert page.choice.options[0][0]
    page.home = tmp_path
    page.accept()
    (out,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert str(out) in page.status.text
    assert is_day(out)
    assert read_day(out).lots


def test_each_tab_of_a_day_speaks_its_language(folder: Path) -> None:
    desk = DayDesk.open(folder, date=DATE)
    assert "<h2>报警</h2>" in shown(day_page(desk, Document(), "zh"))
    assert "Rooms and trucks" in shown(day_page(desk, Document(), "en"))


def test_options_of_the_other_kind_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", str(folder), "--variant", "half"]) == 2
    assert "a run knows its variant" in capsys.readouterr().err
    assert run(["serve", str(folder.parent / "county"), "--propose"]) == 2
    assert "go with a folder of routes" in capsys.readouterr().err
