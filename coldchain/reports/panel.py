"""The words beside the map, as HTML: a heading, and the figures before and after."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from coldchain.language import N_, _
from coldchain.model import badges
from coldchain.reports import figures, palette
from coldchain.runs import Run

STATUS = {
    "optimal": N_("proved best within the wanted gap"), "feasible": N_("feasible plan"), "limit": N_("feasible plan"),
}  # fmt: skip

STYLE = f"""
:host {{ font-family: {", ".join(f'"{font}"' if " " in font else font for font in palette.FONTS)};
  color: {palette.INK}; font-size: 13px; line-height: 1.4; width: 100%; }}
h1 {{ font-size: 21px; font-weight: 600; margin: 0; }}
h1 small {{ font-weight: 400; color: {palette.MUTED}; font-size: 14px; margin-left: 10px; }}
.badge {{ background: #fdf0d5; border: 1px solid #e3c37b; border-radius: 4px; padding: 1px 7px; font-size: 12px;
  margin-left: 10px; font-weight: 400; vertical-align: 3px; }}
h2 {{ font-size: 11px; font-weight: 600; letter-spacing: .07em; text-transform: uppercase; color: {palette.MUTED};
  margin: 15px 0 4px; border-bottom: 1px solid #e3e6ea; padding-bottom: 3px; }}
h2:first-child {{ margin-top: 0; }}
table {{ border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }}
td, th {{ padding: 2.5px 0 2.5px 8px; text-align: right; font-weight: 400; vertical-align: top; }}
td:first-child, th:first-child {{ text-align: left; color: {palette.MUTED}; padding-left: 0; white-space: nowrap; }}
th {{ color: {palette.MUTED}; font-size: 11.5px; }}
td.after {{ font-weight: 600; }}
.hero {{ display: flex; gap: 10px; align-items: baseline; }}
.hero .was {{ font-size: 22px; color: {palette.MUTED}; }}
.hero .is {{ font-size: 32px; font-weight: 650; color: #12536f; }}
.hero .what {{ color: {palette.MUTED}; }}
.bar {{ background: #edf0f2; height: 4px; border-radius: 2px; margin: 1px 0 4px; }}
.bar i {{ display: block; height: 4px; border-radius: 2px; background: #35958f; }}
.note {{ color: {palette.MUTED}; font-size: 12px; margin-top: 4px; }}
"""


def badges_of(plan: Run) -> list[str]:
    """Return what a picture of the plan must not be shown without; roads that are none, also of an earlier version."""
    roads = [{"what": "roads"}] if plan.placed.network.kind == "proximity" else []
    return badges([*plan.summary.get("assumptions", ()), *roads])


def heading(plan: Run) -> str:
    """Return the title with scenario and variant; names the network when no road data stood behind it."""
    summary = plan.summary
    scenario = summary["scenario"]
    marks = badges_of(plan)
    badge = "".join(f'<span class="badge">{escape(text)}</span>' for text in marks)
    ended = _(", interrupted") if summary["interrupted"] else ""
    state = _(STATUS.get(summary["status"], summary["status"]))
    small = _("{state} · seed {seed}").format(state=state + ended, seed=summary["seed"])
    title = _("Cold chain plan: {name}").format(name=f"{scenario['name']} · {scenario['variant']}")
    return f"<h1>{escape(title)}</h1><small>{escape(small)} · coldchain {escape(summary['version'])}</small>{badge}"


def heading_of_two(runs: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the title of two plans side by side."""
    title = _("Two plans: {names}").format(names=" | ".join(name for name, _summary in runs))
    told = "; ".join(f"{name}: {run['scenario']['name']} · {run['scenario']['variant']}" for name, run in runs)
    return f"<h1>{escape(title)}</h1><small>{escape(told)}</small>"


def panel_of_two(runs: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    """Return the figures of two plans beside each other."""
    names = "".join(f"<th>{escape(name)}</th>" for name, _summary in runs)
    summaries = [summary for _name, summary in runs]
    before = [figures.before_and_after(summary) for summary in summaries]
    losses = [(row[0][0], *(one[2] for one in row)) for row in zip(*before, strict=True)]
    money = _side_by_side([[*figures.investment_facts(one), *figures.net_facts(one)] for one in summaries])
    costs = _side_by_side(
        [[(label, figures.money(cny)) for label, cny in figures.yearly_costs(summary)] for summary in summaries]
    )
    service = _side_by_side([figures.service_facts(summary) for summary in summaries])
    proof = _side_by_side([figures.proof(summary) for summary in summaries])
    parts = (
        (_("With the plan"), losses), (_("Investment"), money), (_("Cost a year"), costs), (_("Service"), service),
        (_("Against the best possible"), proof),
    )  # fmt: skip
    return "".join(
        f"<h2>{escape(title)}</h2><table><tr><th></th>{names}</tr>"
        + "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
        + "</table>"
        for title, rows in parts
    ) + assumptions(summaries)


def assumptions(summaries: Sequence[Mapping[str, Any]]) -> str:
    """Return what the plans assumed and whose data they hold, each once."""
    found = dict.fromkeys(one for summary in summaries for one in figures.assumptions(summary))
    items = "".join(f'<li class="{one.what}">{escape(str(one))}</li>' for one in found)
    return f'<h2>{escape(_("Assumptions and sources"))}</h2><ul class="note">{items}</ul>' if found else ""


def _side_by_side(columns: Sequence[Sequence[tuple[str, str]]]) -> list[tuple[str, ...]]:
    return [(rows[0][0], *(text for _label, text in rows)) for rows in zip(*columns, strict=True)]


def panel(plan: Run) -> str:
    """Return the figures a minister asks for: what is lost today and with the plan, who pays, how sure it is."""
    summary = plan.summary
    loss = summary["loss"]
    hero = (
        f'<div class="hero"><span class="was">{figures.percent(loss["baseline_rate"])} →</span>'
        f'<span class="is">{figures.percent(loss["plan_rate"])}</span>'
        f'<span class="what">{escape(_("of the harvest lost"))}</span></div>'
    )
    change = "".join(
        f'<tr><td>{label}</td><td>{before}</td><td class="after">{after}</td></tr>'
        for label, before, after in figures.before_and_after(summary)[1:]
    )
    heads = f"<th>{escape(_('today'))}</th><th>{escape(_('with the plan'))}</th>"
    parts = [
        (_("Losses"), hero + f"<table><tr><th></th>{heads}</tr>{change}</table>"),
        (_("Investment"), _facts([*figures.investment_facts(summary), *figures.net_facts(summary)])),
        (_("Where the saving comes from"), _facts(figures.saving_facts(summary))),
        (_("Cost a year"), _costs(plan)),
        (_("Service"), _facts(figures.service_facts(summary))),
        (_("Against the best possible"), _facts(figures.proof(summary))),
    ]
    return "".join(f"<h2>{title}</h2>{body}" for title, body in parts if body) + assumptions([summary])


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f'<tr><td>{escape(label)}</td><td class="after">{escape(text)}</td></tr>' for label, text in facts)
    return f"<table>{rows}</table>" if rows else ""


def _costs(plan: Run) -> str:
    costs = figures.yearly_costs(plan.summary)
    total = float(plan.summary["annual_cny"]["total"])
    most = max((cny for _label, cny in costs), default=0.0) or 1.0
    rows = "".join(
        f"<tr><td>{label}</td><td>{figures.money(cny)}</td></tr>"
        f'<tr><td colspan="2"><div class="bar"><i style="width:{max(100 * cny / most, 0):.0f}%"></i></div></td></tr>'
        for label, cny in costs
    )
    return f'<table>{rows}<tr><td>{escape(_("Total"))}</td><td class="after">{figures.money(total)}</td></tr></table>'
