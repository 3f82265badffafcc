"""What exploring says, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from coldchain.exploring.alternatives import Alternatives
    from coldchain.exploring.compare import Comparison
    from coldchain.exploring.explain import WhatIf
    from coldchain.exploring.points import Point
    from coldchain.exploring.relax import Loosening, Loosenings
    from coldchain.exploring.sweep import NextMillion, Sweep, Threshold
    from coldchain.exploring.villages import Village

BUDGET, FIRST_MILE, MODULES = "budget", "hours of the first mile", "modules at each site"
AIM_UNITS = {"loss_t": "t", "loss_cny": "CNY", "total_cost_cny": "CNY"}
AIMS = {"loss_t": "tonnes lost", "loss_cny": "value lost", "total_cost_cny": "yearly cost"}
FIGURES = {"loss_rate": "loss of at most", "coverage": "coverage of at least"}


def point_line(point: Point) -> str:
    """One budget of a sweep, as progress tells it."""
    head = f"budget {point.budget_cny:,.0f} CNY: "
    if not point.planned:
        return head + (
            "no plan keeps every limit" if point.status == "infeasible" else "no plan found in the time given"
        )
    figures = f"loss {point.loss_rate:.2%}, coverage {point.coverage:.1%}, {point.annual_cny:,.0f} CNY a year"
    spent = f"{len(point.depots)} sites for {point.subsidy_cny:,.0f} CNY"
    return f"{head}{figures}, {spent}, gap {point.gap:.1%} ({point.seconds:.1f} s)"


def threshold_line(found: Threshold) -> str:
    """State the least budget of a target, with its bracket."""
    what = f"{FIGURES[found.target.figure]} {found.target.share:.0%}"
    if found.reached_cny is None:
        return f"{what}: reached by no budget of the sweep; the best is {found.best:.2%}"
    line = f"{what}: {found.reached_cny:,.0f} CNY is enough"
    if found.missed_cny is None:
        return line
    return f"{line}; the best plan found for {found.missed_cny:,.0f} CNY misses it"


def next_million_line(found: NextMillion) -> str:
    """Say what the next million buys at the scenario's own budget."""
    head = f"the next million on top of {found.budget_cny:,.0f} CNY buys"
    if found.saved_cny <= 0 and found.saved_t <= 0:
        return f"{head} nothing: no better plan was found"
    parts = [
        _change(found.saved_t, "t", "less lost", "more lost"),
        _change(found.saved_cny, "CNY", "saved", "more spent"),
    ]
    return f"{head} {' and '.join(parts)} a year, coverage {100 * found.coverage:+.1f} points"


def _change(amount: float, unit: str, good: str, bad: str) -> str:
    return f"{abs(amount):,.0f} {unit} {good if amount >= 0 else bad}"


def bad_range(text: str, why: str) -> str:
    """Refuse a range of budgets."""
    return f'--budget "{text}" cannot be read: {why}; for example 0:4e7:2e6'


def work_line(found: Sweep) -> str:
    """Say how many of the budgets were solved, and how many followed from others."""
    rest = len(found.points) - found.solved - found.kept
    text = f"{found.solved} budgets solved, {found.kept} kept from before, {rest} follow from a larger budget's plan"
    carried = sum(point.how == "carried" for point in found.points)
    if carried:
        text += f"; for {carried} the better plan of a smaller budget was carried over"
    return text + ("; interrupted: the same command goes on" if found.interrupted else "")


def changed_inputs(run: str) -> str:
    """Refuse to explain a run whose inputs changed."""
    return f"the inputs of {run} have changed since it was made (their hash differs); plan again, then ask"


def no_such(what: str, key: str, near: str) -> str:
    """Refuse an id that is not there."""
    return f'there is no {what} "{key}" in the scenario; for example {near}'


def nothing_may_be_built(depot: str) -> str:
    """Refuse to force a site where nothing may stand."""
    return f"nothing may be built at {depot} in this scenario (it is forbidden, or has room for no module)"


def planning(depot: str, action: str, *, fixed: bool) -> str:
    """Progress: what is planned now."""
    rest = "the other modules as they are" if fixed else "everything decided anew"
    return f"planning with {depot} {action}, {rest}"


