"""What an import took from its source, what it left out and what it joined: the object that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from coldchain.errors import Fault


@dataclass(frozen=True)
class Skipped:
    """A row, place or object of the source that is not in the scenario."""

    row: int | None
    name: str
    reason: str


@dataclass(frozen=True)
class Merged:
    """Objects of the source that became one place."""

    kept: str
    dropped: str
    reason: str


@dataclass(frozen=True)
class RoadUse:
    """How much of the given roads a plan can drive on; zero when none were given."""

    km_given: float = 0.0
    km_used: float = 0.0


@dataclass(frozen=True)
class Account:
    """The account of an import.

    Attributes
    ----------
    villages : producing places written
    harvest_t : tonnes a year written
    unused_columns : headings or tags of the source that nothing was made of
    """

    villages: int
    harvest_t: float
    unused_columns: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    merged: tuple[Merged, ...] = ()
    roads: RoadUse = RoadUse()

    def printed(self, faults: Iterable[Fault]) -> dict[str, Any]:
        """Return the object of ``--json``: the account and the warnings, each as a line of text."""
        return {**asdict(self), "harvest_t": round(self.harvest_t, 3), "warnings": [str(fault) for fault in faults]}
