"""Arrays into protocol buffer messages without a Python object a figure: the packed wire format, written at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from coldchain.arrays import Ints
from coldchain.compiled import njit

SEVEN = 7  # bits of a number in a byte of the wire format; the eighth says that more follow
MOST = 9  # bytes of the largest whole number
PACKED = 2  # wire type of anything with a length


def put(message: Any, name: str, values: NDArray[Any]) -> None:
    """Append ``values`` to the repeated field ``name``: float64, bool, or whole numbers of at least 0.

    Examples
    --------
    >>> from ortools.math_opt import model_pb2
    >>> message = model_pb2.VariablesProto()
    >>> put(message, "ids", np.array([0, 1, 300]))
    >>> put(message, "lower_bounds", np.array([0.5, -np.inf]))
    >>> list(message.ids), list(message.lower_bounds)
    ([0, 1, 300], [0.5, -inf])
    """
    if not len(values):
        return
    if values.dtype == np.float64:
        body = np.ascontiguousarray(values, dtype="<f8").tobytes()
    elif values.dtype == np.bool_:
        body = values.astype(np.uint8).tobytes()
    else:
        body = varints(values)
    number = message.DESCRIPTOR.fields_by_name[name].number
    message.MergeFromString(varints(np.array([number << 3 | PACKED])) + varints(np.array([len(body)])) + body)


def varints(values: Ints) -> bytes:
    """Encode whole numbers of at least 0, lowest seven bits first.

    Examples
    --------
    >>> varints(np.array([1, 300])).hex()
    '01ac02'
    """
    if values.min() < 0:
        raise ValueError(f"values must be at least 0; got {values.min()}")
    out = np.empty(len(values) * MOST, np.uint8)
    used = int(_encode(np.ascontiguousarray(values, dtype=np.int64), out))
    return bytes(out[:used].data)


@njit(cache=True, nogil=True)
def _encode(values: Ints, out: NDArray[np.uint8]) -> int:
    place = 0
    for value in values:
        rest = value
        while rest >= 128:
            out[place] = (rest & 127) | 128
            rest >>= SEVEN
            place += 1
        out[place] = rest
        place += 1
    return place
