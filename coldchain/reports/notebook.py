"""A plan and a scenario as notebooks show them: key figures, depots, a small map."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Sequence
from html import escape
from importlib import resources
from typing import Any

from coldchain.language import _, plural
from coldchain.model import Scenario
from coldchain.reports import figures
from coldchain.reports.sketch import two_maps
from coldchain.runs import Run

MOST_ROWS = 12
MAP_PX, FRAME_PX = 720, 700


def plan_html(plan: Run) -> str:
    """Return a plan: what changes, the depots, both maps."""
    named = plan.summary["scenario"]
    name = f"{named['name']} · {named['variant']}"
    change = _table((_("Figure"), _("Today"), _("With the plan")), figures.before_and_after(plan.summary))
    drawn = two_maps(plan.tables, (_("Today"), _("With the plan"))) if len(plan.tables["villages"]) else ""
    picture = f'<div style="max-width:{MAP_PX}px">{drawn}</div>'
    return f"<div><h4>{escape(name)}</h4>{change}{_depots(plan)}{picture}</div>"


def scenario_html(scenario: Scenario) -> str:
    """Return a scenario: how much there is of everything."""
    counts = (
        (_("Villages"), len(scenario.villages)), (_("Candidate sites"), len(scenario.sites)),
        (_("Hubs"), len(scenario.hubs)), (_("Crops"), len(scenario.commodities)), (_("Seasons"), len(scenario.periods)),
        (_("Harvest, t"), f"{scenario.harvest_t.sum():,.0f}"),
        (_("Budget"), figures.money(scenario.siting.budget_cny)),
    )  # fmt: skip
    head = f"{scenario.name} · {scenario.variant}"
    return f"<div><h4>{escape(head)}</h4>{_table((), counts)}</div>"


def framed(page: str, title: str) -> str:
    """Return a whole page in a frame of its own, packed: its scripts work without a server and meet no others.

    The page unpacks itself, which browsers of 2023 and later do.
    """
    packed = base64.b64encode(gzip.compress(page.encode(), mtime=0)).decode()
    script = (resources.files("coldchain.reports") / "assets" / "unpack.js").read_text(encoding="utf-8")
    inside = escape(f'<!doctype html><meta charset="utf-8"><script>{script.replace("PACKED", packed)}</script>')
    return (
        f'<iframe srcdoc="{inside}" title="{escape(title)}" style="width:100%;height:{FRAME_PX}px;border:0"></iframe>'
    )


def _depots(plan: Run) -> str:
    """Return the depots with most tonnes; of the rest the number."""
    table = plan.tables["depots"].sort_values("tonnes_year", ascending=False, kind="stable")
    rows = [
        (row.name or row.depot, _modules(row), f"{row.tonnes_year:,.0f}")
        for row in table.head(MOST_ROWS).itertuples(index=False)
    ]
    left = len(table) - len(rows)
    more = "" if left <= 0 else f"<p>{plural('{n} more depot', '{n} more depots', left).format(n=left)}</p>"
    return _table((_("Depot"), _("Modules"), _("Cooled, t/year")), rows) + more


def _modules(row: Any) -> str:
    """Return what stands and what is new in a depot."""
    return "; ".join(str(text) for text in (row.standing_modules, row.new_modules) if isinstance(text, str) and text)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table, everything escaped."""
    top = "".join(f"<th>{escape(text)}</th>" for text in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>{f'<tr>{top}</tr>' if top else ''}{body}</table>"
