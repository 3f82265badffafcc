"""Readings of whole days as Parquet: whole, exact, joined with what stands there, taken up again after a break."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import pytest

from coldchain.cli import run
from coldchain.errors import BadInputError, MissingExtraError, UsageError
from coldchain.telemetry import archive
from coldchain.telemetry.archive import MS_PER_DAY, read_rows, write_days
from coldchain.telemetry.readings import Row
from coldchain.telemetry.store import ReadingStore

DAY = (date(2026, 7, 15) - date(1970, 1, 1)).days
MIDNIGHT_MS = DAY * MS_PER_DAY - 8 * 3_600_000  # by the county's clock, eight hours ahead of UTC


def row(device: str, hour: float, temp_c: float | None = 4.1, door: float | None = None) -> Row:
    """Return a reading at a clock hour of the day."""
    return (device, MIDNIGHT_MS + round(hour * 3_600_000), temp_c, None, door, 110.123456789, None, None)


@pytest.fixture
def _arrow() -> None:
    pytest.importorskip("pyarrow")


ROWS = [
    row("truck/b", 6),
    row("truck/a", 0, 0.1 + 0.2, 1.0),
    row("truck/a", 23.9997, None, 0.0),
    row("a", 24),
    row("a", -0.01),
]


@pytest.mark.usefixtures("_arrow")
def test_a_day_is_a_file_of_its_readings(tmp_path: Path) -> None:
    """Midnights are the county's; every figure is kept to the last bit, in order of device and time."""
    with ReadingStore(tmp_path / "a.sqlite") as store:
        store.add(ROWS)
        made = write_days(store, tmp_path / "days", 8.0)
        assert [path.name for path in made] == ["2026-07-14.parquet", "2026-07-15.parquet", "2026-07-16.parquet"]
        assert read_rows(made[1]) == sorted(ROWS[:3])
        assert read_rows(made[0]) == [ROWS[4]]
        assert store.count() == len(ROWS)
        assert write_days(store, tmp_path / "days", 8.0) == []
        assert sorted(path.name for path in (tmp_path / "days").iterdir()) == [path.name for path in made]


@pytest.mark.usefixtures("_arrow")
def test_days_that_are_not_closed_wait(tmp_path: Path) -> None:
    """Before midnight the day before is written, after it the day itself."""
    with ReadingStore() as store:
        store.add(ROWS)
        assert [path.stem for path in write_days(store, tmp_path, 8.0, DAY)] == ["2026-07-14"]
        assert [path.stem for path in write_days(store, tmp_path, 8.0, DAY + 1)] == ["2026-07-15"]


@pytest.mark.usefixtures("_arrow")
@pytest.mark.parametrize("late", [row("truck/c", 3), row("truck/b", 6, 9.0), row("truck/b", 6, None, 1.0)])
def test_late_readings_write_their_day_anew(tmp_path: Path, late: Row) -> None:
    """A new reading, a warmer one, an open door: its day alone is written again, equal to a store's that had all."""
    with ReadingStore() as store, ReadingStore() as other:
        store.add(ROWS)
        write_days(store, tmp_path / "a", 8.0)
        store.add([late])
        assert [path.stem for path in write_days(store, tmp_path / "a", 8.0)] == ["2026-07-15"]
        other.add([late, *ROWS])
        write_days(other, tmp_path / "b", 8.0)
    name = "2026-07-15.parquet"
    assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len(read_rows(tmp_path / "a" / name)) == 3 + (late[0] == "truck/c")


@pytest.mark.usefixtures("_arrow")
def test_a_new_store_beside_old_files_loses_nothing(tmp_path: Path) -> None:
    """What the file holds is joined with the store's, the warmer of two readings of one moment counts."""
    for rows in ([row("a", 1, 7.0), row("a", 2)], [row("a", 1, 5.0), row("b", 3)]):
        with ReadingStore() as store:
            store.add(rows)
            write_days(store, tmp_path, 8.0)
    assert read_rows(tmp_path / "2026-07-15.parquet") == [row("a", 1, 7.0), row("a", 2), row("b", 3)]


@pytest.mark.usefixtures("_arrow")
@pytest.mark.parametrize("step", ["write_in_place", "_write"])
def test_a_call_broken_off_is_taken_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Broken off before a file is in place, or before its mark: the next call writes it."""
    kept = getattr(archive, step)

    def broken(*given: object) -> None:
        if step == "_write":
            kept(*given)
        raise KeyboardInterrupt

    with ReadingStore(tmp_path / "a.sqlite") as store:
        store.add(ROWS[:3])
        monkeypatch.setattr(archive, step, broken)
        with pytest.raises(KeyboardInterrupt):
            write_days(store, tmp_path / "days", 8.0)
        monkeypatch.setattr(archive, step, kept)
        assert len(write_days(store, tmp_path / "days", 8.0)) == 1
    assert read_rows(tmp_path / "days" / "2026-07-15.parquet") == sorted(ROWS[:3])


@pytest.mark.usefixtures("_arrow")
@pytest.mark.parametrize("content", [b"", b"PAR1 no", None])
def test_what_is_no_file_of_readings_is_not_overwritten(tmp_path: Path, content: bytes | None) -> None:
    """Damaged, empty, or of other columns: refused by name, and left."""
    path = tmp_path / "2026-07-15.parquet"
    if content is None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({"device": ["a"], "time": [1]}), path)
    else:
        path.write_bytes(content)
    before = path.read_bytes()
    with ReadingStore() as store:
        store.add(ROWS)
        with pytest.raises(BadInputError, match=r"2026-07-15\.parquet.*is no file of readings"):
            write_days(store, tmp_path, 8.0)
    assert path.read_bytes() == before


@pytest.mark.usefixtures("_arrow")
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "days").write_text("")
    with ReadingStore() as store:
        store.add(ROWS)
        with pytest.raises(UsageError, match="cannot be written"):
            write_days(store, tmp_path / "days", 8.0)


def test_without_the_library_its_name_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is read or listened to."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with ReadingStore() as store, pytest.raises(MissingExtraError, match=r"coldchain\[parquet\]"):
        write_days(store, tmp_path, 8.0)
    given = ["watch", str(tmp_path), "--store", str(tmp_path / "a.sqlite"), "--parquet", str(tmp_path / "days")]
    assert run(given) == 8
    assert not (tmp_path / "a.sqlite").exists()
