"""What of an OpenStreetMap file is not in the network read from it, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from coldchain.errors import Fault
from coldchain.language import _, plural
from coldchain.network.lorries import Lorry, LorryRange

MOST_NAMED = 5


class Ferry(NamedTuple):
    """A ferry, and where its middle lies; NaN when its nodes are not in the file."""

    id: str
    name: str
    lon: float
    lat: float

    @property
    def called(self) -> str:
        """Name, if any, and id."""
        return f"{self.name} ({self.id})" if self.name else self.id


@dataclass(frozen=True)
class OsmRecord:
    """What was left out of a file.

    Attributes
    ----------
    missing_nodes, ways_with_gaps : nodes of roads that are not in the file, and the roads that lack them
    turn_restrictions, ferries : left out
    barriers : nodes at which roads were cut
    km_closed_by_limit : roads closed to the lightest of ``lorries`` by weight, height, width, length or axle load
    km_closed_to_heaviest : roads that stay open although the heaviest may not use them
    conditional : roads with rules for certain hours or loads, which are not kept to
    unread : limits whose values cannot be read, and how often they stand
    unplaced : places without an outline in the file
    """

    missing_nodes: int
    ways_with_gaps: int
    turn_restrictions: int
    ferries: tuple[Ferry, ...]
    barriers: int
    km_closed_by_limit: float
    km_closed_to_heaviest: float
    lorries: LorryRange
    conditional: int
    unread: tuple[tuple[str, int], ...]
    unplaced: tuple[str, ...]

    def faults(self, file: str) -> list[Fault]:
        """Return one warning for each kind of thing that was left out."""
        return [
            Fault(file, None, column, "", message, code, warning=True) for column, message, code in self._messages()
        ]

    def _messages(self) -> Iterator[tuple[str, str, str]]:
        """Yield tag, message and code of each kind."""
        if self.missing_nodes:
            message = plural(
                "{n:,} node of {ways:,} roads is not in the file; the roads are interrupted there",
                "{n:,} nodes of {ways:,} roads are not in the file; the roads are interrupted there",
                self.missing_nodes,
            )
            yield "nd", message.format(n=self.missing_nodes, ways=self.ways_with_gaps), "missing-nodes"
        if self.turn_restrictions:
            message = plural(
                "{n:,} turn restriction is left out: the turn counts as allowed",
                "{n:,} turn restrictions are left out: the turns count as allowed",
                self.turn_restrictions,
            )
            yield "restriction", message.format(n=self.turn_restrictions), "turn-restrictions"
        if self.ferries:
            message = plural(
                "{n:,} ferry is left out, roads beyond it may be cut off: {names}",
                "{n:,} ferries are left out, roads beyond them may be cut off: {names}",
                len(self.ferries),
            )
            names = listed([ferry.called for ferry in self.ferries])
            yield "route", message.format(n=len(self.ferries), names=names), "ferries"
        yield from self._limits()
        if self.unplaced:
            message = plural(
                "{n:,} place has no outline in the file and is left out: {names}",
                "{n:,} places have no outline in the file and are left out: {names}",
                len(self.unplaced),
            )
            yield "place", message.format(n=len(self.unplaced), names=listed(self.unplaced)), "unplaced"

    def _limits(self) -> Iterator[tuple[str, str, str]]:
        """Yield what barriers and posted limits do."""
        if self.barriers:
            message = plural(
                "roads are cut at {n:,} barrier that lorries cannot pass",
                "roads are cut at {n:,} barriers that lorries cannot pass",
                self.barriers,
            )
            yield "barrier", message.format(n=self.barriers), "barriers"
        if self.km_closed_by_limit:
            message = _("{km:,.2f} km are closed by posted limits to the lightest lorry ({lorry})")
            lorry = _measures(self.lorries.lightest)
            yield "maxweight", message.format(km=self.km_closed_by_limit, lorry=lorry), "closed-by-limit"
        if self.km_closed_to_heaviest:
            message = _(
                "{km:,.2f} km are planned as open to all, though posted limits close them to the heaviest lorry "
                "({lorry})"
            )
            lorry = _measures(self.lorries.heaviest)
            yield "maxweight", message.format(km=self.km_closed_to_heaviest, lorry=lorry), "closed-to-heaviest"
        if self.unread:
            message = _("limits that cannot be read and are not kept to: {names}")
            named = [f"{text} ×{n}" if n > 1 else text for text, n in self.unread]
            yield "maxweight", message.format(names=listed(named)), "unread-limits"
        if self.conditional:
            message = plural(
                "{n:,} road has rules for certain hours or loads; they are not kept to",
                "{n:,} roads have rules for certain hours or loads; they are not kept to",
                self.conditional,
            )
            yield "conditional", message.format(n=self.conditional), "conditional"


def _measures(lorry: Lorry) -> str:
    text = _("{t:g} t, {height:g} m high, {width:g} m wide, {length:g} m long")
    return text.format(t=lorry.gross_t, height=lorry.height_m, width=lorry.width_m, length=lorry.length_m)


def listed(names: Sequence[str]) -> str:
    """List the first names, and how many more there are."""
    head = _(", ").join(names[:MOST_NAMED])
    rest = len(names) - MOST_NAMED
    return head + (_(" and {count} more").format(count=rest) if rest > 0 else "")
