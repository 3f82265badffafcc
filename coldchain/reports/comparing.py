"""What differs between two plans, and what a change does, on the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import pandas as pd
from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from coldchain.arrays import ROUNDING
from coldchain.language import N_, _, plural
from coldchain.language.amounts import in_millions
from coldchain.language.ids import word
from coldchain.model.naming import Names, labelled
from coldchain.reports.figures import tonnes
from coldchain.reports.words import modules

SHOWN = 12
WIDTH = 120
Shown = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Heads and rows of a table."""


def amount(value: float, unit: str, *, sign: bool = False) -> str:
    """Write a number with the digits its unit deserves; shares in per cent, differences of shares in points.

    Examples
    --------
    >>> amount(0.123, "share"), amount(-0.01, "share", sign=True), amount(2.5e6, "CNY"), amount(0.34, "years")
    ('12.3%', '-1.0 points', '2,500,000 CNY', '0.3 years')
    """
    plus = "+" if sign else ""
    if pd.isna(value):
        return "-"
    if unit == "share":
        return f"{100 * value:{plus}.1f}" + (f" {_('points')}" if sign else "%")
    digits = 1 if unit in ("h", "years") and abs(value) < 1000 else 0
    told = f"{value:{plus},.{digits}f}"
    if unit in COUNTED:
        return plural(*COUNTED[unit], abs(value)).format(n=told)
    return told if unit == "-" else f"{told} {_(unit)}"


CHANGED, STANDING = N_("changed"), N_("standing")
COUNTED = {
    "depots": (N_("{n} depot"), N_("{n} depots")), "routes": (N_("{n} route"), N_("{n} routes")),
    "vehicles": (N_("{n} vehicle"), N_("{n} vehicles")), "villages": (N_("{n} village"), N_("{n} villages")),
}  # fmt: skip
FIGURES = {
    "objective.value": N_("value of the aim"),
    "objective.bound": N_("proved bound"),
    "objective.gap": N_("gap"),
    "loss.baseline_rate": N_("loss rate today"),
    "loss.plan_rate": N_("loss rate with the plan"),
    "loss.baseline_t": N_("lost today"),
    "loss.plan_t": N_("lost with the plan"),
    "loss.baseline_water_t": N_("lost as water today"),
    "loss.plan_water_t": N_("lost as water with the plan"),
    "loss.baseline_cny": N_("value lost today"),
    "loss.plan_cny": N_("value lost with the plan"),
    "loss.baseline_discount_cny": N_("discounts today"),
    "loss.plan_discount_cny": N_("discounts with the plan"),
    "coverage.baseline": N_("pre-cooled in time today"),
    "coverage.plan": N_("pre-cooled in time with the plan"),
    "investment.total_cny": N_("investment"),
    "investment.subsidy_cny": N_("subsidy"),
    "investment.subsidy_share": N_("subsidy, of the investment"),
    "investment.budget_cny": N_("subsidy budget"),
    "annual_cny.collection": N_("cost of collection"),
    "annual_cny.line_haul": N_("cost of line haul"),
    "annual_cny.overflow": N_("cost of overflow"),
    "annual_cny.handling": N_("cost of handling"),
    "annual_cny.operation": N_("operation of depots"),
    "annual_cny.energy": N_("electricity"),
    "annual_cny.capital": N_("cost of capital"),
    "annual_cny.loss": N_("value of the loss"),
    "annual_cny.storage": N_("storage, net"),
    "annual_cny.tracing": N_("traced lots, net"),
    "annual_cny.products": N_("processing, net of products"),
    "annual_cny.carbon": N_("price of greenhouse gases"),
    "annual_cny.total": N_("cost in all"),
    "net.today_cny": N_("cost in all today"),
    "net.plan_cny": N_("cost in all with the plan"),
    "net.benefit_cny": N_("net benefit"),
    "net.payback_years": N_("payback"),
    "net.depot_cny_t": N_("depots, a tonne cooled"),
    "cooling.peak_kw": N_("most heat taken at once"),
    "cooling.installed_kw": N_("refrigeration installed"),
    "emissions.today_kg": N_("greenhouse gases today"),
    "emissions.plan_kg": N_("greenhouse gases with the plan"),
    "emissions.collection_kg": N_("of these by collection"),
    "emissions.depot_kg": N_("of these by depots"),
    "emissions.line_haul_kg": N_("of these by line haul"),
    "emissions.trader_kg": N_("of these by traders' trucks"),
    "emissions.power_kwh": N_("electricity used"),
    "emissions.trader_tkm": N_("haulage by traders"),
    "depots.existing": N_("depots that stand"),
    "depots.built": N_("depots newly built"),
    "depots.mobile": N_("mobile units"),
    "products.processed_t": N_("processed"),
    "products.product_t": N_("products"),
    "products.revenue_cny": N_("products sold for"),
    "products.process_cny": N_("cost of processing"),
    "routes.count": N_("routes"),
    "routes.vehicles": N_("vehicles needed"),
    "routes.km": N_("way driven"),
    "routes.hours": N_("time driven"),
    "delivery_h.p50": N_("harvest to market, median"),
    "delivery_h.p95": N_("harvest to market, 95 % within"),
    "delivery_h.max": N_("harvest to market, longest"),
    "delivery_h.share_within_target": N_("on time"),
    "delivery_h.target": N_("time limit of delivery"),
    "villages.total": N_("villages in all"),
    "villages.served": N_("villages served"),
}
"""Figures of a summary, by their path in ``summary.json``, as people call them."""
BY_COUNTY = "investment.by_county."
UNITS = (N_("CNY"), N_("t"), N_("h"), N_("km"), N_("t/yr"), N_("years"), N_("kW"), N_("kg"), N_("kWh"), N_("t·km"))


