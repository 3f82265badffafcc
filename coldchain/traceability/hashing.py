"""The hash of an event: its content in one canonical text, independent of order and spelling (CBV 2.0, 8.9).

Fields in a fixed order, values canonical (UTC to the millisecond, numbers without padding, words of the web vocabulary,
keys as links), lists sorted, extensions behind what they extend; SHA-256 of that text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from coldchain.traceability.keys import normalised
from coldchain.traceability.words import CBV, OLD, OLD_NAMES, spelt_out

Order = Sequence[tuple[str, "Order | None"]]
HEAD, TAIL = "ni:///sha-256;", "?ver=CBV2.0"
_AMOUNT: Order = (("quantityElement", (("epcClass", None), ("quantity", None), ("uom", None))),)
_EPC: Order = (("epc", None),)
_ID: Order = (("id", None),)
_METADATA: Order = tuple(
    (name, None)
    for name in (
        "time", "startTime", "endTime", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "bizRules",
    )
)  # fmt: skip
_REPORT: Order = tuple(
    (name, None)
    for name in (
        "type", "exception", "deviceID", "deviceMetadata", "rawData", "dataProcessingMethod", "time", "microorganism",
        "chemicalSubstance", "value", "component", "stringValue", "booleanValue", "hexBinaryValue", "uriValue",
        "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem",
    )
)  # fmt: skip
ORDER: Order = (
    ("eventTime", None), ("eventTimeZoneOffset", None), ("certificationInfo", None), ("parentID", None),
    ("epcList", _EPC), ("inputEPCList", _EPC), ("childEPCs", _EPC), ("quantityList", _AMOUNT),
    ("childQuantityList", _AMOUNT), ("inputQuantityList", _AMOUNT), ("outputEPCList", _EPC),
    ("outputQuantityList", _AMOUNT), ("action", None), ("transformationID", None), ("bizStep", None),
    ("disposition", None), ("persistentDisposition", (("set", None), ("unset", None))), ("readPoint", _ID),
    ("bizLocation", _ID),
    ("sensorElementList", (("sensorElement", (("sensorMetadata", _METADATA), ("sensorReport", _REPORT))),)),
)  # fmt: skip
LEFT_OUT = ("recordTime", "eventID", "type", "errorDeclaration")
COMMENTS = ("comment", "rdfs:comment", "#text")
IN_TURN = ("bizTransactionList", "sourceList", "destinationList")
VOCABULARY = {"bizStep": "BizStep", "disposition": "Disp", "set": "Disp", "unset": "Disp", "component": "Comp"}
TYPES = {"bizTransactionList": "BTT", "sourceList": "SDT", "destinationList": "SDT", "sensorReport": "voc"}
AMOUNTS = ("quantity", "inputQuantity", "outputQuantity", "childQuantity")


@dataclass(frozen=True)
class HashedElement:
    """An element of an event: its name, its text, and what is in it."""

    name: str
    text: str = ""
    within: list[HashedElement] = field(default_factory=list)


def event_hash(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """Return the hash of an event as its ``eventID`` states it.

    Parameters
    ----------
    namespaces : prefix -> URL, of the document's ``@context``
    """
    return HEAD + hashlib.sha256(canonical(event, namespaces).encode("utf-8")).hexdigest() + TAIL


def namespaces_of(context: Any) -> dict[str, str]:
    """Return prefix -> URL of a document's ``@context``."""
    parts = context if isinstance(context, list) else [context]
    known = [part for part in parts if isinstance(part, dict)]
    return {str(key): text for part in known for key, text in part.items() if isinstance(text, str)}


