"""What one trip may have of everything it adds up at its halts, beside payload and volume; stated anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from coldchain.language import _
from coldchain.model import VehicleType


def excesses(vehicle: VehicleType, load_kg: Sequence[float]) -> Iterator[str]:
    """Say what a trip with halts of so many kg has too much of, for its vehicle."""
    if vehicle.max_stops is not None and len(load_kg) > vehicle.max_stops:
        text = _("calls at {count} stops on one trip; {id} may call at {most}")
        yield text.format(count=len(load_kg), id=vehicle.id, most=vehicle.max_stops)
