"""How sure a plan is: what a replay found, in words and rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coldchain.language import N_, _
from coldchain.reports.figures import money, percent, tonnes

STRESSES = {
    "warmer": N_("Every day 2 °C warmer"),
    "cooler": N_("Every day 2 °C cooler"),
    "more_harvest": N_("All harvests a fifth larger"),
    "less_harvest": N_("All harvests a fifth smaller"),
    "slower_roads": N_("All hours on the road a quarter longer"),
    "all_bad": N_("Warmer, larger and slower at once"),
}


def gap_in_words(summary: Mapping[str, Any]) -> str:
    """Return what the bound proves, in sentences."""
    aim = summary["objective"]
    write = tonnes if aim["name"].endswith("_t") else money
    proved = _(
        "This plan comes to {value}. No plan whatever, under the same rules and figures, comes to less than {bound}: "
        "that is proved, not estimated. So at most {gap} could still be gained; how much of it really can is not known."
    )
    return proved.format(value=write(aim["value"]), bound=write(aim["bound"]), gap=percent(aim["gap"]))


def usual_in_words(found: Mapping[str, Any]) -> list[str]:
    """Say how much a usual and a bad year loses, and what the plan saves at least."""
    rate, today, saved = found["rate"], found["today_rate"], found["saved_t"]
    years = _("{years} years of random weather, harvests and roads, replayed with the plan as it is:")
    usual = _("In a usual year {rate} of the harvest is lost (today {today}); in one year of twenty more than {worst}.")
    least = _("In nineteen years of twenty the plan saves at least {saved}.")
    return [
        years.format(years=found["effort"]["years"]),
        usual.format(rate=percent(rate["p50"]), today=percent(today["p50"]), worst=percent(rate["p95"])),
        least.format(saved=tonnes(saved["p5"])),
    ]


def in_words(found: Mapping[str, Any]) -> list[str]:
    """Return the sentences that a meeting can read out."""
    how = found["operation"]
    depots = _(
        "Of what is fetched {warm} finds the pre-cooler full and goes on warm, {left} stays with the traders; vehicles "
        "drive again for {again} of the tours and wait {minutes:.1f} minutes on average to unload."
    )
    bill = _(
        "The year's bill is stated as {stated}; replayed it comes to {mean} on average, and in one year of twenty to "
        "more than {worst}."
    )
    cny = {name: money(figure) for name, figure in found.get("bill", {}).items() if name != "by_term"}
    lines = [
        *usual_in_words(found),
        depots.format(
            warm=percent(how["warm_share"]),
            left=percent(how["left_share"]),
            again=percent(how["second_trips_share"]),
            minutes=60.0 * how["waited_h_tour"],
        ),
        *([bill.format(stated=cny["stated_cny"], mean=cny["mean_cny"], worst=cny["p95_cny"])] if cny else []),
    ]
    return [*lines, *_in_doubt(found)]


def _in_doubt(found: Mapping[str, Any]) -> list[str]:
    """Say what is lost where the figures are drawn within their bands, too."""
    doubt = found.get("doubt")
    if doubt is None:
        return []
    text = _(
        "With the uncertain figures drawn within their bands as well ({draws} draws, each the same in all its years), "
        "from {low} to {high} of the harvest is lost with the plan (today from {today_low} to {today_high}), P5 to P95."
    )
    rate, today = doubt["rate"], doubt["today_rate"]
    ends = {"low": rate["p5"], "high": rate["p95"], "today_low": today["p5"], "today_high": today["p95"]}
    return [text.format(draws=doubt["draws"], **{name: percent(share) for name, share in ends.items()})]


def spreads(found: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return figure, good year (one in twenty is better), usual year, bad year (one in twenty is worse)."""
    worse_is_more = [
        (_("Lost today"), "today_rate", percent),
        (_("Lost with the plan"), "rate", percent),
        (_("Lost with the plan, t"), "loss_t", tonnes),
        (_("Lost with the plan, on a single day"), "day_rate", percent),
    ]
    rows: list[tuple[str, str, str, str]] = [
        (label, write(found[key]["p5"]), write(found[key]["p50"]), write(found[key]["p95"]))
        for label, key, write in worse_is_more
    ]
    more_is_better = (
        (_("Saved, t"), "saved_t", tonnes),
        (_("Saved, value"), "saved_cny", money),
        (_("Pre-cooled in time"), "coverage", percent),
    )
    for label, key, write in more_is_better:
        part = found.get(key)
        if part is not None:
            rows.append((label, write(part["p95"]), write(part["p50"]), write(part["p5"])))
    return rows


def stresses(found: Mapping[str, Any]) -> list[tuple[str, float, float, float, float, float]]:
    """Return change, lost today and with the plan, t lost, share passed through warm, second trips for each tour."""
    whole = {"undisturbed": found["undisturbed"], **found["stresses"]}
    labels = {"undisturbed": _("As planned"), **{name: _(text) for name, text in STRESSES.items()}}
    return [
        (labels[name], year["today_rate"], year["rate"], year["loss_t"], year["warm_share"] + year["left_share"],
         year["second_trips_share"])
        for name, year in whole.items()
    ]  # fmt: skip
