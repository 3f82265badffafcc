"""LZW as TIFF has it: whether a block can be decoded, before it is handed to a decoder that trusts its input."""

from __future__ import annotations

CLEAR, END, FIRST = 256, 257, 258
"""Codes that empty the table and end the block, and the first one of the table (TIFF 6.0, section 13)."""
NARROWEST, WIDEST = 9, 12


def is_sound(data: bytes, most: int) -> bool:
    """Tell whether every code of a block is known when it comes, and no more than ``most`` bytes come out.

    A damaged file must end as a message, and not end the program.

    Examples
    --------
    >>> is_sound(bytes([0x80, 0x1C, 0xCC, 0x27, 0x91, 0x01]), 100), is_sound(b"no such block", 100)
    (True, False)
    """
    lengths = [1] * FIRST
    width, at, before, out = NARROWEST, 0, -1, 0
    last = 8 * len(data)
    if code_at(data, 0, width) != CLEAR:
        return False
    while at + width <= last:
        code = code_at(data, at, width)
        at += width
        if code == END:
            break
        if code == CLEAR:
            del lengths[FIRST:]
            width, before = NARROWEST, -1
            continue
        if (
            code > len(lengths)
            or (before < 0 and code >= CLEAR)
            or (code == len(lengths) and len(lengths) >= 1 << WIDEST)
        ):
            return False
        if before >= 0 and len(lengths) < 1 << WIDEST:
            lengths.append(lengths[before] + 1)
        out += lengths[code]
        before = code
        if len(lengths) >= (1 << width) - 1 and width < WIDEST:
            width += 1
    return out <= most


def code_at(data: bytes, bit: int, width: int) -> int:
    """Return the code of so many bits that begins at a bit, the highest first."""
    byte = bit >> 3
    return (int.from_bytes(data[byte : byte + 3].ljust(3, b"\x00"), "big") >> (24 - width - (bit & 7))) & (
        (1 << width) - 1
    )
