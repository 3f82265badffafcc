"""Bookings beside a plan: what is free, who may book it, what is refused and how, what follows for routes and share."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from booking_cases import DAY, HOSTILE, NORTH, SOUTH, TODAY, county
from openpyxl import Workbook
from planned import saved

from coldchain.booking.desk import BookingDesk
from coldchain.booking.export import bills, usage_game, write_fleet, write_orders
from coldchain.booking.page import page_text
from coldchain.booking.record import BOOKED, CANCELLED, GAVE_WAY, Booking, BookingWish, Thing
from coldchain.booking.store import BookingStore
from coldchain.booking.table import read_wishes
from coldchain.cli import run as command
from coldchain.dispatch.orders import read_orders
from coldchain.errors import BadInputError, UsageError
from coldchain.language import speaking
from coldchain.model import BookingRules
from coldchain.planning import Plan
from coldchain.runs import Run
from coldchain.sharing import divide, read_game


@pytest.fixture
def desk(small_plan: Plan) -> Iterator[BookingDesk]:
    """Open a desk whose bookings are kept in memory."""
    with BookingStore() as store:
        yield BookingDesk.open(county(small_plan), store, TODAY)


def lot(desk: BookingDesk, member: str, t: float, **more: Any) -> BookingWish:
    """Return a wish for room for a lot of a member, at the first depot that has room for its crop."""
    scenario = desk.offer.scenario
    thing = max((one for one in desk.offer.things()), key=lambda one: desk._left(one, DAY, ())[1])
    zone, _sign, method = thing.what.partition("/")
    crop = next(c for c in scenario.commodities if c.zone == zone and method in c.methods)
    village = next((v.id for v in scenario.villages if v.cooperative == member), "")
    return BookingWish(
        **{
            "member": member,
            "depot": thing.depot,
            "first": DAY,
            "commodity": crop.id,
            "village": village,
            "t": t,
            **more,
        }
    )


def room(desk: BookingDesk) -> tuple[Thing, float]:
    """Return the room of :func:`lot`, and the tonnes that may still come in on the day."""
    thing = max((one for one in desk.offer.things()), key=lambda one: desk._left(one, DAY, ())[1])
    return thing, desk._left(thing, DAY, desk.held())[1]


def standing(desk: BookingDesk) -> list[Booking]:
    """Return the bookings that hold."""
    return [one for one in desk.store.all() if one.state == BOOKED]


def test_free_is_what_modules_take_less_the_plan(desk: BookingDesk, small_plan: Plan) -> None:
    """By hand from the tables: storage and throughput of the modules less the peak day of the season."""
    scenario, tables = desk.offer.scenario, small_plan.tables
    for row in desk.free(DAY, 1).to_dict("records"):
        zone, _sign, method = row["what"].partition("/")
        at = tables["depots"].set_index("depot").loc[row["depot"]]
        kinds = {kind.id: kind for kind in scenario.depot_types}
        counts = [part.split(":") for part in str(at["new_modules"]).split(";")]
        mine = [(kinds[key], int(n)) for key, n in counts if (kinds[key].zone, kinds[key].method) == (zone, method)]
        lots = tables["lots"].query(
            "depot == @row['depot'] and zone == @zone and method == @method and period == 'summer'"
        )
        peak = lots["tonnes"].sum() / 85 * scenario.siting.peak_factor
        assert row["limit"] == pytest.approx(sum(kind.storage_t * n for kind, n in mine))
        assert row["intake_free"] == pytest.approx(sum(kind.throughput_t_day * n for kind, n in mine) - peak)
        assert 0 < row["planned"] < row["limit"]
        assert row["free"] == pytest.approx(row["limit"] - row["planned"])


def test_a_booking_takes_its_room(desk: BookingDesk) -> None:
    """It lies on all its days and comes in on the first; its price is t times days, in fen."""
    thing, intake = room(desk)
    before = desk.free(DAY, 3)
    made, moved = desk.book([lot(desk, NORTH, 0.4, days=2)])
    before, after = (one[one["what"] == thing.what] for one in (before, desk.free(DAY, 3)))
    assert (made[0].no, made[0].standing, made[0].fen, moved) == (1, "member", 640, [])
    assert (before["free"] - after["free"]).tolist() == pytest.approx([0.4, 0.4, 0.0])
    assert (before["intake_free"] - after["intake_free"]).tolist() == pytest.approx([0.4, 0.0, 0.0])
    assert room(desk)[1] == pytest.approx(intake - 0.4)


NO_LOT = {"t": 0.0, "commodity": "", "village": ""}


@pytest.mark.parametrize(
    ("changes", "column", "message"),
    [
        ({"t": 1e6}, "t", "more than the room that is free"),
        ({"t": 0.0}, "t", "must be more than 0"),
        ({"t": float("nan")}, "t", "must be more than 0"),
        ({"days": 0}, "days", "must be from 1 to 366"),
        ({"depot": "nowhere"}, "depot", "is not an open depot"),
        ({"commodity": ""}, "commodity", "the crop decides the room"),
        ({"commodity": "moonfruit"}, "commodity", "is not a known commodity"),
        ({"first": date(2026, 7, 9)}, "day", "is past; today is 2026-07-10"),
        ({"first": date(2026, 9, 1)}, "day", "is 53 days ahead; this member may book at most 30 days ahead"),
        ({"member": SOUTH}, "village", "is no village of South"),
        ({"member": "Trader"}, "village", "is no village of Trader"),
        ({"vehicle": "moon_buggy", "count": 1}, "vehicle", "is not a known vehicle"),
        ({"vehicle": "light_truck", "count": 1, **NO_LOT}, "depot", "has no lorry of the type light_truck of its own"),
        *(({"member": name}, "member", "is no member, owner or guest") for name in HOSTILE),
    ],
)  # fmt: skip
def test_what_cannot_be_had_is_refused(desk: BookingDesk, changes: dict[str, Any], column: str, message: str) -> None:
    """Beyond the room, a stranger's lot, a hostile name and the rest: named with column and value; nothing is lost."""
    kept = desk.book([lot(desk, NORTH, 0.1)])[0]
    with pytest.raises(BadInputError, match=message) as refused:
        desk.book([replace(lot(desk, NORTH, 0.2, first=date(2026, 7, 16)), **changes)])
    assert column in {fault.column for fault in refused.value.faults}
    assert standing(desk) == kept


