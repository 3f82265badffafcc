"""How much of the given roads a network uses, and what was cut off where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from coldchain.language import plural

RECORDED_PARTS = 20
"""Parts cut off that a record lists, the longest first."""


@dataclass(frozen=True)
class CutOff:
    """Roads that hang together but are not joined to the rest in both directions.

    Attributes
    ----------
    km : road length; a two-way road counts once
    arcs : directed arcs
    lon, lat : a vertex in the middle of its longest road, degrees, WGS-84
    reason : ``island`` when no road leads there, ``one-way`` when roads lead only in or only out
    """

    km: float
    arcs: int
    lon: float
    lat: float
    reason: Literal["island", "one-way"]


@dataclass(frozen=True)
class RoadsUsed:
    """Roads given and roads in use: those in the largest part in which every place reaches every other.

    Attributes
    ----------
    km_given, km_used : road length; a two-way road counts once
    arcs_given, arcs_used : directed arcs
    cut_off : the parts not used, the longest first
    """

    km_given: float
    km_used: float
    arcs_given: int
    arcs_used: int
    cut_off: tuple[CutOff, ...] = ()

    @property
    def share_cut_off(self) -> float:
        """Share of the given length that is not used, 0 to 1."""
        return 1.0 - self.km_used / self.km_given if self.km_given > 0 else 0.0

    def line(self) -> str:
        """Return the account in one line."""
        text = plural(
            "roads: {given:,.1f} km given, {used:,.1f} km in use ({share:.1%}), {n} part cut off",
            "roads: {given:,.1f} km given, {used:,.1f} km in use ({share:.1%}), {n} parts cut off",
            len(self.cut_off),
        )
        share = 1.0 - self.share_cut_off
        return text.format(given=self.km_given, used=self.km_used, share=share, n=len(self.cut_off))

    def record(self) -> dict[str, Any]:
        """Return the figures as JSON takes them, with the longest parts only."""
        longest = [asdict(part) for part in self.cut_off[:RECORDED_PARTS]]
        return {**asdict(self), "parts_cut_off": len(self.cut_off), "cut_off": longest}
