"""Text as people save it: UTF-8, UTF-16, GB18030 or Big5; what is no text is named by its kind, with what to do."""

from __future__ import annotations

import re
import stat
import zipfile
from pathlib import Path

from coldchain.errors import Fault, system_reason
from coldchain.language import N_, _

MOST_BYTES = 64 * 2**20
"""Of a table as text or as places of a map: a million rows of sixty characters."""
TRIED_CHARACTERS = 20_000
LEAST_SHARE = 0.98
"""Of ordinary characters in text without a mark that is taken for UTF-16."""
WORKBOOK_97 = N_("an Excel 97 workbook (.xls)")
SAVE_AS_XLSX = N_("save it as .xlsx, or as .csv")
KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"\xd0\xcf\x11\xe0", WORKBOOK_97, N_("give it the ending .xls, or save it as .xlsx")),
    (b"SQLite format 3\x00", N_("a GeoPackage or another database"), N_("give it the ending .gpkg")),
    (b"%PDF", N_("a PDF document"), N_("ask for the table it was printed from, as .xlsx or .csv")),
    (b"\x89PNG", N_("a picture"), N_("ask for the table itself, as .xlsx or .csv")),
    (b"\xff\xd8\xff", N_("a picture"), N_("ask for the table itself, as .xlsx or .csv")),
    (b"GIF8", N_("a picture"), N_("ask for the table itself, as .xlsx or .csv")),
    (b"{\\rtf", N_("a text document (.rtf)"), SAVE_AS_XLSX),
    (b"\x1f\x8b", N_("a compressed file"), N_("unpack it first")),
    (b"Rar!", N_("a compressed file"), N_("unpack it first")),
    (b"7z\xbc\xaf", N_("a compressed file"), N_("unpack it first")),
    (b"\x00\x00\x27\x0a", N_("a shapefile (.shp)"), N_("give it the ending .shp, its .shx and .dbf beside it")),
)
PACKED: tuple[tuple[str, str, str], ...] = (
    ("xl/", N_("an Excel workbook (.xlsx)"), N_("give it the ending .xlsx")),
    ("word/", N_("a Word document (.docx)"), N_("copy its table into a spreadsheet and save that as .xlsx")),
    ("content.xml", N_("an OpenDocument file (.ods)"), SAVE_AS_XLSX),
    ("doc.kml", N_("a map of places (.kmz)"), N_("give it the ending .kmz")),
)
MARKUP: tuple[tuple[str, str, str], ...] = (
    (r"<\?xml[^>]*>\s*(<\?[^>]*>\s*)*<(\w+:)?Workbook\b", N_("an Excel workbook saved as XML"), SAVE_AS_XLSX),
    (r"(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)?<kml\b", N_("a map of places (.kml)"), N_("give it the ending .kml")),
    (r"(<\?xml[^>]*>\s*)?<osm\b", N_("an OpenStreetMap file"), N_("read it with coldchain import osm")),
    (r"(<!doctype html|<html|<table|<meta)\b", N_("a web page"), N_("open it in a spreadsheet and save it as .xlsx")),
    (r"\{\s*\"", N_("JSON"), N_("give it the ending .geojson if it holds places")),
    (r"(<\?xml|<!doctype)\b", N_("an XML file"), SAVE_AS_XLSX),
)
UNKNOWN_TEXT = N_("is in no encoding that is read: neither UTF-8 nor GB18030, UTF-16 or Big5; save it as UTF-8")


def decode(path: Path) -> tuple[str, Fault | None]:
    """Read a text file in whatever encoding it is in; name what is wrong otherwise."""
    data, fault = content(path)
    if fault is not None:
        return "", fault
    if not data.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\x00"):
        return "", _fault(path, "empty-file", _("is empty; a header row is needed"))
    kind = kind_of(path, data)
    if kind is not None:
        return "", kind
    text = _text(data)
    if text is not None:
        return text, None
    if b"\x00" in data:
        return "", _fault(path, "binary-file", _("is not a text table (binary content)"))
    return "", _fault(path, "bad-encoding", _(UNKNOWN_TEXT))


