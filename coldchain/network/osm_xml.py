"""Elements out of OpenStreetMap's XML, as servers (Overpass, the map API), editors (JOSM) and archives write it."""

from __future__ import annotations

import bz2
import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, cast
from xml.parsers import expat

from coldchain.errors import BadInputError, Fault, bad_file
from coldchain.language import _
from coldchain.network.osm_elements import Elements, Member, Relation, Stamp, TaggedNode

CHUNK_BYTES = 1 << 20
FREE_BYTES = 64 << 20
MOST_RATIO = 200
"""A packed file may unpack to this many times its size; the first 64 MiB are free."""

MOST_FAULTS = 50
MOST_DIGITS = 18
_ROOTS = frozenset({"osm", "osmChange"})
_CUT = frozenset({
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
    expat.errors.codes[expat.errors.XML_ERROR_PARTIAL_CHAR],
})  # fmt: skip


def read_xml(path: Path, elements: Elements) -> None:
    """Gather all nodes, ways and the relations that matter, in any order.

    Raises
    ------
    BadInputError
        When the file is no OpenStreetMap XML, ends too soon, says that the download was broken off, or holds
        coordinates that are none; with the line.
    """
    reader = _OsmEvents(path, elements)
    parser = reader.parser
    try:
        for chunk in _chunks(path):
            parser.Parse(chunk, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        cut = error.code in _CUT and reader.depth > 0
        raise cut_off(path, error.lineno) if cut else not_osm(path, str(error)) from error
    except (EOFError, zlib.error) as error:
        raise cut_off(path, parser.CurrentLineNumber) from error
    except OSError as error:
        raise not_osm(path, str(error)) from error
    if reader.faults:
        raise BadInputError(reader.faults)


def cut_off(path: Path, line: int | None = None) -> BadInputError:
    """Return the fault of a file that ends too soon."""
    message = _("the file ends too soon: it was cut off while it was downloaded or copied; fetch it again")
    return BadInputError([Fault(str(path), line, "", "", message, "truncated")])


def not_osm(path: Path, reason: str) -> BadInputError:
    """Return the fault of a file of another kind."""
    message = _("must be OpenStreetMap data (.osm.pbf, .osm, .osm.gz); {error}").format(error=reason)
    return bad_file(path, message, "not-osm")


def _chunks(path: Path) -> Iterator[bytes]:
    """Yield the file's text, unpacked; refuse what grows beyond measure."""
    size, read = path.stat().st_size, 0
    with _opened(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            read += len(chunk)
            if read > FREE_BYTES and read > MOST_RATIO * size:
                message = _("unpacks to more than {n} times its size; such files are not read").format(n=MOST_RATIO)
                raise bad_file(path, message, "too-large")
            yield chunk


def _opened(path: Path) -> IO[bytes]:
    """Open a file packed or not, by its first bytes, whatever its name says."""
    with path.open("rb") as file:
        magic = file.read(3)
    if magic.startswith(b"\x1f\x8b"):
        return cast("IO[bytes]", gzip.open(path))
    return bz2.open(path) if magic == b"BZh" else path.open("rb")


class _OsmEvents:
    """Events of the parser, and the element that is open."""

    def __init__(self, path: Path, elements: Elements):
        self.path, self.elements = path, elements
        self.faults: list[Fault] = []
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.EntityDeclHandler = self._refuse_entity
        self.depth = 0
        self.deleting = False
        self.remark: list[str] = []
        self._clear()

    def _clear(self) -> None:
        self.given: Mapping[str, str] = {}
        self.tags: dict[str, str] = {}
        self.refs: list[int] = []
        self.degrees: list[float] = []
        self.members: list[Member] = []

    def _refuse_entity(self, *_declaration: object) -> None:
        raise not_osm(self.path, _("it declares entities"))

    def _start(self, name: str, given: dict[str, str]) -> None:
        if not self.depth and name not in _ROOTS:
            raise not_osm(self.path, _("its outermost element is <{name}>").format(name=name))
        self.depth += 1
        if name == "nd":
            self.refs.append(self._whole(given, "ref"))
            self.degrees.extend(self._place(given))
        elif name == "tag":
            self.tags[given.get("k", "")] = given.get("v", "")
        elif name in ("node", "way", "relation"):
            self._clear()
            self.given = given
        elif name == "member":
            self.members.append(Member(given.get("type", "")[:1], self._whole(given, "ref"), given.get("role", "")))
        elif name == "delete":
            self.deleting = True
        elif name == "remark":
            self.parser.CharacterDataHandler = self.remark.append

    def _end(self, name: str) -> None:
        self.depth -= 1
        if name == "node":
            self._node()
        elif name == "way":
            self.elements.add_way(self._stamp(), self.refs, self.degrees, self.tags)
        elif name == "relation":
            self.elements.add_relation(Relation(self._stamp(), tuple(self.members), self.tags))
        elif name == "delete":
            self.deleting = False
        elif name == "remark":
            self._remarked()

    def _node(self) -> None:
        lon, lat = self._place(self.given)
        stamp = self._stamp()
        row = self.elements.add_node(stamp, lon, lat)
        if self.tags:
            self.elements.add_tagged_node(TaggedNode(row, stamp.id, self.tags, lon, lat))

    def _stamp(self) -> Stamp:
        given = self.given
        gone = self.deleting or given.get("visible") == "false" or given.get("action") == "delete"
        version = self._whole(given, "version") if "version" in given else 0
        return Stamp(self._whole(given, "id"), version, gone)

    def _place(self, given: Mapping[str, str]) -> tuple[float, float]:
        if "lon" not in given and "lat" not in given:
            return math.nan, math.nan
        return self._degree(given, "lon", 180.0), self._degree(given, "lat", 90.0)

    def _degree(self, given: Mapping[str, str], key: str, most: float) -> float:
        text = given.get(key, "")
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not abs(value) <= most:
            self._fault(key, text, _("must be a number within ±{limit:g} degrees").format(limit=most))
            return math.nan
        return value

    def _whole(self, given: Mapping[str, str], key: str) -> int:
        text = given.get(key, "")
        if text.removeprefix("-").isdigit() and text.isascii() and len(text) <= MOST_DIGITS:
            return int(text)
        self._fault(key, text, _("must be a whole number of up to {n} digits").format(n=MOST_DIGITS))
        return 0

    def _fault(self, column: str, value: str, message: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            line = self.parser.CurrentLineNumber
            self.faults.append(Fault(str(self.path), line, column, value[:40], message, "bad-number"))

    def _remarked(self) -> None:
        self.parser.CharacterDataHandler = None
        text = " ".join("".join(self.remark).split())
        self.remark.clear()
        if "error" in text.lower() or "timed out" in text.lower():
            message = _("the server broke the download off: fetch the file again, of a smaller area if need be")
            line = self.parser.CurrentLineNumber
            self.faults.append(Fault(str(self.path), line, "remark", text[:200], message, "truncated"))
