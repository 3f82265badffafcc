"""The bill of a year by heading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Literal

from coldchain.language import N_

Heading = Literal[
    "collection", "line_haul", "overflow", "handling", "operation", "energy", "capital", "loss", "storage",
    "tracing", "products", "carbon",
]  # fmt: skip
HEADINGS: Mapping[Heading, str] = MappingProxyType(
    {
        "collection": N_("Collection from villages"),
        "line_haul": N_("Line haul to hubs"),
        "overflow": N_("Overflow of vehicles, and waiting"),
        "handling": N_("Packaging, sorting and loading"),
        "operation": N_("Operation of depots"),
        "energy": N_("Electricity"),
        "capital": N_("Capital"),
        "loss": N_("Value of the loss"),
        "storage": N_("Storage, less what it earns"),
        "tracing": N_("Traced lots, less what they earn"),
        "products": N_("Processing and fresh sales given up, less products"),
        "carbon": N_("Price of greenhouse gases"),
    }
)
"""Every heading in the order it is shown, with its words."""
OCCASIONAL: frozenset[Heading] = frozenset({"storage", "tracing", "products", "carbon"})
"""Headings that are written only where a scenario has the subject."""


@dataclass(frozen=True)
class Bill:
    """CNY a year under each heading.

    ``overflow`` is what days beyond the usual one cost on the mean; ``storage``, ``tracing`` and ``products`` are what
    these cost, less what they earn more; ``carbon`` what is emitted at its price.

    Examples
    --------
    >>> bill = Bill(collection=10.0, loss=5.0)
    >>> bill.total, bill.written(frozenset())["loss"], "storage" in bill.written(frozenset())
    (15.0, 5.0, False)
    """

    collection: float = 0.0
    line_haul: float = 0.0
    overflow: float = 0.0
    handling: float = 0.0
    operation: float = 0.0
    energy: float = 0.0
    capital: float = 0.0
    loss: float = 0.0
    storage: float = 0.0
    tracing: float = 0.0
    products: float = 0.0
    carbon: float = 0.0

    @property
    def total(self) -> float:
        """The whole bill, losses included."""
        return float(sum(asdict(self).values()))

    def regular(self) -> dict[str, float]:
        """Return the bill under the headings that every year has; the occasional ones are part of operation."""
        return folded(asdict(self))

    def written(self, subjects: frozenset[Heading]) -> dict[str, float]:
        """Return what summaries state: headings in order, of the occasional ones those named, and the total."""
        left_out = OCCASIONAL - subjects
        return {name: cny for name, cny in asdict(self).items() if name not in left_out} | {"total": self.total}


REGULAR: tuple[str, ...] = tuple(name for name in HEADINGS if name not in OCCASIONAL)
"""Headings that every year has."""


def folded(bill: Mapping[str, float]) -> dict[str, float]:
    """Return a bill as written under its regular headings, 0 under one that it does not have.

    The occasional ones are part of operation.

    Examples
    --------
    >>> folded({**dict.fromkeys(REGULAR, 1.0), "storage": -0.5, "total": 5.5})["operation"]
    0.5
    """
    extra = sum(bill.get(name, 0.0) for name in OCCASIONAL)
    return {name: float(bill.get(name, 0.0)) + extra * (name == "operation") for name in REGULAR}
