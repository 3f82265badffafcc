"""What is wrong with one event by itself: its form, words, units, keys, times and hash."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from coldchain.language import N_, _
from coldchain.traceability import words
from coldchain.traceability.hashing import HEAD, TAIL, event_hash
from coldchain.traceability.keys import wrong_key

CODES = {
    "form": N_("not the form of an EPCIS 2.0 event"),
    "word": N_("word not in the vocabulary"),
    "time": N_("invalid time"),
    "empty": N_("no goods named"),
    "unit": N_("wrong unit"),
    "key": N_("wrong check digit or length of a GS1 key"),
    "hash": N_("content does not match the hash"),
    "order": N_("out of order in time"),
    "mass": N_("kilograms do not balance"),
    "custody": N_("wrong place or carrier"),
    "sensor": N_("sensor readings outside the time in custody"),
    "claim": N_("claim not covered by the register of landmark products"),
    "schema": N_("does not fit the schema"),
}
TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent", "AssociationEvent")
FIELDS = frozenset(
    {
        "@context", "type", "eventID", "eventTime", "recordTime", "eventTimeZoneOffset", "certificationInfo",
        "errorDeclaration", "parentID", "epcList", "childEPCs", "inputEPCList", "outputEPCList", "quantityList",
        "childQuantityList", "inputQuantityList", "outputQuantityList", "action", "transformationID", "bizStep",
        "disposition", "persistentDisposition", "readPoint", "bizLocation", "bizTransactionList", "sourceList",
        "destinationList", "sensorElementList", "ilmd", "comment",
    }
)  # fmt: skip
EPCS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
AMOUNTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")
GOODS = {
    "ObjectEvent": ("epcList", "quantityList"),
    "AggregationEvent": ("childEPCs", "childQuantityList"),
    "AssociationEvent": ("childEPCs", "childQuantityList"),
    "TransactionEvent": ("epcList", "quantityList", "parentID"),
    "TransformationEvent": (*EPCS[2:], *AMOUNTS[2:]),
}
OFFSET = re.compile(r"[+-](?:0\d|1[0-3]):[0-5]\d|[+-]14:00")
SECONDS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
TIMES = ("eventTime", "recordTime")
WINDOW = ("time", "startTime", "endTime")
RANGE = ("minValue", "meanValue", "maxValue")


@dataclass(frozen=True, order=True)
class EventFault:
    """Something wrong with an event.

    Attributes
    ----------
    event : number of the event in its file, from 1
    code : one of :data:`CODES`
    """

    event: int
    code: str
    message: str


def moment_of(text: Any) -> datetime | None:
    """Return a time with its offset from UTC; None for what is none.

    Examples
    --------
    >>> moment_of("2026-13-40T99:00:00Z") is None, moment_of("2026-07-01T06:30:00") is None
    (True, True)
    """
    if not isinstance(text, str) or not SECONDS.fullmatch(text):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def form_of(number: int, event: Any, namespaces: Mapping[str, str]) -> Iterator[EventFault]:
    """Yield what is wrong with an event by itself."""
    if not isinstance(event, dict):
        yield EventFault(number, "form", _("must be an object with type, eventTime and eventTimeZoneOffset"))
        return
    if event.get("type") not in TYPES:
        told = _('type must be one of {types}; got "{value}"')
        yield EventFault(number, "form", told.format(types=_(", ").join(TYPES), value=_shown(event.get("type"))))
        return
    for check in (_fields, _times, _words, _goods, _amounts, _keys, _sensors):
        yield from (EventFault(number, code, message) for code, message in check(event))
    stated = event.get("eventID")
    if isinstance(stated, str) and stated.startswith(HEAD) and stated.endswith(TAIL):
        right = event_hash(event, namespaces)
        if right != stated:
            told = _("the content gives the hash {right}…, eventID states {stated}…: something was changed")
            yield EventFault(number, "hash", told.format(right=right[14:26], stated=stated[14:26]))


def _shown(value: Any) -> str:
    """Return a value short enough for a message."""
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


Found = Iterator[tuple[str, str]]


def _fields(event: Mapping[str, Any]) -> Found:
    for name in event:
        if name not in FIELDS and ":" not in name:
            yield "form", _("{name} is no field of EPCIS 2.0; extensions need a prefix").format(name=_shown(name))
    for name in (*EPCS, *AMOUNTS, "sensorElementList", "sourceList", "destinationList", "bizTransactionList"):
        if name in event and not isinstance(event[name], list):
            yield "form", _("{name} must be a list").format(name=name)
    for name in ("readPoint", "bizLocation"):
        place = event.get(name)
        if name in event and not (isinstance(place, dict) and isinstance(place.get("id"), str) and place["id"]):
            yield "form", _("{name} must be an object with the id of a place").format(name=name)
    for name in ("parentID", "eventID", "transformationID"):
        if name in event and not (isinstance(event[name], str) and ":" in event[name]):
            yield "form", _('{name} must be a URI; got "{value}"').format(name=name, value=_shown(event[name]))
    for name in EPCS:
        for epc in listed(event, name):
            if not (isinstance(epc, str) and ":" in epc):
                yield "form", _('{name} must hold URIs; got "{value}"').format(name=name, value=_shown(epc))


def listed(event: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list of an event; nothing where it holds no list."""
    found = event.get(name)
    return found if isinstance(found, list) else []


