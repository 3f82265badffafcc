"""The page of a day of routes: what ``watch`` shows, renewed as readings come, with proposals to accept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import Button, Div, InlineStyleSheet, NumericInput, Select, TextInput

from coldchain.diversions.accepting import accept
from coldchain.diversions.desk import DayDispatcher as Dispatching
from coldchain.diversions.proposals import ACTIONS, Proposal, ProposalTerms, proposals
from coldchain.errors import ColdchainError
from coldchain.language import _, known_language, language, speaking
from coldchain.pages import words
from coldchain.pages.controls import WIDE
from coldchain.pages.desk import free_name
from coldchain.pages.job import BackgroundJob
from coldchain.pages.shell import frame, said
from coldchain.telemetry.alarms import Alarm
from coldchain.telemetry.dayplan import DayPlan
from coldchain.telemetry.page import STYLE, parts_of, place_words
from coldchain.telemetry.readings import MessageReader
from coldchain.telemetry.replay import replay
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.terminal import cause_words
from coldchain.telemetry.watch import Setup, Watched, alarm_id, watched

POLL_MS, WIDTH_PX = 1000, 1000
MOST_REPAIR_H, MOST_REASON, MOST_NAME = 240.0, 200, 40
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
    terms : what proposals for lots in danger assume; None where none are asked for
    moved : where the scenario of the routes lies now
    """

    folder: Path
    day: DayPlan
    file: Path | None = None
    kept: Path | None = None
    setup: Setup = field(default_factory=Setup)
    reader: MessageReader = field(default_factory=MessageReader)
    terms: ProposalTerms | None = None
    moved: Path | None = None

    def checked(self) -> Self:
        """Return the desk once its messages can be read.

        Raises
        ------
        BadInputError
            When the file of messages cannot be read.
        """
        with ReadingStore(None) as empty:
            self.read_into(empty)
        return self

    def read_into(self, store: ReadingStore) -> None:
        """Put the messages of the file into a store."""
        if self.file is not None:
            replay(self.file, self.reader, store)

    @property
    def stamp(self) -> Stamp:
        """What changes when readings come."""
        wal = None if self.kept is None else self.kept.with_name(f"{self.kept.name}-wal")
        about = [path.stat() for path in (self.file, self.kept, wal) if path is not None and path.exists()]
        return tuple((one.st_mtime_ns, one.st_size) for one in about)

    @property
    def dispatching(self) -> Dispatching:
        """The day to which lots can be sent elsewhere."""
        return Dispatching(self.folder, self.moved)

    def seen(self, terms: ProposalTerms | None = None) -> Seen:
        """Work the day out; with ``terms`` also what can be done."""
        with ReadingStore(self.kept) as store:
            self.read_into(store)
            found = watched(store, self.day, self.setup)
        return Seen(found, () if terms is None else proposals(self.dispatching, found, terms))


