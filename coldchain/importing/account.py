"""What an import took from its source, what it left out and what it joined: the object that ``--json`` prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from coldchain.errors import Fault, grouped
from coldchain.language import _
from coldchain.model import Assumption
from coldchain.network import RoadsUsed


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


NO_ROADS = RoadsUsed(0.0, 0.0, 0, 0)


@dataclass(frozen=True)
class Account:
    """The account of an import.

    Attributes
    ----------
    villages : producing places written
    harvest_t : tonnes a year written
    unused_columns : headings or tags of the source that nothing was made of
    roads : given and in use; all zero when none were given
    visit_first : of an atlas, the villages whose harvest is most worth knowing
    crops : of an atlas, tonnes of each crop of the sources: in the cells, in villages, beyond their reach
    """

    villages: int
    harvest_t: float
    unused_columns: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    merged: tuple[Merged, ...] = ()
    roads: RoadsUsed = NO_ROADS
    visit_first: tuple[Any, ...] = ()
    crops: tuple[Mapping[str, str | float], ...] = ()

    def printed(self, faults: Iterable[Fault], assumed: Iterable[Assumption] = ()) -> dict[str, Any]:
        """Return the object of ``--json``: the account, a line for each kind of warning, and what was assumed."""
        return {
            "villages": self.villages,
            "harvest_t": self.harvest_t,
            "unused_columns": list(self.unused_columns),
            "skipped": [asdict(one) for one in self.skipped],
            "merged": [asdict(one) for one in self.merged],
            "roads": self.roads.record(),
            **({"crops": [dict(one) for one in self.crops]} if self.crops else {}),
            **({"visit_first": [asdict(one) for one in self.visit_first]} if self.visit_first else {}),
            "warnings": [
                *(str(group) for group in grouped(faults)),
                *(_("assumed: {text}").format(text=one) for one in assumed if one.what != "licence"),
            ],
        }
