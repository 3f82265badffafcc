"""The planning page: one document for each tab, with its own choices and its own list of plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import wraps
from importlib import resources
from typing import Any

from bokeh.document import Document
from bokeh.layouts import column, row
from bokeh.models import (
    Button,
    DataTable,
    Div,
    NumericInput,
    Select,
    SelectEditor,
    StringEditor,
    TableColumn,
)
from jinja2 import Template

from coldchain.errors import BrokenOffError, ColdchainError
from coldchain.language import _, known_language, language, speaking
from coldchain.pages import words
from coldchain.pages.desk import Desk
from coldchain.pages.job import Job
from coldchain.pages.sitemap import CHOICES, FORBIDDEN, FORCED, STATED, SiteMap
from coldchain.pages.states import State
from coldchain.progress import Event
from coldchain.reports import figures
from coldchain.reports.canvas import div
from coldchain.scenario.edits import Edits

POLL_MS = 250
TABLE_PX, ROW_PX = 300, 25
MOST_BUDGET_CNY = 1e12
WIDE = {"sizing_mode": "stretch_width"}
SPOKEN = {"role": "status", "aria-live": "polite"}


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


class PlanningPage:
    """What one tab shows, and what its buttons do.

    Attributes
    ----------
    choices : what is asked of each site, by id
    states : every plan so far
    shown, past : numbers of the states that are shown and compared with; -1 for none
    job : the planning that runs; None when none does
    """

    def __init__(self, desk: Desk, voice: Voice, document: Document) -> None:
        self.desk, self.voice, self.document = desk, voice, document
        self.spoken = language()
        self.choices = {site.id: STATED for site in desk.scenario.sites}
        self.states: list[State] = []
        self.shown = self.past = -1
        self.job: Job[State] | None = None
        self._polling: Any = None
        self.map = SiteMap(desk.scenario, desk.placed)
        self._make_widgets()
        self._connect()  # before the document has the buttons: Bokeh subscribes them as they come in
        self._lay_out()
        self._begin()

    def _make_widgets(self) -> None:
        names = [(site.id, f"{n}. {label}") for n, (site, label) in enumerate(self._labelled(), start=1)]
        self.site = Select(title=_("Site"), options=[("", _("choose a site")), *names], value="", **WIDE)
        asked = [(key, _(text)) for key, text in CHOICES.items()]
        self.choice = Select(title=_("Asked for"), options=asked, value=STATED, disabled=True, **WIDE)
        self.budget = NumericInput(
            title=_("Subsidy budget, CNY"), mode="float", format="0,0.[00]", low=0, high=MOST_BUDGET_CNY,
            value=self.desk.scenario.siting.budget_cny, **WIDE,
        )  # fmt: skip
        self.go = Button(label=_("Plan now"), button_type="primary", **WIDE)
        self.halt = Button(label=_("Cancel"), disabled=True, **WIDE)
        self.status = div("", html_attributes=SPOKEN, **WIDE)
        self.list = Select(title=_("Plan shown: choose an earlier one to go back to it"), options=[], value="", **WIDE)
        self.other = Select(title=_("Compared with"), options=[], value="", **WIDE)
        self.figures, self.changes, self.commands = (_words() for _n in range(3))
        heads = {"label": _("Site"), "county": _("County"), "stated": _("In the scenario"), "choice": _("Asked for"),
                 "modules": _("Modules")}  # fmt: skip
        choose = SelectEditor(options=[_(text) for text in CHOICES.values()])
        self.table = DataTable(
            source=self.map.sites, editable=True, index_position=None, reorderable=False,
            height=min(TABLE_PX, (len(self.choices) + 2) * ROW_PX),
            columns=[TableColumn(field=field, title=head, editor=choose if field == "choice" else StringEditor())
                     for field, head in heads.items()], **WIDE,
        )  # fmt: skip

    def _labelled(self) -> Iterable[tuple[Any, str]]:
        return zip(self.desk.scenario.sites, self.map.sites.data["label"], strict=True)

    def _lay_out(self) -> None:
        named = {
            "title": div(words.title_html(self.desk.scenario), **WIDE),
            "map": self.map.plot,
            "controls": column(
                self.budget, self.site, self.choice, row(self.go, self.halt, **WIDE), self.status, self.list,
                self.other, **WIDE,
            ),
            "sites": self.table, "changes": self.changes, "figures": self.figures, "commands": self.commands,
        }  # fmt: skip
        for name, root in named.items():
            root.name = name
            self.document.add_root(root)
        self.document.title = _("Plan {name}").format(name=self.desk.scenario.name)
        page = resources.files(__package__) / "assets" / "planning.html"
        self.document.template = Template(page.read_text("utf-8"))
        self.document.template_variables["language"] = self.spoken

    def _connect(self) -> None:
        self.go.on_click(self._guarded(self.plan))
        self.halt.on_click(self._guarded(self.cancel))
        self.map.sites.on_change("data", self._heard(self._table_edited))
        self.map.sites.selected.on_change("indices", self._heard(self._selected))
        self.site.on_change("value", self._heard(self._site_named))
        self.choice.on_change("value", self._heard(self._chosen))
        self.budget.on_change("value", self._heard(self._asked))
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
        """What is asked for now."""
        asked = {key: tuple(site for site, choice in self.choices.items() if choice == key)
                 for key in (FORBIDDEN, FORCED)}  # fmt: skip
        return self.desk.edits(float(self.budget.value or 0.0), asked[FORBIDDEN], asked[FORCED])

    def plan(self) -> None:
        """Plan what is asked for, beside the page; a plan that is in the list already is shown at once."""
        edits = self.desk.checked(self.edits)
        known = self._known(edits)
        if known is not None:
            self.show(known)
            return
        self._drop()
        self.job = Job(lambda say, stop: self.desk.plan(edits, say, stop))
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
        self.choices[site] = choice
        self.refresh()

    def refresh(self) -> None:
        """Bring all that is shown up to date."""
        after, before = self._state(self.shown), self._state(self.past)
        self.map.show(self.choices, after)
        options = [(str(n), self._state_label(n)) for n in range(len(self.states))]
        self.list.options = self.other.options = options
        self.list.value, self.other.value = (str(max(n, 0)) if options else "" for n in (self.shown, self.past))
        labels = dict(zip(self.map.sites.data["key"], self.map.sites.data["label"], strict=True))
        self.figures.text = words.figures_html(before, after)
        self.changes.text = words.changes_html(before, after, labels)
        self._show_asked()
        self._selected()

    # What the widgets say

    def _show_asked(self) -> None:
        edits, after = self.edits, self._state(self.shown)
        self.commands.text = words.commands_html(map(self.voice.shell, self.desk.commands(edits)))
        if self.job is None:
            stale = after is not None and after.edits != edits
            self._say(_("Changed since the plan shown: choose Plan now.") if stale else "")

    def _asked(self) -> None:
        self._show_asked()

    def _table_edited(self) -> None:
        keys = {_(text): key for key, text in CHOICES.items()}
        found = zip(self.map.sites.data["key"], self.map.sites.data["choice"], strict=True)
        chosen = {site: keys.get(text, STATED) for site, text in found}
        if chosen != self.choices:
            self.choices = chosen
            self.refresh()

    def _selected(self) -> None:
        rows = self.map.sites.selected.indices
        site = self.map.sites.data["key"][rows[0]] if rows else ""
        self.site.value = site
        self.choice.disabled = not rows
        self.choice.value = self.choices[site] if rows else STATED

    def _site_named(self) -> None:
        keys = list(self.map.sites.data["key"])
        rows = [keys.index(self.site.value)] if self.site.value else []
        if list(self.map.sites.selected.indices)[:1] != rows:
            self.map.sites.selected.indices = rows

    def _chosen(self) -> None:
        choice = str(self.choice.value)
        sites = [self.map.sites.data["key"][n] for n in self.map.sites.selected.indices]
        if sites and self.choices[sites[0]] != choice:  # else it only shows what the first one selected has
            self.choices |= dict.fromkeys(sites, choice)
            self.refresh()

    def _went_back(self) -> None:
        if self.list.value and int(self.list.value) != self.shown:
            self.show(int(self.list.value))

    def _compared(self) -> None:
        if self.other.value and int(self.other.value) != max(self.past, 0):
            self.past = int(self.other.value)
            self.refresh()

    # Inner workings

    def _take_edits(self, edits: Edits) -> None:
        self.choices = dict.fromkeys(self.choices, STATED)
        self.choices |= dict.fromkeys(edits.forbid, FORBIDDEN) | dict.fromkeys(edits.force, FORCED)
        stated = self.desk.scenario.siting.budget_cny
        self.budget.value = stated if edits.budget_cny is None else edits.budget_cny

    def _state(self, number: int) -> State | None:
        return self.states[number] if 0 <= number < len(self.states) else None

    def _state_label(self, number: int) -> str:
        state = self.states[number]
        told = _("{n}. budget {budget}, {forbidden} forbidden, {forced} forced: {cost} a year")
        return told.format(
            n=number + 1, budget=figures.money(state.summary["investment"]["budget_cny"]),
            forbidden=len(state.edits.forbid), forced=len(state.edits.force),
            cost=figures.money(state.summary["annual_cny"]["total"]),
        )  # fmt: skip

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
            told = _("bug in coldchain: {kind}: {message}")
            self._say(told.format(kind=type(error).__name__, message=error), failed=True)

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

    def _guarded(self, act: Callable[[], None]) -> Callable[[], None]:
        """Let a callback speak the language of the page, and say on the page what went wrong in it."""

        @wraps(act)
        def guarded() -> None:
            with speaking(self.spoken):
                try:
                    act()
                except Exception as error:  # noqa: BLE001 - otherwise a line in a log, and a page that is dead
                    self._fail(error)

        return guarded

    def _heard(self, act: Callable[[], None]) -> Callable[[str, Any, Any], None]:
        guarded = self._guarded(act)

        def heard(_name: str, _old: Any, _new: Any) -> None:
            guarded()

        return heard


def planning_page(desk: Desk, voice: Voice, document: Document, wanted: str | None = None) -> PlanningPage:
    """Fill a document with the page.

    Parameters
    ----------
    wanted : the language of the page; the one spoken when left out or unknown
    """
    with speaking(known_language(wanted or "") or language()):
        return PlanningPage(desk, voice, document)


def _words() -> Div:
    made = div("", **WIDE)
    made.stylesheets = [*made.stylesheets, EXTRA]
    return made


EXTRA = """
h3 { font-size: 12.5px; margin: 10px 0 2px; }
p { margin: 3px 0; }
.alarm { color: #8a331f; font-weight: 600; }
pre { font-size: 12px; white-space: pre-wrap; word-break: break-all; background: #f4f5f6; padding: 8px; }
"""