def content(path: Path) -> tuple[bytes, Fault | None]:
    """Return the bytes of an ordinary file of bearable size."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode) and not path.is_dir():
            return b"", _fault(path, "unreadable", _("is not an ordinary file"))
        if about.st_size > MOST_BYTES:
            message = _("has {size:,.0f} MB; tables of at most {most:,.0f} MB are read: split it")
            told = message.format(size=about.st_size / 2**20, most=MOST_BYTES / 2**20)
            return b"", _fault(path, "too-large", told)
        return path.read_bytes(), None
    except OSError as error:
        told = _("cannot be read: {strerror}").format(strerror=system_reason(error))
        return b"", _fault(path, "unreadable", told)


def kind_of(path: Path, data: bytes) -> Fault | None:
    """Name the kind of a file that is no text table, with what to do; None for one that may be."""
    for sign, kind, remedy in KINDS:
        if data.startswith(sign):
            return _other_kind(path, kind, remedy)
    if data.startswith(b"PK\x03\x04"):
        names = _packed_names(path)
        found = (one for one in PACKED if any(name.startswith(one[0]) for name in names))
        _inside, kind, remedy = next(found, ("", N_("a compressed file"), N_("unpack it first")))
        return _other_kind(path, kind, remedy)
    return None


def markup_of(path: Path, text: str) -> Fault | None:
    """Name the kind of a text that is markup and no table."""
    start = text[:2000].lstrip("\ufeff \t\r\n")
    for pattern, kind, remedy in MARKUP:
        if re.match(pattern, start, re.IGNORECASE | re.DOTALL):
            return _other_kind(path, kind, remedy)
    return None


def _packed_names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as packed:
            return packed.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _other_kind(path: Path, kind: str, remedy: str) -> Fault:
    told = _("is {kind}, not a text table; {remedy}").format(kind=_(kind), remedy=_(remedy))
    return _fault(path, "other-kind", told)


def _fault(path: Path, code: str, message: str) -> Fault:
    return Fault(path.name, None, "", "", message, code)


def _text(data: bytes) -> str | None:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decoded(data, "utf-16")
    if b"\x00" in data:
        return next((text for kind in ("utf-16-le", "utf-16-be") if (text := _unmarked(data, kind))), None)
    text = _decoded(data, "utf-8-sig")
    return text if text is not None else _chinese(data)


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _unmarked(data: bytes, encoding: str) -> str | None:
    """Return UTF-16 without its mark, when what comes out is ordinary text in lines."""
    text = _decoded(data, encoding)
    if text is None or "\n" not in text:
        return None
    tried = text[:TRIED_CHARACTERS]
    usual = sum(map(_usual, tried))
    return text if usual >= LEAST_SHARE * len(tried) else None


def _usual(sign: str) -> bool:
    return sign in "\t\r\n" or " " <= sign <= "~" or "\u3000" <= sign <= "\u9fff" or "\uff00" <= sign <= "\uffef"


def _chinese(data: bytes) -> str | None:
    """Return text in GB18030 or Big5, whichever makes more of its characters common ones."""
    simple, complex_ = _decoded(data, "gb18030"), _decoded(data, "big5")
    if simple is None or complex_ is None:
        return simple if simple is not None else complex_
    return simple if _common(simple, "gb2312", b"\xd8") >= _common(complex_, "big5", b"\xc9") else complex_


def _common(text: str, encoding: str, beyond: bytes) -> float:
    """Return the share of characters in the first, common plane of a national set."""
    wide = [sign for sign in text[:TRIED_CHARACTERS] if sign > "\x7f"]
    known = sum(b"" < sign.encode(encoding, "ignore")[:1] < beyond for sign in wide)
    return known / max(len(wide), 1)
