"""A wish to book and a booking, and the faults of wishes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal

from coldchain.errors import Fault

ROOM, LORRY = "room", "lorry"
Kind = Literal["room", "lorry"]
BOOKED, CANCELLED, GAVE_WAY = "booked", "cancelled", "gave_way"
HERE = "booking"
"""What faults name as their file when a wish came from no table."""


@dataclass(frozen=True, order=True)
class Thing:
    """What is booked: room at a depot of one zone and way of cooling (``cold/forced_air``), or lorries of a type."""

    kind: str
    depot: str
    what: str


@dataclass(frozen=True)
class BookingWish:
    """What a member asks for.

    Attributes
    ----------
    commodity, village, t : of room: what is brought, the village whose lot it is (empty: brought by the member), tonnes
    vehicle, count : of lorries: type and number
    file, row : where it stands, when it came from a table
    """

    member: str
    depot: str
    first: date
    days: int = 1
    commodity: str = ""
    village: str = ""
    t: float = 0.0
    vehicle: str = ""
    count: int = 0
    file: str = HERE
    row: int | None = None

    @property
    def kind(self) -> Kind:
        """Room or lorry."""
        return "lorry" if self.vehicle else "room"

    @property
    def amount(self) -> float:
        """Tonnes of room, or number of lorries."""
        return float(self.count) if self.vehicle else self.t

    def fault(self, column: str, value: object, message: str, code: str, guess: str = "") -> Fault:
        """Return a fault at the wish's place."""
        return Fault(self.file, self.row, column, str(value), message, code, guess=guess)


@dataclass(frozen=True)
class Booking:
    """A booking as the store keeps it.

    Attributes
    ----------
    no : number in the order they were made; 0 before it is stored
    standing : class of the member when it booked
    first : ISO date
    amount : t of room, or number of lorries
    fen : price of all days, as it was when booked
    state : ``booked``, ``cancelled`` or ``gave_way``
    way_to : number of the booking it gave way to, 0 for none
    made : ISO date on which it was booked
    """

    no: int
    member: str
    standing: str
    kind: str
    depot: str
    what: str
    first: str
    days: int
    amount: float
    village: str
    commodity: str
    fen: int
    state: str
    way_to: int
    made: str

    @property
    def thing(self) -> Thing:
        """What is booked."""
        return Thing(self.kind, self.depot, self.what)

    @property
    def day(self) -> date:
        """First day."""
        return date.fromisoformat(self.first)

    @property
    def last(self) -> date:
        """Last day."""
        return self.day + timedelta(self.days - 1)

    def covers(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.day <= day <= self.last

    def days_within(self, first: date, last: date) -> int:
        """Return how many of its days lie in a stretch."""
        return max((min(self.last, last) - max(self.day, first)).days + 1, 0)

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        row = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**{key: value for key, value in row.items() if key != "fen"}, "last": self.last.isoformat(),
                "price_cny": self.fen / 100}  # fmt: skip
