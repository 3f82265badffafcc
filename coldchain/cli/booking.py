"""The command ``coldchain book``: free room and lorries beside a plan, and who has booked them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.manners import json_option, of_a_run, path_argument
from coldchain.errors import Fault, UsageError
from coldchain.language import _

if TYPE_CHECKING:
    import pandas as pd

    from coldchain.booking.desk import BookingDesk

SCHEMA = "coldchain.bookings/1"
DAYS, MONTH = 7, 31
FILES = ("orders", "fleet", "usage", "page")
Answer = tuple[dict[str, Any], list[str]]


@click.command(
    epilog="Example: coldchain book runs/upland --as 绿谷合作社 --day 2026-07-15 --depot T001 --crop pear --t 2"
)
@click.argument("run", type=path_argument)
@click.option("--as", "member", default="", help="Member who asks; the platform's staff when left out.")
@click.option("--day", help="First day, such as 2026-07-15; today when left out.")
@click.option("--days", type=click.IntRange(1, 366), help="How many days: 1 to book, 7 to list, 31 for bills.")
@click.option("--depot", help="Book at this depot: id or name.")
@click.option("--crop", default="", help="Book room for this crop.")
@click.option("--village", default="", help="Whose lot it is; left out: the member brings it.")
@click.option("--t", "tonnes", type=float, default=0.0, help="Tonnes of room.")
@click.option("--vehicle", default="", help="Book lorries of this type.")
@click.option("--count", type=click.IntRange(1, 10_000), default=1, show_default=True, help="How many lorries.")
@click.option("--from", "table", type=path_argument, help="Book all lines of a table (CSV, XLSX), or none.")
@click.option("--cancel", type=click.IntRange(1), help="Cancel the booking of this number.")
@click.option("--mine", is_flag=True, help="List the bookings that the member may see.")
@click.option("--lots", is_flag=True, help="List the plan's lots that the member may see.")
@click.option("--lanes", type=path_argument, help="List of a table of watch --lanes what the member may see.")
@click.option("--bills", is_flag=True, help="List what each member owes for these days.")
@click.option("--write-orders", "orders", type=path_argument, help="Write the day's lots for routes --orders.")
@click.option("--write-fleet", "fleet", type=path_argument, help="Write the vehicles left for routes --fleet.")
@click.option("--write-usage", "usage", type=path_argument, help="Write the costs of groups for share --game.")
@click.option("--page", type=path_argument, help="Write the page of the member.")
@click.option("--store", type=path_argument, help="File of the bookings; RUN.bookings.sqlite when left out.")
@click.option("--today", "asked_on", help="The day on which this is asked, to try rules out; today when left out.")
@click.option("--scenario", "moved", type=path_argument, help="Where the scenario of the run lies now.")
@json_option
@of_a_run
def book(run: Path, store: Path | None, member: str, as_json: bool, **given: Any) -> None:
    """List what a RUN leaves free by depot and day, book it, cancel, and hand bookings on to routes and share.

    Rules of priority, price and sight stand in the scenario under [bookings].
    """
    from coldchain.booking.desk import BookingDesk, store_of
    from coldchain.booking.store import BookingStore
    from coldchain.runs import Run

    today = date.today() if given["asked_on"] is None else _day("--today", given["asked_on"])  # noqa: DTZ011
    first = today if given["day"] is None else _day("--day", given["day"])
    with BookingStore(store or store_of(run)) as kept:
        desk = BookingDesk.open(Run.open(run, given["moved"]).checked(), kept, today)
        who = desk.platform.known(member, _unknown(member)) if member else ""
        facts, lines = _answer(desk, who, first, given)
    if as_json:
        head = {"schema": SCHEMA, "member": who, "today": today.isoformat()}
        click.echo(json.dumps({**head, **facts}, ensure_ascii=False))
    else:
        click.echo("\n".join(lines))


def _unknown(name: str) -> Any:
    return lambda told, guess: Fault("--as", None, "", name, told, "unknown-member", guess=guess)


def _day(option: str, text: str) -> date:
    from coldchain.model import day_of

    try:
        return day_of(text)
    except ValueError as error:
        raise UsageError(f"{option} {error}") from None


def _answer(desk: BookingDesk, who: str, first: date, given: dict[str, Any]) -> Answer:
    """Do the one thing that the options ask for."""
    if given["cancel"] is not None:
        one = desk.cancel(given["cancel"], who)
        return {"cancelled": one.as_dict()}, [_("cancelled number {no}").format(no=one.no)]
    if given["table"] is not None or given["depot"] is not None:
        return _book(desk, who, first, given)
    written = [name for name in FILES if given[name] is not None]
    if written:
        return _write(desk, who, first, given)
    for name, found in (("bills", _bills), ("bookings", _mine), ("lots", _lots)):
        if given["mine" if name == "bookings" else name] or (name == "lots" and given["lanes"]):
            frame = found(desk, who, first, given)
            return {name: _rows(frame)}, _lines(frame)
    frame = desk.free(first, given["days"] or DAYS, who)
    return {"free": _rows(frame)}, _lines(frame)


def _book(desk: BookingDesk, who: str, first: date, given: dict[str, Any]) -> Answer:
    from coldchain.booking.page import booked_lines
    from coldchain.booking.record import BookingWish
    from coldchain.booking.table import read_wishes

    if given["table"] is not None:
        wishes = read_wishes(given["table"], who)
    else:
        count = given["count"] if given["vehicle"] else 0
        days, crop, village = given["days"] or 1, given["crop"], given["village"]
        wishes = [
            BookingWish(who, given["depot"], first, days, crop, village, given["tonnes"], given["vehicle"], count)
        ]
    if not who and any(not wish.member for wish in wishes):
        raise UsageError(_("name who books with --as MEMBER"))
    made, moved = desk.book(wishes)
    return {"booked": [one.as_dict() for one in made], "gave_way": [one.as_dict() for one in moved]}, booked_lines(
        made, moved
    )


def _write(desk: BookingDesk, who: str, first: date, given: dict[str, Any]) -> Answer:
    from coldchain.booking import export
    from coldchain.booking.page import DAYS as SHOWN
    from coldchain.booking.page import write_page

    facts: dict[str, Any] = {}
    if given["orders"] is not None:
        facts["orders"] = export.write_orders(desk, first, given["orders"])
    if given["fleet"] is not None:
        facts["vehicles"] = export.write_fleet(desk, first, given["fleet"])
    if given["usage"] is not None:
        game = export.write_usage(desk, first, _last(first, given), given["usage"])
        facts["usage"] = game
    if given["page"] is not None:
        write_page(desk, given["page"], who, first, given["days"] or SHOWN)
    files = {name: str(given[name]) for name in FILES if given[name] is not None}
    return {**facts, "files": files}, list(files.values())


def _last(first: date, given: dict[str, Any]) -> date:
    return first + timedelta((given["days"] or MONTH) - 1)


def _bills(desk: BookingDesk, who: str, first: date, given: dict[str, Any]) -> pd.DataFrame:
    from coldchain.booking.export import seen_bills

    return seen_bills(desk, who, first, _last(first, given))


def _mine(desk: BookingDesk, who: str, _first: date, _given: dict[str, Any]) -> pd.DataFrame:
    return desk.seen(who)


def _lots(desk: BookingDesk, who: str, _first: date, given: dict[str, Any]) -> pd.DataFrame:
    from coldchain.telemetry.season import read_lanes

    rows = desk.planned_lots if given["lanes"] is None else read_lanes([given["lanes"]])
    return desk.lots(rows, who)


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", date_format="iso"))
    return found


def _lines(frame: pd.DataFrame) -> list[str]:
    """Return a table as lines of text, one a row, under its heads."""
    if frame.empty:
        return [_("nothing")]
    shown = frame.dropna(axis="columns", how="all").fillna("")
    return str(shown.to_string(index=False, float_format=lambda x: f"{x:,.2f}")).splitlines()
