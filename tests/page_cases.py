"""A tab of the planning page without a server: opened, clicked, planned; and the command that serves it."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bokeh.document import Document
from bokeh.events import ButtonClick
from bokeh.models import Button

from coldchain.cli.telling import sentence
from coldchain.pages import PlanningDesk, Voice, planning_page
from coldchain.pages.planning import PlanningPage
from coldchain.pages.states import PlanState

VOICE = Voice(sentence, " ".join)
PATIENCE_S = 3_600.0


def opened(desk: PlanningDesk, wanted: str | None = None) -> PlanningPage:
    """Open a tab."""
    return planning_page(desk, VOICE, Document(), wanted)


def click(page: PlanningPage, button: Button) -> None:
    """Click a button as the browser does."""
    page.document.callbacks.trigger_event(ButtonClick(model=button))


def planned(page: PlanningPage) -> PlanState:
    """Plan what is asked for, wait for it, and return what is shown."""
    click(page, page.go)
    if page.job is not None:
        page.job.wait(PATIENCE_S)
        page.poll()
    assert page.job is None, page.status.text
    return page.states[page.shown]


@contextmanager
def served(folder: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command; end it whatever happens."""
    command = [sys.executable, "-m", "coldchain", "serve", str(folder), "--no-browser", *options]
    made = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8",
                            env={**os.environ, "BOKEH_RESOURCES": "cdn"})  # fmt: skip
    try:
        yield made
    finally:
        if made.poll() is None:
            made.kill()
        made.communicate()


def answer(url: str) -> tuple[int, str]:
    """Ask for a page without a proxy; return its status and text."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=PATIENCE_S) as got:
            return got.status, got.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, ""
