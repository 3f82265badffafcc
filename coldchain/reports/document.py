"""What a report holds, whatever it is written to: sections of facts and tables, in the language spoken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from coldchain.language import N_, _, language, plural
from coldchain.language.amounts import write_cny
from coldchain.language.ids import word
from coldchain.model import SKILLS
from coldchain.model.naming import labelled
from coldchain.reports import certainty, columns, emitted, figures, moving, wholechain
from coldchain.reports.columns import Columns
from coldchain.reports.words import modules, reckoned

Tables = Mapping[str, pd.DataFrame]
MILLION, NOTEWORTHY, MOST_FULL = 1e6, 0.001, 15
NO_NAME = ("", "/", "-", "无")
"""What people type where there is nothing to name."""
BETTER, CRUMB = 0.001, 1e-9  # a plan is better from a thousandth on, the tolerance between equal plans
SHEETS = (
    N_("Summary"), N_("Money"), N_("Losses"), N_("Greenhouse gases"), N_("Depots"), N_("Assignment"),
    N_("Collection routes"), N_("Vehicles"), N_("People"), N_("Award notice"), N_("Sensitivity"), N_("Years replayed"),
    N_("Villages not served"), N_("Sites left out"),
    N_("Data problems"),
    N_("Assumptions and sources"),
)  # fmt: skip


@dataclass(frozen=True)
class SectionChart:
    """A picture of a section: the column of its labels, those of its figures."""

    kind: Literal["pairs", "parts", "years", "curve", "tornado", "shares"]
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A table with a title, and sentences on how to read it.

    Attributes
    ----------
    sheet : of the workbook it stands on; sections of one sheet stand below each other
    page : keys of the columns that a page has room for; None when it is left out there, empty when only its chart is in
    """

    title: str
    columns: Columns
    rows: pd.DataFrame
    note: str = ""
    sheet: str = ""
    page: tuple[str, ...] | None = ()
    chart: SectionChart | None = None

    @property
    def headings(self) -> list[str]:
        """Headings in the language spoken."""
        return [_(heading) for _key, heading, _form in self.columns]


@dataclass(frozen=True)
class Told:
    """What a report is made from: summary and tables of a run; a replay and a sweep of its budgets where there are any.

    ``moved`` is the table of a sensitivity, where there is one; ``silence`` says why there is no replay;
    ``same_inputs`` tells whether the sweep is of the scenario of the run.
    """

    summary: Mapping[str, Any]
    tables: Tables
    replay: Mapping[str, Any] | None = None
    sweep: pd.DataFrame | None = None
    silence: str = ""
    same_inputs: bool = True
    moved: pd.DataFrame | None = None


def sections(told: Told) -> list[Section]:
    """Return the sections of a report on a plan, in the order of a page and of the sheets of a workbook."""
    names = crop_names(told.tables["commodities"])
    found = [
        *_overview(told), *_savings(told.summary), *_doubt(told), *_certainty(told), *_money(told.summary),
        *_products(told.tables, names), *_balance(told), *_losses(told, names), *_emissions(told.tables),
        *_lists(told, names), *_fleet(told), *_people(told), *_sensitivity(told), *_problems(told),
    ]  # fmt: skip
    return [section for section in found if len(section.rows)]


def crop_names(crops: pd.DataFrame) -> dict[str, str]:
    """Return id -> name of each crop in the language spoken; the id where it has none."""
    named = crops["name_zh"] if language() == "zh" else crops["name"]
    return dict(zip(crops["commodity"], named.where(named.astype(str) != "", crops["commodity"]), strict=True))


def _frame(columns: Columns, rows: Sequence[Sequence[Any]]) -> pd.DataFrame:
    keys = [key for key, _heading, _form in columns]
    return pd.DataFrame(list(rows), columns=keys, dtype=object)  # figures that are shown keep their number


def _whole(title: str, columns: Columns, rows: pd.DataFrame, sheet: str, **more: Any) -> Section:
    """Return a section of which a page shows every column."""
    return Section(title, columns, rows, sheet=sheet, page=tuple(key for key, _heading, _form in columns), **more)


