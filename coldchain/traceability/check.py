"""The check of a document beyond the schema: every event by itself, the accounts of the lots, the claims they carry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError, Fault, MissingExtraError
from coldchain.inputs import read_json, reading
from coldchain.language import _
from coldchain.model import Landmark
from coldchain.traceability import words
from coldchain.traceability.custody import accounts_of
from coldchain.traceability.document import CONTEXT, Document
from coldchain.traceability.form import EventFault, form_of, is_amount, listed, moment_of

KG_PER_T = 1000
WIDE = 160  # characters of what a validator says


def check(document: Document, register: Sequence[Landmark] | None = None) -> tuple[EventFault, ...]:
    """Return everything that is wrong with a document, by event.

    Parameters
    ----------
    register : landmark products against which claims are checked; None to leave them
    """
    findings = [one for n, event in enumerate(document.events, 1) for one in form_of(n, event, document.namespaces)]
    findings += _twice(document)
    findings += accounts_of(document).findings
    if register is not None:
        findings += _claims(document, {one.id: one for one in register})
    return tuple(sorted(dict.fromkeys(findings)))


def _twice(document: Document) -> Iterator[EventFault]:
    """Yield the events that have the eventID of an earlier one."""
    first: dict[str, int] = {}
    for number, event in enumerate(document.events, start=1):
        key = event.get("eventID") if isinstance(event, dict) else None
        if isinstance(key, str) and first.setdefault(key, number) != number:
            told = _("has the same eventID as event {first}")
            yield EventFault(number, "hash", told.format(first=first[key]))


def _claims(document: Document, register: Mapping[str, Landmark]) -> Iterator[EventFault]:
    """Yield the harvests that carry the name of a landmark product without a right to it."""
    claimed_kg: dict[str, Fraction] = defaultdict(Fraction)
    for number, event in enumerate(document.events, start=1):
        ilmd = event.get("ilmd") if isinstance(event, dict) else None
        if not isinstance(ilmd, dict) or event.get("action") != "ADD":
            continue
        stated = {name: str(document.own(ilmd, name) or "") for name in ("landmark", "village", "crop")}
        if not stated["landmark"]:
            continue
        one = register.get(stated["landmark"])
        if one is None:
            told = _('there is no landmark product "{landmark}" in the register')
            yield EventFault(number, "claim", told.format(landmark=stated["landmark"]))
            continue
        if told := _uncovered(one, stated, event):
            yield EventFault(number, "claim", told)
        before = claimed_kg[one.id]
        claimed_kg[one.id] += _kg_in(event)
        if one.most_t is not None and before <= Fraction(str(one.most_t)) * KG_PER_T < claimed_kg[one.id]:
            told = _("with this lot {name} is claimed for more than its {most:g} t a year")
            yield EventFault(number, "claim", told.format(name=one.name or one.id, most=one.most_t))


def _uncovered(one: Landmark, stated: Mapping[str, str], event: Mapping[str, Any]) -> str:
    """Say what of a claim the register does not cover; empty when it covers all."""
    name, time = one.name or one.id, moment_of(event.get("eventTime"))
    if stated["village"] not in one.villages:
        told = _("village {village} is not among those that may use {name}")
        return told.format(village=stated["village"] or "-", name=name)
    if stated["crop"] not in one.commodities:
        return _("{name} does not cover {crop}").format(name=name, crop=stated["crop"] or "-")
    if one.months and (time is None or time.month not in one.months):
        told = _("{name} covers harvests of months {months}, not of month {month}")
        months = _(", ").join(map(str, one.months))
        return told.format(name=name, months=months, month=time.month if time else "-")
    return ""


def _kg_in(event: Mapping[str, Any]) -> Fraction:
    amounts = [one for one in listed(event, "quantityList") if isinstance(one, dict) and is_amount(one.get("quantity"))]
    weighed = [one for one in amounts if str(one.get("uom")) in words.KG]
    return sum((Fraction(str(one["quantity"])) * words.KG[one["uom"]] for one in weighed), Fraction(0))


def check_schema(document: Document, path: Path) -> tuple[EventFault, ...]:
    """Return what breaks a JSON schema that the user has, such as that of GS1 for EPCIS 2.0.

    Raises
    ------
    BadInputError
        When the file is no schema.
    MissingExtraError
        When jsonschema is not installed.
    """
    try:
        import jsonschema
        import referencing
    except ImportError:
        message = _("--schema needs jsonschema: pip install 'coldchain[trace]'")
        raise MissingExtraError(message) from None
    schema = read_json(path)
    kind = jsonschema.validators.validator_for(schema, jsonschema.Draft7Validator)
    with reading(path.name, lambda _error: _("is no JSON schema"), "no-schema"):
        kind.check_schema(schema)
    validator = kind(schema, registry=referencing.Registry())
    faults = []
    for number, event in enumerate(document.events, start=1):
        try:
            error = jsonschema.exceptions.best_match(validator.iter_errors(_alone(event, document)))
        except (referencing.exceptions.Unresolvable, RecursionError) as problem:
            told = _("refers to another file ({reference}); give the schema in one file")
            fault = Fault(path.name, None, "", "", told.format(reference=str(problem)[:WIDE]), "no-schema")
            raise BadInputError([fault]) from problem
        if error is not None:
            where = "/".join(map(str, list(error.absolute_path)[3:])) or _("the event")
            faults.append(EventFault(number, "schema", f"{where}: {error.message[:WIDE]}"))
    return tuple(faults)


def _alone(event: Any, document: Document) -> dict[str, Any]:
    """Return a document of one event, so that what breaks the schema is known by its number."""
    return {
        "@context": [CONTEXT, dict(document.namespaces)],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-01-01T00:00:00Z",
        "epcisBody": {"eventList": [event]},
    }


def printed(document: Document, findings: Iterable[EventFault]) -> dict[str, Any]:
    """Return the object that ``--json`` prints."""
    faults = [{"event": one.event, "code": one.code, "message": one.message} for one in findings]
    return {"events": len(document.events), "faults": faults}
