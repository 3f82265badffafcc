"""EPCIS documents: read from files of anybody, written as ours are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import read_json
from coldchain.language import _
from coldchain.traceability.hashing import event_hash, namespaces_of
from coldchain.traceability.keys import key_of
from coldchain.traceability.xml import events_in, is_xml, names_in, parsed

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
OWN = "https://example.org/coldchain/trace/"
"""Where the words of our own in events belong: basis, crop, lot, village, landmark; nothing is fetched from there."""
VTYPE, NAME = "urn:epcglobal:epcis:vtype:", "urn:epcglobal:cbv:mda:name"
MOST_EVENTS = 500_000
Event = dict[str, Any]


@dataclass(frozen=True)
class Document:
    """Events of a file.

    Attributes
    ----------
    events : as they stand in the file; what is no object is kept, to be found faulty
    namespaces : prefix -> URL
    names : key of a place or product -> what it is called
    """

    events: tuple[Any, ...]
    namespaces: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def label(self, uri: str) -> str:
        """Return what a place or vehicle is called in messages: its name and the last part of its key."""
        key = key_of(uri)
        end = key.rstrip("/").rpartition("/")[2]
        name = self.names.get(key, "")
        return _("{name} ({id})").format(name=name, id=end) if name else end

    def own(self, tree: Mapping[str, Any], name: str) -> Any:
        """Return one of our own words in an object, by whatever prefix the document gives them; None without."""
        prefixes = [prefix for prefix, url in self.namespaces.items() if url == OWN]
        return next((tree[f"{prefix}:{name}"] for prefix in prefixes if f"{prefix}:{name}" in tree), None)


def read_document(path: Path) -> Document:
    """Read events of EPCIS: a document, an answer to a query, in JSON also a list of events or one event.

    JSON is that of version 2.0, XML of 1.0 to 2.0.

    Raises
    ------
    BadInputError
        When the file cannot be read, is cut, is neither, or holds no events of this kind.
    """
    if is_xml(path):
        xml = parsed(path)
        told = _("is XML, but no document of EPCIS: an EventList with events is needed")
        names = {key_of(uri): name for uri, name in names_in(xml).items()}
        return Document(_few(path, events_in(xml), told), xml.namespaces, names)
    tree = read_json(path)
    events, header = _few(path, _events_in(tree), _no_events(tree)), tree if isinstance(tree, dict) else {}
    return Document(events, namespaces_of(header.get("@context")), _names(header.get("epcisHeader")))


def _few(path: Path, found: Any, told: str) -> tuple[Any, ...]:
    """Return the events once there is a list of them, and not too long a one."""
    if not isinstance(found, list):
        raise BadInputError([Fault(path.name, None, "", "", told, "not-epcis")])
    if len(found) > MOST_EVENTS:
        told = _("holds {count:,} events; at most {most:,} are read at once, cut it by days")
        message = told.format(count=len(found), most=MOST_EVENTS)
        raise BadInputError([Fault(path.name, None, "", "", message, "too-large")])
    return tuple(found)


def _events_in(tree: Any) -> Any:
    if isinstance(tree, list):
        return tree
    if not isinstance(tree, dict):
        return None
    if isinstance(tree.get("eventTime"), str):
        return [tree]
    body = tree.get("epcisBody")
    if not isinstance(body, dict):
        return None
    results = body.get("queryResults")
    if isinstance(results, dict) and isinstance(results.get("resultsBody"), dict):
        return results["resultsBody"].get("eventList")
    return body.get("eventList", [body["event"]] if isinstance(body.get("event"), dict) else None)


def _no_events(tree: Any) -> str:
    if isinstance(tree, dict) and isinstance(tree.get("epcisBody"), dict):
        return _("epcisBody holds no eventList; this is no document of EPCIS 2.0 events")
    return _("is JSON, but no document of EPCIS 2.0: an object with epcisBody.eventList is needed")


def _names(header: Any) -> dict[str, str]:
    """Return the names that a header gives places and products; whatever has another form is left out."""
    names: dict[str, str] = {}
    for vocabulary in _listed(_within(header, "epcisMasterData"), "vocabularyList"):
        for element in _listed(vocabulary, "vocabularyElementList"):
            for attribute in _listed(element, "attributes"):
                text = attribute.get("attribute")
                if attribute.get("id") == NAME and isinstance(text, str) and isinstance(element.get("id"), str):
                    names[key_of(element["id"])] = text
    return names


def _within(tree: Any, key: str) -> Any:
    return tree.get(key) if isinstance(tree, dict) else None


def _listed(tree: Any, key: str) -> list[dict[str, Any]]:
    found = _within(tree, key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def written(events: Sequence[Event], created: str, names: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return the document of some events, each with its hash as ``eventID``.

    Parameters
    ----------
    created : time of making, ISO 8601
    names : kind of vocabulary (``BusinessLocation``, ``EPCClass``) -> key -> name
    """
    context = [CONTEXT, {"cc": OWN}]
    spaces = namespaces_of(context)
    lists = [
        {
            "type": VTYPE + kind,
            "vocabularyElementList": [
                {"id": key, "attributes": [{"id": NAME, "attribute": name}]} for key, name in known.items()
            ],
        }
        for kind, known in names.items()
        if known
    ]
    return {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": created,
        "epcisHeader": {"epcisMasterData": {"vocabularyList": lists}},
        "epcisBody": {"eventList": [hashed(event, spaces) for event in events]},
    }


def hashed(event: Event, namespaces: Mapping[str, str]) -> Event:
    """Return an event with its hash as ``eventID``."""
    return {**event, "eventID": event_hash(event, namespaces)}


def document_text(document: Mapping[str, Any]) -> str:
    """Return a document as its file holds it: one event a line, so that two files can be compared."""
    head = {key: value for key, value in document.items() if key != "epcisBody"}
    lines = ",\n".join(_compact(event) for event in document["epcisBody"]["eventList"])
    return f'{_compact(head)[:-1]},"epcisBody":{{"eventList":[\n{lines}\n]}}}}\n'


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def document_of(tree: Mapping[str, Any]) -> Document:
    """Return a document in memory as one that was read."""
    return Document(
        tuple(tree["epcisBody"]["eventList"]), namespaces_of(tree["@context"]), _names(tree.get("epcisHeader"))
    )


def joined(document: Document, others: Iterable[Document]) -> Document:
    """Return a document with the events of others behind its own."""
    events, spaces, names = list(document.events), dict(document.namespaces), dict(document.names)
    for other in others:
        events += other.events
        spaces = {**other.namespaces, **spaces}
        names = {**other.names, **names}
    return Document(tuple(events), spaces, names)
