"""The events of a lot: harvest, load, move, unload, pre-cool, store, load, move, deliver; exact to the gram."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from coldchain.model import Scenario
from coldchain.spoilage.kernels import air_at
from coldchain.spoilage.stages import hourly_air_c
from coldchain.traceability.document import OWN, Event, written
from coldchain.traceability.journey import Journey, TracedDay
from coldchain.traceability.keys import DOMAIN, Prefix
from coldchain.traceability.readings import NOTHING, Readings, Summary

PLANNED, MEASURED = "planned", "measured"
METHOD = f"{OWN}planned"
"""How planned temperatures are told from readings: by their method of processing."""
ODD = re.compile(r"[^A-Za-z0-9._-]")
STEP = timedelta(minutes=10)
HOUR_S = 3600.0
RAW, COOLED = 1, 2


@dataclass(frozen=True)
class Numbering:
    """The GS1 keys of a scenario: places in the order of its tables, two products (raw, pre-cooled) for each crop."""

    scenario: Scenario
    prefix: Prefix = field(default_factory=Prefix)
    places: dict[tuple[str, str], int] = field(init=False)
    crops: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        """Give every place and crop its number."""
        kinds = {
            "village": self.scenario.villages,
            "depot": self.scenario.sites,
            "hub": self.scenario.hubs,
        }
        keys = [(kind, one.id) for kind, places in kinds.items() for one in places]
        object.__setattr__(self, "places", {key: n for n, key in enumerate(keys, start=1)})
        object.__setattr__(self, "crops", {one.id: n for n, one in enumerate(self.scenario.commodities)})

    def place(self, kind: str, key: str) -> str:
        """Return the GLN of a village, depot or hub."""
        return self.prefix.place(self.places[kind, key])

    def product(self, commodity: str, stage: int, lot: str) -> str:
        """Return the GTIN and lot of a crop, raw or pre-cooled."""
        return self.prefix.product(2 * self.crops[commodity] + stage, lot)

    def asset(self, kind: str, name: str) -> str:
        """Return the GIAI of a vehicle or device: its name, or a digest of one that is too long for such a key."""
        most = 30 - len(self.prefix.digits) - len(kind) - 1
        plain = name.replace("/", ".").replace("#", ".")
        if ODD.search(plain) or len(plain) > most:
            plain = hashlib.sha256(name.encode("utf-8")).hexdigest()[:most]
        return self.prefix.asset(f"{kind}-{plain}")

    def names(self) -> dict[str, dict[str, str]]:
        """Return what places and products are called, by kind of vocabulary."""
        kinds = (("village", self.scenario.villages), ("depot", self.scenario.sites), ("hub", self.scenario.hubs))
        places = {self.place(kind, one.id): one.name or one.id for kind, items in kinds for one in items}
        return {"BusinessLocation": places, "EPCClass": self._products()}

    def _products(self) -> dict[str, str]:
        products = {}
        for crop in self.scenario.commodities:
            name = f"{crop.name} {crop.name_zh}".strip() or crop.id
            for stage in (RAW, COOLED):
                products[self.product(crop.id, stage, "").removesuffix("/10/")] = name
        return products


def document_of_day(day: TracedDay, numbering: Numbering, readings: Readings = NOTHING) -> dict[str, Any]:
    """Return the EPCIS document of a day: the events of every lot, in order of time."""
    events = [event for journey in day.journeys for event in events_of(journey, day, numbering, readings)]
    events.sort(key=lambda event: datetime.fromisoformat(event["eventTime"]))
    return written(events, day.made, numbering.names())


def events_of(journey: Journey, day: TracedDay, numbering: Numbering, readings: Readings = NOTHING) -> list[Event]:
    """Return the events of a lot."""
    maker = _Maker(journey, day, numbering, readings)
    return [*maker.to_depot(), *maker.at_depot(), *maker.to_hub()]


@dataclass(frozen=True)
class _Maker:
    """Makes the events of one lot."""

    journey: Journey
    day: TracedDay
    keys: Numbering
    readings: Readings

    def to_depot(self) -> Iterator[Event]:
        """Yield harvest, loading, the ride and unloading."""
        one = self.journey
        goods = [self._goods(RAW, one.grams)]
        village, depot = self.keys.place("village", one.village), self.keys.place("depot", one.depot)
        truck = self.keys.asset("V", one.truck.partition("/")[2])
        yield {
            **self._head("ObjectEvent", one.harvest, "ADD", "commissioning", "active"),
            "quantityList": goods,
            **self._at(village),
            "ilmd": self._origin(),
        }
        yield self._carried("ADD", "loading", one.load, truck, goods, {"readPoint": {"id": village}})
        planned = self._air if one.open_ride else None
        yield self._ride(one.load, one.unload, truck, goods, (one.truck, self._crate), planned)
        yield self._carried("DELETE", "unloading", one.unload, truck, goods, self._at(depot))

    def at_depot(self) -> Iterator[Event]:
        """Yield pre-cooling, by which the raw lot becomes the pre-cooled one, and storing."""
        one = self.journey
        depot = self._at(self.keys.place("depot", one.depot))
        places = (one.room, self._crate)
        yield {
            **self._head("TransformationEvent", one.cooled, "", "commissioning", "active"),
            "inputQuantityList": [self._goods(RAW, one.grams)],
            "outputQuantityList": [self._goods(COOLED, one.grams)],
            **depot,
            "ilmd": {**self._origin(), "cc:method": one.cooling.method},
            **self._sensors(places, one.unload, one.cooled, None),
        }
        yield {
            **self._head("ObjectEvent", one.sent, "OBSERVE", "storing", "in_progress"),
            "quantityList": [self._goods(COOLED, one.grams)],
            "cc:harvestedKg": self._goods(RAW, one.grams)["quantity"],
            **depot,
            **self._sensors(places, one.cooled, one.sent, self._kept),
        }

    def to_hub(self) -> Iterator[Event]:
        """Yield loading, the line haul, unloading, what is unsaleable and what is accepted."""
        one = self.journey
        if one.arrives is None:
            return
        goods = [self._goods(COOLED, one.grams)]
        hub = self._at(self.keys.place("hub", one.hub))
        name = f"{one.depot}-{one.lot}"
        truck = self.keys.asset("H", name)
        depot = {"readPoint": {"id": self.keys.place("depot", one.depot)}}
        yield self._carried("ADD", "loading", one.sent, truck, goods, depot)
        yield self._ride(one.sent, one.arrives, truck, goods, (self._crate,), self._kept)
        yield self._carried("DELETE", "unloading", one.arrives, truck, goods, hub)
        if one.lost_grams:
            lost = [self._goods(COOLED, one.lost_grams)]
            head = self._head("ObjectEvent", one.arrives, "DELETE", "destroying", "destroyed")
            yield {**head, "quantityList": lost, **hub}
        if one.grams > one.lost_grams:
            sold = [self._goods(COOLED, one.grams - one.lost_grams)]
            head = self._head("ObjectEvent", one.arrives, "OBSERVE", "accepting", "sellable_accessible")
            yield {**head, "quantityList": sold, **hub}

    def _head(self, kind: str, time: datetime, action: str, step: str, disposition: str) -> Event:
        moment = _text(time)
        head = {"type": kind, "eventTime": moment, "eventTimeZoneOffset": moment[-6:]}
        did = {"action": action} if action else {}
        return {**head, **did, "bizStep": step, "disposition": disposition, "cc:basis": PLANNED}

    def _goods(self, stage: int, grams: int) -> dict[str, Any]:
        whole, rest = divmod(grams, 1000)
        quantity = whole if rest == 0 else grams / 1000
        product = self.keys.product(self.journey.commodity, stage, self.journey.lot)
        return {"epcClass": product, "quantity": quantity, "uom": "KGM"}

    @property
    def _crate(self) -> str:
        """Place of sensors that lie in the lot itself."""
        return f"crate/{self.journey.key}"

    @staticmethod
    def _at(place: str) -> Event:
        return {"readPoint": {"id": place}, "bizLocation": {"id": place}}

    def _origin(self) -> dict[str, str]:
        one = self.journey
        origin = {"cc:lot": one.lot, "cc:order": one.order, "cc:crop": one.commodity, "cc:village": one.village}
        return origin if one.landmark is None else {**origin, "cc:landmark": one.landmark.id}

    def _carried(
        self, action: str, step: str, time: datetime, truck: str, goods: Sequence[Any], place: Mapping[str, Any]
    ) -> Event:
        disposition = "in_transit" if action == "ADD" else "in_progress"
        head = self._head("AggregationEvent", time, action, step, disposition)
        return {**head, "parentID": truck, "childQuantityList": list(goods), **place}

    def _ride(
        self, start: datetime, end: datetime, truck: str, goods: Sequence[Any], places: tuple[str, ...], plan: Any
    ) -> Event:
        head = self._head("AggregationEvent", end, "OBSERVE", "transporting", "in_transit")
        return {**head, "parentID": truck, "childQuantityList": list(goods), **self._sensors(places, start, end, plan)}

    def _sensors(self, places: tuple[str, ...], start: datetime, end: datetime, plan: Any) -> Event:
        """Return the reports of the sensors that were there; without any, what is planned, marked as such."""
        found = self.readings.between(places, start, end)
        elements = [self._measured(one) for one in found]
        if not elements and plan is not None and end > start:
            elements = plan(start, end)
        return {"sensorElementList": elements} if elements else {}

    def _measured(self, summary: Summary) -> dict[str, Any]:
        named = summary.device.startswith(("urn:", "http"))
        device = summary.device if named else self.keys.asset("D", summary.device)
        window = {"startTime": _text(summary.start), "endTime": _text(summary.end), "deviceID": device}
        reports = [_temperature(summary.temps_c)]
        if summary.humidity is not None:
            reports.append({"type": "RelativeHumidity", "meanValue": round(summary.humidity, 1), "uom": "P1"})
        return {"sensorMetadata": window, "sensorReport": reports, "cc:basis": MEASURED}

    def _air(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """Return the air of the season over an open ride."""
        hourly = hourly_air_c(self.day.scenario.periods[self.day.period])
        steps = max(1, round((end - start) / STEP))
        moments = [start + (end - start) * n / steps for n in range(steps + 1)]
        temps = [air_at(hourly, moment.hour + moment.minute / 60 + moment.second / HOUR_S) for moment in moments]
        return [_planned(start, end, (min(temps), math.fsum(temps) / len(temps), max(temps)))]

    def _kept(self, start: datetime, end: datetime) -> list[dict[str, Any]]:
        return [_planned(start, end, (self.journey.cooling.temp_c,) * 3)]


def _planned(start: datetime, end: datetime, temps_c: tuple[float, float, float]) -> dict[str, Any]:
    window = {"startTime": _text(start), "endTime": _text(end), "dataProcessingMethod": METHOD}
    return {"sensorMetadata": window, "sensorReport": [_temperature(temps_c)], "cc:basis": PLANNED}


def _temperature(temps_c: tuple[float, float, float]) -> dict[str, Any]:
    least, mean, most = (round(temp, 2) for temp in temps_c)
    return {"type": "Temperature", "minValue": least, "meanValue": mean, "maxValue": most, "uom": "CEL"}


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")


def lot_of(uri: str) -> str:
    """Return the number of a lot from its key, empty when it names none.

    Examples
    --------
    >>> lot_of("https://id.gs1.org/01/09521234000020/10/260715-A")
    '260715-A'
    """
    return uri.partition("/10/")[2] if uri.startswith(DOMAIN) else ""
