"""The page of the bookings of a plan: what is free by depot and day, booked by members, handed on to routes and share.

The staff, who have the token of all pages, see everything and book for any member; a member opens the page by a link of
its own and sees what the rules let it see. Who somebody is never comes from the browser.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import Button, Div, InlineStyleSheet, NumericInput, Select, TextInput

from coldchain.booking import export
from coldchain.booking.desk import BookingDesk
from coldchain.booking.offer import Offer
from coldchain.booking.page import STYLE as TILES
from coldchain.booking.page import (
    bills_html,
    booked_lines,
    bookings_html,
    free_html,
    lots_html,
    rules_html,
    thing_words,
)
from coldchain.booking.platform import OPERATOR, Platform
from coldchain.booking.record import BOOKED, LORRY, BookingWish
from coldchain.booking.store import BookingStore
from coldchain.errors import BadInputError, ColdchainError, Fault, UsageError
from coldchain.language import N_, _, known_language, language, speaking
from coldchain.model import day_of
from coldchain.model.naming import crop_names, labelled
from coldchain.pages import words
from coldchain.pages.controls import WIDE
from coldchain.pages.desk import free_name
from coldchain.pages.server import PageVisit
from coldchain.pages.shell import BOOKINGS, PLAN, Answering, frame, said, words_div
from coldchain.runs import Run
from coldchain.telemetry.page import STYLE, section, text_of

POLL_MS, WIDTH_PX, MONTH = 2000, 1000, 31
SHOWN, MOST_SHOWN, MOST_DAYS = 7, 62, 366
ALL = ""
DAY = "2026-07-15"
FLUSH = ":host{margin:0 5px!important;max-width:calc(100% - 10px)!important;padding:0!important}"
LEAST_PX = 165
"""Narrowest field; on a phone fields that do not fit go below."""
FIELDS = {
    "day": N_("First day"), "days": N_("Days to book"), "depot": N_("Depot"), "commodity": N_("crop"),
    "vehicle": N_("Lorries"), "count": N_("Lorries"), "village": N_("Village whose lot it is"), "t": N_("Tonnes"),
    "member": N_("member"), "no": N_("Booking to cancel"),
}  # fmt: skip
"""What a fault of a wish names, as the form calls it."""
FIELD: dict[str, Any] = {**WIDE, "min_width": LEAST_PX}
BUTTON: dict[str, Any] = {**WIDE, "min_width": 2 * LEAST_PX}


@dataclass(frozen=True)
class Counter:
    """Where bookings of a run are made; shared by all tabs, it holds nothing that a tab changes.

    Attributes
    ----------
    folder : of the run
    file : the store of its bookings
    shell : words as a line to type
    today : tells the day on which somebody asks
    """

    run: Run
    folder: Path
    file: Path
    shell: Callable[[Sequence[str]], str] = " ".join
    today: Callable[[], date] = date.today

    @cached_property
    def offer(self) -> Offer:
        """What the plan leaves free."""
        return Offer(self.run)

    @cached_property
    def platform(self) -> Platform:
        """Members and rules."""
        return Platform.of(self.run.planned)

    @contextmanager
    def desk(self) -> Any:
        """Open the desk for one look or deed."""
        with BookingStore(self.file) as store:
            yield BookingDesk(self.offer, self.platform, store, self.today())

    @property
    def stamp(self) -> tuple[tuple[int, int], ...]:
        """What changes when somebody books."""
        files = (self.file, self.file.with_name(f"{self.file.name}-wal"))
        about = [path.stat() for path in files if path.exists()]
        return tuple((one.st_mtime_ns, one.st_size) for one in about)


class BookingsPage(Answering):
    """What one tab shows of the bookings, and what its buttons do.

    Attributes
    ----------
    who : the member it shows and books for; the staff's own until they choose one
    home : folder that files for routes and share are written to
    """

    def __init__(self, counter: Counter, document: Document, visit: PageVisit) -> None:
        self.counter, self.document, self.visit = counter, document, visit
        self.spoken, self.home, self.staff = language(), Path(), visit.member == OPERATOR
        self._stamp: object = None
        scenario = counter.offer.scenario
        sites = {site.id: labelled(site.id, site.name) for site in scenario.sites}
        depots = [(key, sites[key]) for key in counter.offer.depots]
        names = [(OPERATOR, _("the platform's staff")), *((name, name) for name in counter.platform.names)]
        self.member = Select(title=_("Seen and booked as"), options=names, value=OPERATOR, visible=self.staff, **FIELD)
        self.first = TextInput(
            title=_("First day"), placeholder="2026-07-15", value=counter.today().isoformat(), **FIELD
        )
        self.shown = NumericInput(title=_("Days shown"), mode="int", low=1, high=MOST_SHOWN, value=SHOWN, **FIELD)
        self.place = Select(title=_("Depots shown"), options=[(ALL, _("all depots")), *depots], value=ALL, **FIELD)
        self.depot = Select(title=_("Depot"), options=depots, value=depots[0][0] if depots else "", **FIELD)
        self.what = Select(title=_("Room for a crop, or lorries"), options=[], value="", **FIELD)
        self.village = Select(title=_("Village whose lot it is"), options=[], value="", **FIELD)
        self.amount = NumericInput(title=_("Tonnes"), mode="float", low=0, value=None, **FIELD)
        self.days = NumericInput(title=_("Days to book"), mode="int", low=1, high=MOST_DAYS, value=1, **FIELD)
        self.go = Button(label=_("Book"), button_type="primary", **FIELD)
        self.mine = Select(title=_("Booking to cancel"), options=[], value="", **FIELD)
        self.drop = Button(label=_("Cancel the booking"), align="end", **FIELD)
        self.orders = Button(label=_("Write orders and vehicles for routes"), **BUTTON)
        self.usage = Button(label=_("Write usage for share"), **BUTTON)
        self.status = said()
        sheet = InlineStyleSheet(css=f"{STYLE.replace('body{', ':host{display:block;')}{TILES}{FLUSH}")
        self.free, self.booked, self.seen = (Div(text="", stylesheets=[sheet], **WIDE) for _n in range(3))
        self._connect()
        self._lay_out()
        self._offered()
        self.refresh()

    @property
    def who(self) -> str:
        """Whom the page shows and books for: a member of a link is that member whatever the browser says."""
        return str(self.member.value) if self.staff else self.visit.member

    def _connect(self) -> None:
        acts = ((self.go, self.book), (self.drop, self.cancel), (self.orders, self.write_orders),
                (self.usage, self.write_usage))  # fmt: skip
        for button, act in acts:
            button.on_click(self._guarded(act))
        for shown in (self.member, self.first, self.shown, self.place):
            shown.on_change("value", self._heard(self.refresh))
        for chosen in (self.member, self.depot):
            chosen.on_change("value", self._heard(self._offered))
        self.what.on_change("value", self._heard(self._unit))
        self.document.add_periodic_callback(self._guarded(self.poll), POLL_MS)

    def _lay_out(self) -> None:
        form = column(
            _line(self.depot, self.what), _line(self.village, self.amount, self.days), self.go, self.status,
            _line(self.mine, self.drop), **WIDE,
        )  # fmt: skip
        named = {
            "title": words_div(self._title()),
            "choice": column(self.member, _line(self.first, self.shown, self.place), **WIDE),
            "form": form, "free": self.free, "booked": self.booked,
            "hand": _line(self.orders, self.usage, visible=self.staff), "seen": self.seen,
        }  # fmt: skip
        for name, root in named.items():
            root.name = name
            self.document.add_root(root)
        name = _("{name}: free room and lorries").format(name=self.counter.offer.scenario.name)
        frame(self.document, name, "bookings", WIDTH_PX)

    def _title(self) -> str:
        name = _("{name}: free room and lorries").format(name=self.counter.offer.scenario.name)
        hint = _("Seen and booked as {who}.").format(who=self.who) if not self.staff else ""
        back = words.link_html(self.visit.keys.link(PLAN), _("Back to the plan")) if self.staff else ""
        return f"<h1>{text_of(name)}</h1><p class=note>{text_of(hint)}</p><p>{back}</p>"

    # What the tab does

    def book(self) -> None:
        """Book what the fields ask for."""
        if not self.who:
            raise UsageError(_("choose the member to book for under “Seen and booked as”"))
        kind, _sign, what = str(self.what.value).partition(":")
        amount = float(self.amount.value or 0.0)
        wish = BookingWish(self.who, str(self.depot.value), self._first(), int(self.days.value or 1))
        if kind == LORRY:
            if amount != int(amount):
                raise UsageError(_("lorries are booked whole; got {amount:g}").format(amount=amount))
            wish = replace(wish, vehicle=what, count=int(amount))
        else:
            wish = replace(wish, commodity=what, village=str(self.village.value), t=amount)
        with self.counter.desk() as desk:
            made, moved = desk.book([wish])
        self.refresh()
        self._say("\n".join(booked_lines(made, moved)))

    def cancel(self) -> None:
        """Cancel the booking that is chosen."""
        if not self.mine.value:
            raise UsageError(_("there is no booking to cancel"))
        with self.counter.desk() as desk:
            one = desk.cancel(int(self.mine.value), self.who)
        self.refresh()
        self._say(_("cancelled number {no}").format(no=one.no))

    def write_orders(self) -> None:
        """Write the lots and the vehicles of the first day shown, and say which command routes them."""
        self._staff_only()
        day = self._first()
        orders, fleet = (self._named(f"{kind}-{day}", ".csv") for kind in ("orders", "fleet"))
        with self.counter.desk() as desk:
            export.write_orders(desk, day, orders)
            export.write_fleet(desk, day, fleet)
        out = self._named(f"routes-{day}")
        line = ["coldchain", "routes", str(self.counter.folder), "--orders", str(orders), "--fleet", str(fleet),
                "--out", str(out)]  # fmt: skip
        self._wrote((orders, fleet), line)

    def write_usage(self) -> None:
        """Write the cost of each group of members in the month from the first day, and say which command shares it."""
        self._staff_only()
        day = self._first()
        usage = self._named(f"usage-{day}", ".json")
        with self.counter.desk() as desk:
            export.write_usage(desk, day, day + timedelta(MONTH - 1), usage)
        self._wrote((usage,), ["coldchain", "share", "--game", str(usage)])

    def refresh(self) -> None:
        """Bring all that is shown up to date with what is booked."""
        self._stamp = self.counter.stamp
        who, day, days = self.who, self._first(), int(self.shown.value or SHOWN)
        with self.counter.desk() as desk:
            depots = None if self.place.value == ALL else (str(self.place.value),)
            self.free.text = free_html(desk, who, day, days, depots)
            self.booked.text = section(_("Bookings"), bookings_html(desk, who))
            last = day + timedelta(MONTH - 1)
            owed = _("Bills from {first} to {last}").format(first=day, last=last)
            parts = {owed: bills_html(desk, who, day, last), _("Lots of the plan"): lots_html(desk, who),
                     _("Rules"): rules_html(desk, who)}  # fmt: skip
            parts |= {_("Links of the members"): self._links()} if self.staff else {}
            self.seen.text = "".join(section(title, body) for title, body in parts.items())
            rows = desk.seen(who)
        own = rows[(rows["state"] == BOOKED) & rows["no"].notna()]
        own = own if not who else own[own["member"] == who]
        self.mine.options = [(f"{one['no']:.0f}", self._booking(one)) for one in own.to_dict("records")] or [
            ("", _("none"))]  # fmt: skip
        if self.mine.value not in {value for value, _label in self.mine.options}:
            self.mine.value = self.mine.options[0][0]
        self.drop.disabled = own.empty

    def poll(self) -> None:
        """Look whether somebody else booked."""
        if self.counter.stamp != self._stamp:
            self.refresh()

    # Inner workings

    def _offered(self) -> None:
        """Offer what the depot has, and the villages of the member."""
        scenario, depot = self.counter.offer.scenario, str(self.depot.value)
        crops = [crop for crop in scenario.commodities if self.counter.offer.rooms_for(depot, crop)]
        lorries = [one.what for one in self.counter.offer.things() if (one.kind, one.depot) == (LORRY, depot)]
        told = _("room for {crop}")
        options = [(f"room:{crop.id}", told.format(crop=crop_names(crop)[0] or crop.id)) for crop in crops]
        options += [(f"{LORRY}:{key}", thing_words(LORRY, key)) for key in lorries]
        self.what.options = options
        if self.what.value not in {value for value, _label in options}:
            self.what.value = options[0][0] if options else ""
        of = self.counter.platform.of_village
        own = [(one.id, labelled(one.id, one.name)) for one in scenario.villages if self.who and of[one.id] == self.who]
        self.village.options = [("", _("brought by the member")), *own]
        if self.village.value not in {value for value, _label in self.village.options}:
            self.village.value = ""
        self._unit()

    def _unit(self) -> None:
        lorries = str(self.what.value).startswith(f"{LORRY}:")
        self.amount.title = _("Lorries") if lorries else _("Tonnes")
        self.village.disabled = lorries

    def _first(self) -> date:
        return day_of(str(self.first.value))

    def _staff_only(self) -> None:
        if not self.staff:
            raise UsageError(_("only the platform's staff may do this"))

    def _named(self, name: str, suffix: str = "") -> Path:
        return self.home / free_name(name, self.home, suffix)

    def _wrote(self, files: Sequence[Path], line: Sequence[str]) -> None:
        said = _("written: {files}; go on with").format(files=_(", ").join(str(path.resolve()) for path in files))
        self.status.text = words.followed_html(said, self.counter.shell(line))

    def _booking(self, one: dict[Any, Any]) -> str:
        told = _("{no:.0f}. {member}: {what} at {depot} from {first}")
        return told.format(no=one["no"], member=one["member"], what=thing_words(one["kind"], one["what"]),
                           depot=one["depot"], first=one["first"])  # fmt: skip

    def _links(self) -> str:
        keys = self.visit.keys
        hint = _("Each opens this page as that member, until the command ends; hand it to nobody else.")
        links = "".join(f"<li>{words.link_html(keys.link(BOOKINGS, name), name)}</li>" for name in sorted(keys.members))
        return f"<p class=k>{text_of(hint)}</p><ul>{links}</ul>"

    def _say(self, text: str, *, failed: bool = False) -> None:
        self.status.text = words.status_html(text, failed=failed)

    def _fail(self, error: Exception) -> None:
        if isinstance(error, BadInputError):
            self._say("\n".join(map(_fault_words, error.faults)), failed=True)
        elif isinstance(error, (ColdchainError, ValueError)):
            self._say(str(error), failed=True)
        else:
            self._say(words.bug_text(error), failed=True)


def bookings_page(counter: Counter, document: Document, visit: PageVisit) -> BookingsPage:
    """Fill a document with the page of the bookings."""
    with speaking(known_language(visit.wanted) or language()):
        return BookingsPage(counter, document, visit)


def _line(*fields: Any, visible: bool = True) -> Any:
    """Return fields beside each other, below each other where there is no room."""
    return row(*fields, visible=visible, styles={"flex-wrap": "wrap"}, **WIDE)


def _fault_words(fault: Fault) -> str:
    """Return what is wrong with a field of the form, by the field's own name."""
    field = _(FIELDS.get(fault.column, fault.column))
    if not fault.value:
        return _("{field}: {message}").format(field=field, message=fault.message)
    return _("{field} {value}: {message}").format(field=field, value=fault.value, message=fault.message)