class DayPage:
    """What one tab shows of a day.

    Attributes
    ----------
    seen : the newest state; None until it is there
    """

    def __init__(self, desk: DayDesk, document: Document) -> None:
        self.desk, self.document, self.spoken = desk, document, language()
        self.seen: Seen | None = None
        self.job: BackgroundJob[Seen] | None = None
        self._stamp: Stamp | None = None
        self.home = desk.folder.resolve().parent
        sheet = InlineStyleSheet(css=STYLE.replace("body{", ":host{display:block;"))
        self.words = Div(text=words.status_html(_("Reading the day …")), stylesheets=[sheet], **WIDE)
        self.terms = desk.terms
        proposes, keeps = self.terms is not None, desk.kept is not None
        self.choice = Select(title=_("Proposals for lots in danger"), options=[], value="", visible=proposes, **WIDE)
        self.repair = NumericInput(title=_("Hours until repaired"), mode="float", low=0, high=MOST_REPAIR_H, width=160,
                                   value=self.terms.repair_h if self.terms else None, visible=proposes)  # fmt: skip
        self.go = Button(label=_("Accept"), disabled=True, visible=proposes, align="end", width=160)
        self.alarm = Select(title=_("Open alarms"), options=[], value="", visible=keeps, **WIDE)
        self.reason = TextInput(title=_("Reason"), max_length=MOST_REASON, visible=keeps, **WIDE)
        self.who = TextInput(title=_("Person"), max_length=MOST_NAME, width=120, visible=keeps)
        self.note = Button(label=_("Acknowledge"), disabled=True, visible=keeps, width=160)
        self.status = said()
        self.go.on_click(self.accept)
        self.note.on_click(self.acknowledge)
        self.repair.on_change("value", lambda _name, _old, _new: self.assume())
        notes = column(self.alarm, row(self.reason, self.who, **WIDE), self.note, visible=keeps, **WIDE)
        doings = column(self.choice, row(self.repair, self.go), visible=proposes, **WIDE)
        root = column(doings, notes, self.status, self.words, **WIDE)
        root.name = "day"
        document.add_root(root)
        frame(document, desk.day.name, "day", WIDTH_PX)
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
                    self.job = BackgroundJob(lambda _say, _stop: self.desk.seen(self.terms))
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
        pairs = zip(seen.found.alarms, seen.found.notes, strict=True)
        left = [one for one, note in pairs if note is None and one.is_open]
        self.alarm.options = [(alarm_id(one), _alarm_label(seen.found, one)) for one in left] or [("", _("none"))]
        if self.alarm.value not in {alarm_id(one) for one in left}:
            self.alarm.value = self.alarm.options[0][0]
        self.note.disabled = not left

    def assume(self) -> None:
        """Work out again what can be done, with the hours until repaired that were typed."""
        if self.terms is not None and self.repair.value is not None:
            self.terms = replace(self.terms, repair_h=float(self.repair.value))
            self._stamp = None

    def acknowledge(self) -> None:
        """Keep in the store that the alarm chosen was taken note of, and why."""
        with speaking(self.spoken):
            reason, who = self.reason.value.strip(), self.who.value.strip()
            if self.seen is None or self.desk.kept is None or not self.alarm.value:
                return
            if not reason:
                self.status.text = words.status_html(_("state the reason: it is kept with the alarm"), failed=True)
                return
            try:
                note = self.seen.found.noted(self.alarm.value, reason, who)
                with ReadingStore(self.desk.kept) as store:
                    store.acknowledge(note)
            except ColdchainError as error:
                self.status.text = words.status_html(str(error), failed=True)
                return
            self.reason.value, self._stamp = "", None
            self.status.text = words.status_html(_("acknowledged: {reason}").format(reason=reason))

    def accept(self) -> None:
        """Write the day as it goes on with the proposal chosen, to a new folder beside it."""
        with speaking(self.spoken):
            made = () if self.seen is None else self.seen.proposals
            chosen = next((one for one in made if one.id == self.choice.value), None)
            if chosen is None:
                return
            out = self.home / free_name(f"{self.desk.folder.resolve().name}-{chosen.id}", self.home)
            try:
                accept(self.desk.dispatching, chosen, out)
            except ColdchainError as error:
                self.status.text = words.status_html(str(error), failed=True)
                return
            told = _("accepted: the day as it goes on is {folder}; serve that folder from now on")
            self.status.text = words.status_html(told.format(folder=out))


def _alarm_label(found: Watched, alarm: Alarm) -> str:
    where = alarm.device or place_words(found.day, alarm.place)
    return f"{found.moment(alarm.start_h)[11:16]} {where}: {cause_words(alarm)}"


def _label(one: Proposal) -> str:
    told = _("{what}: {room} → {to}; {kg:,.0f} kg saved, {km:,.0f} km, net {net:,.0f} CNY")
    return told.format(what=_(ACTIONS[one.action]), room=one.room, to=one.to or "–", kg=one.saved_kg, km=one.km,
                       net=one.net_cny)  # fmt: skip


def day_page(desk: DayDesk, document: Document, wanted: str | None = None) -> Any:
    """Fill a document with the page of a day; ``wanted`` is its language, as of the planning page."""
    with speaking(known_language(wanted or "") or language()):
        return DayPage(desk, document)
