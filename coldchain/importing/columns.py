"""What the columns of a list of places hold: identity, level, coordinates, harvests; each with its heading and unit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from coldchain.errors import Fault
from coldchain.importing.crops import Crops
from coldchain.language import _
from coldchain.scenario import RawTable
from coldchain.scenario.headings import IN_BRACKETS, fold
from coldchain.scenario.units import factor, is_unit

NAMES: Mapping[str, tuple[str, ...]] = {
    "id": (
        "id", "code", "编号", "代码", "村编号", "村代码", "行政区划代码", "编码", "編號", "代碼", "序号", "序號",
    ),
    "name": ("name", "名称", "名稱", "村名", "村名称", "地名", "村", "村庄", "行政村", "地点"),
    "level": ("level", "级别", "級別", "类型", "层级", "kind", "type"),
    "county": ("county", "县", "縣", "县区", "区县", "县市", "县名", "所属县"),
    "town": ("town", "township", "乡镇", "鄉鎮", "镇", "街道", "所属乡镇", "乡镇名称"),
    "cooperative": ("cooperative", "合作社", "所属合作社"),
    "crop": ("crop", "commodity", "品种", "作物", "农产品", "产品", "主产品种", "主要作物", "主导产业"),
    "tonnes": (
        "tonnes", "harvest", "harvest_t", "production", "output", "产量", "总产量", "年产量", "产量合计", "采收量",
    ),
    "area": ("area", "面积", "种植面积", "栽培面积"),
    "yield": ("yield", "单产", "亩产", "亩产量", "平均单产"),
    "both": ("坐标", "经纬度", "位置", "coordinates", "coordinate", "location", "lonlat", "latlon", "gps"),
}  # fmt: skip
LON = ("lon", "lng", "long", "longitude", "x", "经度", "經度", "东经")
LAT = ("lat", "latitude", "y", "纬度", "緯度", "北纬")
SHOWN: Mapping[str, tuple[str, ...]] = {
    "level": NAMES["level"][:3], "lon": ("lon", "longitude", "x", "经度"), "lat": ("lat", "latitude", "y", "纬度"),
    "name": NAMES["name"][:2],
}  # fmt: skip
UNITS: Mapping[str, str] = {"tonnes": "t", "area": "ha", "yield": "t/ha"}
LAST_WORDS = re.compile(
    r"(年产量|总产量|亩产量|产量|采收量|种植面积|面积|平均单产|单产|亩产|harvest|production|area|yield)$"
)
WORD_KIND: Mapping[str, str] = {
    "面积": "area", "种植面积": "area", "area": "area", "单产": "yield", "平均单产": "yield", "亩产": "yield",
    "亩产量": "yield", "yield": "yield",
}  # fmt: skip
FULL_HEADER = 2
EXAMPLE = "编号, 名称, 级别, 县, 乡镇, 经度, 纬度, 产量(吨)"


@dataclass(frozen=True)
class Amount:
    """A column of figures about the harvest.

    Attributes
    ----------
    kind : ``tonnes``, ``area`` or ``yield``
    crop : id, empty when the column is about all crops or about the one of the crop column
    unit : of the figures; empty when the heading names none
    word : what the heading calls the crop
    """

    heading: str
    kind: str
    crop: str
    unit: str
    word: str = ""


@dataclass(frozen=True)
class Columns:
    """The columns of a list.

    Attributes
    ----------
    plain : id, name, level, county, town, cooperative, crop, lon, lat or both -> heading
    strange : headings that look like an amount of something that is no known crop
    """

    header: tuple[str, ...]
    plain: Mapping[str, str]
    amounts: tuple[Amount, ...]
    strange: tuple[str, ...]

    @property
    def unused(self) -> tuple[str, ...]:
        """Headings that are not understood."""
        used = {*self.plain.values(), *(amount.heading for amount in self.amounts)}
        return tuple(name for name in self.header if name and name not in used)


def score(datum: str) -> Callable[[Sequence[str]], int]:
    """Return how many known headings a row holds, to find the header under titles."""
    known = {fold(name) for names in (*NAMES.values(), LON, LAT) for name in (*names, *(f"{n}_{datum}" for n in names))}

    def count(cells: Sequence[str]) -> int:
        return len({fold(name) for cell in cells for name in _readings(cell)} & known)

    return count


def columns_of(raw: RawTable, datum: str, crops: Crops) -> tuple[Columns, list[Fault]]:
    """Read the header of a list; columns that stand twice, or are needed and missing, are faults, all together."""
    plain = _plain(raw.header, datum)
    taken = set(plain.values())
    amounts: list[Amount] = []
    strange: list[str] = []
    for heading in raw.header:
        if heading and heading not in taken:
            amount = _amount(heading, crops)
            if amount is not None:
                amounts.append(amount)
            elif _looks_like_amount(heading):
                strange.append(heading)
    columns = Columns(raw.header, plain, tuple(amounts), tuple(strange))
    gone = list(_missing(raw, columns))
    return columns, gone if any(fault.code == "no-header" for fault in gone) else [*raw.faults, *gone]


def _readings(heading: str) -> Iterator[str]:
    """Yield a heading whole, and without what stands in brackets behind it."""
    yield heading
    if match := IN_BRACKETS.fullmatch(heading):
        yield match[1]


def _plain(header: Sequence[str], datum: str) -> dict[str, str]:
    """Match headings with the usual names, those listed first going first; a suffix with the datum before all."""
    folded: dict[str, str] = {}
    for heading in header:
        for reading in _readings(heading):
            folded.setdefault(fold(reading), heading)
    wanted = {key: names for key, names in NAMES.items() if key not in UNITS}
    wanted |= {key: (*(f"{name}_{datum}" for name in names), *names) for key, names in (("lon", LON), ("lat", LAT))}
    found: dict[str, str] = {}
    for key, names in wanted.items():
        match = next((folded[fold(name)] for name in names if fold(name) in folded), None)
        if match is not None:
            found[key] = match
    if "lon" in found and "lat" in found:
        found.pop("both", None)
    return found


def _amount(heading: str, crops: Crops) -> Amount | None:
    name, unit = _split(heading)
    alone = next((kind for kind in UNITS if fold(name) in map(fold, NAMES[kind])), None)
    if alone is not None:
        return Amount(heading, alone, "", unit if _fits(unit, alone) else "")
    stem = LAST_WORDS.sub("", name.strip()).strip(" _的")
    word = name.strip()[len(stem) :].strip(" _的")
    crop = crops.find(stem) if stem else None
    kind = WORD_KIND.get(word, "tonnes")
    if crop is None or (not word and not unit and not crops.is_name(stem)):
        return None
    if unit and not word:
        kind = next((one for one in UNITS if _fits(unit, one)), kind)
    return Amount(heading, kind, crop, unit if _fits(unit, kind) else "", stem)


def _split(heading: str) -> tuple[str, str]:
    """Part a heading into its name and its unit; 万斤 and 吨/年 are units too."""
    if match := IN_BRACKETS.fullmatch(heading):
        unit = re.sub(r"^单位\s*[::]?\s*|[/每](年|year|a)$", "", match[2])
        if is_unit(unit):
            return match[1], unit
    for at in range(1, len(heading)):
        unit = heading[at:].lstrip(" _:/")
        if heading[at] in " _:/" and is_unit(unit):
            return heading[:at], unit
    return heading, ""


def _fits(unit: str, kind: str) -> bool:
    return bool(unit) and factor(unit, UNITS[kind]) is not None


def _looks_like_amount(heading: str) -> bool:
    name, unit = _split(heading)
    return any(_fits(unit, kind) for kind in UNITS) or LAST_WORDS.search(name.strip()) is not None


def _missing(raw: RawTable, columns: Columns) -> Iterator[Fault]:
    """Name columns that are needed; where hardly any is known, the header itself is missing."""
    places = () if "both" in columns.plain else ("lon", "lat")
    gone = [key for key in ("name", "level", *places) if key not in columns.plain]
    if "id" in columns.plain and "name" in gone:
        gone.remove("name")
    if gone and len(columns.plain) < FULL_HEADER:
        message = _("there is no header row that is understood; write one above: {names}").format(names=EXAMPLE)
        first = next(filter(None, raw.header), "")
        yield Fault(raw.file, raw.header_line, "", first, message, "no-header")
        return
    for key in gone:
        told = _("no such column; it may be called {names}").format(names=", ".join(SHOWN[key]))
        if key == "level":
            told = _("no such column; it may be called {names}, with 村, 乡镇 or 县 in each row").format(
                names=", ".join(SHOWN[key])
            )
        yield Fault(raw.file, raw.header_line, key, "", told, "missing-column")