def _overview(told: Told) -> list[Section]:
    summary = told.summary
    facts = figures.key_figures(summary)
    pairs = _frame(columns.PAIRS, figures.before_and_after(summary))
    return [
        _whole(_("Before and after"), columns.PAIRS, pairs, _("Summary")),
        _whole(_("What is built, who is served"), columns.FACTS, _frame(columns.FACTS, facts), _("Summary")),
    ]


def _savings(summary: Mapping[str, Any]) -> list[Section]:
    """Return the loss by stage, which changes of the chain bring the saving, and what is lost without two of them."""
    parts = figures.waterfall(summary)
    whole = sum(t for _label, t, _cny in parts)
    rows = [(label, t, t / whole if whole else 0.0, cny) for label, t, cny in parts]
    note = _(
        "With depots, assignment and routes as planned; each change as much as it saves on average over all orders."
    )
    stages = _frame(wholechain.STAGES, wholechain.stage_rows(summary))
    return [
        _whole(_("Loss by stage"), wholechain.STAGES, stages, _("Summary"), note=wholechain.stage_note(summary)),
        _whole(_("Where the saving comes from"), columns.SAVINGS, _frame(columns.SAVINGS, rows), _("Summary"),
               note=note),
        _whole(_("Without a part of it"), columns.FACTS, _frame(columns.FACTS, figures.without_facts(summary)),
               _("Summary")),
    ]  # fmt: skip


def _doubt(told: Told) -> list[Section]:
    """Return how far the answer may be off, which depots pay for themselves, and what moves the answer most."""
    if "doubt" not in told.summary:
        return []
    doubt = _frame(moving.DOUBT, moving.doubt_rows(told.summary))
    firm = moving.firm_rows(told.tables["firmness"]) if "firmness" in told.tables else pd.DataFrame()
    counts = moving.count_rows(told.summary)
    note = _(
        "Shares of plans met within 1 % of this one's cost, of drawn harvest years and of the draws of the figures. "
        "A depot pays for itself when it brings more a year than all it costs, interest and write-off included."
    )
    parts = [
        _whole(_("How far it may be off"), moving.DOUBT, doubt, _("Summary"), note=moving.doubt_note(told.summary)),
        _whole(
            _("How firm the depots are"),
            moving.FIRM,
            firm,
            _("Summary"),
            note=note,
            chart=SectionChart("shares", "name", ("within_1_percent", "pays_in")),
        ),
        _whole(_("Best plan for each number of depots"), moving.COUNTS, counts, _("Summary")),
    ]
    if told.moved is None:
        return parts
    note = _("Each figure at both ends of its band by itself; the largest effect on the net benefit first.")
    rows = moving.moved_rows(told.moved)
    rows.attrs["base"] = told.summary["net"]["benefit_cny"]
    chart = SectionChart("tornado", "what", ("benefit_cny_low", "benefit_cny_high"))
    return [*parts, Section(_("Which figure moves the answer"), moving.MOVED, rows, note, _("Sensitivity"),
                            moving.MOVED_PAGE, chart)]  # fmt: skip


def _certainty(told: Told) -> list[Section]:
    proof = _frame(columns.FACTS, figures.proof(told.summary))
    parts = [_whole(_("How sure is it"), columns.FACTS, proof, _("Summary"), note=certainty.gap_in_words(told.summary))]
    if told.replay is None:
        silence = _frame(columns.FACTS, [(_("Replay of random years"), told.silence)] if told.silence else [])
        return [*parts, _whole(_("If the years differ"), columns.FACTS, silence, _("Summary"))]
    spreads = _frame(columns.SPREADS, certainty.spreads(told.replay))
    note = ("" if language() == "zh" else " ").join(certainty.in_words(told.replay))
    years = pd.DataFrame(told.replay["years"])
    years = years.assign(
        year=range(1, len(years) + 1), today_rate=years["today_t"] / years["harvest_t"],
        plan_rate=years["plan_t"] / years["harvest_t"],
    )  # fmt: skip
    return [
        *parts,
        _whole(_("If the years differ"), columns.SPREADS, spreads, _("Summary"), note=note),
        Section(_("Years by the share that is lost"), columns.YEARS, years.sort_values("plan_rate"),
                sheet=_("Years replayed"), chart=SectionChart("years", "year", ("today_rate", "plan_rate"))),
    ]  # fmt: skip