class ComparisonParts(Protocol):
    """What :class:`coldchain.sweeps.Comparison` holds."""

    @property
    def figures(self) -> pd.DataFrame:
        """Every number with its unit."""

    @property
    def depots(self) -> pd.DataFrame:
        """Depots that differ."""

    @property
    def villages(self) -> pd.DataFrame:
        """Villages that move."""

    @property
    def sites(self) -> Mapping[str, str]:
        """Depot -> name."""

    @property
    def apart(self) -> bool:
        """Whether the runs are of different counties."""


def comparison_tables(parts: ComparisonParts, names: Sequence[str]) -> tuple[Shown, ...]:
    """Return heads and rows of the figures that differ, the depots that do, and the villages of which most moves.

    Parameters
    ----------
    names : of the first and the second plan
    """
    figures = parts.figures
    differ = figures[(figures["difference"].abs() > ROUNDING * figures["a"].abs()) | figures["difference"].isna()]
    told = [_figure_row(row) for row in differ.to_dict("records")]
    first, second = (_("modules in {plan}"), _("in {plan}"))
    heads = (_("depot"), "", first.format(plan=names[0]), second.format(plan=names[1]), _("t/yr"))
    depots = [_depot_row(row, names) for row in parts.depots.to_dict("records")]
    moved = [village_row(row, parts.sites) for row in parts.villages.head(SHOWN).to_dict("records")]
    return (
        ((_("figure, a year"), names[0], names[1], _("difference")), told),
        (heads, depots),
        (spoken(VILLAGE_HEADS), moved),
    )


def print_comparison(parts: ComparisonParts, names: Sequence[str], console: Console) -> None:
    """Print the tables and how many villages move."""
    for heads, rows in comparison_tables(parts, names):
        show(console, heads, rows)
    if not parts.apart:
        console.print(moved_line(parts.villages), highlight=False, soft_wrap=True)


def _figure_row(row: dict[Any, Any]) -> tuple[str, ...]:
    unit = row["unit"]
    return (
        _figure(row["figure"]),
        amount(row["a"], unit),
        amount(row["b"], unit),
        amount(row["difference"], unit, sign=True),
    )


def _figure(path: str) -> str:
    if path.startswith(BY_COUNTY):
        return _("investment in {county}").format(county=path.removeprefix(BY_COUNTY))
    return _(FIGURES[path]) if path in FIGURES else path


def _depot_row(row: dict[Any, Any], names: Sequence[str]) -> tuple[str, ...]:
    place = {"only in a": names[0], "only in b": names[1]}.get(row["what"])
    what = _("only in {plan}").format(plan=place) if place is not None else _(row["what"])
    return (
        labelled(row["depot"], row["name"]),
        what,
        _modules(row["in_a"]),
        _modules(row["in_b"]),
        f"{row['tonnes_year']:+,.0f}",
    )


def _modules(text: str) -> str:
    """Write modules in words; what stands as such."""
    parts = (_(part) if part == STANDING else modules(part) for part in filter(None, text.split(";")))
    return _("; ").join(parts)


