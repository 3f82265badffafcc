"""The page of a day of routes: what ``watch`` shows, renewed as readings come, with proposals to accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import Button, Div, InlineStyleSheet, Select
from jinja2 import Template

from coldchain.diversions.accepting import accept
from coldchain.diversions.desk import Desk as Dispatching
from coldchain.diversions.proposals import ACTIONS, Proposal, Terms, proposals
from coldchain.errors import ColdchainError
from coldchain.language import _, known_language, language, speaking
from coldchain.pages import words
from coldchain.pages.controls import WIDE
from coldchain.pages.desk import free_name
from coldchain.pages.job import Job
from coldchain.pages.sitemap import asset
from coldchain.reports.canvas import div
from coldchain.telemetry.dayplan import ROUTES, DayPlan, read_day
from coldchain.telemetry.page import STYLE, parts_of
from coldchain.telemetry.readings import CHINA_H, Reader
from coldchain.telemetry.replay import replay
from coldchain.telemetry.rules import Rules
from coldchain.telemetry.store import Store
from coldchain.telemetry.watch import Setup, Watched, watched

POLL_MS = 1000
Stamp = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Seen:
    """A day at a moment: what the readings show, and what can be done."""

    found: Watched
    proposals: Sequence[Proposal] = ()


@dataclass(frozen=True)
class DayDesk:
    """A day of routes to watch.

    Attributes
    ----------
    folder : of the routes
    file, kept : messages, a line each, and the store of readings; without either the day is shown as planned
    propose : whether to say what can be done for lots in danger
    date : of the day, where the routes name only a period
    rules : thresholds of the alarms
    """

    folder: Path
    day: DayPlan
    file: Path | None = None
    kept: Path | None = None
    propose: bool = False
    date: str = ""
    rules: Rules = field(default_factory=Rules)

    @classmethod
    def open(
        cls,
        folder: Path,
        file: Path | None = None,
        kept: Path | None = None,
        *,
        propose: bool = False,
        date: str = "",
        rules: Rules | None = None,
    ) -> Self:
        """Open a folder of routes.

        Raises
        ------
        BadInputError
            When it, or the file of messages, cannot be read.
        """
        desk = cls(folder, read_day(folder), file, kept, propose, date, rules or Rules())
        with Store(None) as empty:
            desk.read_into(empty)
        return desk

    def read_into(self, store: Store) -> None:
        """Put the messages of the file into a store."""
        if self.file is not None:
            replay(self.file, Reader(offset_h=CHINA_H), store)

    @property
    def stamp(self) -> Stamp:
        """What changes when readings come."""
        wal = None if self.kept is None else self.kept.with_name(f"{self.kept.name}-wal")
        about = [path.stat() for path in (self.file, self.kept, wal) if path is not None and path.exists()]
        return tuple((one.st_mtime_ns, one.st_size) for one in about)

    def seen(self) -> Seen:
        """Work the day out."""
        with Store(self.kept) as store:
            self.read_into(store)
            found = watched(store, self.day, Setup({}, self.date, CHINA_H, self.rules))
        return Seen(found, proposals(Dispatching(self.folder), found, Terms()) if self.propose else ())


def is_day(folder: Path) -> bool:
    """Tell whether a folder holds routes of a day."""
    return (folder / ROUTES).is_file()


class DayPage:
    """What one tab shows of a day.

    Attributes
    ----------
    seen : the newest state; None until it is there
    """

    def __init__(self, desk: DayDesk, document: Document) -> None:
        self.desk, self.document, self.spoken = desk, document, language()
        self.seen: Seen | None = None
        self.job: Job[Seen] | None = None
        self._stamp: Stamp | None = None
        self.home = desk.folder.resolve().parent
        sheet = InlineStyleSheet(css=STYLE.replace("body{", ":host{display:block;"))
        self.words = Div(text=words.status_html(_("Reading the day …")), stylesheets=[sheet], **WIDE)
        self.choice = Select(
            title=_("Proposals for lots in danger"), options=[], value="", visible=desk.propose, **WIDE
        )
        self.go = Button(label=_("Accept"), disabled=True, visible=desk.propose, align="end", width=160)
        self.status = div("", html_attributes={"role": "status", "aria-live": "polite"}, **WIDE)
        self.go.on_click(self.accept)
        root = column(row(self.choice, self.go, **WIDE), self.status, self.words, **WIDE)
        root.name = "day"
        document.add_root(root)
        document.title = desk.day.name
        document.template = Template(asset("day.html"))
        document.template_variables["language"] = self.spoken
        document.add_periodic_callback(self.poll, POLL_MS)
        self.poll()

    def poll(self) -> None:
        """Look whether readings came; show what was worked out."""
        with speaking(self.spoken):
            job = self.job
            if job is None:
                stamp = self.desk.stamp
                if stamp != self._stamp:
                    self._stamp = stamp
                    self.job = Job(lambda _say, _stop: self.desk.seen())
            elif job.done:
                self.job = None
                if job.result is None:
                    self.status.text = words.status_html(str(job.error), failed=True)
                else:
                    self._show(job.result)

    def _show(self, seen: Seen) -> None:
        self.seen = seen
        self.words.text = "".join(parts_of(seen.found))
        none = [("", _("nothing that pays can be done for lots in danger"))]
        self.choice.options = [(one.id, _label(one)) for one in seen.proposals] or none
        if self.choice.value not in {one.id for one in seen.proposals}:
            self.choice.value = self.choice.options[0][0]
        self.go.disabled = not seen.proposals

    def accept(self) -> None:
        """Write the day as it goes on with the proposal chosen, to a new folder beside it."""
        with speaking(self.spoken):
            made = () if self.seen is None else self.seen.proposals
            chosen = next((one for one in made if one.id == self.choice.value), None)
            if chosen is None:
                return
            out = self.home / free_name(f"{self.desk.folder.resolve().name}-{chosen.id}", self.home)
            try:
                accept(Dispatching(self.desk.folder), chosen, out)
            except ColdchainError as error:
                self.status.text = words.status_html(str(error), failed=True)
                return
            told = _("accepted: the day as it goes on is {folder}; serve that folder from now on")
            self.status.text = words.status_html(told.format(folder=out))


def _label(one: Proposal) -> str:
    told = _("{what}: {room} → {to}; {kg:,.0f} kg saved, {km:,.0f} km, net {net:,.0f} CNY")
    return told.format(what=_(ACTIONS[one.action]), room=one.room, to=one.to or "–", kg=one.saved_kg, km=one.km,
                       net=one.net_cny)  # fmt: skip


def day_page(desk: DayDesk, document: Document, wanted: str | None = None) -> Any:
    """Fill a document with the page of a day; ``wanted`` is its language, as of the planning page."""
    with speaking(known_language(wanted or "") or language()):
        return DayPage(desk, document)
