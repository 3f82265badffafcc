"""The planning page: one document for each tab, with its own choices and its own list of plans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bokeh.document import Document
from bokeh.events import Tap
from bokeh.layouts import column, row
from bokeh.models import Button, Select, TextInput

from coldchain.errors import BrokenOffError, ColdchainError, UsageError
from coldchain.language import _, known_language, language, speaking
from coldchain.pages import words
from coldchain.pages.asked import CHOICES, FORBIDDEN, FORCED, STATED, AskedSites
from coldchain.pages.controls import WIDE, Controls
from coldchain.pages.desk import PlanningDesk, free_name, named_folder
from coldchain.pages.job import BackgroundJob
from coldchain.pages.shell import Answering, frame, said, words_div
from coldchain.pages.sitemap import ADD, SiteMap, legend_html
from coldchain.pages.sitetools import SiteTools
from coldchain.pages.states import PlanState
from coldchain.progress import Event
from coldchain.scenario.edits import Edits

POLL_MS, WIDTH_PX = 250, 1500


@dataclass(frozen=True)
class Voice:
    """How the page speaks of what the command line speaks of too.

    Attributes
    ----------
    sentence : an event of planning as a sentence
    shell : words as a line to type
    """

    sentence: Callable[[Event], str]
    shell: Callable[[Sequence[str]], str]


class PlanningPage(Answering):
    """What one tab shows, and what its buttons do.

    Attributes
    ----------
    asked : what is asked of each site
    states : every plan so far
    shown, past : numbers of the states that are shown and compared with; -1 for none
    job : the planning that runs; None when none does
    home : folder that scenarios are saved in
    bookings : address of the page of the plan's bookings; empty where there is none
    """

    def __init__(self, desk: PlanningDesk, voice: Voice, document: Document, bookings: str = "") -> None:
        self.desk, self.voice, self.document, self.bookings = desk, voice, document, bookings
        self.spoken, self.home = language(), Path()
        self.asked = AskedSites(desk.scenario, desk.roads)
        self.states: list[PlanState] = []
        self.shown = self.past = -1
        self.job: BackgroundJob[PlanState] | None = None
        self._polling: Any = None
        self.map = SiteMap(desk.scenario, desk.placed)
        self.controls, self.tools = Controls(desk.scenario), SiteTools(self.map.sites, len(desk.scenario.sites))
        self._make_widgets()
        self._connect()  # before the document has the buttons: Bokeh subscribes them as they come in
        self._lay_out()
        self._begin()

    def _make_widgets(self) -> None:
        self.go = Button(label=_("Plan now"), button_type="primary", **WIDE)
        self.halt = Button(label=_("Cancel"), disabled=True, **WIDE)
        self.status, self.saved = said(), said()
        self.list = Select(title=_("Plan shown: choose an earlier one to go back to it"), options=[], value="", **WIDE)
        self.other = Select(title=_("Compared with"), options=[], value="", **WIDE)
        named = free_name(f"{self.desk.scenario.name}-edited", self.home)
        self.name = TextInput(title=_("Save the plan shown as a scenario named"), value=named, **WIDE)
        self.keep = Button(label=_("Save"), disabled=True, align="end", **WIDE)
        self.figures, self.changes, self.commands = (words_div() for _n in range(3))

    def _lay_out(self) -> None:
        asks, tools = self.controls, self.tools
        named = {
            "title": words_div(words.title_html(self.desk.scenario, self.bookings)),
            "map": column(self.map.mode, self.map.plot, words_div(legend_html()), **WIDE),
            "controls": column(
                row(asks.budget, asks.rate, **WIDE), row(asks.cap, asks.programme, **WIDE),
                row(tools.site, tools.choice, **WIDE), row(self.go, self.halt, **WIDE), self.status, self.list,
                self.other, **WIDE,
            ),
            "sites": tools.layout(), "vehicles": asks.table, "changes": self.changes, "figures": self.figures,
            "commands": column(self.commands, row(self.name, self.keep, **WIDE), self.saved, **WIDE),
        }  # fmt: skip
        with self.document.models.freeze():  # else all models are gone through anew for each root
            for name, root in named.items():
                root.name = name
                self.document.add_root(root)
        frame(self.document, _("Plan {name}").format(name=self.desk.scenario.name), "planning", WIDTH_PX)

    def _connect(self) -> None:
        tools = self.tools
        acts = ((self.go, self.plan), (self.halt, self.cancel), (self.keep, self.save), (tools.add, self.add),
                (tools.put, self.put), (tools.remove, self.remove))  # fmt: skip
        for button, act in acts:
            button.on_click(self._guarded(act))
        self.controls.connect(self._heard, self._show_asked)
        self.map.sites.on_change("data", self._heard(self._table_edited))
        self.map.sites.selected.on_change("indices", self._heard(self._selected))
        self.map.plot.on_event(Tap, self._tapped)
        tools.site.on_change("value", self._heard(lambda: tools.select(str(tools.site.value))))
        tools.choice.on_change("value", self._heard(self._chosen))
        self.list.on_change("value", self._heard(self._went_back))
        self.other.on_change("value", self._heard(self._compared))
        self.document.on_session_destroyed(lambda _context: self._drop())

    def _begin(self) -> None:
        opened = self.desk.opened
        self._take_edits(self.desk.stated)
        if opened is not None:
            self.states.append(opened)
            self.shown = 0
        self.refresh()

    # What the tab does

    @property
    def edits(self) -> Edits:
        """What is asked for now; what is as stated is no edit."""
        asks, sites = self.controls, self.asked
        return Edits(asks.budget_cny, sites.of(FORBIDDEN), sites.of(FORCED), asks.rule, asks.fleet, sites.elsewhere,
                     sites.new)  # fmt: skip

    def plan(self) -> None:
        """Plan what is asked for, beside the page; a plan that is in the list already is shown at once."""
        self.controls.check()
        edits = self.desk.checked(self.edits)
        known = self._known(edits)
        if known is not None:
            self.show(known)
            return
        self._drop()
        self.job = BackgroundJob(lambda say, stop: self.desk.plan(edits, say, stop))
        self._say(_("Planning …"))
        self._busy(busy=True)

    def _known(self, edits: Edits) -> int | None:
        return next((n for n, state in enumerate(self.states) if state.edits == edits), None)

    def cancel(self) -> None:
        """Drop the planning that runs; the page stays as it is."""
        self._drop()
        self._busy(busy=False)
        self._say(_("Cancelled; nothing was changed."))

    def poll(self) -> None:
        """Look at the planning that runs: say how far it is, or show what it found."""
        job = self.job
        if job is None:
            return
        if not job.done:
            text = "" if job.event is None else self.voice.sentence(job.event)
            self._say(_("Planning …") + (f"\n{text}" if text else ""))
            return
        self.job = None
        self._busy(busy=False)
        if job.result is None:
            self._fail(job.error)
            return
        first = self.desk.first(lambda _event: None, lambda: False).state
        for state in (first, job.result):
            if self._known(state.edits) is None:
                self.states.append(state)
        self.show(self._known(job.result.edits) or 0)

    def show(self, number: int) -> None:
        """Show a plan of the list, and ask for what it was planned with; the one shown before is compared with it."""
        if number != self.shown:
            self.past = max(self.shown, 0)
        self.shown = number
        self._take_edits(self.states[number].edits)
        self.refresh()

    def choose(self, site: str, choice: str) -> None:
        """Ask something of a site."""
        self.asked.choices[site] = choice
        self._show_sites()

    def move(self, site: str, lon: float, lat: float) -> None:
        """Put a site somewhere else."""
        self.asked.put(site, lon, lat)
        self._show_sites()

    def add(self) -> None:
        """Add a site at the place of the fields."""
        self._added(*self._place())

    def put(self) -> None:
        """Move the site that is selected to the place of the fields."""
        lon, lat = self._place()
        for site in self.tools.chosen[:1]:
            self.move(site, lon, lat)

    def remove(self) -> None:
        """Remove the sites that are selected, which were added here."""
        for site in self.tools.chosen:
            self.asked.remove(site)
        self._show_sites()

    def save(self) -> None:
        """Save the plan that is shown as a scenario folder, and say which command plans it."""
        try:
            folder = named_folder(self.name.value, self.home)
            line = self.desk.save(self.states[self.shown].edits, folder)
        except ColdchainError as error:
            self.saved.text = words.status_html(str(error), failed=True)
            return
        self.saved.text = words.saved_html(str(folder.resolve()), self.voice.shell(line))
        self.name.value = free_name(self.name.value, self.home)

    def refresh(self) -> None:
        """Bring all that is shown up to date."""
        after, before = self._state(self.shown), self._state(self.past)
        options = [(str(n), self._state_label(n)) for n in range(len(self.states))]
        self.list.options = self.other.options = options
        self.list.value, self.other.value = (str(max(n, 0)) if options else "" for n in (self.shown, self.past))
        self.keep.disabled = after is None
        self.figures.text = words.figures_html(before, after)
        self.changes.text = words.changes_html(before, after)
        self._show_sites()
        self.map.show_plan(list(self.asked.rows()), after)

    # What the widgets say

    def _show_sites(self) -> None:
        rows = list(self.asked.rows())
        self.map.show_sites(rows, self._state(self.shown))
        self.tools.show(rows, self.asked.new)
        self._show_asked()

    def _show_asked(self) -> None:
        edits, after = self.edits, self._state(self.shown)
        lines = [self.voice.shell(line) for line in self.desk.commands(edits)]
        self.commands.text = words.commands_html(lines, by_options=edits.by_options)
        if self.job is None:
            stale = after is not None and after.edits != edits
            said = [_("Changed since the plan shown: choose Plan now.")] if stale else []
            self._say("\n".join([*said, *self.asked.off_road()]))

    def _table_edited(self) -> None:
        keys = {_(text): key for key, text in CHOICES.items()}
        data = self.map.sites.data
        if list(data["key"]) == [row.id for row in self.asked.rows()]:
            for row, text, lon, lat in zip(
                list(self.asked.rows()), data["choice"], data["lon"], data["lat"], strict=True
            ):
                self.asked.choices[row.id] = keys.get(text, STATED)
                if (lon, lat) != (row.lon, row.lat):
                    self._put_as_given(row.id, lon, lat)
        self._show_sites()

    def _put_as_given(self, site: str, lon: Any, lat: Any) -> None:
        try:
            self.asked.put(site, float(lon), float(lat))
        except (TypeError, ValueError, UsageError):  # the cell is put back
            return

    def _tapped(self, event: Any) -> None:
        if self.map.mode.active == ADD:
            self._guarded(lambda: self._added(*self.map.lonlat(event.x, event.y)))()

    def _added(self, lon: float, lat: float) -> None:
        key = self.asked.add(self.tools.name.value, lon, lat)
        self.tools.name.value = ""
        self._show_sites()
        self.tools.select(key)

    def _place(self) -> tuple[float, float]:
        lon, lat = self.tools.place
        if lon is None or lat is None:
            raise UsageError(_("give longitude and latitude in degrees (WGS-84)"))
        return float(lon), float(lat)

    def _selected(self) -> None:
        self.tools.show(list(self.asked.rows()), self.asked.new)

    def _chosen(self) -> None:
        choice, sites = str(self.tools.choice.value), self.tools.chosen
        if sites and self.asked.choices[sites[0]] != choice:  # else it only shows what the first one selected has
            self.asked.choices |= dict.fromkeys(sites, choice)
            self._show_sites()

    def _went_back(self) -> None:
        if self.list.value and int(self.list.value) != self.shown:
            self.show(int(self.list.value))

    def _compared(self) -> None:
        if self.other.value and int(self.other.value) != max(self.past, 0):
            self.past = int(self.other.value)
            self.refresh()

    # Inner workings

    def _take_edits(self, edits: Edits) -> None:
        self.asked.take(edits)
        self.controls.take(edits.budget_cny, edits.rule, edits.vehicles)

    def _state(self, number: int) -> PlanState | None:
        return self.states[number] if 0 <= number < len(self.states) else None

    def _state_label(self, number: int) -> str:
        state = self.states[number]
        return words.state_label(number + 1, state.edits, state.summary)

    def _say(self, text: str, *, failed: bool = False) -> None:
        shown = words.status_html(text, failed=failed) if text else ""
        if shown != self.status.text:
            self.status.text = shown

    def _fail(self, error: BaseException | None) -> None:
        if isinstance(error, BrokenOffError):
            self._say(str(error))
        elif isinstance(error, ColdchainError):
            self._say(str(error), failed=True)
        else:
            self._say("" if error is None else words.bug_text(error), failed=True)

    def _busy(self, *, busy: bool) -> None:
        self.go.disabled, self.halt.disabled = busy, not busy
        if busy and self._polling is None:
            self._polling = self.document.add_periodic_callback(self._guarded(self.poll), POLL_MS)
        elif not busy and self._polling is not None:
            self.document.remove_periodic_callback(self._polling)
            self._polling = None

    def _drop(self) -> None:
        if self.job is not None:
            self.job.drop()
            self.job = None


def planning_page(
    desk: PlanningDesk, voice: Voice, document: Document, wanted: str | None = None, bookings: str = ""
) -> PlanningPage:
    """Fill a document with the page.

    Parameters
    ----------
    wanted : the language of the page; the one spoken when left out or unknown
    bookings : address of the page of the plan's bookings
    """
    with speaking(known_language(wanted or "") or language()):
        return PlanningPage(desk, voice, document, bookings)
