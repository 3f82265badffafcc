"""What bookings are to others: the day's orders and vehicles for routes, bills and the cost of groups for share."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.arrays import KG_PER_T
from coldchain.booking.desk import BookingDesk
from coldchain.booking.record import LORRY, ROOM, Booking
from coldchain.dispatch.orders import Order, write_template
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.runs.folder import csv_bytes, write_in_place
from coldchain.settlement.settle import MOST_MEMBERS
from coldchain.spoilage import harvest_clock_h

FEN = 100


def write_orders(desk: BookingDesk, day: date, path: Path) -> int:
    """Write the lots booked for a day as orders that ``coldchain routes --orders`` reads; return how many.

    Lots that a member brings itself are no orders; they have their room all the same.

    Raises
    ------
    UsageError
        When nothing is to be fetched on that day, or the file exists or cannot be written.
    """
    scenario = desk.offer.scenario
    village = {one.id: n for n, one in enumerate(scenario.villages)}
    crop = {one.id: n for n, one in enumerate(scenario.commodities)}
    orders = []
    for one in desk.held():
        if one.kind == ROOM and one.day == day and one.village:
            zone, _sign, method = one.what.partition("/")
            orders.append(Order(f"B{one.no}", village[one.village], crop[one.commodity], one.amount * KG_PER_T,
                                depot=one.depot, zone=zone, method=method))  # fmt: skip
    if not orders:
        raise UsageError(_("no lot is booked for {day} that must be fetched; nothing was written").format(day=day))
    period = scenario.periods[next(iter(desk.offer.seasons(day)), 0)]
    write_template(orders, scenario, path, harvest_clock_h(period) + scenario.chain.planned_wait_h)
    return len(orders)


def write_fleet(desk: BookingDesk, day: date, path: Path) -> int:
    """Write the vehicles left to the plan on a day, as ``coldchain routes --fleet`` reads them; return how many.

    They are those the plan owns and hires on that day, less the lorries booked.

    Raises
    ------
    UsageError
        When none is left.
    """
    booked: dict[str, float] = defaultdict(float)
    for one in desk.held():
        if one.kind == LORRY and one.covers(day):
            booked[one.what] += one.amount
    kinds = desk.offer.scenario.collection
    left = {kind.id: max(desk.offer.at_hand(kind.id, day) - round(booked[kind.id]), 0) for kind in kinds}
    rows = [(kind, count) for kind, count in left.items() if count]
    if not rows:
        raise UsageError(_("the plan has no vehicle left on {day}; nothing was written").format(day=day))
    frame = pd.DataFrame(rows, columns=["vehicle", "count"])
    write_in_place(path, lambda partial: partial.write_bytes(csv_bytes(frame)))
    return sum(count for _kind, count in rows)


def bills(desk: BookingDesk, first: date, last: date) -> pd.DataFrame:
    """Return what each member owes for the days of a stretch, whole fen: member, to, t_days, lorry_days, cny.

    ``to`` is the owner of depot or lorry. A booking that reaches beyond the stretch counts by its days within.
    """
    owed: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0.0])
    for one in desk.held():
        days = one.days_within(first, last)
        if days:
            sums = owed[one.member, _owner(desk, one)]
            sums[one.kind == LORRY] += one.amount * days
            sums[2] += _fen_within(one, first, last)
    columns = ["member", "to", "t_days", "lorry_days", "cny"]
    rows = [(*key, t_days, lorry_days, fen / FEN) for key, (t_days, lorry_days, fen) in sorted(owed.items())]
    return pd.DataFrame(rows, columns=columns)


def seen_bills(desk: BookingDesk, member: str, first: date, last: date) -> pd.DataFrame:
    """Return the bills of a stretch that somebody sees: its own, or those of all."""
    owed = bills(desk, first, last)
    return owed if desk.platform.sight(member) == "all" else owed[owed["member"] == member]


def usage_game(desk: BookingDesk, first: date, last: date) -> dict[str, Any]:
    """Return the cost of every group of members as a game that ``coldchain share --game`` reads.

    A group that stands alone must keep the room and the lorries of its busiest day for all days on which anybody uses
    them, at the price of the settings; together members need less, for their busiest days differ. ``volumes`` are the
    bills by price.

    Raises
    ------
    UsageError
        When nothing is booked, or too many members book for a table of all groups.
    """
    taken = [one for one in desk.held() if one.days_within(first, last)]
    names = sorted({one.member for one in taken})
    if not names:
        raise UsageError(_("nothing is booked from {first} to {last}").format(first=first, last=last))
    if len(names) > MOST_MEMBERS:
        told = _("{count} members are more than a table of all groups holds, {most}; share the bills instead")
        raise UsageError(told.format(count=len(names), most=MOST_MEMBERS))
    values = [
        {"members": group, "value": _cost(desk, [one for one in taken if one.member in group], taken, (first, last))}
        for group in _groups(names)
    ]
    volumes = dict.fromkeys(names, 0.0)
    for one in taken:
        volumes[one.member] += _fen_within(one, first, last) / FEN
    return {"id": f"{first}/{last}", "kind": "cost", "players": names, "values": values, "volumes": volumes}


def write_usage(desk: BookingDesk, first: date, last: date, path: Path) -> dict[str, Any]:
    """Write the game of :func:`usage_game` and return it."""
    game = usage_game(desk, first, last)
    text = json.dumps(game, ensure_ascii=False, indent=1) + "\n"
    write_in_place(path, lambda partial: partial.write_text(text, encoding="utf-8"))
    return game


def _owner(desk: BookingDesk, one: Booking) -> str:
    platform = desk.platform
    return platform.of_vehicle.get(one.what, "") if one.kind == LORRY else platform.of_depot.get(one.depot, "")


def _fen_within(one: Booking, first: date, last: date) -> int:
    """Return the price of the days of a stretch; consecutive stretches add up to the whole price."""

    def until(days: int) -> int:
        return round(one.fen * days / one.days)

    before = one.days_within(one.day, first - timedelta(1))
    return until(before + one.days_within(first, last)) - until(before)


def _groups(names: Sequence[str]) -> Iterable[list[str]]:
    for mask in range(1, 1 << len(names)):
        yield [name for n, name in enumerate(names) if mask >> n & 1]


def _cost(desk: BookingDesk, own: Sequence[Booking], every: Sequence[Booking], span: tuple[date, date]) -> float:
    """Price each thing by a group's busiest day, for the days on which anybody uses it."""
    total = 0.0
    for thing in sorted({one.thing for one in own}):
        days = sorted({day for one in every if one.thing == thing for day in _days(one, span)})
        most = max(sum(one.amount for one in own if one.thing == thing and one.covers(day)) for day in days)
        total += desk.platform.unit_cny_day(thing, "") * most * len(days)
    return round(total, 2)


def _days(one: Booking, span: tuple[date, date]) -> Iterable[date]:
    start = max(one.day, span[0])
    for n in range(one.days_within(*span)):
        yield start + timedelta(n)