def test_beyond_what_can_be_cooled_on_the_day(desk: BookingDesk) -> None:
    """The last tonne fits, a gram more does not."""
    _thing, intake = room(desk)
    desk.book([lot(desk, NORTH, intake - 0.25)])
    with pytest.raises(BadInputError, match=r"is more than .* can still cool on 2026-07-15: 0.2 t"):
        desk.book([lot(desk, "Trader", 0.251)])
    assert len(desk.book([lot(desk, "Trader", 0.25)])[0]) == 1


def test_booked_twice(desk: BookingDesk) -> None:
    """The same lot on any of its days is refused with the number it has; cancelled, it may be booked anew."""
    made = desk.book([lot(desk, NORTH, 0.2, days=3)])[0][0]
    again = lot(desk, NORTH, 0.3, first=date(2026, 7, 16))
    with pytest.raises(BadInputError, match="is booked already as number 1, 2026-07-15 to 2026-07-17"):
        desk.book([again])
    with pytest.raises(BadInputError, match="there is no booking of yours"):
        desk.cancel(made.no, "Trader")
    assert desk.cancel(made.no, NORTH).state == CANCELLED
    with pytest.raises(BadInputError, match="is not booked any more"):
        desk.cancel(made.no, NORTH)
    assert desk.book([again])[0][0].no == 2
    assert [one.state for one in desk.store.all()] == [CANCELLED, BOOKED]


def test_too_late_to_cancel(small_plan: Plan) -> None:
    """A day before is the last on which a member may; the platform's staff may at any time."""
    with BookingStore() as store:
        made = BookingDesk.open(county(small_plan), store, TODAY)
        no = made.book([lot(made, NORTH, 0.1)])[0][0].no
        late = replace(made, today=DAY)
        with pytest.raises(BadInputError, match="begins on 2026-07-15; bookings may be cancelled until 1 days before"):
            late.cancel(no, NORTH)
        assert late.cancel(no).state == CANCELLED


def test_owners_go_before_members_before_others(desk: BookingDesk) -> None:
    """Whoever goes after gives way, the last class first, and keeps its row; who is firm does not give way."""
    _thing, intake = room(desk)
    desk.book([lot(desk, "Trader", intake / 2), lot(desk, NORTH, intake / 2)])
    made, moved = desk.book([lot(desk, SOUTH, intake / 4)])
    assert ([one.member for one in moved], moved[0].state, moved[0].way_to) == (["Trader"], GAVE_WAY, made[0].no)
    with pytest.raises(BadInputError, match="can still cool"):
        desk.book([lot(desk, "Trader", intake / 2)])
    firm = replace(desk, today=date(2026, 7, 14))
    with pytest.raises(BadInputError, match="can still cool"):
        firm.book([lot(firm, SOUTH, intake, village=firm.offer.scenario.villages[-2].id)])
    assert len(standing(desk)) == 2


