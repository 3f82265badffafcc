"""Amounts as people write them: full-width digits, 万 and 亿, the unit behind."""

from __future__ import annotations

import re
import unicodedata

from coldchain.language import _, language

MILLION, SMALL_CNY, WAN = 1e6, 1e4, 1e4
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


def write_cny(cny: float) -> str:
    """Write an amount in millions, in Chinese in 万元; small ones in full.

    Examples
    --------
    >>> write_cny(10_436_100), write_cny(-8_120), write_cny(0)
    ('CNY 10.44 M', 'CNY -8,120', 'CNY 0')
    >>> from coldchain.language import speaking
    >>> with speaking("zh"):
    ...     write_cny(10_436_100), write_cny(-8_120)
    ('1,043.6万元', '-8,120元')
    """
    if language() == "zh":
        return _plain(cny, "元") if abs(cny) < SMALL_CNY else f"{cny / WAN:,.1f}万元"
    return f"CNY {cny:,.0f}" if abs(cny) < SMALL_CNY else f"CNY {cny / MILLION:,.2f} M"


def exact_cny(cny: float) -> str:
    """Write an amount to the yuan.

    Examples
    --------
    >>> exact_cny(10_436_100.4)
    '10,436,100 CNY'
    """
    return _plain(cny, _("CNY"))


def per_million() -> float:
    """Return what amounts are divided by under a heading ``CNY M``, in Chinese ``万元``."""
    return WAN if language() == "zh" else MILLION


def in_millions(cny: float) -> str:
    """Write the figure under a heading ``CNY M``, in Chinese ``万元``.

    Examples
    --------
    >>> in_millions(1_234_567)
    '1.23'
    """
    return f"{cny / WAN:,.1f}" if language() == "zh" else f"{cny / MILLION:,.2f}"


def with_unit(number: str, unit: str) -> str:
    """Put the unit behind a number: with a blank, in Chinese without.

    Examples
    --------
    >>> with_unit("12", "t")
    '12 t'
    """
    return f"{number}{unit}" if language() == "zh" else f"{number} {unit}"


def _plain(cny: float, unit: str) -> str:
    return with_unit(f"{cny:,.0f}", unit)
