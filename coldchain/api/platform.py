"""A platform's daily business from Python: what a plan leaves free, who books it, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.api.results import Result
from coldchain.booking import export, page
from coldchain.booking.desk import BookingDesk, store_of
from coldchain.booking.platform import OPERATOR
from coldchain.booking.record import HERE, BookingWish
from coldchain.booking.store import BookingStore
from coldchain.booking.table import read_wishes
from coldchain.errors import Fault
from coldchain.model import day_of
from coldchain.runs import Run

WEEK, MONTH = 7, 31
Day = date | str


@dataclass(frozen=True)
class Bookings:
    """Free room and free lorries beside a plan, and the bookings of one member, or of all for the platform's staff.

    Attributes
    ----------
    desk : of the run, the bookings and the day on which this is asked
    member : who asks; empty for the platform's staff
    """

    desk: BookingDesk
    member: str = OPERATOR

    def free(self, day: Day | None = None, days: int = WEEK) -> pd.DataFrame:
        """Return what is free by day, depot and room or type of lorry; columns in docs/bookings.md."""
        return self.desk.free(self._day(day), days, self.member)

    def book(self, day: Day, depot: str, *, days: int = 1, **wanted: Any) -> pd.DataFrame:
        """Book room (``commodity``, ``t``, ``village``) or lorries (``vehicle``, ``count``); return what was booked.

        Raises
        ------
        BadInputError
            Saying what keeps it from being had.
        """
        return self._made([BookingWish(self.member, depot, self._day(day), days, **wanted)])

    def load(self, table: Path | str) -> pd.DataFrame:
        """Book all lines of a table, or none of them; return what was booked.

        Raises
        ------
        BadInputError
            With every row, column and value that is wrong, and everything that cannot be had.
        """
        return self._made(read_wishes(Path(table), self.member))

    def cancel(self, no: int) -> None:
        """Cancel a booking of one's own."""
        self.desk.cancel(no, self.member)

    def table(self) -> pd.DataFrame:
        """Return the bookings that the member sees: its own, of others what the rules let it see."""
        return self.desk.seen(self.member)

    def lots(self, lots: pd.DataFrame | None = None) -> pd.DataFrame:
        """Return of the plan's lots, or of measured lots or lanes, those that the member sees."""
        return self.desk.lots(self.desk.planned_lots if lots is None else lots, self.member)

    def bills(self, first: Day, days: int = MONTH) -> pd.DataFrame:
        """Return what each member owes to whom for the days of a stretch."""
        start = self._day(first)
        return export.bills(self.desk, start, start + timedelta(days - 1))

    def write_orders(self, day: Day, file: Path | str) -> Path:
        """Write the lots booked for a day as orders for ``cc.routes``, and return the path."""
        export.write_orders(self.desk, self._day(day), Path(file))
        return Path(file)

    def write_fleet(self, day: Day, file: Path | str) -> Path:
        """Write the vehicles left to the plan on a day for ``cc.routes``, and return the path."""
        export.write_fleet(self.desk, self._day(day), Path(file))
        return Path(file)

    def write_usage(self, first: Day, file: Path | str, days: int = MONTH) -> Path:
        """Write the cost of every group of members as a game for ``coldchain share --game``, and return the path."""
        start = self._day(first)
        export.write_usage(self.desk, start, start + timedelta(days - 1), Path(file))
        return Path(file)

    def save_page(self, file: Path | str) -> Path:
        """Write the page of the member, one file that needs no network, and return its path."""
        return page.write_page(self.desk, Path(file), self.member)

    def _repr_html_(self) -> str:
        """Show what is free in the coming week, and the bookings."""
        free = page.free_html(self.desk, self.member, self.desk.today, WEEK)
        return f"{page.STYLE}<div>{free}{page.bookings_html(self.desk, self.member)}</div>"

    def _made(self, wishes: list[BookingWish]) -> pd.DataFrame:
        made, _moved = self.desk.book(wishes)
        return pd.DataFrame([one.as_dict() for one in made])

    def _day(self, day: Day | None) -> date:
        return self.desk.today if day is None else day if isinstance(day, date) else day_of(day)


def bookings(
    run: Path | str | Result, member: str = OPERATOR, *, store: Path | str | None = None, today: Day | None = None
) -> Bookings:
    """Open the bookings beside a plan.

    Parameters
    ----------
    run : folder of a run, or its result in memory
    member : who asks; the platform's staff when left out
    store : SQLite file that keeps the bookings; ``RUN.bookings.sqlite`` beside the folder when left out, in memory
        beside a result
    today : the day on which this is asked

    Raises
    ------
    BadInputError
        When the run cannot be read, or nobody is called so.
    """
    read = run.as_run() if isinstance(run, Result) else Run.open(run).checked()
    kept = store_of(Path(run)) if store is None and not isinstance(run, Result) else store
    asked = date.today() if today is None else today if isinstance(today, date) else day_of(today)  # noqa: DTZ011
    desk = BookingDesk.open(read, BookingStore(None if kept is None else Path(kept)), asked)

    def fault(told: str, guess: str) -> Fault:
        return Fault(HERE, None, "member", member, told, "unknown-member", guess=guess)

    return Bookings(desk, desk.platform.known(member, fault) if member else OPERATOR)