def _money(summary: Mapping[str, Any]) -> list[Section]:
    """Return who pays for building, and what each year costs."""
    invested = summary["investment"]
    sources = [
        (_("Subsidy"), invested["subsidy_cny"]),
        (_("Owners' own money"), invested["total_cny"] - invested["subsidy_cny"]),
    ]
    parts = [(_("Investment, once"), sources), (_("Cost of a year"), figures.yearly_costs(summary))]
    found = []
    for use, rows in parts:
        whole = sum(cny for _name, cny in rows)
        frame = _frame(columns.MONEY, [(use, name, cny, cny / whole if whole else 0.0) for name, cny in rows])
        found.append(
            _whole(use, columns.MONEY[1:], frame, _("Money"), note=_("In all {cny}.").format(cny=write_cny(whole)),
                   chart=SectionChart("parts", "fact", ("cny",)))
        )  # fmt: skip
    return found


def _products(tables: Tables, names: Mapping[str, str]) -> list[Section]:
    """Return what plants make; nothing where there are none."""
    if "products" not in tables:
        return []
    made = tables["products"]
    shown = made.assign(commodity=made["commodity"].map(names), zone=[word(zone) for zone in made["zone"]])
    return [_whole(_("Products of plants"), columns.PRODUCTS, shown, _("Money"))]


def _balance(told: Told) -> list[Section]:
    """Return both years by county, and by village in the workbook."""
    if "balance" not in told.tables:
        return []
    villages = told.tables["balance"]
    counties = villages.groupby("county", as_index=False, sort=False)[list(columns.BALANCE_SUMS)].sum()
    earned = counties["benefit_cny"] + counties["capital_cny"]
    returns = (counties["investment_cny"] > 0) & (earned > 0)
    by_county = counties.assign(
        payback_years=(counties["investment_cny"] / earned).where(returns),
        today_cny_t=counties["today_cny"] / counties["harvest_t"],
        plan_cny_t=counties["plan_cny"] / counties["harvest_t"],
    )
    note = _("Routes and depots are shared by the tonnes that go through them; value lost is included.")
    return [
        _whole(_("Costs and benefit by county"), columns.BALANCE[2:], by_county, _("Money"), note=note),
        Section(_("Costs and benefit by village"), columns.BALANCE, villages, note, sheet=_("Money"), page=None),
    ]


def _emissions(tables: Tables) -> list[Section]:
    """Return what is emitted by leg, and by depot in the workbook; nothing for a run of an earlier format."""
    if "emissions" not in tables:
        return []
    note = _(
        "After ISO 14083 and the GLEC Framework, from the village to the hub: fuel well to wheel, empty legs included; "
        "not the way beyond the hub, nor building. A tonne through a depot bears its share of all three."
    )
    legs, depots = emitted.by_leg(tables["emissions"]), emitted.by_depot(tables["emissions"], tables["depots"])
    sheet = _("Greenhouse gases")
    return [
        _whole(_("Greenhouse gases by leg"), emitted.BY_LEG, legs, sheet, note=note),
        Section(_("Greenhouse gases by depot"), emitted.BY_DEPOT, depots, sheet=sheet, page=None),
    ]


def _losses(told: Told, names: Mapping[str, str]) -> list[Section]:
    crops, villages = told.tables["commodities"], told.tables["villages"]
    by_crop = _with_rates(crops.assign(crop=crops["commodity"].map(names)), "crop")
    parts: tuple[tuple[str, tuple[str, str, columns.Form], pd.DataFrame], ...] = (
        (_("Loss by crop"), ("crop", N_("Crop"), "text"), by_crop),
        (_("Loss by county"), ("county", N_("County"), "text"), _by(villages, "county")),
        (_("Loss by township"), ("town", N_("Township"), "text"), _by(villages, "town")),
        (_("Loss by co-operative"), ("cooperative", N_("Co-operative"), "text"), _by(villages, "cooperative")),
    )
    return [
        _whole(title, (key, *columns.LOSS), rows, _("Losses"),
               chart=SectionChart("pairs", key[0], ("baseline_loss_t", "plan_loss_t")))
        for title, key, rows in parts
    ]  # fmt: skip


