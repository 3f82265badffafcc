"""A browser of the system without a window, driven through a pipe; what it would fetch from a network it cannot."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--hide-scrollbars", "--disable-extensions", "--proxy-server=127.0.0.1:9", "--remote-debugging-pipe",
)  # fmt: skip
LAUNCH = "import os,sys;r,w=map(int,sys.argv[1:3]);os.dup2(r,3);os.dup2(w,4);os.execv(sys.argv[3],sys.argv[3:])"
PATIENCE_S = 600.0


def found_browser() -> str | None:
    """Return the path of Chromium or Chrome, None when there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@dataclass
class Pipe:
    """The pipe to a browser, which all its tabs speak through."""

    receive: int
    send: int
    tabs: dict[str, Page] = field(default_factory=dict)
    answered: dict[int, Any] = field(default_factory=dict)
    number: int = 0
    rest: bytes = b""


@dataclass
class Page:
    """A page: what it asked the network for, what its console said, and how to act on it."""

    pipe: Pipe
    session: str = ""
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def call(self, method: str, **parameters: Any) -> Any:
        """Call a method of the DevTools protocol and return its result."""
        self.pipe.number += 1
        message: dict[str, Any] = {"id": self.pipe.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.pipe.send, json.dumps(message).encode() + b"\0")
        return self._result(self.pipe.number, method)

    def _attach(self) -> str:
        """Open a tab to act on, and return its target."""
        target = str(self.call("Target.createTarget", url="about:blank")["targetId"])
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")
        self.pipe.tabs[self.session] = self
        return target

    @contextmanager
    def tab(self) -> Iterator[Page]:
        """Open another tab of the same browser, which hears of itself alone."""
        other = Page(self.pipe)
        target = other._attach()
        try:
            yield other
        finally:
            other.call("Target.closeTarget", targetId=target)

    def _result(self, number: int, method: str) -> Any:
        ends = time.monotonic() + PATIENCE_S
        while number not in self.pipe.answered:
            assert time.monotonic() < ends, f"the browser does not answer {method}"
            self._listen(1.0)
        answer = self.pipe.answered.pop(number)
        assert "error" not in answer, (method, answer["error"])
        return answer["result"]

    def _listen(self, seconds: float) -> None:
        if not select.select([self.pipe.receive], [], [], seconds)[0]:
            return
        piece = os.read(self.pipe.receive, 1 << 20)
        assert piece, "the browser ended"
        *whole, self.pipe.rest = (self.pipe.rest + piece).split(b"\0")
        for message in map(json.loads, whole):
            if "id" in message:
                self.pipe.answered[message["id"]] = message
            else:
                self.pipe.tabs.get(message.get("sessionId", ""), self)._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        name, told = message.get("method", ""), message.get("params", {})
        if name == "Network.requestWillBeSent":
            if not told["request"]["url"].startswith("data:"):
                self.requests.append(told["request"]["url"])
        elif name == "Network.webSocketCreated":
            self.requests.append(told["url"])
        elif name == "Runtime.exceptionThrown":
            self.errors.append(str(told["exceptionDetails"].get("exception", told)))
        elif name == "Runtime.consoleAPICalled" and told["type"] in ("error", "assert", "warning"):
            self.errors.append(" ".join(str(part.get("value", part)) for part in told["args"]))
        elif name == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.errors.append(told["entry"]["text"])

    def run(self, script: str) -> Any:
        """Run a script in the page and return its value; a promise is awaited."""
        told = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until a script returns something true, and return it."""
        ends = time.monotonic() + PATIENCE_S
        while not (value := self.run(script)):
            assert time.monotonic() < ends, f"never true: {script}"
            time.sleep(0.03)
        return value

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Give the window a size in pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def open(self, path: Path) -> Self:
        """Open a file and wait until its map is drawn."""
        self.requests.clear()
        self.call("Page.navigate", url=path.resolve().as_uri())
        self.until("document.body && document.body.classList.contains('ready')")
        self.run("new Promise((done) => setTimeout(done, 300))")
        return self

    def click(self, x: float, y: float) -> None:
        """Click at a place of the window."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def drag(self, x: float, y: float, to_x: float, to_y: float, *, steps: int = 8) -> None:
        """Press at one place of the window, move in steps and let go at another."""
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        self.call("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, button="left", buttons=1, clickCount=1)
        for n in range(1, steps + 1):
            at = {"x": x + (to_x - x) * n / steps, "y": y + (to_y - y) * n / steps}
            self.call("Input.dispatchMouseEvent", type="mouseMoved", button="left", buttons=1, **at)
        self.call("Input.dispatchMouseEvent", type="mouseReleased", x=to_x, y=to_y, button="left", clickCount=1)

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write what the window shows, or the whole page, as PNG."""
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))

    def pdf(self, path: Path) -> None:
        """Print the page on the paper its style asks for."""
        told = self.call("Page.printToPDF", preferCSSPageSize=True, printBackground=True)
        path.write_bytes(base64.b64decode(told["data"]))


@contextmanager
def browser(program: str) -> Iterator[Page]:
    """Start a browser with an empty profile and open a blank page."""
    (down, send), (receive, up) = os.pipe(), os.pipe()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [sys.executable, "-c", LAUNCH, str(down), str(up), program, *FLAGS, f"--user-data-dir={profile}"]
        child = subprocess.Popen(command, pass_fds=(down, up), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(down)
        os.close(up)
        try:
            page = Page(Pipe(receive, send))
            page._attach()
            yield page
        finally:
            child.terminate()
            child.wait(20)
            os.close(send)
            os.close(receive)
