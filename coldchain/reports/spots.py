"""Where names may stand on a map so that none lies over another or over a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDE_LETTER, LETTER, FULL_WIDTH = 1.05, 0.62, 0x2E7F
"""Width of a letter by the size of its type, and the code from which letters fill their square."""
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class LabelSpot:
    """A place with a name, y upwards; ``gap`` is how far its mark reaches from its middle."""

    x: float
    y: float
    name: str
    gap: float


def width_of(name: str, size: float) -> float:
    """Return about how wide a name is in a type of some size."""
    return size * sum(WIDE_LETTER if ord(letter) > FULL_WIDTH else LETTER for letter in name)


def free_spots(
    places: Sequence[LabelSpot], size: float, room: Box | None = None, marks: Sequence[Box] = ()
) -> list[tuple[float, float] | None]:
    """Return for each name where its lower left corner may stand, from its place; None where there is no room.

    Parameters
    ----------
    places : the most important first
    size : of the type
    room : that no name may leave
    marks : boxes that no name may cover, besides the marks of the places themselves

    Examples
    --------
    >>> free_spots([LabelSpot(0, 0, "Aa", 2), LabelSpot(8, 0, "Bb", 2)], 10)
    [(-14.4, 0.0), (2, 0.0)]
    """
    taken = [*((at.x - at.gap, at.y - at.gap, at.x + at.gap, at.y + at.gap) for at in places), *marks]
    spots: list[tuple[float, float] | None] = []
    for at in places:
        wide, gap = width_of(at.name, size), at.gap
        corners = [(gap, 0.0), (-gap - wide, 0.0), (gap, -size), (-gap - wide, -size), (-wide / 2, gap),
                   (-wide / 2, -gap - size - 1)]  # fmt: skip
        boxes = [(at.x + dx, at.y + dy, at.x + dx + wide, at.y + dy + size + 1) for dx, dy in corners]
        free = (n for n, box in enumerate(boxes) if _within(box, room) and not any(_meet(box, one) for one in taken))
        n = next(free, None)
        spots.append(None if n is None else corners[n])
        taken += [] if n is None else [boxes[n]]
    return spots


def _within(box: Box, room: Box | None) -> bool:
    return room is None or (box[0] >= room[0] and box[1] >= room[1] and box[2] <= room[2] and box[3] <= room[3])


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