def test_all_lines_of_a_table_or_none(desk: BookingDesk, tmp_path: Path) -> None:
    """Faults come together, grouped by column, with row and value; a table without any is booked whole."""
    good = lot(desk, NORTH, 0.1)
    lines = ["成员,日期,预冷库,品种,村,吨",
             f'"{NORTH}",2026-07-15,{good.depot},{good.commodity},{good.village},0.1']  # fmt: skip
    wrong = [f'"{NORTH}",2026-07-16,{good.depot},{good.commodity},{good.village},{t}' for t in ("900", "800")]
    stranger = f"=1+1,2026-07-15,{good.depot},{good.commodity},,0.1"
    path = tmp_path / "b.csv"
    path.write_text("\n".join([*lines, *wrong, stranger]), encoding="utf-8")
    with pytest.raises(BadInputError, match="room that is free") as refused:
        desk.book(read_wishes(path))
    assert [(f.row, f.column, f.value) for f in refused.value.faults] == [(3, "t", "900"), (4, "t", "800"),
                                                                           (5, "member", "=1+1")]  # fmt: skip
    assert desk.store.all() == []
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [one.no for one in desk.book(read_wishes(path))[0]] == [1]


def test_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    """Every row and cell at once, in a workbook, too."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["day", "depot", "t", "member"], ["soon", "T1", "x", "B"], ["2026-02-30", "T1", "1", "B"]):
        sheet.append(row)
    book.save(tmp_path / "b.xlsx")
    with pytest.raises(BadInputError, match="must be a day") as refused:
        read_wishes(tmp_path / "b.xlsx", "A")
    found = {(fault.row, fault.column) for fault in refused.value.faults}
    assert {(2, "day"), (3, "day"), (2, "t"), (2, "member"), (3, "member")} <= found


@pytest.mark.parametrize(("sight", "rows"), [("own", 1), ("pooled", 2), ("all", 3)])
def test_who_sees_whose_bookings_and_lots(small_plan: Plan, sight: Any, rows: int) -> None:
    """Own alone, own and totals of the others, everything; the county's bureau sees everything."""
    with BookingStore() as store:
        desk = BookingDesk.open(
            county(small_plan, BookingRules(guests=("Trader",), sight=sight, see_all=("Bureau",))), store, TODAY
        )
        desk.book([lot(desk, SOUTH, 0.1), lot(desk, "Trader", 0.2), lot(desk, NORTH, 0.3)])
        seen = desk.seen(NORTH)
        assert len(seen) == rows
        assert seen["amount"].sum() == pytest.approx({"own": 0.3, "pooled": 0.6, "all": 0.6}[sight])
        assert (SOUTH in set(seen["member"])) == (sight == "all")
        lots, every = desk.lots(desk.planned_lots, NORTH), desk.planned_lots
        strangers = {v.id for v in desk.offer.scenario.villages if v.cooperative != NORTH}
        assert bool(strangers & set(lots["village"])) == (sight == "all")
        sums = (lots["tonnes"].sum(), every["tonnes"].sum())
        assert (sums[0] == pytest.approx(sums[1])) == (sight != "own")
        assert len(desk.lots(every, "Bureau")) == len(desk.lots(every)) == len(every)
        assert len(desk.seen("Bureau")) == 3


def test_lorries_are_those_owned_less_those_on_duty(small_plan: Plan) -> None:
    """In the busiest season none is free, in another those that stand idle, to each member at its price."""
    duties = small_plan.tables["duties"].query("vehicle == 'light_truck'").drop_duplicates("duty")
    by_season = duties["period"].value_counts()
    months = {"spring": 4, "summer": 7, "autumn": 10, "winter": 1}
    busy, idle = by_season.idxmax(), by_season.reindex(list(months)).fillna(0).idxmin()
    rules = BookingRules(ahead_days=366, price_by_class={"member": 0.5}, lorry_cny_day=300)
    with BookingStore() as store:
        desk = BookingDesk.open(county(small_plan, rules, fleet=int(by_season.max())), store, date(2026, 1, 1))
        depot = str(duties["depot"].iloc[0])
        free = {name: desk.offer.free(Thing("lorry", depot, "light_truck"), date(2026, month, 20)).left
                for name, month in months.items()}  # fmt: skip
        assert free[busy] == 0
        assert free[idle] == by_season.max() - by_season.get(idle, 0) > 0
        wish = BookingWish(NORTH, depot, date(2026, months[idle], 20), 2, vehicle="light_truck", count=1)
        assert desk.book([wish])[0][0].fen == 30_000
        with pytest.raises(BadInputError, match="is booked already as number 1"):
            desk.book([wish])
        with pytest.raises(BadInputError, match="is more than is free: 0 on"):
            desk.book([replace(wish, first=date(2026, months[busy], 20))])


