"""A tab of the planning page without a server: opened, clicked, planned."""

from __future__ import annotations

from bokeh.document import Document
from bokeh.events import ButtonClick
from bokeh.models import Button

from coldchain.cli.telling import sentence
from coldchain.pages import Desk, Voice, planning_page
from coldchain.pages.planning import PlanningPage
from coldchain.pages.states import State

VOICE = Voice(sentence, " ".join)
PATIENCE_S = 3_600.0


def opened(desk: Desk, wanted: str | None = None) -> PlanningPage:
    """Open a tab."""
    return planning_page(desk, VOICE, Document(), wanted)


def click(page: PlanningPage, button: Button) -> None:
    """Click a button as the browser does."""
    page.document.callbacks.trigger_event(ButtonClick(model=button))


def planned(page: PlanningPage) -> State:
    """Plan what is asked for, wait for it, and return what is shown."""
    click(page, page.go)
    if page.job is not None:
        page.job.wait(PATIENCE_S)
        page.poll()
    assert page.job is None, page.status.text
    return page.states[page.shown]
