"""A page as PDF, by the browser that is on the machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from coldchain.errors import MissingExtraError
from coldchain.language import _
from coldchain.leftovers import temporary_folder

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge", "msedge")
INSTALLED = (
    "Microsoft/Edge/Application/msedge.exe", "Google/Chrome/Application/chrome.exe",
    "Google Chrome.app/Contents/MacOS/Google Chrome", "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "Chromium.app/Contents/MacOS/Chromium",
)  # fmt: skip
"""Where browsers lie below the folders of programs, on Windows and macOS, which name them in no PATH."""
PROGRAMS = ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
SECONDS = 120


def browser() -> str | None:
    """Return the path of a browser that can print without a window, if there is one."""
    named = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    homes = [Path(os.environ[name]) for name in PROGRAMS if name in os.environ] + [Path("/Applications")]
    installed = (path for home in homes for name in INSTALLED if (path := home / name).is_file())
    return named or next(map(str, installed), None)


def print_page(page: Path, pdf: Path) -> None:
    """Print an HTML file to a PDF file.

    Raises
    ------
    MissingExtraError
        When no browser that prints without a window is there, or it fails.
    """
    found = browser()
    if found is None:
        told = _("a PDF needs Chromium, Chrome or Edge; without one, open {page} in any browser and print it")
        raise MissingExtraError(told.format(page=page))
    with temporary_folder("print") as home:
        asked = [found, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={home}"]
        asked += ["--no-pdf-header-footer", f"--print-to-pdf={pdf}", page.resolve().as_uri()]
        done = subprocess.run(asked, capture_output=True, timeout=SECONDS, check=False)
    if done.returncode or not pdf.is_file():
        told = _("{browser} could not print; open {page} in any browser and print it")
        raise MissingExtraError(told.format(browser=found, page=page))
