"""The desk: what is free on which day, what may be booked by whom, at what price, and what gives way to it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.arrays import ROUNDING
from coldchain.booking.offer import Offer
from coldchain.booking.platform import OPERATOR, Platform
from coldchain.booking.record import BOOKED, HERE, LORRY, ROOM, Booking, BookingWish, Thing
from coldchain.booking.store import BookingStore, Granted
from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.model.naming import crops_of, of_ids, of_places
from coldchain.runs import Run

MOST_DAYS = 366
FREE = ["day", "depot", "kind", "what", "limit", "planned", "booked", "free", "intake_free", "price_cny_day"]


@dataclass(frozen=True)
class BookingDesk:
    """A run, the bookings beside it, and the day on which somebody asks."""

    offer: Offer
    platform: Platform
    store: BookingStore
    today: date

    @classmethod
    def open(cls, run: Run, store: BookingStore, today: date) -> BookingDesk:
        """Open the desk of a run."""
        offer = Offer(run)
        return cls(offer, Platform.of(offer.scenario), store, today)

    def free(self, first: date, days: int, member: str = OPERATOR) -> pd.DataFrame:
        """Return what may be had by day, depot and thing: t or lorries; prices are those of the member's class.

        ``intake_free`` are the tonnes that may come in on that day; room has both limits, lorries none of it.
        """
        held = self.held()
        rows = []
        for thing in self.offer.things():
            price = self.platform.unit_cny_day(thing, self.platform.standing(member, thing))
            for n in range(days):
                day = first + timedelta(n)
                free, (left, intake) = self.offer.free(thing, day), self._left(thing, day, held)
                beside = (free.limit, free.planned, _taken(held, thing, day), left)
                enters = intake if thing.kind == ROOM else math.nan
                rows.append((day.isoformat(), thing.depot, thing.kind, thing.what, *beside, enters, price))
        return pd.DataFrame(rows, columns=FREE)

    def book(self, wishes: Sequence[BookingWish]) -> tuple[list[Booking], list[Booking]]:
        """Book all of these, or none; return the bookings, and those that give way to them.

        Raises
        ------
        BadInputError
            With what keeps each wish from being had.
        """
        return self.store.take(wishes, self._grant)

    def cancel(self, no: int, member: str = OPERATOR) -> Booking:
        """Cancel a booking of one's own; the platform's staff may cancel any.

        Raises
        ------
        BadInputError
            When there is none of that number, it is another's, or it is too late.
        """

        def check(found: Booking | None) -> None:
            def refuse(message: str, code: str) -> None:
                raise BadInputError([Fault(HERE, None, "no", str(no), message, code)])

            if found is None or (member not in (OPERATOR, found.member) and self.platform.sight(member) != "all"):
                refuse(_("there is no booking of yours with this number"), "unknown-booking")
            elif member not in (OPERATOR, found.member):
                refuse(_("is a booking of {member}; only they may cancel it").format(member=found.member), "stranger")
            elif found.state != BOOKED:
                refuse(_("is not booked any more"), "not-booked")
            elif member != OPERATOR and (found.day - self.today).days < self.platform.rules.cancel_days:
                told = _("begins on {first}; bookings may be cancelled until {days:g} days before")
                refuse(told.format(first=found.first, days=self.platform.rules.cancel_days), "too-late")

        return self.store.cancel(no, check)

    def seen(self, member: str = OPERATOR) -> pd.DataFrame:
        """Return the bookings a member sees: its own in full, of others what the rules let it see."""
        rows = pd.DataFrame([one.as_dict() for one in self.store.all()], columns=list(_COLUMNS))
        if self.platform.sight(member) != "all":
            rows = rows[(rows["member"] == member) | (rows["state"] == BOOKED)]
        groups = dict.fromkeys(("first", "kind", "depot", "what", "state"), "group")
        return self.platform.seen(rows, member, by="member", totals={**groups, "amount": "sum"})

    @property
    def planned_lots(self) -> pd.DataFrame:
        """The lots of the plan, as ``tables/lots.csv`` holds them."""
        return self.offer.lots

    def lots(self, lots: pd.DataFrame, member: str = OPERATOR) -> pd.DataFrame:
        """Return the lots, or the measured lanes, that a member sees; of others at most tonnes by crop and depot."""
        known = [name for name in ("commodity", "period", "date", "depot", "zone") if name in lots]
        sums = {name: "sum" for name in ("tonnes", "kg", "loss_t", "loss_cny") if name in lots}
        return self.platform.seen(lots, member, by="village", totals={**dict.fromkeys(known, "group"), **sums})

    def held(self) -> list[Booking]:
        """Return the bookings that stand."""
        return [one for one in self.store.all() if one.state == BOOKED]

    def _left(self, thing: Thing, day: date, held: Iterable[Booking]) -> tuple[float, float]:
        """Return what is free of a thing, and what may still come in, beside these bookings."""
        held, free = list(held), self.offer.free(thing, day)
        left = free.left - _taken(held, thing, day)
        if thing.kind == LORRY:
            others = sum(b.amount for b in held if b.kind == LORRY and b.what == thing.what and b.covers(day))
            left = min(left, self.offer.free_of_type(thing.what, day) - others)
        intake = free.intake - sum(b.amount for b in held if b.thing == thing and b.day == day)
        return max(left, 0.0), max(intake, 0.0)

    def _grant(self, wish: BookingWish, known: Sequence[Booking]) -> Granted:
        """Decide a wish: the booking, and the numbers of those that give way."""
        wish = self._read(wish)
        held = [one for one in known if one.state == BOOKED]
        things = self._things(wish)
        self._refuse_doubled(wish, things, held)
        best: Fault | None = None
        for thing in things:
            standing = self.platform.standing(wish.member, thing)
            self._refuse_late(wish, standing)
            giving, lack = self._room(wish, thing, standing, held)
            if lack is None:
                fen = self.platform.fen(thing, standing, wish.amount * wish.days)
                made = Booking(0, wish.member, standing, thing.kind, thing.depot, thing.what, wish.first.isoformat(),
                               wish.days, wish.amount, wish.village, wish.commodity, fen, BOOKED, 0,
                               self.today.isoformat())  # fmt: skip
                return made, giving
            best = best or lack
        raise BadInputError([best or wish.fault("depot", wish.depot, _("has nothing to book"), "nothing-free")])

    def _read(self, wish: BookingWish) -> BookingWish:
        """Put ids where a wish names things; all its faults at once."""
        scenario, faults = self.offer.scenario, []
        sites = of_places(site for site in scenario.sites if site.id in self.offer.depots)
        vehicles = of_ids([kind.id for kind in scenario.vehicles])
        kinds = (("depot", "depot", sites), ("village", "village", of_places(scenario.villages)),
                 ("commodity", "commodity", crops_of(scenario)), ("vehicle", "vehicle", vehicles))  # fmt: skip
        read: dict[str, Any] = {}
        for column, kind, names in kinds:
            text = getattr(wish, column)
            match = names.find(text) if text or column == "depot" else None
            if match is not None and not match.found:
                faults.append(wish.fault(column, text, match.message(kind), f"unknown-{kind}", match.guess))
            elif match is not None:
                read[column] = match.id
        try:
            read["member"] = self.platform.known(
                wish.member, lambda told, guess: wish.fault("member", wish.member, told, "unknown-member", guess)
            )
        except BadInputError as error:
            faults += error.faults
        faults += _amount_faults(wish)
        owner = self.platform.of_village.get(read.get("village", ""), "")
        if "village" in read and "member" in read and owner != read["member"]:
            told = _("is no village of {member}: members book room for lots of their own")
            faults.append(wish.fault("village", wish.village, told.format(member=read["member"]), "stranger"))
        if faults:
            raise BadInputError(faults)
        return replace(wish, **read)

    def _things(self, wish: BookingWish) -> list[Thing]:
        if wish.kind == LORRY:
            thing = Thing(LORRY, wish.depot, wish.vehicle)
            if thing not in self.offer.things():
                told = _("has no lorry of the type {vehicle} of its own").format(vehicle=wish.vehicle)
                raise BadInputError([wish.fault("depot", wish.depot, told, "no-lorry")])
            return [thing]
        crop = next(one for one in self.offer.scenario.commodities if one.id == wish.commodity)
        found = self.offer.rooms_for(wish.depot, crop)
        if not found:
            where = [depot for depot in self.offer.depots if self.offer.rooms_for(depot, crop)]
            told = _("has no room that suits {commodity}; depots that have: {depots}")
            text = told.format(commodity=wish.commodity, depots=_(", ").join(where) or _("none"))
            raise BadInputError([wish.fault("depot", wish.depot, text, "no-zone")])
        return found

    def _refuse_doubled(self, wish: BookingWish, things: Sequence[Thing], held: Iterable[Booking]) -> None:
        """Refuse what the same member has booked already: a lot on any of these days, lorries from the same day on."""
        last = wish.first + timedelta(wish.days - 1)
        for one in held:
            same = one.member == wish.member and one.thing in things
            lot = (one.village, one.commodity) == (wish.village, wish.commodity)
            if same and lot and (one.days_within(wish.first, last) if wish.kind == ROOM else one.day == wish.first):
                told = _("is booked already as number {no}, {first} to {last}; cancel that one to change it")
                text = told.format(no=one.no, first=one.first, last=one.last)
                raise BadInputError([wish.fault("day", wish.first, text, "booked-twice")])

    def _refuse_late(self, wish: BookingWish, standing: str) -> None:
        """Refuse days that are past or too far ahead, and classes that may not book."""
        platform, ahead = self.platform, (wish.first - self.today).days
        if platform.rank(standing) >= len(platform.rules.priority):
            told = _("may not book here: the settings let {names} book")
            text = told.format(names=_(", ").join(map(_, platform.rules.priority)))
            raise BadInputError([wish.fault("member", wish.member, text, "no-standing")])
        if ahead < 0:
            text = _("is past; today is {today}").format(today=self.today)
            raise BadInputError([wish.fault("day", wish.first, text, "past")])
        if ahead > platform.ahead_days(standing):
            told = _("is {ahead} days ahead; this member may book at most {most:g} days ahead")
            text = told.format(ahead=ahead, most=platform.ahead_days(standing))
            raise BadInputError([wish.fault("day", wish.first, text, "too-early")])

    def _room(
        self, wish: BookingWish, thing: Thing, standing: str, held: list[Booking]
    ) -> tuple[tuple[int, ...], Fault | None]:
        """Return who gives way so that a wish fits, or what is lacking though all give way who must."""
        rank = self.platform.rank(standing)
        giving: list[int] = []
        weaker = [one for one in held if self._gives_way(one, thing, wish, rank)]
        for one in (None, *sorted(weaker, key=lambda b: (-self.platform.rank(b.standing), -b.no))):
            if one is not None:
                giving.append(one.no)
            left = [b for b in held if b.no not in giving]
            lack = self._lack(wish, thing, left)
            if lack is None:
                return tuple(giving), None
        return (), self._lack(wish, thing, held)

    def _gives_way(self, one: Booking, thing: Thing, wish: BookingWish, rank: int) -> bool:
        """Whether a booking must give way: of the same thing and days, of a class that goes after, not yet firm."""
        last = wish.first + timedelta(wish.days - 1)
        same = one.thing == thing or (thing.kind == LORRY and one.kind == LORRY and one.what == thing.what)
        soon = (one.day - self.today).days < self.platform.rules.firm_days
        return same and not soon and one.days_within(wish.first, last) > 0 and self.platform.rank(one.standing) > rank

    def _lack(self, wish: BookingWish, thing: Thing, held: Iterable[Booking]) -> Fault | None:
        """Return the first day on which a wish does not fit."""
        for n in range(wish.days):
            day = wish.first + timedelta(n)
            left, intake = self._left(thing, day, held)
            column, value = ("count", wish.count) if thing.kind == LORRY else ("t", f"{wish.t:g}")
            if wish.amount > left + ROUNDING:
                told = (
                    _("is more than is free: {left:g} on {day} at {depot}")
                    if thing.kind == LORRY
                    else _("is more than the room that is free: {left:.1f} t on {day} at {depot}")
                )
                return wish.fault(column, value, told.format(left=left, day=day, depot=wish.depot), "no-room")
            if n == 0 and thing.kind == ROOM and wish.amount > intake + ROUNDING:
                told = _("is more than {depot} can still cool on {day}: {left:.1f} t")
                return wish.fault(column, value, told.format(left=intake, day=day, depot=wish.depot), "no-room")
        return None


_COLUMNS = (
    "no", "member", "standing", "kind", "depot", "what", "first", "last", "days", "amount", "village", "commodity",
    "price_cny", "state", "way_to", "made",
)  # fmt: skip


def _taken(held: Iterable[Booking], thing: Thing, day: date) -> float:
    return sum(one.amount for one in held if one.thing == thing and one.covers(day))


def _amount_faults(wish: BookingWish) -> list[Fault]:
    """Find what no booking can be of: no amount, no crop, too many days."""
    faults = []
    if not 1 <= wish.days <= MOST_DAYS:
        told = _("must be from 1 to {most}").format(most=MOST_DAYS)
        faults.append(wish.fault("days", wish.days, told, "out-of-range"))
    if wish.kind == LORRY:
        if wish.count < 1:
            faults.append(wish.fault("count", wish.count, _("must be at least 1"), "out-of-range"))
        if wish.t or wish.commodity or wish.village:
            told = _("a booking is of room or of lorries; leave out the vehicle, or the lot")
            faults.append(wish.fault("vehicle", wish.vehicle, told, "both"))
        return faults
    if not (math.isfinite(wish.t) and wish.t > 0):
        faults.append(wish.fault("t", wish.t, _("must be more than 0"), "out-of-range"))
    if not wish.commodity:
        faults.append(wish.fault("commodity", "", _("must be given: the crop decides the room"), "missing"))
    return faults


def store_of(run: Path) -> Path:
    """Return where the bookings of a run are kept: beside its folder, so that a plan made anew loses none."""
    return run.parent / f"{run.name.removesuffix('.zip')}.bookings.sqlite"
