"""Ids of the shipped catalogue in the words of the language spoken; an id of one's own stays as it is."""

from __future__ import annotations

import re

from coldchain.language import N_, _

WORDS = {
    "built": N_("built new"), "expanded": N_("expanded"), "existing": N_("stands already"),
    "cold": N_("cold"), "cool": N_("cool"), "mild": N_("mild"),
    "room": N_("room cooling"), "forced_air": N_("forced air"), "vacuum": N_("vacuum"), "hydro": N_("cold water"),
    "spring": N_("spring"), "summer": N_("summer"), "autumn": N_("autumn"), "winter": N_("winter"),
    "farm_tricycle": N_("motor tricycle"), "light_truck": N_("light truck 4.2 m"),
    "medium_truck": N_("medium truck 6.8 m"), "insulated_4m2": N_("insulated van 4.2 m"),
    "reefer_4m2": N_("refrigerated truck 4.2 m"), "reefer_9m6": N_("refrigerated truck 9.6 m"),
    "cooperative": N_("co-operative"), "family_farm": N_("family farm"), "company": N_("company"),
}  # fmt: skip
MODULE = re.compile(r"\b(cold|cool|mild)_(room|forced_air|vacuum|hydro)_(\d+)\b")
UNENTITLED = "(not eligible)"


def word(text: str) -> str:
    """Return what an id is called.

    Examples
    --------
    >>> word("forced_air"), word("hall 7")
    ('forced air', 'hall 7')
    """
    return _(WORDS[text]) if text in WORDS else text


def modules(text: str) -> str:
    """Return modules such as ``cold_room_200:2;hall:1`` in words.

    Examples
    --------
    >>> modules("cold_forced_air_200:2;hall:1"), modules("")
    ('2 × cold forced air 200 m³, 1 × hall', '')
    """
    parts = (part.partition(":") for part in filter(None, text.split(";")))
    return _(", ").join(f"{count or 1} × {reckoned(name)}" for name, _sign, count in parts)


def reckoned(text: str, depots: str = "") -> str:
    """Return how an award was reckoned, modules in words; a single depot is not named again and again.

    Examples
    --------
    >>> reckoned("T001: 1 × cool_room_500 (500 m³ × 700 CNY/m³ × 40%)")
    'T001: 1 × cool room cooling 500 m³ (500 m³ × 700 CNY/m³ × 40%)'
    >>> reckoned("T001: 2 × hall (9 m³ × 1 CNY/m³)", "T001")
    '2 × hall (9 m³ × 1 CNY/m³)'
    """
    named = text.replace(f"{depots}: ", "") if depots else text
    plain = named.replace(UNENTITLED, f"({_('not eligible')})").replace(" CNY", " " + _("CNY"))
    return MODULE.sub(
        lambda one: _("{zone} {method} {size} m³").format(zone=word(one[1]), method=word(one[2]), size=one[3]), plain
    )
