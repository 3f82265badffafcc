"""A real broker of its own for tests: mosquitto on a free loopback port, with its own configuration, stopped after."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SETTINGS = (
    "persistence true", "autosave_interval 1", "max_queued_messages 0", "max_inflight_messages 0",
    "set_tcp_nodelay true", "user root",
)  # fmt: skip
LOOKS, BETWEEN_S = 30_000, 0.02


def free_port() -> int:
    """Return a port of the loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(done: Callable[[], bool], what: str) -> None:
    """Wait for something that happens elsewhere."""
    for _look in range(LOOKS):
        if done():
            return
        time.sleep(BETWEEN_S)
    assert done(), f"{what} did not happen"


@dataclass
class Broker:
    """A mosquitto that can be killed and started again with its store."""

    folder: Path
    more: tuple[str, ...] = ("allow_anonymous true",)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        lines = (f"listener {self.port} 127.0.0.1", f"persistence_location {self.folder}/", *SETTINGS, *self.more)
        settings = self.folder / "mosquitto.conf"
        settings.write_text("\n".join(lines) + "\n")
        assert MOSQUITTO is not None
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._answers, "the start of mosquitto")

    def _answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, "mosquitto ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def end(self, sign: signal.Signals = signal.SIGTERM) -> None:
        """End it, by default in order."""
        if self.process is not None:
            self.process.send_signal(sign)
            self.process.wait()
            self.process = None


def mosquitto() -> Path:
    """Return the program; without it the test is skipped, on CI it fails."""
    if MOSQUITTO is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("mosquitto is not installed")
    return Path(MOSQUITTO)


@contextmanager
def broker(folder: Path, *more: str) -> Iterator[Broker]:
    """Run a broker."""
    mosquitto()
    folder.mkdir(parents=True, exist_ok=True)
    own = Broker(folder, more or ("allow_anonymous true",))
    own.start()
    try:
        yield own
    finally:
        own.end()
