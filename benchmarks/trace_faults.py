"""Seeded faults of nine kinds in EPCIS documents: each must be found, by its kind and at its lot.

``python -m benchmarks.trace_faults [COUNT]`` writes a day of forty lots, damages copies of it COUNT times (1,000 by
default) and prints how many were found of each kind. Apart from faults of the hash itself every damaged event is
given the right hash again, so that only the check of its content can find it.
"""

from __future__ import annotations

import copy
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from coldchain.dispatch.dispatch import DispatchRequest, dispatch
from coldchain.dispatch.folder import write_day
from coldchain.scenario import upland, write_scenario
from coldchain.telemetry.dayplan import read_day
from coldchain.traceability.check import check
from coldchain.traceability.custody import acts_of
from coldchain.traceability.document import Document, document_of, hashed
from coldchain.traceability.events import Numbering, document_of_day
from coldchain.traceability.form import AMOUNTS
from coldchain.traceability.journey import traced_day

Event = dict[str, Any]
Damage = Callable[[Event, random.Random, "Day"], bool]
LOTS_A_CASE = 3
COUNT = 1000
FOUND_AS = {
    "word": {"word"},
    "time": {"time"},
    "unit": {"unit"},
    "key": {"key"},
    "empty": {"empty"},
    "hash": {"hash"},
    "order": {"order", "custody", "sensor"},
    "mass": {"mass"},
    "custody": {"custody", "sensor"},
}
"""Kind of fault -> the codes under which it may be found."""
BY_LOT = {"order", "mass", "custody"}
"""Kinds that show at some event of the lot; the others show at the damaged event itself."""


@dataclass(frozen=True)
class Day:
    """A sound day: its events by lot, and its places and vehicles."""

    document: Document
    lots: dict[str, list[int]]
    places: list[str]
    vehicles: list[str]


def sound_day(folder: Path, villages: int = 40) -> Day:
    """Route a county of which all sites stand, and return its traced day."""
    draft = upland(villages, 5)
    draft.tables["sites"]["status"] = "existing"
    draft.tables["sites"]["existing"] = "cold_forced_air_500:4;cool_forced_air_500:4;mild_forced_air_500:4"
    write_scenario(draft, folder / "county")
    made = dispatch(DispatchRequest(folder / "county", day="summer", iterations=200))
    write_day(made, folder / "day", {"source": str(folder / "county")})
    day = traced_day(folder / "day", read_day(folder / "day"), "2026-07-15", 8.0)
    document = document_of(document_of_day(day, Numbering(day.scenario)))
    return day_of(document)


def day_of(document: Document) -> Day:
    """Sort the events of a document by lot."""
    lots: dict[str, list[int]] = {}
    for act in sorted(acts_of(document), key=lambda act: act.number):
        for lot in sorted({one.key.partition("/10/")[2] for one in (*act.goods, *act.outputs)}):
            lots.setdefault(lot, []).append(act.number - 1)
    places = sorted({event["readPoint"]["id"] for event in document.events if "readPoint" in event})
    vehicles = sorted({event["parentID"] for event in document.events if "parentID" in event})
    return Day(document, lots, places, vehicles)


def part_of(day: Day, chosen: list[str]) -> Day:
    """Return the day of some lots alone."""
    numbers = sorted(number for lot in chosen for number in day.lots[lot])
    events = tuple(copy.deepcopy(day.document.events[number]) for number in numbers)
    part = day_of(Document(events, day.document.namespaces, day.document.names))
    return Day(part.document, part.lots, day.places, day.vehicles)


def _word(event: Event, rng: random.Random, _day: Day) -> bool:
    name = rng.choice(["action", "bizStep", "disposition"])
    if name not in event:
        return False
    event[name] = rng.choice(["harvested", "loaded", "MOVE", "urn:epcglobal:cbv:bizstep:chilling", "", 7])
    return True


def _time(event: Event, rng: random.Random, _day: Day) -> bool:
    name = rng.choice(["eventTime", "eventTimeZoneOffset", "startTime"])
    if name == "eventTimeZoneOffset":
        event[name] = rng.choice(["+8", "Z", "+25:00", "08:00", None])
        return True
    text = rng.choice(["2026-13-40T99:00:00+08:00", "2026-07-15 08:00", "2026-02-30T08:00:00Z", "2026-07-15T08:00:00"])
    if name == "eventTime":
        event[name] = text
        return True
    for element in event.get("sensorElementList", []):
        element["sensorMetadata"][name] = text
    return "sensorElementList" in event


def _unit(event: Event, rng: random.Random, _day: Day) -> bool:
    if "sensorElementList" in event and rng.random() < 0.5:
        report = rng.choice(event["sensorElementList"])["sensorReport"][0]
        report["uom"] = rng.choice(["GRAD", "KGM", "P1", "C", "°C"])
        return True
    _some_amount(event, rng)["uom"] = rng.choice(["KG", "kg", "CEL", "TON", "斤"])
    return True


def _some_amount(event: Event, rng: random.Random) -> Event:
    amount: Event = rng.choice(event[rng.choice([name for name in AMOUNTS if name in event])])
    return amount


def _key(event: Event, rng: random.Random, _day: Day) -> bool:
    amount = _some_amount(event, rng)
    places = [event[name] for name in ("readPoint", "bizLocation") if name in event]
    holder, name = rng.choice([(amount, "epcClass"), *((place, "id") for place in places)])
    head, slash, tail = str(holder[name]).partition("/10/")
    holder[name] = head[:-1] + str((int(head[-1]) + rng.randint(1, 9)) % 10) + slash + tail
    return True


