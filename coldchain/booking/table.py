"""Wishes from a table, every fault at once."""

from __future__ import annotations

from pathlib import Path

from coldchain.booking.record import BookingWish
from coldchain.dispatch.headings import Aliases, read_table
from coldchain.errors import Fault, demand_right
from coldchain.language import _
from coldchain.model import Noun, day_of, figure
from coldchain.scenario.tables import parse_rows

COLUMNS: Aliases = {
    "member": ("who", "成员", "合作社", "预订人", "单位"),
    "day": ("date", "first", "日期", "开始日期", "起始日期", "到货日期"),
    "days": ("nights", "天数"),
    "depot": ("depot_id", "预冷库", "冷库"),
    "commodity": ("crop", "product", "品种", "品类", "货物"),
    "village": ("village_id", "farm", "村", "村庄", "村名", "产地"),
    "t": ("tonnes", "tons", "吨", "吨数"),
    "vehicle": ("lorry", "vehicle_id", "车型", "车辆"),
    "count": ("lorries", "number", "数量", "台数", "辆数"),
}


class BookingRow(Noun):
    """One line of a table of bookings: room for a lot, or lorries."""

    member: str = figure("-", "who books; needed where nobody is named with --as", "")
    day: str = figure("-", "first day, such as 2026-07-15", min_length=1)
    days: int = figure("d", "how many days", 1)
    depot: str = figure("-", "id or name of the depot", min_length=1)
    commodity: str = figure("-", "room: what is brought", "")
    village: str = figure("-", "room: village whose lot it is; empty: brought by the member", "")
    t: float = figure("t", "room: tonnes", 0.0)
    vehicle: str = figure("-", "lorries: type", "")
    count: int = figure("-", "lorries: how many", 0)


def read_wishes(path: Path, member: str = "") -> list[BookingWish]:
    """Read a table of bookings.

    Parameters
    ----------
    member : who books all of it; the table must then name nobody else

    Raises
    ------
    BadInputError
        With every row, column and value that cannot be read.
    """
    table = read_table(path, COLUMNS)
    rows, faults = parse_rows(table.raw, BookingRow)
    file = table.raw.file
    if not table.raw.rows and not faults:
        faults.append(Fault(file, None, "", "", _("holds no bookings, only headings"), "no-bookings"))
    wishes = []
    for row in rows:
        given = row.noun
        if member and given.member not in ("", member):
            told = _("is another member than {member}, who books").format(member=member)
            faults.append(Fault(file, row.line, "member", given.member, told, "stranger"))
        try:
            first = day_of(given.day)
        except ValueError as error:
            faults.append(Fault(file, row.line, "day", given.day, str(error), "invalid"))
            continue
        wishes.append(
            BookingWish(given.member or member, given.depot, first, given.days, given.commodity, given.village, given.t,
                 given.vehicle, given.count, file, row.line)
        )  # fmt: skip
    demand_right(table.seen(faults))
    return wishes
