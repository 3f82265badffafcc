"""The words of the planning page as HTML; every name of a scenario is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from coldchain.language import _, language
from coldchain.model import Scenario
from coldchain.pages.controls import KINDS
from coldchain.pages.states import Changes, PlanState, VillageChange
from coldchain.reports import figures
from coldchain.scenario.edits import Edits, Vehicles

MOST_NAMED = 20
Row = tuple[str, str, str]


def title_html(scenario: Scenario, bookings: str = "") -> str:
    """Return the heading of the page, with a link to the bookings where there are any."""
    named = _("Plan {name}").format(name=f"{scenario.name} · {scenario.variant}")
    hint = _("Choose sites, change the budget, plan; every plan stays in the list below.")
    beside = f"<p>{link_html(bookings, _('Free room and lorries, bookings'))}</p>" if bookings else ""
    return f'<h1>{escape(named)}</h1><p class="note">{escape(hint)}</p>{beside}'


def link_html(address: str, text: str) -> str:
    """Return a link to a page of this server, in the language spoken."""
    return f'<a href="{escape(address)}&amp;lang={language()}">{escape(text)}</a>'


def figures_html(before: PlanState | None, after: PlanState | None) -> str:
    """Set the figures of two states side by side; those of one where there is none to compare it with."""
    if after is None:
        return _note(_("No plan yet. The first one takes the longest; the others start from it."))
    shown = figures_of(after)
    rows: list[tuple[str, ...]] = list(shown.items())
    title, head = _("Plan shown"), [_("Figure"), _("With the plan")]
    if before is not None and before is not after:
        past, title = figures_of(before), _("Before and after")
        head = [_("Figure"), _("Before"), _("After"), _("Change")]
        rows = [(label, past[label], value, _change(past[label], value)) for label, value in shown.items()]
    alarms = "".join(
        f'<p class="alarm">{escape(_("The plan does not verify: {problem}").format(problem=problem))}</p>'
        for problem in after.problems[:MOST_NAMED]
    )
    return f"<h2>{escape(title)}</h2>{alarms}{_table(head, rows)}"


def _change(before: figures.Shown, after: figures.Shown) -> str:
    """Return what a figure grew or shrank by; nothing where both read the same."""
    write = {"cny": figures.money, "share": figures.percent, "tonnes": figures.tonnes}.get(after.form, figures.count)
    grown = after.number - before.number
    return "" if before == after else f"{'+' if grown > 0 else '−'}{write(abs(grown))}"


def figures_of(state: PlanState) -> dict[str, figures.Shown]:
    """Return label -> value of what a meeting looks at."""
    told = state.summary
    investment, villages = told["investment"], told["villages"]
    return {
        _("Subsidy budget"): figures.money(investment["budget_cny"]),
        _("Awarded"): figures.money(investment["subsidy_cny"]),
        _("Investment"): figures.money(investment["total_cny"]),
        _("Depots built"): figures.count(told["depots"]["built"]),
        _("Loss rate"): figures.percent(told["loss"]["plan_rate"]),
        _("Loss a year"): figures.tonnes(told["loss"]["plan_t"]),
        _("Pre-cooled in time"): figures.percent(told["coverage"]["plan"]),
        _("Cost a year"): figures.money(told["annual_cny"]["total"]),
        _("Villages served"): figures.Shown(
            f"{villages['served']:,} / {villages['total']:,}", villages["served"], "count"
        ),
    }


def state_label(number: int, edits: Edits, summary: Mapping[str, Any]) -> str:
    """Return how a plan of the list is called: its number, what was asked for, what comes out."""
    rule = edits.rule
    parts = [_("budget {budget}").format(budget=figures.money(summary["investment"]["budget_cny"]))]
    parts += [] if rule.rate is None else [_("rate {rate}").format(rate=figures.percent(rule.rate))]
    parts += [] if rule.cap_cny is None else [_("cap {cap}").format(cap=figures.money(rule.cap_cny))]
    parts += [_("programme {name}").format(name=rule.programme)] if rule.programme else []
    parts += [_(KINDS[rule.kind])] if rule.kind else []
    counted = {
        _("{n} forbidden"): edits.forbid, _("{n} forced"): edits.force, _("{n} moved"): edits.moved,
        _("{n} added"): edits.added,
    }  # fmt: skip
    parts += [text.format(n=len(sites)) for text, sites in counted.items() if sites]
    parts += [_("other vehicles")] if edits.vehicles != Vehicles() else []
    told = _("{n}. {asked}: {cost} a year")
    cost = figures.money(summary["annual_cny"]["total"])
    return told.format(n=number, asked=_(", ").join(parts), cost=cost)


def changes_html(before: PlanState | None, after: PlanState | None) -> str:
    """Say who gains and who loses, by name."""
    title = f"<h2>{escape(_('Who gains and who loses'))}</h2>"
    if before is None or after is None or before is after:
        return title + _note(_("Shown once two plans are compared."))
    changes, names = Changes.between(before, after), {**before.names, **after.names}
    parts = [
        _villages(_("Lose less"), changes.gain, names),
        _villages(_("Lose more"), changes.lose, names),
        _villages(_("Go to another depot for the same loss"), changes.moved, names),
    ]
    return title + ("".join(parts) or _note(_("No village is touched.")))


def _villages(title: str, changes: Sequence[VillageChange], names: Mapping[str, str]) -> str:
    if not changes:
        return ""
    head = [_("Village"), _("Before"), _("After"), _("Depot")]
    rows = [
        (one.label, f"{one.before_t:,.2f}", f"{one.after_t:,.2f}", _way(one, names)) for one in changes[:MOST_NAMED]
    ]
    more = len(changes) - MOST_NAMED
    rest = _note(_("and {n} more").format(n=more)) if more > 0 else ""
    counted = _("{title} ({n}), t a year").format(title=title, n=len(changes))
    return f"<h3>{escape(counted)}</h3>{_table(head, rows)}{rest}"


def _way(change: VillageChange, names: Mapping[str, str]) -> str:
    old, new = (names.get(site, site) or _("none") for site in (change.from_depot, change.to_depot))
    return new if old == new else f"{old} → {new}"


def commands_html(lines: Iterable[str], *, by_options: bool = True) -> str:
    """Show the command lines that plan the same; what options cannot say is saved first."""
    text, title = "\n".join(lines), f"<h2>{escape(_('The same from the command line'))}</h2>"
    if not by_options:
        return title + _note(_("Save it below: the command line plans the folder to the same result."))
    return f"{title}<pre>{escape(text)}</pre>" if text else ""


def saved_html(folder: str, line: str) -> str:
    """Say where a scenario was saved, and what plans it."""
    return followed_html(_("saved: {folder}; the command line plans it to the same:").format(folder=folder), line)


def followed_html(text: str, line: str) -> str:
    """Say what was done, and the command that goes on from there."""
    return f"{_note(text)}<pre>{escape(line)}</pre>"


def bug_text(error: BaseException) -> str:
    """Return what a page says of a fault of ours."""
    return _("bug in coldchain: {kind}: {message}").format(kind=type(error).__name__, message=error)


def status_html(text: str, *, failed: bool = False) -> str:
    """Return what the page says of its work."""
    lines = "<br>".join(escape(line) for line in text.splitlines())
    return f'<p class="{"alarm" if failed else "note"}">{lines}</p>'


def _note(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
