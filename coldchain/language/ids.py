"""Ids of the shipped catalogue in the words of the language spoken; an id of one's own stays as it is."""

from __future__ import annotations

from coldchain.language import N_, _

WORDS = {
    "built": N_("built new"), "expanded": N_("expanded"), "existing": N_("stands already"),
    "cold": N_("cold"), "cool": N_("cool"), "mild": N_("mild"),
    "room": N_("room cooling"), "forced_air": N_("forced air"), "vacuum": N_("vacuum"), "hydro": N_("cold water"),
    "process": N_("processing"), "drying": N_("drying"), "tea_firing": N_("tea firing"), "juicing": N_("juicing"),
    "spring": N_("spring"), "summer": N_("summer"), "autumn": N_("autumn"), "winter": N_("winter"),
    "farm_tricycle": N_("motor tricycle"), "light_truck": N_("light truck 4.2 m"),
    "medium_truck": N_("medium truck 6.8 m"), "insulated_4m2": N_("insulated van 4.2 m"),
    "reefer_4m2": N_("refrigerated truck 4.2 m"), "reefer_6m8": N_("refrigerated truck 6.8 m"),
    "reefer_9m6": N_("refrigerated truck 9.6 m"),
    "bulk": N_("in bulk"), "basket": N_("baskets"), "crate": N_("plastic crates"),
    "foam_ice": N_("foam boxes with ice"),
    "cooperative": N_("co-operative"), "family_farm": N_("family farm"), "company": N_("company"),
    "village": N_("village"), "hamlet": N_("hamlet"), "isolated_dwelling": N_("single farmstead"), "farm": N_("farm"),
}  # fmt: skip


def word(text: str) -> str:
    """Return what an id is called.

    Examples
    --------
    >>> word("forced_air"), word("hall 7")
    ('forced air', 'hall 7')
    """
    return _(WORDS[text]) if text in WORDS else text