def test_orders_and_vehicles_are_read_by_routes(small_plan: Plan, tmp_path: Path) -> None:
    """A booked lot is an order to fetch to its depot; vehicles at hand are the plan's less those booked."""
    with BookingStore() as store:
        desk = BookingDesk.open(county(small_plan), store, TODAY)
        made = desk.book([lot(desk, NORTH, 0.25), lot(desk, "Trader", 0.1)])[0]
        assert write_orders(desk, DAY, tmp_path / "o.csv") == 1
        orders, faults = read_orders(tmp_path / "o.csv", desk.offer.scenario, desk.offer.depots)
        assert (faults, [(one.kg, one.depot, one.id) for one in orders]) == ([], [(250.0, made[0].depot, "B1")])
        assert desk.offer.scenario.villages[orders[0].village].id == made[0].village
        assert write_fleet(desk, DAY, tmp_path / "f.csv") == desk.offer.at_hand("light_truck", DAY)
        with pytest.raises(UsageError, match="no lot is booked for 2026-07-16"):
            write_orders(desk, date(2026, 7, 16), tmp_path / "p.csv")


def test_bills_add_up_and_share_reads_the_usage(desk: BookingDesk, tmp_path: Path) -> None:
    """Two halves of a stretch owe what the whole owes; together members need less room than apart."""
    desk.book([lot(desk, NORTH, 0.3, days=3), lot(desk, "Trader", 0.2, first=date(2026, 7, 17), days=2)])
    whole = bills(desk, DAY, date(2026, 7, 20))
    halves = [bills(desk, DAY, date(2026, 7, 15)), bills(desk, date(2026, 7, 16), date(2026, 7, 20))]
    assert whole["cny"].sum() == pytest.approx(sum(one["cny"].sum() for one in halves)) == pytest.approx(7.2 + 3.2)
    assert set(whole["to"]) == {SOUTH}
    game = usage_game(desk, DAY, date(2026, 7, 20))
    values = {tuple(one["members"]): one["value"] for one in game["values"]}
    assert values == {(NORTH,): 9.6, ("Trader",): 6.4, (NORTH, "Trader"): 16.0}
    (tmp_path / "g.json").write_text(json.dumps(game), encoding="utf-8")
    shared = divide(read_game(tmp_path / "g.json"))  # type: ignore[arg-type]
    assert sum(shared.divisions["shapley"].amounts) == pytest.approx(16.0)


def test_the_page_asks_for_nothing_and_names_stay_text(desk: BookingDesk) -> None:
    """One file, in both languages; a hostile name is shown, not obeyed; a member sees no name of another."""
    desk.book([lot(desk, NORTH, 0.3), lot(desk, SOUTH, 0.2)])
    for tongue, words in (("en", "free room and lorries"), ("zh", "空余库容与车辆")):
        with speaking(tongue):
            text = page_text(desk, NORTH, DAY, 14)
        assert words in text
        assert "North &lt;b&gt;&amp;" in text
        assert "<b>&" not in text
        assert "South" not in text.split("<h2>")[-2]
        assert "http://" not in text
        assert "https://" not in text
        assert "<script" not in text


def test_settings_name_only_names() -> None:
    """Guests with signs that no name has are refused in the settings; classes too that there are not."""
    for name in (one for one in HOSTILE if one):
        with pytest.raises(ValueError, match="holds signs that names do not have"):
            BookingRules(guests=(name,))
    with pytest.raises(ValueError, match="must be one of owner, member, other; got king"):
        BookingRules(price_by_class={"king": 1.0})


