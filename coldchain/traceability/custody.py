"""Where each lot is and how many kilograms there are, event by event: order in time, custody and the balance of mass.

Every lot that a document brings forth (an ``ADD`` of an object event, an output of a transformation) has an account: so
much at a place, so much in a vehicle. Goods that were there before the document begins are taken as they first appear.
Amounts are exact fractions of a kilogram, or of another unit where one is stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any

from coldchain.language import _
from coldchain.traceability import words
from coldchain.traceability.document import Document
from coldchain.traceability.form import EventFault, is_amount, listed, moment_of, sensors_of
from coldchain.traceability.keys import key_of

ROAD = "the road"
"""Holder of goods that were sent off and have not been seen since."""
LEAVES = frozenset({"shipping", "departing", "transporting", "consigning"})
SETTLED = Fraction(0)


@dataclass(frozen=True)
class GoodsAmount:
    """Goods in an event: their key, and how much of which unit; None where only the key is given."""

    key: str
    much: Fraction | None = None
    unit: str = ""


@dataclass(frozen=True)
class Act:
    """An event as the accounts see it.

    Attributes
    ----------
    place, after : where it happens and where the goods are then; empty where it does not say
    lost_kg : what a transformation states as lost
    harvested_kg : control total: what was harvested of the goods, in this document
    """

    number: int
    time: datetime
    kind: str
    action: str
    step: str
    place: str
    after: str
    parent: str
    goods: tuple[GoodsAmount, ...]
    outputs: tuple[GoodsAmount, ...]
    windows: tuple[tuple[datetime, datetime], ...]
    lost_kg: Fraction | None = None
    harvested_kg: Fraction | None = None


def acts_of(document: Document) -> list[Act]:
    """Return the events that can be accounted for, in order of time; of equal times as they stand in the file."""
    acts = [act for number, event in enumerate(document.events, start=1) if (act := _act(number, event, document))]
    return sorted(acts, key=lambda act: (act.time, act.number))


def _act(number: int, event: Any, document: Document) -> Act | None:
    time = moment_of(event.get("eventTime")) if isinstance(event, dict) else None
    if time is None or not isinstance(event.get("type"), str):
        return None
    kind = event["type"]
    head = {"TransformationEvent": "input", "AggregationEvent": "child", "AssociationEvent": "child"}.get(kind, "")
    goods = _amounts(event, f"{head}QuantityList" if head else "quantityList")
    goods += _epcs(event, {"input": "inputEPCList", "child": "childEPCs"}.get(head, "epcList"))
    outputs = [*_amounts(event, "outputQuantityList"), *_epcs(event, "outputEPCList")]
    place, after = _place(event, "readPoint"), _place(event, "bizLocation")
    step = event.get("bizStep")
    parent = event.get("parentID")
    return Act(
        number=number,
        time=time,
        kind=kind,
        action=str(event.get("action", "")),
        step=words.bare("BizStep", step) if isinstance(step, str) else "",
        place=place or after,
        after=after or place,
        parent=key_of(parent) if isinstance(parent, str) else "",
        goods=tuple(goods),
        outputs=tuple(outputs),
        windows=tuple(_windows(event)),
        lost_kg=_stated_kg(event, "lostKg", document),
        harvested_kg=_stated_kg(event, "harvestedKg", document),
    )


def _stated_kg(event: Mapping[str, Any], name: str, document: Document) -> Fraction | None:
    """Return the kilograms that an event states in one of our own words."""
    stated = document.own(event, name)
    return Fraction(str(stated)) if is_amount(stated) else None


def _place(event: Mapping[str, Any], name: str) -> str:
    """Return the key of a place, of a part of it the whole."""
    place = event.get(name)
    uri = place.get("id") if isinstance(place, dict) else None
    return key_of(uri).partition("/254/")[0] if isinstance(uri, str) else ""


def _amounts(event: Mapping[str, Any], name: str) -> list[GoodsAmount]:
    found = []
    for one in listed(event, name):
        if not isinstance(one, dict) or not isinstance(one.get("epcClass"), str):
            continue
        key, unit, much = key_of(one["epcClass"]), str(one.get("uom", "")), None
        if is_amount(one.get("quantity")):
            much = Fraction(str(one["quantity"])) * words.KG.get(unit, Fraction(1))
        found.append(GoodsAmount(key, much, "kg" if unit in words.KG else unit))
    return found


def _epcs(event: Mapping[str, Any], name: str) -> list[GoodsAmount]:
    return [GoodsAmount(key_of(epc)) for epc in listed(event, name) if isinstance(epc, str)]


def _windows(event: Mapping[str, Any]) -> Iterator[tuple[datetime, datetime]]:
    for meta, reports in sensors_of(event):
        times = [meta.get("startTime"), meta.get("endTime"), meta.get("time"), *(one.get("time") for one in reports)]
        moments = [moment for moment in map(moment_of, times) if moment is not None]
        if moments:
            yield min(moments), max(moments)


@dataclass
class Accounts:
    """What is where.

    Attributes
    ----------
    held : goods -> holder (place, vehicle) -> amount; None where no amount is known
    since : goods, holder -> time from which they are there
    born : goods that the document brings forth -> number of that event
    harvested : goods -> kilograms that were brought forth for them at first, before any transformation
    """

    document: Document
    born: dict[str, int] = field(default_factory=dict)
    held: dict[str, dict[str, Fraction | None]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    since: dict[tuple[str, str], datetime] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    harvested: dict[str, Fraction] = field(default_factory=dict)
    findings: list[EventFault] = field(default_factory=list)

    def say(self, act: Act, code: str, message: str) -> None:
        """Note something wrong."""
        self.findings.append(EventFault(act.number, code, message))

    def lot(self, key: str) -> str:
        """Return how messages call goods."""
        return key.rpartition("/")[2]

    def run(self, acts: Iterable[Act]) -> None:
        """Book every event."""
        for act in acts:
            if act.kind == "TransformationEvent":
                self._transform(act)
            elif act.kind in ("AggregationEvent", "AssociationEvent"):
                self._aggregate(act)
            elif act.kind == "ObjectEvent":
                self._object(act)

    def _object(self, act: Act) -> None:
        for amount in act.goods:
            if act.action == "ADD":
                self._bring(act, amount, act.after)
                if amount.much is not None and amount.unit == "kg":
                    self.harvested[amount.key] = self.harvested.get(amount.key, SETTLED) + amount.much
            elif self._known(act, amount, act.place):
                self._sensors(act, amount, self._seat(amount, act.place))
                if act.action == "DELETE":
                    self._take(act, amount, act.place)
                else:
                    self._observe(act, amount)

    def _observe(self, act: Act, amount: GoodsAmount) -> None:
        holders = self.held[amount.key]
        if ROAD in holders and act.place and act.place not in holders:
            self._move(act, amount, ROAD, act.place)
        if self._there(act, amount, act.place):
            self._compare(act, amount, self._seat(amount, act.place))
            self._control(act, amount)
            here = self._seat(amount, act.place)
            if act.step in LEAVES and act.step != "transporting":
                self._move(act, amount, here, ROAD)
            elif act.after and act.after != here:
                self._move(act, amount, here, act.after)

    def _aggregate(self, act: Act) -> None:
        for amount in act.goods:
            here = act.place if act.action == "ADD" else act.parent
            if not self._known(act, amount, here):
                continue
            if ROAD in self.held[amount.key] and act.action == "ADD" and here not in self.held[amount.key]:
                self._move(act, amount, ROAD, here)
            if not self._there(act, amount, here):
                continue
            seat = self._seat(amount, here)
            self._sensors(act, amount, seat)
            if act.action == "OBSERVE":
                self._compare(act, amount, seat)
            else:
                taken = self._take(act, amount, seat)
                self._put(
                    act, GoodsAmount(amount.key, taken, amount.unit), act.parent if act.action == "ADD" else act.after
                )

    def _transform(self, act: Act) -> None:
        for amount in act.goods:
            if self._known(act, amount, act.place) and self._there(act, amount, act.place):
                seat = self._seat(amount, act.place)
                self._sensors(act, amount, seat)
                self._take(act, amount, seat)
        roots = [self.harvested[one.key] for one in act.goods if one.key in self.harvested]
        for amount in act.outputs:
            self._bring(act, amount, act.after)
            if len(act.outputs) == 1 and len(roots) == len(act.goods):
                self.harvested[amount.key] = sum(roots, SETTLED)
        self._balance(act)

    def _balance(self, act: Act) -> None:
        """Compare what goes into a transformation with what comes out of it, where both are weighed."""
        sides = [[one.much for one in side if one.unit == "kg"] for side in (act.goods, act.outputs)]
        if not all(sides) or any(one.unit != "kg" for one in (*act.goods, *act.outputs)):
            return
        went, came = (sum((much for much in side if much is not None), SETTLED) for side in sides)
        if went != came + (act.lost_kg or SETTLED):
            told = _("{went} kg go in and {came} kg come out: the difference is not accounted for")
            self.say(act, "mass", told.format(went=_kg(went), came=_kg(came)))

    def _bring(self, act: Act, amount: GoodsAmount, place: str) -> None:
        if amount.much is not None:
            self.units.setdefault(amount.key, amount.unit)
        self.ended.discard(amount.key)
        self._put(act, amount, place)

    def _known(self, act: Act, amount: GoodsAmount, here: str) -> bool:
        """Tell whether goods have an account; of goods from before the document open one."""
        if self.held.get(amount.key):
            return self._same_unit(act, amount)
        if amount.key in self.ended:
            told = _("lot {lot} is used after all of it was consumed or destroyed")
            self.say(act, "order", told.format(lot=self.lot(amount.key)))
            return False
        if amount.key in self.born:
            told = _("lot {lot} is used at {time}, before event {event} creates it")
            time = act.time.isoformat()
            self.say(act, "order", told.format(lot=self.lot(amount.key), time=time, event=self.born[amount.key]))
            return False
        if amount.much is not None:
            self.units[amount.key] = amount.unit
        self._put(act, amount, here)
        return True

    def _same_unit(self, act: Act, amount: GoodsAmount) -> bool:
        unit = self.units.get(amount.key, amount.unit)
        if amount.much is None or unit == amount.unit:
            return True
        told = _('lot {lot} is measured in "{unit}", before in "{before}"')
        self.say(act, "unit", told.format(lot=self.lot(amount.key), unit=amount.unit, before=unit))
        return False

    def _there(self, act: Act, amount: GoodsAmount, here: str) -> bool:
        """Tell whether goods are where an event says; where it says nothing, whether they are in one place."""
        holders = self.held[amount.key]
        if here in holders or (not here and len(holders) == 1):
            return True
        told = _("lot {lot} is at {held}, not at {here}")
        held = _(", ").join(self._name(one) for one in holders)
        self.say(act, "custody", told.format(lot=self.lot(amount.key), held=held, here=self._name(here)))
        return False

    def _name(self, holder: str) -> str:
        if not holder:
            return _("a place that is not named")
        return _("the road") if holder == ROAD else self.document.label(holder)

    def _seat(self, amount: GoodsAmount, here: str) -> str:
        holders = self.held[amount.key]
        return here if here in holders or not holders else next(iter(holders))

    def _compare(self, act: Act, amount: GoodsAmount, seat: str) -> None:
        there = self.held[amount.key].get(seat)
        if amount.much is not None and there is not None and there != amount.much:
            told = _("lot {lot}: {stated} {unit} are stated where {there} {unit} are held")
            self._amiss(act, told, amount, there)

    def _control(self, act: Act, amount: GoodsAmount) -> None:
        """Compare a control total with what the lot was made of."""
        there = self.harvested.get(amount.key)
        if act.harvested_kg is not None and there is not None and there != act.harvested_kg:
            told = _("lot {lot}: {stated} kg are stated as harvested, {there} kg were")
            text = told.format(lot=self.lot(amount.key), stated=_kg(act.harvested_kg), there=_kg(there))
            self.say(act, "mass", text)

    def _amiss(self, act: Act, told: str, amount: GoodsAmount, there: Fraction) -> None:
        stated = _kg(amount.much or SETTLED)
        text = told.format(lot=self.lot(amount.key), stated=stated, there=_kg(there), unit=amount.unit)
        self.say(act, "mass", text)

    def _take(self, act: Act, amount: GoodsAmount, here: str) -> Fraction | None:
        """Take goods from where they are; return how much was taken."""
        if not self._there(act, amount, here):
            return None
        holders, seat = self.held[amount.key], self._seat(amount, here)
        there = holders.pop(seat)
        much = there if amount.much is None else amount.much
        if there is not None and much is not None and much > there:
            self._amiss(act, _("lot {lot}: {stated} {unit} are taken where {there} {unit} are held"), amount, there)
            much = there
        left = None if there is None or much is None else there - much
        if left:
            holders[seat] = left
        if not holders:
            self.ended.add(amount.key)
        return much

    def _put(self, act: Act, amount: GoodsAmount, holder: str) -> None:
        holders = self.held.setdefault(amount.key, {})
        before = holders.get(holder)
        holders[holder] = amount.much if before is None or amount.much is None else before + amount.much
        self.since.setdefault((amount.key, holder), act.time)
        self.since[amount.key, holder] = act.time if before is None else self.since[amount.key, holder]
        self.ended.discard(amount.key)

    def _move(self, act: Act, amount: GoodsAmount, one: str, other: str) -> None:
        much = self.held[amount.key].pop(one, None)
        self._put(act, GoodsAmount(amount.key, much, amount.unit), other)

    def _sensors(self, act: Act, amount: GoodsAmount, seat: str) -> None:
        """Compare the time of readings with that since which goods are where they are, and that of the event."""
        since = self.since.get((amount.key, seat))
        for start, end in act.windows:
            if end > act.time:
                told = _("readings until {end} are reported at {time} already")
                self.say(act, "sensor", told.format(end=end.isoformat(), time=act.time.isoformat()))
            elif since is not None and amount.key in self.born and start < since:
                told = _("readings from {start} on, but lot {lot} is at {here} only since {since}")
                text = told.format(
                    start=start.isoformat(), lot=self.lot(amount.key), here=self._name(seat), since=since.isoformat()
                )
                self.say(act, "sensor", text)


def _kg(much: Fraction) -> str:
    """Write an amount exactly, as far as a person reads it."""
    return f"{float(much):.12g}"


def accounts_of(document: Document) -> Accounts:
    """Book a document."""
    acts = acts_of(document)
    accounts = Accounts(document, _born(acts))
    accounts.run(acts)
    return accounts


def _born(acts: Iterable[Act]) -> dict[str, int]:
    born: dict[str, int] = {}
    for act in acts:
        brought = act.outputs if act.kind == "TransformationEvent" else act.goods
        if act.kind == "TransformationEvent" or (act.kind == "ObjectEvent" and act.action == "ADD"):
            for amount in brought:
                born.setdefault(amount.key, act.number)
    return born