def _place(key: str, sites: Mapping[str, str]) -> str:
    return _("today") if key == "today" else labelled(key, sites.get(key, ""))


VILLAGE_HEADS = (
    N_("village"), N_("moved t/yr"), N_("from"), N_("to"), N_("cooled t"), N_("loss t"), N_("loss CNY"),
    N_("harvest to market h"),
)  # fmt: skip


def spoken(heads: Sequence[str]) -> tuple[str, ...]:
    """Return heads of a table in the language spoken."""
    return tuple(_(head) if head else "" for head in heads)


def village_row(row: dict[Any, Any], sites: Mapping[str, str]) -> tuple[str, ...]:
    """Write one moved village, and by name the depots it goes from and to."""
    places = (_("; ").join(_place(key, sites) for key in row[end].split(";")) for end in ("from_depots", "to_depots"))
    changes = (
        f"{row['cooled_t']:+,.0f}",
        f"{row['loss_t']:+,.1f}",
        f"{row['loss_cny']:+,.0f}",
        f"{row['delivery_h']:+.1f}",
    )
    return (labelled(row["village"], row["name"]), f"{row['moved_t']:,.0f}", *places, *changes)


def moved_line(villages: pd.DataFrame) -> str:
    """Say how many villages move, who loses less and who more."""
    if villages.empty:
        return _("no village moves")
    less, more = villages[villages["loss_cny"] < 0], villages[villages["loss_cny"] > 0]
    moved_t = villages["moved_t"].sum()
    text = plural(
        "{count} village moves, {moved_t:,.0f} t a year",
        "{count} villages move, {moved_t:,.0f} t a year",
        len(villages),
    ).format(count=len(villages), moved_t=moved_t)
    words = _("; {count} lose {loss} and {cny:,.0f} CNY less"), _("; {count} lose {loss} and {cny:,.0f} CNY more")
    for part, said in zip((less, more), words, strict=True):
        loss, cny = tonnes(abs(part["loss_t"].sum())), abs(part["loss_cny"].sum())
        text += said.format(count=len(part), loss=loss, cny=cny) if len(part) else ""
    rest = len(villages) - SHOWN
    return text + (_(" (the {count} of which most moves are shown)").format(count=SHOWN) if rest > 0 else "")


