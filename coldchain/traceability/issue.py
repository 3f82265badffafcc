"""Issue a day: its events to a file, checked before they are written, and a page for each lot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError, Fault
from coldchain.language import _
from coldchain.runs.folder import write_in_place
from coldchain.telemetry.dayplan import read_day
from coldchain.traceability.check import check
from coldchain.traceability.document import Document, document_of, document_text, joined, read_document
from coldchain.traceability.events import Numbering, document_of_day
from coldchain.traceability.form import EventFault
from coldchain.traceability.journey import GRAMS, TracedDay, traced_day
from coldchain.traceability.keys import DEMONSTRATION, Prefix
from coldchain.traceability.readings import NOTHING, read_readings

SCHEMA = "coldchain.trace/1"


@dataclass(frozen=True)
class EventsRequest:
    """What is asked for.

    Attributes
    ----------
    day : ISO date of the harvest; empty for that of the routes
    offset_h : of local time from UTC
    readings, sensors : messages of the day's sensors, and the table of their places
    others : EPCIS files whose events follow ours
    pages, url : where the pages are written, and where they will lie on the web
    moved : where the scenario lies now
    """

    run: Path
    file: Path
    day: str = ""
    prefix: str = DEMONSTRATION
    offset_h: float = 8.0
    readings: Path | None = None
    sensors: Path | None = None
    others: tuple[Path, ...] = ()
    pages: Path | None = None
    url: str = ""
    moved: Path | None = None


@dataclass(frozen=True)
class Issued:
    """What was written.

    Attributes
    ----------
    grams : harvested, sold, lost, not delivered
    findings : of the check, that of others' events included
    """

    file: Path
    lots: int
    events: int
    grams: Mapping[str, int]
    claims: int
    notes: tuple[str, ...]
    findings: tuple[EventFault, ...]
    pages: Path | None

    def printed(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {
            "schema": SCHEMA,
            "file": str(self.file),
            "lots": self.lots,
            "events": self.events,
            "claims": self.claims,
            **{f"kg_{name}": grams / GRAMS for name, grams in self.grams.items()},
            "notes": list(self.notes),
            "faults": [{"event": one.event, "code": one.code, "message": one.message} for one in self.findings],
            "pages": None if self.pages is None else str(self.pages),
        }


def issue_day(wish: EventsRequest) -> Issued:
    """Write the events of a day's lots, and pages where they are asked for.

    Raises
    ------
    BadInputError
        With the faults of the run, the readings, or the files of others; nothing is written then.
    """
    others = [_sound(path) for path in wish.others]
    prefix = Prefix(wish.prefix)
    plan = read_day(wish.run, wish.moved)
    readings = NOTHING
    if wish.readings is not None:
        readings = read_readings(wish.readings, plan, wish.offset_h, wish.sensors)
    day = traced_day(wish.run, plan, wish.day or readings.date, wish.offset_h)
    tree = document_of_day(day, Numbering(day.scenario, prefix), readings)
    whole = joined(document_of(tree), others)
    tree["@context"] = [tree["@context"][0], dict(whole.namespaces)]
    tree["epcisBody"]["eventList"] = list(whole.events)
    findings = check(whole, day.scenario.landmarks)
    text = document_text(tree)
    write_in_place(wish.file, lambda path: path.write_text(text, encoding="utf-8"))
    if wish.pages is not None:
        from coldchain.traceability.page import write_pages

        write_pages(day, whole, Numbering(day.scenario, prefix), wish.pages, wish.url)
    notes = list(day.notes)
    if wish.prefix == DEMONSTRATION:
        notes.append(_("keys are made from a GS1 prefix for demonstration; give your own with --prefix"))
    claims = sum(one.landmark is not None for one in day.journeys)
    grams = _grams(day)
    return Issued(wish.file, len(day.journeys), len(whole.events), grams, claims, tuple(notes), findings, wish.pages)


def _grams(day: TracedDay) -> dict[str, int]:
    """Return the balance of the day in grams: what was harvested is sold, lost or not delivered."""
    delivered = [one for one in day.journeys if one.arrives is not None]
    return {
        "in": sum(one.grams for one in day.journeys),
        "out": sum(one.grams - one.lost_grams for one in delivered),
        "lost": sum(one.lost_grams for one in delivered),
        "left": sum(one.grams for one in day.journeys if one.arrives is None),
    }


def _sound(path: Path) -> Document:
    """Read a file of others whose events are right by themselves; what came before them may not be in it."""
    document = read_document(path)
    wrong = [one for one in check(document) if one.code not in ("order", "custody", "mass")]
    if wrong:
        told = _("event {event}: {message}")
        raise BadInputError(
            Fault(path.name, None, "", "", told.format(event=one.event, message=one.message), f"epcis-{one.code}")
            for one in wrong
        )
    return document
