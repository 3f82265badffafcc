"""Loss from field to shop by stage, and what it says of the 8 % that rural chains are to lose at most."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from coldchain.language import N_, _, language
from coldchain.model.wholechain import AIM, ENDS
from coldchain.reports.columns import Columns
from coldchain.reports.figures import percent

STAGES: Columns = (
    ("stage", N_("Stage"), "text"), ("today", N_("Today"), "text"), ("plan", N_("With the plan"), "text"),
    ("least", N_("At the least"), "text"),
)  # fmt: skip


def stage_rows(summary: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return what each stage loses of what comes to it: today, with the plan, with each load on its best way.

    None for a run of an earlier version.
    """
    found = summary.get("stages")
    if found is None:
        return []
    field, retail = _band(found["field"]), _band(found["retail"])
    loss = summary["loss"]
    until = percent(loss["baseline_rate"]), percent(loss["plan_rate"]), percent(found["least_market"])
    today, plan, least = (_band(found[f"whole_{name}"]) for name in ("today", "plan", "least"))
    return [
        (_("Field: harvest and sorting (published)"), field, field, field),
        (_("Harvest until sold at the market (this model)"), *until),
        (_("Shops (published)"), retail, retail, retail),
        (_("From field to shop"), today, plan, least),
    ]


def stage_note(summary: Mapping[str, Any]) -> str:
    """Say what the stages cover, and whether 8 % is reached, until the market and from field to shop."""
    if "stages" not in summary:
        return ""
    covers = _(
        "Shares of what comes to each stage; homes and kitchens are not counted. At the least: each load on its best "
        "way, whatever the budget."
    )
    return ("" if language() == "zh" else " ").join([covers, *aim_in_words(summary)])


def _band(share: Mapping[str, float]) -> str:
    low, rate, high = (percent(share[end]) for end in ENDS)
    return _("{share} ({low}-{high})").format(share=rate, low=low, high=high)


def aim_in_words(summary: Mapping[str, Any]) -> Iterator[str]:
    """Yield whether 8 % is reached, until the market and from field to shop; nothing where a run does not know."""
    if "stages" not in summary:
        return
    found, aim = summary["stages"], f"{AIM:.0%}"
    market, least = summary["loss"]["plan_rate"], found["least_market"]
    shown = {"aim": aim, "plan": percent(market), "least": percent(least)}
    if market <= AIM:
        yield _("Until the market the aim of {aim} is reached: {plan}.").format(**shown)
    elif least <= AIM:
        yield _(
            "Until the market the aim of {aim} is not reached: {plan}. A larger budget can reach it: down to {least}."
        ).format(**shown)
    else:
        yield _(
            "Until the market the aim of {aim} is not reached: {plan}, and no budget for depots reaches it: at least "
            "{least} are lost. Packaging, hours and reefers beyond the depots would have to change."
        ).format(**shown)
    yield from _of_the_whole(found, market)


def _of_the_whole(found: Mapping[str, Any], market: float) -> Iterator[str]:
    plan, least = found["whole_plan"]["rate"], found["whole_least"]["rate"]
    if plan <= AIM:
        yield _("From field to shop it is reached, too: {plan}.").format(plan=percent(plan))
    elif least <= AIM:
        text = _("From field to shop it is not reached: {plan}; with each load on its best way {least}.")
        yield text.format(plan=percent(plan), least=percent(least))
    else:
        text = _("From field to shop it is not reached: {plan}, and depots alone cannot: {least} at the least.")
        yield text.format(plan=percent(plan), least=percent(least))
        if market < AIM:
            beside = 1.0 - (1.0 - found["field"]["rate"]) * (1.0 - found["retail"]["rate"])
            text = _("Field and shops may then lose {left} together; {published} is published of them.")
            yield text.format(left=percent(1.0 - (1.0 - AIM) / (1.0 - market)), published=percent(beside))