def _times(event: Mapping[str, Any]) -> Found:
    for name in TIMES:
        if (name in event or name == "eventTime") and moment_of(event.get(name)) is None:
            told = _('{name} must be a time with seconds and offset, as 2026-07-01T06:30:00+08:00; got "{value}"')
            yield "time", told.format(name=name, value=_shown(event.get(name, "")))
    offset = event.get("eventTimeZoneOffset")
    if not isinstance(offset, str) or not OFFSET.fullmatch(offset):
        told = _('eventTimeZoneOffset must be as +08:00; got "{value}"')
        yield "time", told.format(value=_shown(offset if offset is not None else ""))


def _words(event: Mapping[str, Any]) -> Found:
    needs = event["type"] != "TransformationEvent"
    if needs and str(event.get("action")) not in words.ACTIONS:
        told = _('action must be ADD, OBSERVE or DELETE; got "{value}"')
        yield "word", told.format(value=_shown(event.get("action", "")))
    if not needs and "action" in event:
        yield "form", _("an event of transformation has no action")
    for name, vocabulary in (("bizStep", "BizStep"), ("disposition", "Disp")):
        if name in event:
            yield from _word(name, vocabulary, event[name])
    lasting = event.get("persistentDisposition")
    for name in ("set", "unset"):
        for text in listed(lasting, name) if isinstance(lasting, dict) else []:
            yield from _word(f"persistentDisposition.{name}", "Disp", text)
    for name, vocabulary in (("bizTransactionList", "BTT"), ("sourceList", "SDT"), ("destinationList", "SDT")):
        for one in listed(event, name):
            if isinstance(one, dict) and "type" in one:
                yield from _word(f"{name}.type", vocabulary, one["type"])


def _word(name: str, vocabulary: str, text: Any) -> Found:
    """Refuse a word that is neither of the vocabulary nor a URI of somebody else's."""
    if isinstance(text, str) and (words.bare(vocabulary, text) or _of_others(text)):
        return
    told = _('{name} "{value}" is not a word of the Core Business Vocabulary')
    yield "word", told.format(name=name, value=_shown(text))


def _of_others(text: str) -> bool:
    """Tell whether a text is a word of somebody's own, written as a URI."""
    own = (words.CBV, words.OLD, words.VOC, "cbv:", "gs1:")
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S", text) is not None and not text.startswith(own)


def _goods(event: Mapping[str, Any]) -> Found:
    for name in (*EPCS, *AMOUNTS):
        if name in event and event[name] == []:
            yield "empty", _("{name} is empty: give the goods, or leave the field out").format(name=name)
    wanted = GOODS[event["type"]]
    if event["type"] == "TransformationEvent":
        for side in ("input", "output"):
            names = [name for name in wanted if name.startswith(side)]
            if "transformationID" not in event and not any(name in event for name in names):
                yield "empty", _("{names}: one of them must be given").format(names=_(", ").join(names))
    elif not any(name in event for name in wanted) and not _sensor_only(event):
        yield "empty", _("{names}: one of them must be given").format(names=_(", ").join(wanted))
    if event["type"] in ("AggregationEvent", "AssociationEvent") and not event.get("parentID"):
        yield "empty", _("parentID must name what the goods are put in or taken from")


def _sensor_only(event: Mapping[str, Any]) -> bool:
    """Tell whether an event reports on a place, not on goods."""
    step = words.bare("BizStep", str(event.get("bizStep", "sensor_reporting")))
    return step == "sensor_reporting" and bool(listed(event, "sensorElementList")) and "readPoint" in event


def _amounts(event: Mapping[str, Any]) -> Found:
    for name in AMOUNTS:
        for amount in listed(event, name):
            if not isinstance(amount, dict) or not isinstance(amount.get("epcClass"), str):
                yield "form", _("{name} must hold objects with epcClass").format(name=name)
                continue
            quantity, unit = amount.get("quantity"), amount.get("uom")
            if "quantity" in amount and not is_amount(quantity):
                told = _('{name}: quantity must be a number above 0; got "{value}"')
                yield "form", told.format(name=name, value=_shown(quantity))
            if unit is not None and not (isinstance(unit, str) and (unit in words.KG or unit in words.OTHER_AMOUNTS)):
                told = _('{name}: uom "{value}" is not a code for goods (Rec 20), such as KGM')
                yield "unit", told.format(name=name, value=_shown(unit))
            if unit is not None and "quantity" not in amount:
                yield "form", _("{name}: uom {value} has no quantity").format(name=name, value=_shown(unit))