def _by(villages: pd.DataFrame, column: str) -> pd.DataFrame:
    if column not in villages or villages[column].astype(str).nunique() < 2:
        return villages.iloc[:0]
    named = villages[column].astype(str)
    none = named.isin(NO_NAME)
    return _with_rates(villages.assign(**{column: named.where(~none, _("none stated"))}), column)


def _with_rates(rows: pd.DataFrame, column: str) -> pd.DataFrame:
    """Add up harvest and losses by a column, the largest loss first."""
    whole = rows.groupby(column, sort=True)[["harvest_t", "baseline_loss_t", "plan_loss_t"]].sum().reset_index()
    harvest = whole["harvest_t"].where(whole["harvest_t"] > 0)
    return whole.assign(
        saved_t=whole["baseline_loss_t"] - whole["plan_loss_t"],
        baseline_rate=(whole["baseline_loss_t"] / harvest).fillna(0.0),
        plan_rate=(whole["plan_loss_t"] / harvest).fillna(0.0),
    ).sort_values("baseline_loss_t", ascending=False, kind="stable")


def _lists(told: Told, names: Mapping[str, str]) -> list[Section]:
    """Return the tables that are looked things up in."""
    tables = told.tables
    depots, awards = _depots(tables["depots"]), tables["subsidies"]
    labels = _labels(depots, "depot")
    whose = [{key: labels.get(key, key) for key in text.split(";")} for text in awards["depots"].astype(str)]
    texts = zip(awards["reckoning"].astype(str), whose, strict=True)
    awards = awards.assign(
        depots=[_("; ").join(called.values()) for called in whose],
        reckoning=[reckoned(text, called) for text, called in texts],
    )
    shown = tuple(key for key in columns.DEPOTS_PAGE if key != "name" or (depots["name"] != depots["depot"]).any())
    amounts = {key: write_cny(float(awards[key].sum())) for key in ("investment_cny", "award_cny", "own_money_cny")}
    told_all = _("In all: investment {investment_cny}, awards {award_cny}, own money {own_money_cny}.").format(
        **amounts
    )
    return [
        Section(_("Depots"), columns.DEPOTS, depots, sheet=_("Depots"), page=shown),
        Section(_("Assignment"), columns.ASSIGNMENT, _assignment(tables, names), sheet=_("Assignment"), page=None),
        Section(_("Collection routes"), columns.ROUTES, _routes(tables), sheet=_("Collection routes"), page=None),
        _whole(_("Award notice"), columns.AWARDS, awards, _("Award notice"), note=told_all),
    ]


def _fleet(told: Told) -> list[Section]:
    """Return the vehicles to own and to hire; runs of earlier formats have no table of them."""
    if "fleet" not in told.tables:
        return []
    fleet, called = told.tables["fleet"], _labels(told.tables["depots"], "depot")
    where = [
        _("; ").join(
            f"{called.get(depot, depot)} × {count}" for depot, _colon, count in (one.rpartition(":") for one in places)
        )
        for places in (filter(None, text.split(";")) for text in fleet["depots"].astype(str))
    ]
    shown = tuple(key for key, _heading, _form in columns.FLEET if key != "owner" or (fleet["owner"] != "").any())
    note = _("An owned vehicle costs its year whether it is driven or not; hired ones are paid by the day.")
    kinds, title = fleet["vehicle"].astype(str).map(word), _("Vehicles to own and to hire")
    rows = fleet.assign(vehicle=kinds, depots=where)
    return [Section(title, columns.FLEET, rows, note=note, sheet=_("Vehicles"), page=shown)]


