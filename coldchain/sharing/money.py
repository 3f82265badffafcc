"""Amounts in whole fen that add up exactly."""

from __future__ import annotations

from collections.abc import Iterable

FEN = 100
CRUMB = 6  # decimals of a fen below which two remainders count as equal


def whole_fen(amounts_cny: Iterable[float]) -> list[int]:
    """Round CNY to fen by largest remainder, so that the fen add up to the rounded total.

    Of equal remainders the one named first gets the odd fen.

    Examples
    --------
    >>> whole_fen([33.333333, 33.333333, 33.333334])
    [3333, 3333, 3334]
    """
    fen = [round(float(amount) * FEN, CRUMB) for amount in amounts_cny]
    down = [int(value // 1) for value in fen]
    odd = round(sum(fen)) - sum(down)
    order = sorted(range(len(fen)), key=lambda i: (-round(fen[i] - down[i], CRUMB), i))
    for i in order[: max(odd, 0)]:
        down[i] += 1
    return down


def yuan(fen: int) -> str:
    """Write fen as yuan with two decimals.

    >>> yuan(-1234567)
    '-12,345.67'
    """
    whole, rest = divmod(abs(fen), FEN)
    return f"{'-' if fen < 0 else ''}{whole:,}.{rest:02d}"