def is_amount(value: Any) -> bool:
    """Tell whether a value is a quantity of goods."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value) and value > 0


def _keys(event: Mapping[str, Any]) -> Found:
    for where, uri in uris_of(event):
        if wrong := wrong_key(uri):
            told = _("{name}: the check digit or length of {number} is wrong")
            yield "key", told.format(name=where, number=_shown(wrong))


def uris_of(event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield field and text of every URI that names goods, places, parties and devices."""
    found: list[tuple[str, Any]] = [("parentID", event.get("parentID"))]
    for name in ("readPoint", "bizLocation"):
        place = event.get(name)
        found.append((name, place.get("id") if isinstance(place, dict) else None))
    found += [(name, epc) for name in EPCS for epc in listed(event, name)]
    for name in AMOUNTS:
        found += [(name, one.get("epcClass")) for one in listed(event, name) if isinstance(one, dict)]
    for name, part in (("sourceList", "source"), ("destinationList", "destination")):
        found += [(name, one.get(part)) for one in listed(event, name) if isinstance(one, dict)]
    found += [("sensorElementList", meta.get("deviceID")) for meta, _reports in sensors_of(event)]
    yield from ((name, uri) for name, uri in found if isinstance(uri, str))


def sensors_of(event: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Yield metadata and reports of each sensor element."""
    for element in listed(event, "sensorElementList"):
        if isinstance(element, dict):
            meta = element.get("sensorMetadata")
            reports = [one for one in listed(element, "sensorReport") if isinstance(one, dict)]
            yield (meta if isinstance(meta, dict) else {}), reports


def _sensors(event: Mapping[str, Any]) -> Found:
    for meta, reports in sensors_of(event):
        for name in WINDOW:
            if name in meta and moment_of(meta[name]) is None:
                told = _('sensorMetadata.{name} must be a time with seconds and offset; got "{value}"')
                yield "time", told.format(name=name, value=_shown(meta[name]))
        start, end = moment_of(meta.get("startTime")), moment_of(meta.get("endTime"))
        if start is not None and end is not None and end < start:
            yield "sensor", _("a report of sensors ends before it begins")
        if not reports:
            yield "empty", _("a sensor element has no sensorReport")
        for report in reports:
            yield from _report(report)


def _report(report: Mapping[str, Any]) -> Found:
    kind = report.get("type")
    if "exception" in report:
        yield from _word("sensorReport.exception", "voc", report["exception"])
    if "component" in report:
        yield from _word("sensorReport.component", "Comp", report["component"])
    if kind is None:
        return
    measured = words.bare("voc", kind) if isinstance(kind, str) else ""
    if not measured and not (isinstance(kind, str) and _of_others(kind)):
        yield "word", _('"{value}" is no kind of measurement of GS1').format(value=_shown(kind))
        return
    unit = report.get("uom")
    fitting = words.UNITS_OF.get(measured)
    if fitting is not None and unit is not None and str(unit) not in fitting:
        told = _('{kind} cannot be in "{unit}"; its units are {units}')
        listed_units = _(", ").join(sorted(fitting))
        yield "unit", told.format(kind=measured, unit=_shown(unit), units=listed_units)
        return
    yield from _values(measured, str(unit), report)


def _values(measured: str, unit: str, report: Mapping[str, Any]) -> Found:
    told = _('sensorReport.{name} must be a number; got "{value}"')
    numbers: dict[str, float] = {}
    for name in ("value", *RANGE, "sDev", "percRank", "percValue"):
        if name in report:
            value = report[name]
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
                yield "form", told.format(name=name, value=_shown(value))
            else:
                numbers[name] = float(value)
    values = [numbers[name] for name in RANGE if name in numbers]
    if values != sorted(values):
        yield "sensor", _("the least, mean and greatest value of {kind} are not in order").format(kind=measured)
    if measured == "Temperature" and unit in words.TEMPERATURES_C:
        factor, constant = words.TEMPERATURES_C[unit]
        least, most = words.POSSIBLE_C
        for name in ("value", *RANGE):
            if name in numbers and not least <= numbers[name] * factor + constant <= most:
                text = _("{value:g} {unit} is no temperature of goods")
                yield "sensor", text.format(value=numbers[name], unit=unit)