def _people(told: Told) -> list[Section]:
    """Return who works where, by depot on a page, by season too in the workbook; and who is at hand."""
    if "people" not in told.tables:
        return []
    named = {key: told.tables["people"][key] for key in ("depot", "period", "skill")}
    people = told.tables["people"].assign(
        depot=named["depot"].map(_labels(told.tables["depots"], "depot")).fillna(named["depot"]),
        period=named["period"].astype(str).map(word), skill=[_(SKILLS[one]) for one in named["skill"]],
    )  # fmt: skip
    year = people.groupby(["depot", "skill"], as_index=False).agg({"people_day": "max", "hours": "sum"})
    note = _("Operators: the people of modules and mobile units, 8 h a day of gathering; drivers: their duties.")
    found = [
        _whole(_("Who works where in a year"), columns.PEOPLE_PAGE, year, _("People"), note=note),
        Section(_("Who works where in each season"), columns.PEOPLE, people, sheet=_("People"), page=None),
    ]
    if "crews" in told.tables:
        crews = told.tables["crews"]
        crews = crews.assign(
            skill=[_(SKILLS[one]) for one in crews["skill"]], place=crews["place"].replace("", _("the whole scenario"))
        )
        note = _("One more person: what siting alone saves a year with one more; nothing where they are enough.")
        found.append(_whole(_("People at hand"), columns.CREWS, crews, _("People"), note=note))
    return found


def _depots(depots: pd.DataFrame) -> pd.DataFrame:
    new, old = depots["new_modules"].astype(str).map(modules), depots["standing_modules"].astype(str).map(modules)
    both = [_("; ").join(filter(None, pair)) for pair in zip(new, old, strict=True)]
    return depots.assign(
        new_modules=new, standing_modules=old, modules=both, status=depots["status"].astype(str).map(word)
    )


def _assignment(tables: Tables, names: Mapping[str, str]) -> pd.DataFrame:
    assignment = tables["assignment"]
    called = [
        dict(zip(tables[t][key], tables[t]["name"], strict=True))
        for t, key in (("villages", "village"), ("depots", "depot"))
    ]
    return assignment.assign(
        village_name=assignment["village"].map(called[0]),
        depot_name=assignment["depot"].map(called[1]),
        commodity=assignment["commodity"].map(names).fillna(assignment["commodity"]),
        **{key: assignment[key].astype(str).map(word) for key in ("zone", "method", "period")},
    )


def _routes(tables: Tables) -> pd.DataFrame:
    routes, stops = tables["routes"], tables["stops"]
    villages, depots = _labels(tables["villages"], "village"), _labels(tables["depots"], "depot")
    named = stops["village"].map(villages).fillna(stops["village"])
    order = named.groupby(stops["route"]).agg(" → ".join) if len(stops) else pd.Series(dtype=str)
    words = {key: routes[key].astype(str).map(word) for key in ("period", "vehicle")}
    depot = routes["depot"].map(depots).fillna(routes["depot"])
    return routes.assign(villages=routes["route"].map(order).fillna(""), depot=depot, **words)


def _labels(places: pd.DataFrame, key: str) -> dict[str, str]:
    pairs = zip(places[key].astype(str), places["name"].astype(str), strict=True)
    return {one: labelled(one, name) for one, name in pairs}


def _sensitivity(told: Told) -> list[Section]:
    sheet, found = _("Sensitivity"), []
    if told.sweep is not None:
        found.append(
            _whole(_("What each budget buys"), columns.SWEEP, told.sweep, sheet, note=_million(told),
                   chart=SectionChart("curve", "budget_cny", ("loss_rate",)))
        )  # fmt: skip
    elif told.tables["next_budget"].empty:
        unknown = _frame(columns.FACTS, [(_("A tenth more budget"), _("not estimated with quick effort"))])
        found.append(_whole(_("What the next million buys"), columns.FACTS, unknown, sheet))
    else:
        budgets = told.tables["next_budget"]
        found.append(_whole(_("What the next million buys"), columns.BUDGETS, budgets, sheet, note=_next(budgets)))
    if told.replay is not None:
        stresses = _frame(columns.STRESSES, certainty.stresses(told.replay))
        note = _("The plan as it is, not planned anew, in years that are worse or better throughout.")
        found.append(_whole(_("If a whole year is worse"), columns.STRESSES, stresses, sheet, note=note))
        note = _(
            "Depots that turn something away in more than a thousandth of the replayed load: the first to enlarge."
        )
        found.append(_whole(_("Depots that run full"), columns.FULL, _full(told), sheet, note=note))
    return found