def _empty(event: Event, rng: random.Random, _day: Day) -> bool:
    name = rng.choice([name for name in (*AMOUNTS, "parentID") if name in event])
    if name.endswith("List") and rng.random() < 0.5:
        event[name] = []
    elif event["type"] == "TransformationEvent":
        return False
    else:
        del event[name]
    return True


def _hash(event: Event, rng: random.Random, day: Day) -> bool:
    """Change the content and leave the hash, or the hash and leave the content."""
    kind = rng.choice(["kg", "place", "crop", "time", "hash"])
    if kind == "kg":
        _some_amount(event, rng)["quantity"] += 0.001
    elif kind == "place" and "readPoint" in event:
        event["readPoint"]["id"] = rng.choice([one for one in day.places if one != event["readPoint"]["id"]])
    elif kind == "crop" and "ilmd" in event:
        event["ilmd"]["cc:crop"] += "x"
    elif kind == "time":
        event["eventTime"] = _later(event["eventTime"], rng.choice([-1, 1, 60]))
    else:
        at = rng.randint(14, 77)
        stated = event["eventID"]
        event["eventID"] = stated[:at] + ("0" if stated[at] != "0" else "1") + stated[at + 1 :]
    return True


def _later(text: str, seconds: float) -> str:
    return (datetime.fromisoformat(text) + timedelta(seconds=seconds)).isoformat()


def _mass(event: Event, rng: random.Random, _day: Day) -> bool:
    amount = _some_amount(event, rng)
    change = rng.choice([0.001, 0.5, 7, 1000]) * rng.choice([1, -1])
    if amount["quantity"] + change <= 0:
        return False
    amount["quantity"] = round(amount["quantity"] + change, 3)
    return True


def _custody(event: Event, rng: random.Random, day: Day) -> bool:
    kind = rng.choice(["place", "vehicle", "window"])
    if kind == "place" and "readPoint" in event:
        other = rng.choice([one for one in day.places if one != event["readPoint"]["id"]])
        for name in {"readPoint", "bizLocation"} & event.keys():
            event[name] = {"id": other}
    elif kind == "vehicle" and "parentID" in event:
        event["parentID"] = rng.choice([one for one in day.vehicles if one != event["parentID"]])
    elif kind == "window" and "sensorElementList" in event:
        meta = event["sensorElementList"][0]["sensorMetadata"]
        name, seconds = rng.choice([("startTime", -86_400), ("endTime", 86_400)])
        meta[name] = _later(meta[name], seconds)
    else:
        return False
    return True


DAMAGES: dict[str, Damage] = {
    "word": _word, "time": _time, "unit": _unit, "key": _key, "empty": _empty, "hash": _hash, "mass": _mass,
    "custody": _custody,
}  # fmt: skip


def damaged(day: Day, kind: str, rng: random.Random) -> tuple[Document, set[int]]:
    """Return a document of a few lots with one fault, and the numbers of the events at which it may show."""
    part = part_of(day, rng.sample(sorted(day.lots), LOTS_A_CASE))
    events = list(part.document.events)
    while True:
        lot = rng.choice(sorted(part.lots))
        at = rng.choice(part.lots[lot])
        touched = [at]
        if kind == "order":
            other = _exchanged(events, part.lots[lot], at)
            if other is None:
                continue
            touched.append(other)
        elif not DAMAGES[kind](events[at], rng, day):
            continue
        break
    if kind != "hash":
        for number in touched:
            events[number] = hashed(events[number], part.document.namespaces)
    where = {number + 1 for number in part.lots[lot]} if kind in BY_LOT else {at + 1}
    return Document(tuple(events), part.document.namespaces, part.document.names), where


def _exchanged(events: list[Event], own: list[int], at: int) -> int | None:
    """Exchange the times of an event and the next of its lot that has another time; return the number of that."""
    later = [n for n in own if events[n]["eventTime"] > events[at]["eventTime"]]
    if not later:
        return None
    other = later[0]
    times = events[at]["eventTime"], events[other]["eventTime"]
    events[at]["eventTime"], events[other]["eventTime"] = times[1], times[0]
    return other


def is_found(document: Document, kind: str, where: set[int]) -> bool:
    """Tell whether a check finds the fault, as what it is and where it is."""
    return any(one.code in FOUND_AS[kind] and one.event in where for one in check(document))


def main(count: int = COUNT) -> int:
    """Seed faults, print how many were found; return how many were not."""
    with tempfile.TemporaryDirectory() as folder:
        day = sound_day(Path(folder))
    assert check(day.document) == (), "the sound day is not sound"
    found, seeded = Counter[str](), Counter[str]()
    kinds = list(FOUND_AS)
    for seed in range(count):
        kind = kinds[seed % len(kinds)]
        document, where = damaged(day, kind, random.Random(seed))  # noqa: S311 - seeds, no secrets
        seeded[kind] += 1
        if is_found(document, kind, where):
            found[kind] += 1
        else:
            print(f"seed {seed}: a fault of kind {kind} is not found")
    for kind in kinds:
        print(f"{kind:10} {found[kind]:4} of {seeded[kind]:4}")
    print(f"found {found.total()} of {seeded.total()}, in {len(day.lots)} lots, {len(day.document.events)} events")
    return seeded.total() - found.total()


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:2])) else 0)
