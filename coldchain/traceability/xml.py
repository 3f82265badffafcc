"""EPCIS in XML, versions 1.0 to 2.0, put into the form that its events have in JSON.

What the versions wrap in ``extension`` is unwrapped; elements of other namespaces keep their prefix. A document type is
refused, so nothing can be expanded or fetched.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

from coldchain.errors import BadInputError, Fault
from coldchain.inputs import MOST_NESTING, read_bytes
from coldchain.language import _
from coldchain.traceability.form import AMOUNTS, EPCS

WRAPPERS = frozenset({"extension", "baseExtension"})
EPCIS = "urn:epcglobal:epcis"  # how the namespaces of EPCIS and of its queries begin
PARTNERS = {"bizTransactionList": "bizTransaction", "sourceList": "source", "destinationList": "destination"}
LISTS = frozenset({*EPCS, *AMOUNTS, *PARTNERS})
NUMBER = re.compile(r"[+-]?\d{1,30}(\.\d{0,30})?([eE][+-]?\d{1,3})?")
WORDS = frozenset(
    {
        "type", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time", "startTime", "endTime",
        "bizRules", "microorganism", "chemicalSubstance", "component", "stringValue", "hexBinaryValue",
        "uriValue", "uom", "coordinateReferenceSystem", "exception",
    }
)  # fmt: skip
"""Attributes of sensors that are text, whatever they look like."""


@dataclass
class Element:
    """An element: its name without namespace, with a prefix where it is of another namespace than that of EPCIS."""

    name: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text in it."""
        return "".join(self.pieces).strip()

    def inside(self) -> Iterator[Element]:
        """Yield what is in it, without wrappers."""
        for child in self.children:
            if child.name in WRAPPERS:
                yield from child.inside()
            else:
                yield child

    def find(self, name: str) -> Element | None:
        """Return the first element of a name, at any depth."""
        for child in self.children:
            found = child if child.name == name else child.find(name)
            if found is not None:
                return found
        return None


@dataclass
class Parsed:
    """A file: its root, and the URL of each prefix."""

    root: Element
    namespaces: dict[str, str]


def is_xml(path: Path) -> bool:
    """Tell whether a file is XML rather than JSON, by how it begins; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError:
        return False
    return head.lstrip(b"\xef\xbb\xbf\xfe\xff\x00 \t\r\n").startswith(b"<")


def parsed(path: Path) -> Parsed:
    """Read a file of XML.

    Raises
    ------
    BadInputError
        When it cannot be read, is no sound XML, nests too deeply, or declares a document type.
    """
    content, reader = read_bytes(path), _ElementBuilder()
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # of its encoding, too
        line = reader.parser.CurrentLineNumber
        why = expat.errors.messages.get(getattr(error, "code", 0), str(error))
        text = _("is no sound XML, or cut: line {line}, {error}").format(line=line, error=why)
        raise BadInputError([Fault(path.name, line, "", "", text, "not-xml")]) from error
    except _RefusedError as error:
        raise BadInputError(
            [Fault(path.name, reader.parser.CurrentLineNumber, "", "", str(error), "not-xml")]
        ) from None
    return Parsed(reader.top.children[0], reader.namespaces)


def events_in(found: Parsed) -> list[dict[str, Any]] | None:
    """Return the events of a document in the form of JSON; None where it has no list of events."""
    events = found.root.find("EventList")
    return None if events is None else [_event(one) for one in events.inside()]


def names_in(found: Parsed) -> dict[str, str]:
    """Return the names that the header gives places and products, by what they are named of."""
    names = {}
    master = found.root.find("EPCISMasterData")
    for vocabulary in [] if master is None else _every(master, "VocabularyElement"):
        for one in vocabulary.inside():
            if one.name == "attribute" and re.search(r"[:#]name$", one.attributes.get("id", "")):
                names[vocabulary.attributes.get("id", "")] = one.text
    return names


def _every(element: Element, name: str) -> Iterator[Element]:
    for child in element.children:
        if child.name == name:
            yield child
        yield from _every(child, name)


class _RefusedError(Exception):
    """Why a file is not read."""


class _ElementBuilder:
    """Builds elements."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartNamespaceDeclHandler = self._namespace
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._characters
        self.top = Element("", {})
        self.stack, self.namespaces, self.prefixes = [self.top], dict[str, str](), dict[str, str]()

    def _doctype(self, *_given: Any) -> None:
        raise _RefusedError(_("declares a document type; EPCIS needs none, and what it may expand to is not read"))

    def _namespace(self, prefix: str | None, url: str | None) -> None:
        if url and not url.startswith(EPCIS):
            name = self.prefixes.setdefault(url, prefix or f"ns{len(self.prefixes)}")
            self.namespaces[name] = url

    def _named(self, name: str) -> str:
        url, _space, local = name.rpartition(" ")
        return f"{self.prefixes[url]}:{local}" if url in self.prefixes else local

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > MOST_NESTING:
            raise _RefusedError(_("nests more than {most} levels deep").format(most=MOST_NESTING))
        made = Element(self._named(name), {self._named(key): value for key, value in attributes.items()})
        self.stack[-1].children.append(made)
        self.stack.append(made)

    def _end(self, _name: str) -> None:
        self.stack.pop()

    def _characters(self, text: str) -> None:
        self.stack[-1].pieces.append(text)


def _event(element: Element) -> dict[str, Any]:
    made: dict[str, Any] = {"type": element.name}
    for child in element.inside():
        if child.children or child.name not in LISTS:  # an empty list only keeps the order that the schema asks for
            made[child.name] = _value(child)
    return made


def _value(one: Element) -> Any:
    """Return what a field of an event holds, in the form of JSON."""
    inside = list(one.inside())
    if one.name in EPCS:
        return [child.text for child in inside]
    if one.name in AMOUNTS:
        return [{part.name: _number(part.text) if part.name == "quantity" else part.text for part in child.inside()}
                for child in inside]  # fmt: skip
    if one.name in PARTNERS:
        return [{**child.attributes, PARTNERS[one.name]: child.text} for child in inside]
    if one.name == "persistentDisposition":
        return {name: [child.text for child in inside if child.name == name] for name in ("set", "unset")}
    if one.name == "sensorElementList":
        return [_sensor(child) for child in inside]
    return _plain(one)


def _sensor(element: Element) -> dict[str, Any]:
    made: dict[str, Any] = {one.name: _plain(one) for one in element.inside() if ":" in one.name}
    made["sensorReport"] = [_attributes(one) for one in element.inside() if one.name == "sensorReport"]
    for one in element.inside():
        if one.name == "sensorMetadata":
            made[one.name] = _attributes(one)
    return made


def _attributes(element: Element) -> dict[str, Any]:
    return {name: text if name in WORDS else _number(text) for name, text in element.attributes.items()}


def _plain(element: Element) -> Any:
    """Return the text of an element, or an object of what is in it; equal names make a list."""
    inside = list(element.inside())
    if not inside:
        number = _number(element.text)
        return number if ":" in element.name and str(number) == element.text else element.text
    made: dict[str, Any] = {}
    for child in inside:
        value = _plain(child)
        known = made.get(child.name)
        made[child.name] = (
            value if child.name not in made else [*(known if isinstance(known, list) else [known]), value]
        )
    return made


def _number(text: str) -> float | int | str:
    """Return a number; the text itself where it is none."""
    if not NUMBER.fullmatch(text):
        return text
    value = float(text)
    return text if not math.isfinite(value) else int(text) if text.lstrip("+-").isdigit() else value