RENEWED = "run planned anew"


def renewing() -> str:
    """Progress: the run's own question again."""
    return "that is better than the run: planning the run's own question again from there"


def what_if_lines(found: WhatIf) -> list[str]:
    """Say what a depot closed or forced does."""
    unit, aim = AIM_UNITS[found.aim], AIMS[found.aim]
    lines = []
    if found.fixed is not None:
        lines.append(f"{found.depot} {found.action}, the other modules as they are: {_effect(found.fixed)}")
    if found.free is None:
        return [*lines, f"{found.depot} {found.action}: proved that no plan keeps every limit; {found.reason}"]
    lines.append(f"{found.depot} {found.action}, everything decided anew: {_effect(found.free)}")
    change = found.free.figure("objective.value")
    if change < 0 and found.against is not None:
        lines.append(f"so the run was not the best plan: this one has {-change:,.0f} {unit} less {aim}")
        lines.append(f"against the run planned anew from there, {found.depot} {found.action}: {_effect(found.against)}")
    least = found.bound - found.value
    if least > 0:
        lines.append(f"proved: {_whether(found)} at least {least:,.0f} {unit} more {aim} than in the run")
    else:
        lines.append(
            f"proved only: {aim} of a plan with it {found.action} is at least {found.bound:,.0f} {unit}, the run's is "
            f"{found.value:,.0f}; the difference above is between plans found"
        )
    return lines


def _whether(found: WhatIf) -> str:
    return f"every plan with {found.depot} {found.action} has"


def _effect(found: Comparison) -> str:
    parts = [
        _change(-found.figure("annual_cny.total"), "CNY a year", "saved", "dearer"),
        _change(-found.figure("loss.plan_t"), "t a year", "less lost", "more lost"),
        f"coverage {100 * found.figure('coverage.plan'):+.1f} points",
        _change(-found.figure("investment.subsidy_cny"), "CNY", "less subsidy", "more subsidy"),
    ]
    return f"{', '.join(parts)}; {len(found.villages)} villages move {found.villages['moved_t'].sum():,.0f} t"


def closing_line(closed: tuple[str, ...], value: float, best: float) -> str:
    """Progress of the search for alternatives."""
    return f"without {' and '.join(closed)}: {value:,.0f}, {value / best - 1:+.2%} against the best" if best else ""


def alternative_lines(found: Alternatives) -> list[str]:
    """Say which sites every good plan needs, and what was proved."""
    groups: dict[str, list[str]] = {}
    for need in found.needs:
        groups.setdefault(need.state, []).append(need.site)
    share = f"{found.tolerance:.1%} of the best {AIMS[found.aim]} found"
    lines = [f"{len(found.found)} choices of sites within {share}, by {found.tried} plans with sites closed"]
    common = set.intersection(*(set(one.sites) for one in found.found))
    if found.own > found.best * (1 + 1e-9):
        lines.append(f"the run itself lies {found.own / found.best - 1:.1%} above the best found: plan again from it")
    if common:
        lines.append(f"in all of them: {', '.join(sorted(common))}")
    if "proved" in groups:
        lines.append(f"proved that no plan within it spares: {', '.join(groups['proved'])}")
    if "not spared" in groups:
        lines.append(f"not proved, but no plan found within it spares: {', '.join(groups['not spared'])}")
    if "spared" in groups:
        lines.append(f"can be spared within it: {', '.join(groups['spared'])}")
    return lines


def unserved_line(villages: pd.DataFrame) -> str:
    """Add up what is left in today's chain by cause."""
    none = int((villages["cooled_t"] <= 0).sum())
    causes = {
        "out_of_reach_t": "out of reach",
        "not_worth_t": "not worth cooling anywhere",
        "not_built_t": "worth it only where nothing suitable is built",
        "no_room_t": "without room, or room worth more to others",
    }
    parts = [f"{villages[name].sum():,.0f} t {text}" for name, text in causes.items() if villages[name].sum() > 0.5]
    return f"{none} villages are not served, {len(villages) - none} in part; left in today's chain: {'; '.join(parts)}"


