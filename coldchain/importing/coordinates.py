"""Coordinates of a list of places: read, and judged by where they lie."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from coldchain.errors import Fault
from coldchain.language import N_, _
from coldchain.scenario.datum import in_china
from coldchain.scenario.spots import degrees, lon_lat

CHINESE_DATUMS = ("gcj02", "bd09", "cgcs2000")
BLANKS = frozenset({
    "", "-", "--", "/", "无", "暂无", "没有", "缺", "待定", "待补", "不详", "未知", "null", "none", "n/a", "na",
    "#n/a", "?",
})  # fmt: skip
METRES = 1000.0
FAR_DEG = 3.0
FAR_SPREADS = 8.0
Judgement = Literal["", "gap", "not-a-number", "swapped", "metres", "outside-china", "outlier"]
MESSAGES: Mapping[str, str] = {
    "gap": N_("has no coordinates"),
    "not-a-number": N_("must be a finite number within ±{limit:g}"),
    "swapped": N_("longitude and latitude look swapped: exchange the two columns"),
    "metres": N_("is in metres of a map projection; degrees are needed (about 73 to 135 east, 18 to 54 north)"),
    "outside-china": N_("lies outside China, where {datum} is not used; check the figures, or state --datum wgs84"),
    "outlier": N_("lies more than {far:.1f}° from the middle of all places ({lon:.3f}, {lat:.3f})"),
}


@dataclass(frozen=True)
class RowCoordinates:
    """Coordinates of one row.

    Attributes
    ----------
    lon, lat : degrees as given, NaN where there are none
    column : field at fault, ``lon``, ``lat`` or both
    text : the cells as written
    judgement : what is wrong, empty when nothing is
    """

    lon: float
    lat: float
    text: str
    judgement: Judgement = ""
    column: str = "lon, lat"

    def fault(self, file: str, line: int, told: Mapping[str, object]) -> Fault:
        """Return what is wrong as an error."""
        limit = 90.0 if self.column == "lat" else 180.0
        message = _(MESSAGES[self.judgement]).format(limit=limit, **told)
        return Fault(file, line, self.column, self.text, message, self.judgement)


def spot_of(lon: str, lat: str, both: str, datum: str) -> RowCoordinates:
    """Read the coordinates of a row from two cells, or from one that holds both."""
    one = both or (lon if lat.lower() in BLANKS else "")
    pair = lon_lat(one) if one else None
    if pair is not None:
        return _judged(*pair, one, datum)
    if both and both.lower() not in BLANKS:
        return RowCoordinates(np.nan, np.nan, both, "not-a-number")
    blank = [text.lower() in BLANKS for text in (lon, lat)]
    if any(blank):
        return RowCoordinates(np.nan, np.nan, "" if all(blank) else f"{lon}, {lat}", "gap")
    values = [degrees(lon), degrees(lat)]
    for column, text, value in zip(("lon", "lat"), (lon, lat), values, strict=True):
        if value is None:
            return RowCoordinates(np.nan, np.nan, text, "not-a-number", column)
    assert values[0] is not None
    assert values[1] is not None
    return _judged(values[0], values[1], f"{lon}, {lat}", datum)


def _judged(lon: float, lat: float, text: str, datum: str) -> RowCoordinates:
    if lon == 0.0 == lat:
        return RowCoordinates(np.nan, np.nan, text, "gap")
    if max(abs(lon), abs(lat)) > METRES:
        return RowCoordinates(lon, lat, text, "metres")
    if in_china(lat, lon) and not in_china(lon, lat):
        beyond = abs(lat) > 90.0
        return RowCoordinates(lon, lat, text, "swapped" if beyond or datum in CHINESE_DATUMS else "")
    for column, value, limit in (("lon", lon, 180.0), ("lat", lat, 90.0)):
        if abs(value) > limit:
            turned = abs(lon) <= 90.0 and abs(lat) <= 180.0
            return RowCoordinates(lon, lat, text if turned else f"{value:g}", "swapped" if turned else "not-a-number",
                        "lon, lat" if turned else column)  # fmt: skip
    outside = datum in CHINESE_DATUMS and not in_china(lon, lat)
    return RowCoordinates(lon, lat, text, "outside-china" if outside else "")


def outlying(spots: list[RowCoordinates]) -> tuple[list[RowCoordinates], dict[str, object]]:
    """Judge places far from the middle of all; return the spots and the figures of the middle."""
    points = np.array([(spot.lon, spot.lat) for spot in spots if not spot.judgement]).reshape(-1, 2)
    if not len(points):
        return spots, {}
    middle = np.median(points, axis=0)
    spread = float(np.median(np.abs(points - middle), axis=0).max())
    far = max(FAR_DEG, FAR_SPREADS * spread)

    def judged(spot: RowCoordinates) -> RowCoordinates:
        away = max(abs(spot.lon - middle[0]), abs(spot.lat - middle[1]))
        if spot.judgement or away <= far:
            return spot
        turned = max(abs(spot.lat - middle[0]), abs(spot.lon - middle[1])) <= far
        return RowCoordinates(spot.lon, spot.lat, spot.text, "swapped" if turned else "outlier")

    return [judged(spot) for spot in spots], {"far": far, "lon": float(middle[0]), "lat": float(middle[1])}


def doubts(file: str, rows: list[tuple[int, RowCoordinates]], datum: str) -> Iterator[Fault]:
    """Warn of places stated in WGS-84 that lie outside China, with the guess that they are swapped where that fits."""
    for line, spot in rows:
        if datum != "wgs84" or spot.judgement or in_china(spot.lon, spot.lat):
            continue
        guess = _("longitude and latitude look swapped") if in_china(spot.lat, spot.lon) else ""
        message = _("lies outside China")
        yield Fault(file, line, "lon, lat", spot.text, message, "outside-china", warning=True, guess=guess)