def _full(told: Told) -> pd.DataFrame:
    """Return the depots that pass on something warm when years differ."""
    assert told.replay is not None
    rows = pd.DataFrame(told.replay["depots"], columns=["depot", "cooled_t", "warm_t", "warm_share"])
    names = dict(zip(told.tables["depots"]["depot"], told.tables["depots"]["name"], strict=True))
    full = rows[rows["warm_share"] > NOTEWORTHY].head(MOST_FULL)
    return full.assign(name=full["depot"].map(names))


def better_known(told: Told) -> str:
    """Say so when the sweep holds a better plan that takes no more than the budget of this one."""
    if told.sweep is None or not told.same_inputs:
        return ""
    aim, budget = told.summary["objective"], told.summary["investment"]["budget_cny"]
    within = told.sweep[told.sweep["subsidy_cny"] <= budget * (1 + CRUMB)]
    if within.empty or within["objective"].min() >= aim["value"] * (1 - BETTER):
        return ""
    best = within.loc[within["objective"].idxmin()]
    write = figures.tonnes if aim["name"].endswith("_t") else figures.money
    text = plural(
        "The sweep knows a better plan for the same budget: {value} a year instead of {own}, with {count} depot built "
        "and awards of {awards}. Plan again with more effort before deciding.",
        "The sweep knows a better plan for the same budget: {value} a year instead of {own}, with {count} depots built "
        "and awards of {awards}. Plan again with more effort before deciding.",
        int(best["sites_built"]),
    )
    facts = {"value": write(float(best["objective"])), "own": write(aim["value"]), "count": int(best["sites_built"])}
    return text.format(**facts, awards=write_cny(float(best["subsidy_cny"])))


def _million(told: Told) -> str:
    """Say what a million more than the plan's budget buys by the sweep."""
    assert told.sweep is not None
    at = told.summary["investment"]["budget_cny"]
    known = told.sweep[told.sweep["next_million_saves_t"].notna()]
    if known.empty:
        return ""
    row = known.iloc[(known["budget_cny"] - at).abs().argmin()]
    return _("At a budget of {budget} the next million saves {saved} and {cny} a year.").format(
        budget=write_cny(float(row["budget_cny"])),
        saved=figures.tonnes(float(row["next_million_saves_t"])),
        cny=write_cny(float(row["next_million_saves_cny"])),
    )


def _next(budgets: pd.DataFrame) -> str:
    if len(budgets) < 2:
        return ""
    first, last = budgets.iloc[0], budgets.iloc[-1]
    more, saved = last["budget_cny"] - first["budget_cny"], first["loss_t"] - last["loss_t"]
    if more <= 0 or saved <= 0:
        return _("No better plan was found with a tenth more budget.")
    gain = (first["siting_cost_cny"] - last["siting_cost_cny"]) * MILLION / more
    told = _("{more} more of budget saves {saved} a year, siting alone: {each} and {cny} for each million.")
    return told.format(
        more=figures.money(more),
        saved=figures.tonnes(saved),
        each=figures.tonnes(saved * MILLION / more),
        cny=write_cny(gain),
    )


def _problems(told: Told) -> list[Section]:
    villages = told.tables["villages"]
    unserved = villages[villages["reason"].astype(str).str.len() > 0]
    texts = [str(text) for text in told.summary["warnings"]] or [_("Nothing: no warning was given.")]
    assumed = _frame(columns.ASSUMED, [(text,) for text in figures.assumed(told.summary)])
    return [
        _whole(_("Assumptions and sources"), columns.ASSUMED, assumed, _("Assumptions and sources")),
        Section(_("Villages not served"), columns.UNSERVED, unserved, sheet=_("Villages not served"), page=None),
        Section(_("Sites left out"), columns.LEFT_OUT, _left_out(told), sheet=_("Sites left out"), page=None),
        _whole(
            _("Data problems"), columns.PROBLEMS, _frame(columns.PROBLEMS, [(t,) for t in texts]), _("Data problems")
        ),
    ]


def _left_out(told: Told) -> pd.DataFrame:
    """Return the sites without a depot; no figure where nothing may be built."""
    rows = told.tables.get("sites_left_out", pd.DataFrame(columns=["beyond_cny_year", "possible"]))
    return rows.assign(beyond_cny_year=rows["beyond_cny_year"].where(rows["possible"].astype(bool)))