def canonical(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """Return the text that is hashed."""
    nodes = [_restored(node) for node in _with_lists(list(_children(event, "", namespaces)))]
    told, rest = _ordered(nodes, ORDER, top=True)
    loose = [node for node in rest if node.name not in LEFT_OUT]
    return f"eventType={event.get('type', '')}{told}{_loose(loose)}"


def _children(value: Mapping[str, Any], parent: str, namespaces: Mapping[str, str]) -> Iterator[HashedElement]:
    """Yield the fields of an object; of a list one node for each item."""
    for key, inner in value.items():
        if key in COMMENTS:
            continue
        for item in inner if isinstance(inner, list) else [inner]:
            yield _node(key, item, parent, namespaces)


def _node(key: str, value: Any, parent: str, namespaces: Mapping[str, str]) -> HashedElement:
    name = _expanded(key, namespaces, braces=True)
    if isinstance(value, dict):
        return HashedElement(name, str(value.get("#text", "")), list(_children(value, key, namespaces)))
    if isinstance(value, list):
        return HashedElement(name, "", [_node("", item, key, namespaces) for item in value])
    text = str(value)
    if key == "type" and parent in TYPES:
        text = spelt_out(TYPES[parent], text)
    elif key == "exception" and parent == "sensorReport":
        text = spelt_out("voc", text)
    elif key in VOCABULARY:
        text = spelt_out(VOCABULARY[key], text)
    return HashedElement(name, _expanded(text, namespaces, braces=False) if isinstance(value, str) else text)


def _expanded(text: str, namespaces: Mapping[str, str], *, braces: bool) -> str:
    head, colon, rest = text.partition(":")
    if not colon or head not in namespaces:
        return text
    return f"{{{namespaces[head]}}}{rest}" if braces else namespaces[head] + rest


def _with_lists(nodes: list[HashedElement]) -> list[HashedElement]:
    """Gather the items of each list under its name, as they stand in XML; ``childEPCs`` likewise."""
    kept = [node for node in nodes if not node.name.endswith("List") and node.name != "childEPCs"]
    lists: dict[str, list[HashedElement]] = {}
    for node in nodes:
        if node.name.endswith("List"):
            lists.setdefault(node.name, []).append(
                HashedElement(node.name.removesuffix("List"), node.text, node.within)
            )
        elif node.name == "childEPCs":
            lists.setdefault(node.name, []).append(HashedElement("epc", node.text))
    return [*kept, *(HashedElement(name, "", items) for name, items in lists.items())]


def _restored(node: HashedElement) -> HashedElement:
    """Give what is in a node the names that it has in XML, at every depth."""
    if node.name in IN_TURN:
        return node
    within = [_restored(one) for one in _with_lists(node.within)]
    if node.name in ("inputEPC", "outputEPC"):
        return HashedElement("epc", node.text, within)
    amount = node.name in AMOUNTS and (node.name != "quantity" or bool(within))
    return HashedElement("quantityElement" if amount else node.name, node.text, within)


def _ordered(nodes: list[HashedElement], order: Order, *, top: bool = False) -> tuple[str, list[HashedElement]]:
    """Return the text of the fields in their order, and what is not in the order."""
    extensions: list[HashedElement] = []
    if not top and len(nodes) > 1 and not any("eventTime" in n.name or "action" in n.name for n in nodes):
        extensions = [node for node in nodes if "{" in node.name and "/}" in node.name]
    rest = [node for node in nodes if node not in extensions]
    parts: list[str] = []
    for name, below in order:
        told: list[str] = []
        for node in [one for one in rest if one.name == name]:
            inner, left = _ordered(node.within, below) if below else ("", node.within)
            value = _timed(node.text) if _is_time(name) and node.text else _canonical_value(node.text.strip())
            if value or inner:
                told.append(name + (f"={value}" if value else "") + inner)
            rest.remove(node)
            if left:
                rest.append(HashedElement(node.name, node.text, left))
        parts += sorted(told)
    return "".join(parts) + (_loose(extensions) if extensions else ""), rest


def _loose(nodes: Sequence[HashedElement]) -> str:
    """Return the text of nodes in no order of their own: sorted, pairs in turn."""
    return "".join(sorted(_loose_text(node) for node in nodes))


def _loose_text(node: HashedElement) -> str:
    text = node.text.strip()
    value = f"={_canonical_value(text)}" if text else ""
    if node.name in IN_TURN:
        pairs = ["".join(_loose_text(one) for one in _type_first(item.within)) for item in node.within]
        return node.name + value + "".join(sorted(pairs))
    return node.name + value + _loose(node.within)


def _type_first(nodes: Sequence[HashedElement]) -> list[HashedElement]:
    return sorted(nodes, key=lambda node: node.name != "type")


def _is_time(name: str) -> bool:
    return "time" in name.lower() and "offset" not in name.lower()


def _timed(text: str) -> str:
    """Return a time in UTC to the millisecond; what is no time as it is."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return text.strip()
    if moment.tzinfo is None:
        return text.strip()
    moment = moment.astimezone(UTC)
    moment += timedelta(microseconds=round(moment.microsecond, -3) - moment.microsecond)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _canonical_value(text: str) -> str:
    for vocabulary, old in (*OLD_NAMES.items(), ("ER", "er")):
        text = text.replace(f"{OLD}{old}:", f"{CBV}{vocabulary}-")
    try:
        number = float(text)
        text = str(int(number) if number.is_integer() else number)
    except (ValueError, OverflowError):
        pass
    return normalised(text) or text