def show(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, plain where the output is not a terminal; nothing without rows."""
    if not rows:
        return
    plain = not console.is_terminal
    table = Table(box=ASCII2 if plain else SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for n, head in enumerate(heads):
        words = n == 0 or not any(character.isdigit() for row in rows for character in row[n][:2].lstrip("+-"))
        table.add_column(head, justify="left" if words else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    (Console(width=WIDTH, file=console.file) if plain else console).print(table)
    console.print()


OPTION_HEADS = (
    N_("crops"), N_("depot"), N_("zone"), N_("method"), N_("h away"), N_("loss"), N_("CNY/t"), N_("saves CNY/t"),
    N_("fullest day"), N_("share"),
)  # fmt: skip
UNSERVED_HEADS = (
    N_("village"), N_("harvest t"), N_("cooled t"), N_("nearest"), N_("best site, CNY/t"), N_("best open, CNY/t"),
    N_("reason"),
)  # fmt: skip
ALTERNATIVE_HEADS = (
    "", N_("value"), N_("CNY M/yr"), N_("loss"), N_("cooled"), N_("subsidy"), N_("sites"), N_("found by closing"),
)  # fmt: skip
VISIT_HEADS = ("", N_("village"), N_("t a year"), N_("worth, CNY a year"))
FAILURE_HEADS = (
    N_("what fails"), N_("which"), N_("period"), N_("days"), N_("villages elsewhere"), N_("cut off"),
    N_("lost more, t"), N_("value lost more, CNY"), N_("dearer, CNY"),
)  # fmt: skip
FAILING = {"depot": N_("depot out"), "road": N_("road cut"), "owner": N_("owner withdraws")}
CAUSES = {
    "out_of_reach_t": N_("{t:,.0f} t out of reach"),
    "not_worth_t": N_("{t:,.0f} t not worth it"),
    "not_built_t": N_("{t:,.0f} t nothing suitable built"),
    "no_room_t": N_("{t:,.0f} t without room"),
}
MOST_OPTIONS = 8


def option_rows(options: pd.DataFrame, crops: Mapping[str, str], sites: Names) -> list[tuple[str, ...]]:
    """Write the best ways of each demand of a village, and those it takes.

    Parameters
    ----------
    crops : what the commodities are called, by id
    sites : what the sites are called
    """
    rank = options.groupby(["commodities", "period"]).cumcount()
    return [
        _option_row(row, crops, sites)
        for row in options[(rank < MOST_OPTIONS) | (options["share"] > 0)].to_dict("records")
    ]


def _option_row(row: dict[Any, Any], crops: Mapping[str, str], sites: Names) -> tuple[str, ...]:
    full = (
        _("not built")
        if not row["open"]
        else f"{row['fill']:.0%}" + (f", {word(row['full_in'])}" if row["full_in"] else "")
    )
    return (
        _(", ").join(crops.get(crop, crop) for crop in row["commodities"].split(";"))
        + (f", {word(row['period'])}" if row["period"] else ""),
        sites.label(row["depot"]),
        word(row["zone"]),
        word(row["method"]),
        f"{row['direct_h']:.1f}",
        amount(row["loss_share"], "share"),
        f"{row['cost_cny_t']:,.0f}",
        f"{row['saves_cny_t']:,.0f}",
        full,
        f"{row['share']:.0%}" if row["share"] > 0 else "",
    )


def unserved_rows(villages: pd.DataFrame, sites: Names) -> list[tuple[str, ...]]:
    """Write the villages that are not served, and those served in part of which most is left, by name and id."""
    left = villages["harvest_t"] - villages["cooled_t"]
    order = villages.assign(left=left).sort_values("left", ascending=False, kind="stable")
    none = order[order["cooled_t"] <= 0]
    part = order[order["cooled_t"] > 0].head(SHOWN)
    return [_unserved_row(row, sites) for row in pd.concat([none, part]).to_dict("records")]


def _unserved_row(row: dict[Any, Any], sites: Names) -> tuple[str, ...]:
    def place(site: str, saves: float) -> str:
        return f"{sites.label(site)}, {saves:,.0f}" if site else _("none")

    parts = [_(text).format(t=row[name]) for name, text in CAUSES.items() if row[name] > 0.5]
    return (
        labelled(row["village"], row["name"]),
        f"{row['harvest_t']:,.0f}",
        f"{row['cooled_t']:,.0f}",
        f"{sites.label(row['nearest_site'])}, {row['nearest_h']:.1f} {_('h')}",
        place(row["best_site"], row["best_saves_cny_t"]),
        place(row["best_open"], row["best_open_saves_cny_t"]),
        row["reason"] or _(", ").join(parts),
    )


def visit_rows(found: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    """Write the villages to visit, first things first."""
    return [
        (f"{n}", labelled(one["id"], one["name"]), f"{one['tonnes']:,.0f}", f"{one['worth_cny']:,.0f}")
        for n, one in enumerate(found, 1)
    ]


def alternative_rows(found: Sequence[dict[str, Any]], aim: str, names: Names) -> list[tuple[str, ...]]:
    """Write the alternatives, best first, with what sets their sites apart from the first."""
    first = set(found[0]["sites"]) if found else set()
    rows: list[tuple[str, ...]] = []
    for n, one in enumerate(found):
        sites = set(one["sites"])
        changes = (("+", sites - first), ("-", first - sites))
        apart = [f"{sign}{names.label(site)}" for sign, changed in changes for site in sorted(changed)]
        text = _(", ").join(map(names.label, sorted(first))) if n == 0 else " ".join(apart)
        value = amount(one["value"], "t" if aim == "loss_t" else "CNY")
        figures = (amount(one["loss_rate"], "share"), amount(one["coverage"], "share"), f"{one['subsidy_cny']:,.0f}")
        how = _(", ").join(map(names.label, one["closed"])) or _("the run")
        rows.append((f"{n + 1}", value, in_millions(one["annual_cny"]), *figures, text, how))
    return rows


def failure_rows(found: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Write what each failure does."""
    return [
        (
            _(FAILING[one["kind"]]),
            labelled(one["what"], one["name"]) if one["kind"] == "depot" else one["what"],
            word(one["period"]) if one["period"] else _("every year"),
            f"{one['days']:.0f}", f"{one['villages']}", f"{one['cut_off']}",
            f"{one['lost_t']:,.1f}", f"{one['lost_cny']:,.0f}", f"{one['cost_cny']:,.0f}",
        )
        for one in found
    ]  # fmt: skip
