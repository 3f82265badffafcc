"""Units as planners write them: 万元, 公斤/亩, 吨/天; a figure with its unit becomes the figure the model wants.

Sums are made in decimals, so that 59,200 公斤 are 59.2 t and not 59.200000000000003.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from decimal import Context, Decimal, DecimalException
from functools import cache

EXACT = Context(prec=28)
SHOWN = Context(prec=13)
MU_HA = EXACT.divide(Decimal(1), Decimal(15))
SCALES: dict[str, dict[str, Decimal]] = {
    "money": {
        "cny": Decimal(1), "元": Decimal(1), "rmb": Decimal(1), "yuan": Decimal(1), "人民币": Decimal(1),
        "千元": Decimal(1000), "万元": Decimal(10_000), "万": Decimal(10_000), "百万元": Decimal(10**6),
        "亿元": Decimal(10**8), "亿": Decimal(10**8),
    },
    "mass": {
        "t": Decimal(1), "吨": Decimal(1), "tonne": Decimal(1), "tonnes": Decimal(1), "万吨": Decimal(10_000),
        "kg": Decimal("0.001"), "公斤": Decimal("0.001"), "千克": Decimal("0.001"), "万公斤": Decimal(10),
        "斤": Decimal("0.0005"), "市斤": Decimal("0.0005"), "万斤": Decimal(5), "担": Decimal("0.05"),
        "百斤": Decimal("0.05"), "千斤": Decimal("0.5"), "千公斤": Decimal(1), "万千克": Decimal(10),
    },
    "area": {
        "ha": Decimal(1), "公顷": Decimal(1), "亩": MU_HA, "mu": MU_HA, "市亩": MU_HA,
        "万亩": EXACT.multiply(MU_HA, 10_000),
        "m2": Decimal("0.0001"), "平方米": Decimal("0.0001"), "km2": Decimal(100), "平方公里": Decimal(100),
    },
    "volume": {"m3": Decimal(1), "立方米": Decimal(1), "立方": Decimal(1), "方": Decimal(1), "升": Decimal("0.001")},
    "time": {
        "h": Decimal(1), "小时": Decimal(1), "时": Decimal(1), "hour": Decimal(1), "hours": Decimal(1),
        "min": EXACT.divide(Decimal(1), Decimal(60)), "分钟": EXACT.divide(Decimal(1), Decimal(60)),
        "d": Decimal(24), "day": Decimal(24), "days": Decimal(24), "天": Decimal(24), "日": Decimal(24),
    },
    "year": {"year": Decimal(1), "years": Decimal(1), "年": Decimal(1), "a": Decimal(1)},
    "length": {"m": Decimal("0.001"), "米": Decimal("0.001"), "km": Decimal(1), "公里": Decimal(1), "千米": Decimal(1)},
    "energy": {"kwh": Decimal(1), "度": Decimal(1), "千瓦时": Decimal(1)},
    "power": {"kw": Decimal(1), "千瓦": Decimal(1), "w": Decimal("0.001"), "瓦": Decimal("0.001")},
    "people": {"persons": Decimal(1), "person": Decimal(1), "人": Decimal(1), "名": Decimal(1)},
    "": {
        "share": Decimal(1), "-": Decimal(1), "个": Decimal(1), "座": Decimal(1), "台": Decimal(1), "次": Decimal(1),
        "辆": Decimal(1), "趟": Decimal(1), "倍": Decimal(1), "%": Decimal("0.01"), "比例": Decimal(1),
    },
}  # fmt: skip
KNOWN = {word: (kind, scale) for kind, words in SCALES.items() for word, scale in words.items()}
DEGREES = {"°c", "° east", "° north"}
DEGREE_WORDS = DEGREES | {"°", "度", "c", "摄氏度", "°e", "°n"}
SPEEDS = {"kmh": "km/h", "公里/时": "km/h", "公里/小时": "km/h"}
CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)(?::\d{2}(?:\.0+)?)?")
SPOKEN = re.compile(
    r"(凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里)?\s*(\d{1,2})\s*[点时]\s*(?:(半|一刻|三刻)|整|钟|(\d{1,2})\s*分?)?"
)
PARTS_OF_HOUR = {"半": 30, "一刻": 15, "三刻": 45}
AFTER_NOON = ("下午", "傍晚", "晚上", "夜里")
ABOUT = re.compile(
    r"(?:(?:大约|约为|约|大概|将近|近|总共|共计|合计|共|计|年产量?|≈|~|about|approx\.?|ca\.?)\s*)+", re.IGNORECASE
)
ASIDE = re.compile(r"(.*?\d.*?)\s*[(（\[【](.*)[)）\]】]", re.DOTALL)
MORE_OR_LESS = re.compile(r"(?<=[\d万千亿])[余多]|左右$|上下$")
BLANK_IN_NUMBER = re.compile(r"(?<=\d)[ '’](?=\d{3}(?!\d))")
MINUTES, LAST_HOUR = 60, 24
THOUSANDS = {"千": Decimal(1000), "万": Decimal(10_000), "亿": Decimal(10**8)}
DIGITS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
NUMBER = re.compile(r"([+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?)\s*(.*)", re.DOTALL)


def factor(given: str, wanted: str) -> Decimal | None:
    """Return what a figure of one unit is multiplied by to become one of another; None when they do not agree.

    Examples
    --------
    >>> factor("万元", "CNY"), factor("公斤", "t"), factor("元/斤", "CNY/kg"), factor("公顷", "t")
    (Decimal('1E+4'), Decimal('0.001'), Decimal('2'), None)
    """
    one, other = _plain(given), _plain(wanted)
    if one == other:
        return Decimal(1)
    if other in DEGREES:
        return Decimal(1) if one in DEGREE_WORDS else None
    measured, target = _measure(one), _measure(other)
    if measured is None or target is None or measured[0] != target[0]:
        return None
    return EXACT.divide(measured[1], target[1]).normalize(EXACT)


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit at all, of whatever kind.

    Examples
    --------
    >>> is_unit("公斤/亩"), is_unit("合计"), is_unit("°C")
    (True, False, True)
    """
    return _plain(text) in DEGREE_WORDS or _measure(_plain(text)) is not None


