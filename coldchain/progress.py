"""How far a computation is, as data: the sentence is made last, by whoever shows it.

The command line turns events into lines (:mod:`coldchain.cli.telling`); a notebook or a page may draw them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Stage(StrEnum):
    """What is being done; the same in every language."""

    COMPILING = "compiling"
    COUNTY = "county"
    ROADS = "roads"
    TODAY = "today"
    SITING = "siting"
    DECISION = "decision"
    FORMER = "former"
    JOINT = "joint"
    WHOLE_BOUND = "whole-bound"
    WHOLE_PLAN = "whole-plan"
    WITH_DEPOTS = "with-depots"
    REPAIR = "repair"
    ROUTING = "routing"
    BUDGET = "budget"
    CLOSING = "closing"
    WHAT_IF = "what-if"
    RENEWAL = "renewal"
    FIGURE = "figure"
    ORDERS = "orders"
    SEARCH = "search"
    TOURS = "tours"
    CROWDED = "crowded"
    GROUPS = "groups"
    GROUPS_KNOWN = "groups-known"
    GROUPS_PLANNED = "groups-planned"
    CORE = "core"


def relative_gap(value: float, bound: float) -> float:
    """Return ``|value - bound| / max(|value|, 1e-9)``, the gap that is printed everywhere.

    Examples
    --------
    >>> relative_gap(100.0, 98.0)
    0.02
    """
    return abs(value - bound) / max(abs(value), 1e-9)


@dataclass(frozen=True)
class Event:
    """One step of a computation.

    Attributes
    ----------
    stage : what is being done
    label : what it is done for: an aim, a place, a figure; a key, never a sentence
    value, bound : the best value so far and what no plan can beat, in the unit of the aim; None where there is none
    done, of : how many of how many
    facts : further figures of the stage, by name

    Examples
    --------
    >>> Event(Stage.SITING, "loss_t", value=110.0, bound=100.0).gap
    0.09090909090909091
    """

    stage: Stage
    label: str = ""
    value: float | None = None
    bound: float | None = None
    done: int | None = None
    of: int | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def gap(self) -> float | None:
        """Return ``|value - bound| / |value|``; None without both."""
        if self.value is None or self.bound is None:
            return None
        return relative_gap(self.value, self.bound)


Say = Callable[[Event], None]


def silent(event: Event) -> None:
    """Hear an event and say nothing."""
