"""What a division says in sentences, in the language spoken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coldchain.language import N_, _
from coldchain.language.amounts import in_millions

TOTALS = {"loss_t": N_("produce lost"), "loss_cny": N_("value lost"), "annual_cny": N_("cost")}
UNITS = {"loss_t": N_("t"), "loss_cny": N_("CNY"), "annual_cny": N_("CNY")}
DIVISIONS = {
    "best": N_("best"),
    "equal": N_("equal"),
    "by_production": N_("by production"),
    "by_population": N_("by population"),
}
HEADS = (
    N_("division"),
    N_("spent CNY M"),
    N_("counties"),
    N_("saved t a year"),
    N_("t per CNY M spent"),
    N_("of the fund"),
)


def compared_cells(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return the cells of one division, below :data:`HEADS`."""
    return (
        _(DIVISIONS[row["division"]]),
        in_millions(row["spent_cny"]),
        f"{row['counties_awarded']:,}",
        f"{row['saved_t']:,.0f}",
        f"{row['saved_t_per_million']:,.1f}",
        f"{row['saved_t_per_million_of_fund']:,.1f}",
    )


def lines_of(facts: dict[str, Any]) -> list[str]:
    """Say in sentences what the table of divisions does not."""
    unit = _(UNITS[facts["minimise"]])
    proof = _("proved optimal") if facts["proved"] else _("proven gap {gap:.3%}").format(gap=facts["gap"])
    told = _("{what}: {value:,.0f} {unit} a year over {counties:,} counties, {proof}")
    said = [told.format(**facts, what=_(TOTALS[facts["minimise"]]), unit=unit, proof=proof)]
    if facts["rules_cost"] > 0:
        told = _("floors, caps and favours cost {rules_cost:,.0f} {unit} a year")
        said.append(told.format(rules_cost=facts["rules_cost"], unit=unit))
    steps = {
        "last_in": _("the last step taken: {county}, {saves_per_million:,.1f} {unit} a year per CNY M"),
        "next_in": _("the best step not taken: {county}, {saves_per_million:,.1f} {unit} a year per CNY M"),
    }
    said += [told.format(**facts[key], unit=unit) for key, told in steps.items() if facts[key] is not None]
    more = facts["tenth_more"]
    told = _("a tenth more fund saves {saves:,.0f} {unit} a year more; {counties_changed:,} counties change")
    return [*said, told.format(**more, unit=unit)]