def figure_in(text: str, wanted: str, given: str = "") -> str:
    """Write a figure in the unit wanted; what is no figure, or of another kind, stays as it is.

    Parameters
    ----------
    text : a number, with thousands separators and a unit or without
    wanted : unit of the result
    given : unit when the text names none, as in a heading; empty means the unit wanted

    Examples
    --------
    >>> figure_in("59,200公斤", "t"), figure_in("120", "CNY", "万元"), figure_in("30%", "share"), figure_in("十吨", "t")
    ('59.2', '1200000', '0.3', '十吨')
    >>> figure_in("6:30", "h"), figure_in("90分钟", "h")
    ('6.5', '1.5')
    >>> figure_in("约220吨", "t"), figure_in("12万斤（其中柑橘8万斤）", "t"), figure_in("3万", "t", "斤")
    ('220', '60', '15')
    >>> figure_in("3000斤", "t/ha", "公斤/亩"), figure_in("8点半", "h"), figure_in("1 600公斤", "t")
    ('22.5', '8.5', '1.6')
    """
    if given in ("", wanted) and DIGITS.fullmatch(text):
        return text
    if wanted == "h" and (hours := clock_hours(text)) is not None:
        return hours
    match = NUMBER.fullmatch(BLANK_IN_NUMBER.sub("", bare(text)))
    if match is None or not match[1]:
        return text
    unit = match[2].strip() or given
    scale = _scale(unit, wanted, given) if unit else Decimal(1)
    try:
        number = Decimal(match[1].replace(",", ""))
    except DecimalException:
        return text
    if scale is None:
        return text
    return match[1].replace(",", "") if scale == 1 else written(EXACT.multiply(number, scale))


def _scale(unit: str, wanted: str, given: str) -> Decimal | None:
    """Return the factor of a unit that may leave out what the heading says: 万 of its unit, the area of a yield.

    A harvest is one of a year, so that t/year is read as t.
    """
    if unit in THOUSANDS and (alone := factor(given or wanted, wanted)) is not None:
        return EXACT.multiply(THOUSANDS[unit], alone)
    below = (given or wanted).partition("/")[2]
    whole = re.sub(r"(?:/|每)年$", "", unit)
    tried = (unit, f"{unit}/{below}" if below else "", whole if whole != unit else "")
    return next((scale for one in tried if one and (scale := factor(one, wanted)) is not None), None)


def clock_hours(text: str) -> str | None:
    """Return the hours of a clock time, ``8:30`` or 8点半 or 下午2点; None when the text is none.

    Examples
    --------
    >>> clock_hours("8:30"), clock_hours("8点半"), clock_hours("下午2时15分"), clock_hours("8.5"), clock_hours("25点")
    ('8.5', '8.5', '14.25', None, None)
    """
    plain = text.strip()
    if (found := CLOCK.fullmatch(plain)) is not None:
        hour, minute = int(found[1]), int(found[2])
    elif (found := SPOKEN.fullmatch(plain)) is not None:
        hour, minute = int(found[2]), PARTS_OF_HOUR.get(found[3] or "", int(found[4] or 0))
        hour += 12 if found[1] in AFTER_NOON and hour < 12 else 0
    else:
        return None
    if minute >= MINUTES or hour > LAST_HOUR:
        return None
    return written(Decimal(hour) + EXACT.divide(Decimal(minute), Decimal(MINUTES)))


def bare(text: str) -> str:
    """Return an amount without what is said around it: about, more or less, an aside in brackets that is no unit.

    Examples
    --------
    >>> bare("约220余吨"), bare("12万斤（其中柑橘8万斤）"), bare("30（吨）"), bare("200-220吨")
    ('220吨', '12万斤', '30吨', '200-220吨')
    """
    plain = text.strip()
    if aside := ASIDE.fullmatch(plain):
        plain = aside[1] + (aside[2] if is_unit(aside[2]) else "")
    return MORE_OR_LESS.sub("", ABOUT.sub("", plain, count=1) if ABOUT.match(plain) else plain).strip()


def written(number: Decimal) -> str:
    """Write a decimal in plain digits, without the noise of division."""
    return f"{SHOWN.plus(number).normalize():f}"


@cache
def _plain(unit: str) -> str:
    """Fold ㎡, ℃ and ³ to plain signs, 每 to a stroke."""
    folded = unicodedata.normalize("NFKC", unit).strip().lower().replace("每", "/").replace("·", "*")
    return SPEEDS.get(folded, folded)


@cache
def _measure(unit: str) -> tuple[dict[str, int], Decimal] | None:
    """Return the dimensions of a unit with their powers, and its scale; None when it is not known."""
    powers: Counter[str] = Counter()
    scale = Decimal(1)
    for sign, word in _words(unit):
        if word not in KNOWN:
            return None
        kind, size = KNOWN[word]
        powers[kind] += sign
        scale = EXACT.multiply(scale, size) if sign > 0 else EXACT.divide(scale, size)
    return {kind: power for kind, power in powers.items() if kind and power}, scale


def _words(unit: str) -> Iterator[tuple[int, str]]:
    for place, part in enumerate(unit.split("/")):
        for word in part.strip("() ").split("*"):
            yield (1 if place == 0 else -1), word.strip()
