"""Amounts as people write them: full-width digits, 万 and 亿, the unit behind."""

from __future__ import annotations

import re
import unicodedata

from coldchain.language import _

UNITS = {"": 1.0, "千": 1e3, "万": 1e4, "百万": 1e6, "千万": 1e7, "亿": 1e8}
_NUMBER = r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:e[+-]?\d+)?"
_AMOUNT = re.compile(
    rf"(?:CNY|RMB|¥)?\s*(?=[+-]?\.?\d)({_NUMBER})\s*(百万|千万|千|万|亿)?\s*(?:元|CNY|RMB)?", re.IGNORECASE
)


def read_cny(text: str) -> float:
    """Read an amount of money.

    Raises
    ------
    ValueError
        Saying what would be right.

    Examples
    --------
    >>> read_cny("36万元"), read_cny("3.6e5"), read_cny("360,000 CNY"), read_cny("１．２亿")
    (360000.0, 360000.0, 360000.0, 120000000.0)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    found = _AMOUNT.fullmatch(plain)
    if found is None:
        raise ValueError(_('must be an amount in CNY such as 360000, 3.6e5 or 36万元; got "{text}"').format(text=text))
    return float(found[1].replace(",", "")) * UNITS[found[2] or ""]