def test_a_kill_between_look_and_entry_loses_nothing(tmp_path: Path) -> None:
    """What was booked before stays, the broken entry is none, and the file takes bookings again."""
    path = tmp_path / "b.sqlite"
    one = Booking(0, "A", "member", "room", "D", "cold/room", "2026-07-15", 1, 1.0, "", "pear", 800, BOOKED, 0, "")
    with BookingStore(path) as store:
        store.take([BookingWish("A", "D", DAY)], lambda _wish, _known: (one, ()))
    program = (
        "import os, signal, sys; from pathlib import Path; from coldchain.booking.store import INSERT, BookingStore;"
        f"s = BookingStore(Path({str(path)!r})); s._db.execute('begin immediate');"
        "s._db.execute(INSERT, ('B', 'member', 'room', 'D', 'cold/room', '', 1, 1.0, '', '', 1, 'booked', 0, ''));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    if os.name != "nt":
        assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    with BookingStore(path) as store:
        assert [b.member for b in store.all()] == ["A"]
        store.take([BookingWish("C", "D", DAY)], lambda _wish, _known: (replace(one, member="C"), ()))
        assert [(b.no, b.member) for b in store.all()] == [(1, "A"), (2, "C")]


def test_a_file_that_is_no_store(tmp_path: Path) -> None:
    """It is refused, and stays as it is."""
    (tmp_path / "b.sqlite").write_text("not a database, but a letter of some length", encoding="utf-8")
    with pytest.raises(BadInputError, match="is no store of bookings"):
        BookingStore(tmp_path / "b.sqlite")


def test_who_comes_second_sees_what_the_first_booked(tmp_path: Path) -> None:
    """While one looks and enters another waits, and then sees the entry."""
    one = Booking(0, "A", "member", "room", "D", "cold/room", "2026-07-15", 1, 1.0, "", "pear", 800, BOOKED, 0, "")
    seen: list[int] = []

    def second() -> None:
        def look(_wish: BookingWish, known: Sequence[Booking]) -> tuple[Booking, tuple[int, ...]]:
            seen.append(len(known))
            return replace(one, member="B"), ()

        with BookingStore(tmp_path / "b.sqlite") as store:
            store.take([BookingWish("B", "D", DAY)], look)

    other = Thread(target=second)

    def look(_wish: BookingWish, _known: Sequence[Booking]) -> tuple[Booking, tuple[int, ...]]:
        other.start()
        other.join(0.2)
        return one, ()

    with BookingStore(tmp_path / "b.sqlite") as store:
        store.take([BookingWish("A", "D", DAY)], look)
        other.join()
        assert [booking.member for booking in store.all()] == ["A", "B"]
    assert seen == [1]


@pytest.fixture
def last_room(small_plan: Plan, tmp_path: Path) -> tuple[list[str], list[list[str]]]:
    """Return the command of a member of a saved run, and two bookings of which one alone finds room."""
    folder = saved(small_plan, tmp_path / "run", {"scenario": str(small_plan.scenario.folder)})
    with BookingStore() as store:
        desk = BookingDesk.open(Run.open(folder), store, TODAY)
        member = desk.offer.scenario.villages[0].cooperative
        wish, (_thing, intake) = lot(desk, member, 0.1), room(desk)
    asked = ["book", str(folder), "--today", "2026-07-10", "--as", member, "--json"]
    book = [*asked, "--day", "2026-07-15", "--depot", wish.depot, "--crop", wish.commodity, "--t", f"{intake * 0.6}"]
    return asked, [[*book, "--village", v.id] for v in desk.offer.scenario.villages[:2]]


def test_the_command(last_room: tuple[list[str], list[list[str]]], capsys: pytest.CaptureFixture[str]) -> None:
    """One has the last room, the other is told why not; what is booked is listed and cancelled."""
    asked, (one, other) = last_room
    assert command(one) == 0
    capsys.readouterr()
    assert command(other) == 3
    assert "can still cool" in capsys.readouterr().err
    assert command([*asked, "--mine"]) == 0
    (kept,) = json.loads(capsys.readouterr().out)["bookings"]
    assert command([*asked, "--cancel", str(kept["no"])]) == 0
    assert json.loads(capsys.readouterr().out)["cancelled"]["state"] == CANCELLED
    assert command([*asked, "--day", "2026-07-15", "--days", "1"]) == 0
    assert json.loads(capsys.readouterr().out)["free"][0]["booked"] == 0


@pytest.mark.slow
def test_two_at_once(last_room: tuple[list[str], list[list[str]]]) -> None:
    """Two processes ask for the last room at the same moment: one has it, the other is told why not."""
    both = [
        subprocess.Popen([sys.executable, "-m", "coldchain", *book], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         text=True)
        for book in last_room[1]
    ]  # fmt: skip
    ended = [(one.communicate(), one.returncode) for one in both]
    assert sorted(code for _told, code in ended) == [0, 3]
    assert "can still cool" in next(told[1] for told, code in ended if code == 3)
