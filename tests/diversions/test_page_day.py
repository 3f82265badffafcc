"""The page of a day: what watch shows, renewed as readings come, proposals accepted; the kind of folder decides."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bokeh.document import Document
from test_diversions import DATE, KEPT_H, STRICT, folder, messages

from coldchain.cli import run
from coldchain.diversions.proposals import ProposalTerms
from coldchain.pages import DayDesk, day_page
from coldchain.pages.day import DayPage
from coldchain.pages.shell import is_day
from coldchain.telemetry.dayplan import read_day
from coldchain.telemetry.readings import MessageKeys, MessageReader
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.watch import Setup

__all__ = ["folder"]
PATIENCE_S = 3_600.0


def shown(page: DayPage) -> str:
    """Let the page work out what it has not yet, and return its words."""
    page.poll()
    if page.job is not None:
        page.job.wait(PATIENCE_S)
        page.poll()
    return str(page.words.text)


def test_the_page_follows_the_readings_and_accepts(folder: Path, tmp_path: Path) -> None:
    """A room that warms for a day: what can be done is listed, and carried out in a folder of its own."""
    file = tmp_path / "day.jsonl"
    file.write_text(messages(8.0), encoding="utf-8")
    desk = DayDesk(folder, read_day(folder), file, setup=Setup(date=DATE, rules=STRICT), terms=ProposalTerms(0.0))
    page: DayPage = day_page(desk.checked(), Document())
    first = shown(page)
    assert "Lots, least quality first" in first
    assert page.go.disabled
    assert shown(page) == first
    assert page.job is None
    file.write_text(messages(10.9), encoding="utf-8")
    assert shown(page) != first
    page.repair.value = KEPT_H
    shown(page)
    assert page.choice.options[0][0]
    page.home = tmp_path
    page.accept()
    (out,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert str(out) in page.status.text
    assert is_day(out)
    assert read_day(out).lots


def test_each_tab_of_a_day_speaks_its_language(folder: Path) -> None:
    desk = DayDesk(folder, read_day(folder), setup=Setup(date=DATE))
    assert "<h2>报警</h2>" in shown(day_page(desk, Document(), "zh"))
    assert "Rooms and trucks" in shown(day_page(desk, Document(), "en"))


def test_an_alarm_is_acknowledged_on_the_page(folder: Path, tmp_path: Path) -> None:
    """With a reason; the store keeps it, the list has the alarm no more, and the page shows who and why."""
    kept, day = tmp_path / "day.sqlite", read_day(folder)
    with ReadingStore(kept) as store:
        store.add(row for one in messages(10.9).splitlines() for row in MessageReader().rows(one))
    page: DayPage = day_page(DayDesk(folder, day, kept=kept, setup=Setup(date=DATE, rules=STRICT)), Document())
    shown(page)
    open_ones = len(page.alarm.options)
    chosen = page.alarm.value
    assert chosen
    page.acknowledge()
    assert "state the reason" in page.status.text
    page.reason.value, page.who.value = "fan <replaced>", "Li"
    page.acknowledge()
    assert "fan &lt;replaced&gt; Li" in shown(page)
    assert chosen not in {value for value, _label in page.alarm.options}
    assert len(page.alarm.options) == max(open_ones - 1, 1)
    with ReadingStore(kept) as store:
        assert [(note.reason, note.who) for note in store.acknowledged()] == [("fan <replaced>", "Li")]


def test_sensors_of_any_name_and_form_are_shown(folder: Path, tmp_path: Path) -> None:
    """By the table of sensors and the mapping file, two of one place beside each other, one without a place named."""
    day = read_day(folder)
    room = next(key for key in day.places if key.startswith("room/"))
    lines = [json.dumps({"id": name, "time": f"{DATE}T12:{minute:02}:00", "T": 4.0 + kelvin})
             for name, kelvin in (("A7", 0.0), ("A8", 1.25), ("A9", 0.0)) for minute in range(0, 40, 10)]  # fmt: skip
    file = tmp_path / "day.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    setup = Setup({"A7": room, "A8": room}, DATE)
    desk = DayDesk(folder, day, file, setup=setup, reader=MessageReader(MessageKeys(device="id", temp_c="T"))).checked()
    table = shown(day_page(desk, Document(), "zh")).partition("<h2>传感器</h2>")[2]
    assert ">+1.2<" in table
    assert ">-1.2<" in table
    assert table.count("A9") == 1
    assert "位置不明" in table


def test_options_of_the_other_kind_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", str(folder), "--variant", "half"]) == 2
    assert "a run knows its variant" in capsys.readouterr().err
    assert run(["serve", str(folder.parent / "county"), "--propose"]) == 2
    assert "go with a folder of routes" in capsys.readouterr().err
    assert run(["serve", str(folder.parent / "county"), "--sensors", "x.csv"]) == 2
    assert "go with a folder of routes" in capsys.readouterr().err
