"""Modules and how awards are reckoned, in the words of the language spoken."""

from __future__ import annotations

import re
from collections.abc import Mapping

from coldchain.language import _
from coldchain.language.ids import word

MODULE = re.compile(r"\b(cold|cool|mild)_(room|forced_air|vacuum|hydro)_(\d+)\b")
UNENTITLED = "(not eligible)"


def modules(text: str) -> str:
    """Return modules such as ``cold_room_200:2;hall:1`` in words.

    Examples
    --------
    >>> modules("cold_forced_air_200:2;hall:1"), modules("")
    ('2 × cold forced air 200 m³, 1 × hall', '')
    """
    parts = (part.partition(":") for part in filter(None, text.split(";")))
    return _(", ").join(f"{count or 1} × {reckoned(name)}" for name, _sign, count in parts)


def reckoned(text: str, depots: Mapping[str, str] | None = None) -> str:
    """Return how an award was reckoned, modules in words; a single depot is not named again and again.

    Parameters
    ----------
    depots : what the depots of the award are called, by id

    Examples
    --------
    >>> reckoned("T001: 1 × cool_room_500 (500 m³ × 700 CNY/m³ × 40%)")
    'T001: 1 × cool room cooling 500 m³ (500 m³ × 700 CNY/m³ × 40%)'
    >>> reckoned("T1: 2 × hall (9 m³ × 1 CNY/m³)", {"T1": "Mill (T1)"})
    '2 × hall (9 m³ × 1 CNY/m³)'
    >>> reckoned("T1: 1 × hall (x); 1: 1 × hall (x)", {"T1": "Mill (T1)", "1": "1"})
    'Mill (T1): 1 × hall (x); 1: 1 × hall (x)'
    """
    called = depots or {}
    heads = {key: f"{label}: " if len(called) > 1 else "" for key, label in called.items()}
    places = "|".join(map(re.escape, heads))
    named = re.sub(rf"(^|; )({places}): ", lambda one: one[1] + heads[one[2]], text) if heads else text
    plain = named.replace(UNENTITLED, f"({_('not eligible')})").replace(" CNY", " " + _("CNY"))
    return MODULE.sub(
        lambda one: _("{zone} {method} {size} m³").format(zone=word(one[1]), method=word(one[2]), size=one[3]), plain
    )
