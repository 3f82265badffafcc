"""Readings kept in SQLite, one file a county: what is stored survives a crash, and twice the same is stored once.

The key is device and time, so late, doubled and batched readings change nothing. Where two readings of one moment
differ, each value becomes the greater of the two: the warmer, the open door, whatever order they came in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from coldchain.arrays import Floats, Ints
from coldchain.durable import Durable
from coldchain.language import _
from coldchain.telemetry.readings import FIELDS, Row

SCHEMA = """
create table if not exists devices(id integer primary key, name text unique not null);
create table if not exists readings(device integer not null, time_ms integer not null, temp_c real, humidity real,
  door real, lon real, lat real, battery real, primary key(device, time_ms)) without rowid;
create table if not exists acknowledged(place text not null, cause text not null, at_ms integer not null,
  reason text not null, who text not null, primary key(place, cause, at_ms)) without rowid;
create table if not exists written(folder text not null, first_ms integer not null, last_ms integer not null,
  primary key(folder, first_ms, last_ms)) without rowid;
create table if not exists told(channel text not null, news text not null, primary key(channel, news)) without rowid;
"""
GREATER = ", ".join(f"{name} = coalesce(max({name}, excluded.{name}), {name}, excluded.{name})" for name in FIELDS)
NAN = float("nan")
DEVICES = "select id, name from devices"
MEASURED = "select {asked} from readings where device = ? and time_ms between ? and ? order by time_ms"
COUNTS = MEASURED.format(asked=", ".join(("count(*)", *(f"count({name})" for name in FIELDS))))
MS_PER_HOUR = 3_600_000
CHANGED = "delete from written where first_ms < ? and last_ms >= ?"
WIDTH, TOGETHER = 2 + len(FIELDS), 16
ROW = f"({', '.join('?' * WIDTH)})"
INSERT = f"insert into readings values{ROW} on conflict do update set {GREATER}"
INSERT_TOGETHER = INSERT.replace(ROW, ", ".join([ROW] * TOGETHER))
"""A statement for many rows: a step of SQLite's costs about as much as the row."""


@dataclass(frozen=True)
class Series:
    """Readings of one device in order of time.

    Attributes
    ----------
    time_ms : shape (readings,)
    values : shape (readings, 6), NaN where a reading lacks a value; columns are ``FIELDS``
    """

    device: str
    time_ms: Ints
    values: Floats

    def of(self, name: str) -> tuple[Ints, Floats]:
        """Return times and values of one quantity, where it was measured."""
        column = self.values[:, FIELDS.index(name)]
        known = ~np.isnan(column)
        return self.time_ms[known], column[known]


@dataclass(frozen=True)
class Acknowledged:
    """Who took note of an alarm, and why it is no longer open."""

    place: str
    cause: str
    at_ms: int
    reason: str
    who: str


class ReadingStore(Durable):
    """The readings of a county.

    Parameters
    ----------
    path : of the file; None keeps all in memory
    """

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path, SCHEMA, DEVICES, _("is no store of readings: {error}"))
        self._devices = self._known()
        self.refused: Counter[str] = Counter()

    def _known(self) -> dict[str, int]:
        """Return device -> key."""
        return {name: key for key, name in self._db.execute(DEVICES)}

    def add(self, rows: Iterable[Row]) -> None:
        """Store readings in one transaction; when it returns they are on the disk."""
        devices, times, *values = tuple(zip(*rows, strict=True)) or ((), ())
        execute = self._db.execute
        execute("begin immediate")
        try:
            keys = [self._devices.get(device) or self._new(device) for device in devices]
            made = list(zip(keys, times, *map(_bound, values), strict=True))
            whole = len(made) - len(made) % TOGETHER
            values_in_turn = iter(chain.from_iterable(made[:whole]))
            self._db.executemany(INSERT_TOGETHER, zip(*[values_in_turn] * (WIDTH * TOGETHER), strict=True))
            self._db.executemany(INSERT, made[whole:])
            hours = {time_ms // MS_PER_HOUR for time_ms in times}
            self._db.executemany(CHANGED, [((hour + 1) * MS_PER_HOUR, hour * MS_PER_HOUR) for hour in hours])
            execute("commit")
        except BaseException:
            execute("rollback")
            self._devices = self._known()
            raise

    def _new(self, device: str) -> int:
        self._db.execute("insert or ignore into devices(name) values(?)", (device,))
        key: int = self._db.execute("select id from devices where name = ?", (device,)).fetchone()[0]
        self._devices[device] = key
        return key

    def count(self) -> int:
        """Return the readings stored."""
        return int(self._db.execute("select count(*) from readings").fetchone()[0])

    def days(self, offset_h: float) -> dict[int, int]:
        """Return how many readings fall on each day since 1970, by the county's clock."""
        shift = round(offset_h * 3_600_000)
        query = "select (time_ms + ?) / 86400000, count(*) from readings group by 1"
        return {int(day): int(count) for day, count in self._db.execute(query, (shift,))}

    def series(self, first_ms: int, last_ms: int) -> list[Series]:
        """Return the readings of every device from one moment to another, by name of the device."""
        found = []
        for name, key in sorted(self._devices.items()):
            total, *counts = self._db.execute(COUNTS, (key, first_ms, last_ms)).fetchone()
            if not total:
                continue
            measured = [n for n, count in enumerate(counts) if count]
            # each value made in Python costs more than all that SQLite does: what was never measured is not asked for
            asked = ", ".join(("time_ms", *(FIELDS[n] for n in measured)))
            rows = self._db.execute(MEASURED.format(asked=asked), (key, first_ms, last_ms)).fetchall()
            table = np.array(rows, dtype=np.float64)
            values = np.full((total, len(FIELDS)), np.nan)
            values[:, measured] = table[:, 1:]
            found.append(Series(name, table[:, 0].astype(np.int64), values))
        return found

    def is_written(self, folder: str, first_ms: int, last_ms: int) -> bool:
        """Tell whether a folder has the readings between two moments as they are stored."""
        query = "select 1 from written where (folder, first_ms, last_ms) = (?, ?, ?)"
        return self._db.execute(query, (folder, first_ms, last_ms)).fetchone() is not None

    @contextmanager
    def writing(self, folder: str, first_ms: int, last_ms: int) -> Iterator[None]:
        """Let no other process add readings while those between two moments are written; mark them when it is done."""
        self._db.execute("begin immediate")
        try:
            yield
            self._db.execute("insert or replace into written values(?, ?, ?)", (folder, first_ms, last_ms))
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise

    def acknowledge(self, note: Acknowledged) -> None:
        """Keep that an alarm was taken note of."""
        row = (note.place, note.cause, note.at_ms, note.reason, note.who)
        self._db.execute("insert or replace into acknowledged values(?, ?, ?, ?, ?)", row)

    def told(self, channel: str) -> set[str]:
        """Return the news that a channel has taken."""
        return {news for (news,) in self._db.execute("select news from told where channel = ?", (channel,))}

    def tell(self, channel: str, news: str) -> None:
        """Keep that a channel took some news."""
        self._db.execute("insert or ignore into told values(?, ?)", (channel, news))

    def acknowledged(self) -> list[Acknowledged]:
        """Return every note, in order of place, cause and time."""
        rows = self._db.execute("select * from acknowledged order by place, cause, at_ms")
        return [Acknowledged(*row) for row in rows]


def _bound(column: tuple[float | None, ...]) -> Iterable[float]:
    """Return a column as SQLite takes it fastest: NaN is stored as NULL, and None would be looked up as an adapter."""
    return [NAN if value is None else value for value in column]
