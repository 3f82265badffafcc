"""Bookings kept in SQLite, one file a platform: what was booked survives a crash, and two at once never share a room.

Whoever books holds the file from the look at what is free to the entry: the second one sees the first one's booking.
Nothing is ever deleted; a booking that is cancelled or gives way keeps its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, fields, replace
from pathlib import Path

from coldchain.booking.record import BOOKED, CANCELLED, GAVE_WAY, Booking, BookingWish
from coldchain.durable import Durable
from coldchain.errors import BadInputError, Fault
from coldchain.language import _

SCHEMA = """
create table if not exists bookings(no integer primary key autoincrement, member text not null, standing text not null,
  kind text not null, depot text not null, what text not null, first text not null, days integer not null,
  amount real not null, village text not null, commodity text not null, fen integer not null, state text not null,
  way_to integer not null, made text not null)
"""
COLUMNS = tuple(one.name for one in fields(Booking))
INSERT = f"insert into bookings({', '.join(COLUMNS[1:])}) values({', '.join('?' * (len(COLUMNS) - 1))})"
SELECT = f"select {', '.join(COLUMNS)} from bookings order by no"  # noqa: S608 - names of our own
Granted = tuple[Booking, tuple[int, ...]]
Decide = Callable[[BookingWish, Sequence[Booking]], Granted]


class BookingStore(Durable):
    """The bookings of a platform.

    Parameters
    ----------
    path : of the file; None keeps all in memory
    """

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(path, SCHEMA, SELECT, _("is no store of bookings: {error}"))

    def all(self) -> list[Booking]:
        """Return every booking ever made, in the order of their numbers."""
        return [Booking(*row) for row in self._db.execute(SELECT)]

    def take(self, wishes: Sequence[BookingWish], decide: Decide) -> tuple[list[Booking], list[Booking]]:
        """Book all of these wishes, or none.

        Parameters
        ----------
        decide : for a wish and all bookings, the booking and the numbers of those that give way; or raises

        Returns
        -------
        (made, moved) : bookings made, and those that gave way to them

        Raises
        ------
        BadInputError
            With the faults of every wish that cannot be had.
        """
        self._db.execute("begin immediate")
        try:
            made, moved = [], []
            faults: list[Fault] = []
            for wish in wishes:
                known = self.all()
                try:
                    booking, giving = decide(wish, known)
                except BadInputError as error:
                    faults += error.faults
                    continue
                kept = self._enter(booking)
                made.append(kept.no)
                moved += [self._set(no, GAVE_WAY, kept.no) for no in giving]
            self._db.execute("rollback" if faults else "commit")
        except BaseException:
            self._db.execute("rollback")
            raise
        if faults:
            raise BadInputError(faults)
        every = {one.no: one for one in self.all()}
        return [every[no] for no in made], [every[no] for no in moved]

    def cancel(self, no: int, check: Callable[[Booking | None], None]) -> Booking:
        """Cancel a booking, once ``check`` has not refused it."""
        self._db.execute("begin immediate")
        try:
            found = next((one for one in self.all() if one.no == no), None)
            check(found)
            assert found is not None
            self._set(no, CANCELLED, 0)
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise
        return replace(found, state=CANCELLED)

    def _enter(self, booking: Booking) -> Booking:
        cursor = self._db.execute(INSERT, astuple(booking)[1:])
        return replace(booking, no=int(cursor.lastrowid or 0))

    def _set(self, no: int, state: str, way_to: int) -> int:
        query = "update bookings set state = ?, way_to = ? where no = ? and state = ?"
        self._db.execute(query, (state, way_to, no, BOOKED))
        return no
