"""The page of ``coldchain serve`` in a notebook: the same app, in a process of its own that ends with this one."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from html import escape
from pathlib import Path

from coldchain.errors import UsageError
from coldchain.language import _, language

HEIGHT_PX, PATIENCE_S = 900, 20.0


@dataclass(frozen=True)
class ServedPage:
    """A page that answers on this computer; a notebook shows it.

    Attributes
    ----------
    url : its address, with the token that opens it
    """

    url: str
    process: subprocess.Popen[str]

    def stop(self) -> None:
        """End the page; what was saved stays."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE_S)
        if self.process.stdout is not None:
            self.process.stdout.close()
        atexit.unregister(self.stop)

    def _repr_html_(self) -> str:
        """Show the page in a notebook that runs on the same computer."""
        title = _("Page for the meeting")
        return (
            f'<iframe src="{escape(self.url)}" title="{escape(title)}" '
            f'style="width:100%;height:{HEIGHT_PX}px;border:0"></iframe>'
        )


def serve(folder: Path | str, variant: str | None = None) -> ServedPage:
    """Open the page of ``coldchain serve``: a scenario or plan to plan at the table, or a day of routes.

    Parameters
    ----------
    folder : of a scenario, of a plan or of routes; one in memory is saved first (``county.save("county")``)
    variant : of a scenario

    Raises
    ------
    UsageError
        With what the command says, when the folder cannot be served.
    """
    command = [sys.executable, "-m", "coldchain", "serve", str(folder), "--no-browser", "--quiet"]
    command += [] if variant is None else ["--variant", variant]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as said:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=said, text=True, encoding="utf-8",
            env={**os.environ, "COLDCHAIN_LANG": language(), "PYTHONUTF8": "1"},
        )  # fmt: skip
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        if not url:
            process.wait(PATIENCE_S)
            process.stdout.close()
            said.seek(0)
            raise UsageError(said.read().strip())
    served = ServedPage(url, process)
    atexit.register(served.stop)
    return served
