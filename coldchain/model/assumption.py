"""What a scenario takes for granted, and whose data it holds: as data, named in words last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from coldchain.language import N_, _
from coldchain.model import base

Assumed = Literal["harvest", "temperatures", "places", "roads", "figures", "effort", "licence", "note"]

_WORDS: dict[Assumed, str] = {
    "harvest": N_("harvest"),
    "temperatures": N_("temperatures"),
    "places": N_("places"),
    "roads": N_("roads"),
    "figures": N_("catalogue"),
    "effort": N_("effort"),
    "licence": N_("licence of the data"),
    "note": N_("note"),
}
BADGES: dict[Assumed, str] = {
    "harvest": N_("harvests are assumed"),
    "roads": N_("proximity network, no road data"),
    "effort": N_("draft by quick effort"),
}
"""What a picture of the plan must not be shown without."""


class Assumption(base.Noun):
    """One thing assumed."""

    what: Assumed = base.figure("-", "what it is about")
    figure: str = base.figure("-", "what was assumed, in words and figures", min_length=1)
    source: str = base.figure("-", "where it comes from", "")

    @property
    def label(self) -> str:
        """What it is about, in words."""
        return _(_WORDS[self.what])

    def __str__(self) -> str:
        """Render as ``harvest: mixed farming (source: a rule)``."""
        if self.what == "note":
            return self.figure
        text = _("{what}: {figure}").format(what=self.label, figure=self.figure)
        return text + (_(" (source: {source})").format(source=self.source) if self.source else "")


def badges(assumptions: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the badges of a summary's ``assumptions``, in the language spoken.

    Examples
    --------
    >>> badges([{"what": "harvest", "figure": "mixed farming", "source": ""}])
    ['harvests are assumed']
    """
    made = {one["what"] for one in assumptions}
    return [_(text) for what, text in BADGES.items() if what in made]
