"""A computation beside the page: it may be asked how far it is, and be dropped; the page polls it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from coldchain.language import language, speaking
from coldchain.progress import Event, Say

T = TypeVar("T")
Work = Callable[[Say, Callable[[], bool]], T]


class BackgroundJob(Generic[T]):
    """Work that runs in a thread of its own, in the language spoken when it began.

    Attributes
    ----------
    event : the last that was heard of it
    result, error : how it ended; both None while it runs
    """

    def __init__(self, work: Work[T]) -> None:
        self.event: Event | None = None
        self.result: T | None = None
        self.error: Exception | None = None
        self._work, self._spoken = work, language()
        self._dropped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it has ended, well or not."""
        return not self._thread.is_alive()

    def drop(self) -> None:
        """Ask it to end soon; its result is not wanted any more."""
        self._dropped.set()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, or so many seconds."""
        self._thread.join(seconds)

    def _hear(self, event: Event) -> None:
        self.event = event

    def _run(self) -> None:
        with speaking(self._spoken):
            try:
                self.result = self._work(self._hear, self._dropped.is_set)
            except Exception as error:  # noqa: BLE001 - shown on the page, which must not die of it
                self.error = error
