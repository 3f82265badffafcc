"""Coordinates as people write them: decimal degrees, degrees with minutes and seconds, both in one cell."""

from __future__ import annotations

import re
import unicodedata

HALF = "nNsSeEwW北南东西"
WORDS = re.compile(r"(?:lon(?:gitude)?|lng|lat(?:itude)?|北纬|南纬|东经|西经|经度|纬度|坐标)\s*[:=]?\s*", re.IGNORECASE)
DEGREES = re.compile(
    rf"([{HALF}])?[\s:=]*([+-]?\d+(?:\.\d+)?)\s*[°度ºd]?\s*"
    rf"(?:(?<=[°度ºd\s])(\d+(?:\.\d+)?)\s*['′’分m]\s*(?:(\d+(?:\.\d+)?)\s*(?:[\"″”秒s]|''|′′|’’)?)?)?\s*([{HALF}])?"
)
SIGNS = str.maketrans({"′": "'", "’": "'", "″": '"', "”": '"', "º": "°", "˚": "°"})
HEMISPHERES = {"北纬": "N", "南纬": "S", "东经": "E", "西经": "W"}
MOST_CHARACTERS = 80


def degrees(text: str) -> float | None:
    """Return decimal degrees of one coordinate; None when the text is none.

    Examples
    --------
    >>> degrees("109.65"), degrees("东经109°39′36″"), degrees("27°30'S"), degrees("109度39分"), degrees("甲村")
    (109.65, 109.66, -27.5, 109.65, None)
    """
    found = _angle(text)
    return None if found is None else found[0]


def lon_lat(text: str) -> tuple[float, float] | None:
    """Return longitude and latitude of a cell that holds both; None when it does not.

    The hemisphere decides which is which where one is written; else a figure beyond 90 is a longitude; else longitude
    comes first.

    Examples
    --------
    >>> lon_lat("109.65,27.70"), lon_lat("27.70，109.65"), lon_lat("北纬27°42′ 东经109°39′"), lon_lat("109.65")
    ((109.65, 27.7), (109.65, 27.7), (109.65, 27.7), None)
    """
    if len(text) > MOST_CHARACTERS:
        return None
    parts = _halves(_plain(text).strip("()[]【】 "))
    pair = [_angle(part) for part in parts]
    if len(pair) != 2 or pair[0] is None or pair[1] is None:
        return None
    (one, half), (other, half_2) = pair[0], pair[1]
    turned = half in ("N", "S") or half_2 in ("E", "W") or (not half and not half_2 and abs(other) > 90 >= abs(one))
    return (other, one) if turned else (one, other)


def _angle(text: str) -> tuple[float, str] | None:
    """Return degrees and the hemisphere, N, S, E, W or empty."""
    if len(text) > MOST_CHARACTERS:
        return None
    match = DEGREES.fullmatch(_plain(text).strip())
    if match is None:
        return None
    half = (match[1] or match[5] or "").upper()
    half = {"北": "N", "南": "S", "东": "E", "西": "W"}.get(half, half)
    minutes, seconds = float(match[3] or 0), float(match[4] or 0)
    if minutes >= 60 or seconds >= 60:
        return None
    whole = float(match[2])
    value = round(abs(whole) + minutes / 60 + seconds / 3600, 9)
    return (-value if whole < 0 or half in ("S", "W") else value), half


def _plain(text: str) -> str:
    """Fold full-width signs and write 东经 as E, 北纬 as N; other words in front of a figure are dropped."""
    folded = unicodedata.normalize("NFKC", text.translate(SIGNS))
    for word, half in HEMISPHERES.items():
        folded = folded.replace(word, half)
    return WORDS.sub("", folded)


def _halves(text: str) -> list[str]:
    """Part a cell into two coordinates: at a comma, a semicolon or a stroke, else at its middle blank."""
    for sign in (",", ";", "/", "|", "、"):
        parts = [part for part in text.split(sign) if part.strip()]
        if len(parts) == 2:
            return parts
    parts = text.split()
    middle, odd = divmod(len(parts), 2)
    return [] if odd or not middle else [" ".join(parts[:middle]), " ".join(parts[middle:])]