def village_lines(found: Village) -> list[str]:
    """Say why a village goes where it goes."""
    lines = [f"{found.village} {found.name}: {found.served_t:,.0f} of {found.harvest_t:,.0f} t a year are pre-cooled"]
    for crops, options in found.options.groupby("commodities", sort=False):
        lines += [f"{str(crops).replace(';', ', ')}: {text}" for text in _why_there(options)]
    if found.served_t <= 0:
        lines.append(f"why not: {found.reason}")
    return [*lines, _otherwise(found)]


def _why_there(options: pd.DataFrame) -> list[str]:
    ways = options.to_dict("records")
    taken = [way for way in ways if way["share"] > 1e-6]
    if taken:
        return [_taken(way, ways) for way in taken]
    worth = [way for way in ways if way["saves_cny_t"] > 0]
    if not worth:
        return ["no site in reach saves more than it costs" if ways else "no site is in reach"]
    best = worth[0]
    saves = f"the best site, {best['depot']}, would save {best['saves_cny_t']:,.0f} CNY/t"
    return [f"stays in today's chain; {saves}: {_bar(best)}"]


def _taken(way: dict[Any, Any], ways: list[dict[Any, Any]]) -> str:
    head = f"{way['share']:.0%} to {_way(way)}, {way['direct_h']:.1f} h away, saves {way['saves_cny_t']:,.0f} CNY/t"
    better = [
        (way["cost_cny_t"] - one["cost_cny_t"], one) for one in ways if one["cost_cny_t"] < way["cost_cny_t"] - 0.5
    ]
    if not better:
        return f"{head}: the cheapest of all {len(ways)} ways in reach"
    barred = "; ".join(f"{_way(one)} by {less:,.0f} CNY/t, {_bar(one)}" for less, one in better[:3])
    return f"{head}; cheaper would be {barred}" + (f" and {len(better) - 3} more" if len(better) > 3 else "")


def _way(way: dict[Any, Any]) -> str:
    return f"{way['depot']} ({str(way['method']).replace('_', ' ')})"


def _bar(way: dict[Any, Any]) -> str:
    if not way["open"]:
        return "not built"
    return f"full in {way['full_in']}" if way["full_in"] else "its room is worth more to others"


def _otherwise(found: Village) -> str:
    goes = ", ".join(f"{depot} ({tonnes:,.0f} t)" for depot, tonnes in sorted(found.goes.items(), key=lambda x: -x[1]))
    rest = found.served_t - sum(found.goes.values())
    goes += f", {rest:,.0f} t back to today's chain" if goes and rest > 0.5 else ""
    others = f"; {found.displaced} other villages go elsewhere" if found.displaced else ""
    if found.served_t > 0:
        return (
            f"refused by its depots it would go to {goes or 'today’s chain'}, which costs everyone "
            f"{found.without or 0.0:,.0f} CNY a year more by siting's figures{others}"
        )
    if found.without is None:
        return "even at any price the open depots cannot take all of it; try `explain --depot` with a site near it"
    more = f"{found.without:,.0f} CNY a year more by siting's figures"
    return f"served whole by {goes} it would cost everyone {more}{others}"


def less_of(limit: str) -> str:
    """Name a limit of service that is asked for less."""
    return f"less asked of: {limit}"


def loosening_lines(found: Loosenings) -> list[str]:
    """Say what to loosen."""
    if found.feasible:
        return ["siting can keep every limit as it is; nothing has to be loosened"]
    lines = ["no plan keeps every limit; one is possible with any of these alone:"]
    lines += [f"  {' and '.join(map(_loosened, way))}" for way in found.alone] or ["  (no limit alone suffices)"]
    if len(found.together) > 1 or not found.alone or found.not_alone:
        lines += ["or with these together:", *(f"  {_loosened(one)}" for one in found.together)]
    lines += [f"however much more, not enough alone: {', '.join(found.not_alone)}"] if found.not_alone else []
    return lines


def _loosened(one: Loosening) -> str:
    more = "" if one.what.startswith("less asked") else " more"
    digits = 2 if one.unit == "h" or one.unit.startswith("share") else 0
    return f"{one.what}: {'about ' if one.rounded else ''}{one.amount:,.{digits}f} {one.unit}{more}"
