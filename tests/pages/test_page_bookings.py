"""The page of the bookings: who sees and books what, refusals on the page, links of members, hand-over to routes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bokeh.document import Document
from bokeh.events import ButtonClick
from bokeh.models import Button
from booking_cases import DAY, HOSTILE, NORTH, SOUTH, TODAY, county
from page_cases import answer, served
from planned import saved

from coldchain.booking.desk import store_of
from coldchain.booking.record import BOOKED, CANCELLED, Booking
from coldchain.booking.store import BookingStore
from coldchain.dispatch.orders import read_orders
from coldchain.model import BookingRules
from coldchain.pages.bookings import BookingsPage, Counter, bookings_page
from coldchain.pages.server import PageTokens, PageVisit
from coldchain.pages.shell import BOOKINGS
from coldchain.planning import Plan

KEYS = PageTokens(frozenset({NORTH, SOUTH, "Trader"}), BOOKINGS)


@pytest.fixture
def counter(small_plan: Plan, tmp_path: Path) -> Counter:
    """Open the counter of two co-operatives and a guest, with nothing booked."""
    return Counter(county(small_plan), tmp_path / "run", tmp_path / "run.bookings.sqlite", today=lambda: TODAY)


def opened(counter: Counter, member: str = "", wanted: str = "en") -> BookingsPage:
    """Open a tab of a member, or of the staff."""
    page = bookings_page(counter, Document(), PageVisit(KEYS, member, wanted))
    page.home = counter.file.parent
    page.first.value = DAY.isoformat()
    return page


def click(page: BookingsPage, button: Button) -> str:
    """Click a button; return what the page says."""
    page.document.callbacks.trigger_event(ButtonClick(model=button))
    return str(page.status.text)


def ask(page: BookingsPage, amount: float, **fields: Any) -> str:
    """Fill the form in and book; return what the page says."""
    page.amount.value = amount
    for name, value in fields.items():
        getattr(page, name).value = value
    return click(page, page.go)


def kept(counter: Counter) -> list[Booking]:
    """Return every booking there is."""
    with BookingStore(counter.file) as store:
        return store.all()


def own_village(page: BookingsPage) -> str:
    """Return the first village that a member may book for."""
    return str(page.village.options[1][0])


def test_a_member_books_and_cancels_and_another_tab_sees_it(counter: Counter) -> None:
    north, staff = opened(counter, NORTH), opened(counter)
    assert "booked number 1" in ask(north, 0.2, village=own_village(north), days=2)
    assert "1" not in str(staff.booked.text)
    staff._guarded(staff.poll)()
    assert "North &lt;b&gt;&amp;" in staff.booked.text
    assert [value for value, _label in staff.mine.options] == ["1"]
    assert "3.20" in north.seen.text
    assert "cancelled number 1" in click(north, north.drop)
    assert [one.state for one in kept(counter)] == [CANCELLED]
    assert "there is no booking to cancel" in click(north, north.drop)


REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"amount": 900.0}, "is more than the room that is free"),
    ({"amount": 0.0}, "must be more than 0"),
    ({"first": "2026-07-09"}, "is past; today is 2026-07-10"),
    ({"first": "soon"}, "must be a day"),
    ({"days": 400}, "must be from 1 to 366"),
    ({"depot": "T9 <b>"}, "is not an open depot"),
    ({"what": "room:moonfruit"}, "is not a known commodity"),
    ({"what": "lorry:light_truck", "village": "", "amount": 0.5}, "lorries are booked whole"),
)


def test_what_cannot_be_had_is_said_and_frees_the_page(counter: Counter) -> None:
    """Whatever a browser sends; nothing is lost, and the same tab books the next time."""
    page = opened(counter, NORTH)
    ask(page, 0.1, village=own_village(page))
    good = {name: getattr(page, name).value for name in ("depot", "what", "days", "first")}
    before, village = kept(counter), str(page.village.options[2][0])
    for fields, said in REFUSED:
        shown = ask(page, **{"amount": 0.1, **good, "village": village, **fields})
        assert said in shown
        assert "alarm" in shown
        assert "<b>" not in shown
    assert kept(counter) == before
    assert "booked number 2" in ask(page, 0.1, **good, village=village)


def test_twice_and_at_once_by_two(counter: Counter) -> None:
    """The same lot again, and the last room by two tabs that both saw it free: the second is told why not."""
    north, south = opened(counter, NORTH), opened(counter, SOUTH)
    ask(north, 0.1, village=own_village(north))
    assert "is booked already as number 1" in ask(north, 0.1, village=own_village(north))
    with counter.desk() as desk:
        free = desk.free(DAY, 1)
        room = next(one for one in free.to_dict("records") if one["depot"] == north.depot.value)
    most = min(room["free"], room["intake_free"])
    crop = north.what.value
    assert "booked number 2" in ask(south, most - 0.01, what=crop, village=own_village(south))
    assert "can still cool" in ask(north, 0.05, village=north.village.options[2][0])
    assert [one.state for one in kept(counter)] == [BOOKED, BOOKED]


def test_a_link_is_of_its_member_whatever_the_browser_says(counter: Counter) -> None:
    """A tab that claims another name, or a village of others, books nothing for them and sees nothing of theirs."""
    south = opened(counter, SOUTH)
    ask(south, 0.1, village=own_village(south))
    page = opened(counter, NORTH)
    assert not page.member.visible
    page.mine.options = [("1", "1")]
    for name in (SOUTH, *HOSTILE):
        page.member.options = [*page.member.options, (name, name)]
        page.member.value = name
        assert page.who == NORTH
        assert "is no village of North" in ask(page, 0.1, village=own_village(south))
        assert "South" not in page.booked.text
    page.mine.value = "1"
    assert "there is no booking of yours with this number" in click(page, page.drop)
    assert "only the platform" in click(page, page.orders)
    assert "only the platform" in click(page, page.usage)
    assert len(kept(counter)) == 1


def test_the_staff_books_for_nobody_unknown(counter: Counter) -> None:
    page = opened(counter)
    assert "choose the member to book for" in ask(page, 0.1)
    for name in filter(None, HOSTILE):
        page.member.options = [*page.member.options, (name, name)]
        page.member.value = name
        shown = ask(page, 0.1)
        assert "is no member, owner or guest" in shown
        assert "<script>" not in shown
    assert kept(counter) == []


@pytest.mark.parametrize(("sight", "others", "totals"), [("own", False, False), ("pooled", False, True),
                                                          ("all", True, True)])  # fmt: skip
def test_sight_of_bookings_lots_and_bills(
    small_plan: Plan, tmp_path: Path, sight: Any, others: bool, totals: bool
) -> None:
    rules = BookingRules(guests=("Trader",), sight=sight)
    counter = Counter(county(small_plan, rules), tmp_path, tmp_path / "b.sqlite", today=lambda: TODAY)
    trader = opened(counter, "Trader")
    ask(trader, 0.2)
    north = opened(counter, NORTH)
    assert ("Trader" in north.booked.text) == others
    assert ("others together" in north.booked.text) == (totals and not others)
    lots = north.seen.text.partition("Lots of the plan")[2].partition("Rules")[0]
    assert ("South" in lots) == others
    assert ("others together" in lots) == (totals and not others)
    assert (">Trader<" in north.seen.text) == others
    assert "Links of the members" not in north.seen.text


def test_orders_and_usage_are_handed_on(counter: Counter) -> None:
    """The staff writes the lots of a day and the vehicles left; nothing is ever overwritten."""
    north, staff = opened(counter, NORTH), opened(counter)
    ask(north, 0.25, village=own_village(north))
    for number in ("", "-2"):
        shown = click(staff, staff.orders)
        assert f"--orders {counter.file.parent / f'orders-2026-07-15{number}.csv'}" in shown
    offer = counter.offer
    orders, faults = read_orders(counter.file.parent / "orders-2026-07-15.csv", offer.scenario, offer.depots)
    assert (faults, [one.kg for one in orders]) == ([], [250.0])
    assert "coldchain share --game" in click(staff, staff.usage)
    game = json.loads((counter.file.parent / "usage-2026-07-15.json").read_text(encoding="utf-8"))
    assert game["players"] == [NORTH]
    staff.first.value = "2026-07-16"
    assert "no lot is booked for 2026-07-16" in click(staff, staff.orders)


def test_the_page_speaks_the_language_of_its_address(counter: Counter) -> None:
    page = opened(counter, NORTH, "zh")
    assert (page.go.label, page.amount.title) == ("预订", "数量（吨）")
    assert "已预订" in ask(page, 0.1, village=own_village(page))
    text = "".join(str(one.text) for one in (page.status, page.free, page.booked, page.seen))
    assert not [word for word in ("room", "Bills", "Rules", "booked", "member") if word in text]


def test_tokens_open_what_they_are_for() -> None:
    """The staff's opens all; a member's its own page and what belongs to it; a name or a wrong token nothing."""
    staff, north = KEYS.token, KEYS.of(NORTH)
    assert KEYS.holder(staff) == ""
    assert KEYS.holder(north) == NORTH
    assert all(KEYS.admits(staff, path) for path in ("/", "/ws", "/bookings", "/bookings/ws"))
    assert [KEYS.admits(north, path) for path in ("/bookings", "/bookings/ws", "/", "/ws", "/bookingsx")] == [
        True, True, False, False, False]  # fmt: skip
    assert not any(KEYS.admits(one, "/bookings") for one in ("", NORTH, f"{north}0", PageTokens().of(NORTH), "é"))
    assert not PageTokens().admits(north, "/")


@pytest.fixture
def folder(small_plan: Plan, tmp_path: Path) -> Iterator[Path]:
    """Write a run to be served."""
    home = tmp_path / "run"
    saved(small_plan, home, {"scenario": str(small_plan.scenario.folder)})
    yield home
    assert store_of(home).exists()


def test_a_run_is_served_with_its_bookings(folder: Path) -> None:
    """One line is printed; the plan links to the bookings, which open with the same token and no other."""
    with served(folder) as server:
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        bare, _sign, token = url.partition("?token=")
        beside = f"{bare}bookings?token={token}"
        assert answer(url)[0] == answer(beside)[0] == 200
        assert {answer(one)[0] for one in (f"{bare}bookings", f"{beside}x", f"{bare}bookings/autoload.js")} == {403}


def test_today_is_asked_anew() -> None:
    """A counter that stays open over midnight books by the new day."""
    days = iter([date(2026, 7, 10), date(2026, 7, 11)])
    counter = replace(Counter(None, Path(), Path()), today=lambda: next(days))  # type: ignore[arg-type]
    assert counter.today() < counter.today()
