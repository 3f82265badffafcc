"""Independent steps side by side: equal answers in equal order, whatever the number of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


def mapped(call: Callable[[Item], Answer], items: Sequence[Item], threads: int) -> Iterator[Answer]:
    """Yield the answer for each item, in order.

    Examples
    --------
    >>> list(mapped(abs, [-3, 2], 2))
    [3, 2]
    """
    if threads < 2 or len(items) < 2:
        yield from map(call, items)
        return
    with ThreadPoolExecutor(min(threads, len(items))) as pool:
        for begun in [pool.submit(copy_context().run, call, item) for item in items]:
            yield begun.result()


@contextmanager
def beside(call: Callable[[], Answer], threads: int) -> Iterator[Callable[[], Answer]]:
    """Begin a step now and go on; what is yielded waits for its answer. With one thread it is done at once.

    Examples
    --------
    >>> with beside(lambda: 7, 2) as answer:
    ...     answer()
    7
    """
    if threads < 2:
        found = call()
        yield lambda: found
        return
    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(copy_context().run, call).result
