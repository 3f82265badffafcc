"""What a plan comes to for those who decide: what to do, why, what is doubtful, and what they are asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coldchain.language import _, plural
from coldchain.model import Scenario, Site, award_cny, eligible_owner, eligible_type
from coldchain.reports import figures
from coldchain.reports.document import Told, better_known
from coldchain.reports.figures import UNKNOWN, money, percent, tonnes

CRUMB_CNY = 1.0


@dataclass(frozen=True)
class Advice:
    """A plan with what is known besides.

    Attributes
    ----------
    scenario : None where it cannot be read; ``missing`` then says what is left out, and why
    """

    told: Told
    scenario: Scenario | None = None
    missing: str = ""

    @property
    def summary(self) -> Mapping[str, Any]:
        """The object of ``summary.json``."""
        return self.told.summary

    @property
    def sites(self) -> Sequence[Site]:
        """The sites of the scenario, none where it cannot be read."""
        return () if self.scenario is None else self.scenario.sites

    @property
    def built(self) -> int:
        """Depots and mobile units to buy."""
        return int(self.summary["depots"]["built"]) + int(self.summary["depots"]["mobile"])

    @property
    def own_cny(self) -> float:
        """What builders pay themselves."""
        paid = self.summary["investment"]
        return float(paid["total_cny"] - paid["subsidy_cny"])

    @property
    def left_cny(self) -> float:
        """What is left of the budget."""
        paid = self.summary["investment"]
        return max(float(paid["budget_cny"] - paid["subsidy_cny"]), 0.0)

    def recommendation(self) -> str:
        """Say in a sentence or two what to do."""
        paid, depots = self.summary["investment"], self.summary["depots"]
        if paid["total_cny"] <= CRUMB_CNY:
            return _("Build nothing: under the rules and figures given no new depot is worth its cost.")
        counted = plural("Build {count} depot", "Build {count} depots", depots["built"]).format(count=depots["built"])
        if depots["mobile"]:
            more = plural("{count} mobile unit", "{count} mobile units", depots["mobile"])
            counted = _("{depots} and buy {units}").format(depots=counted, units=more.format(count=depots["mobile"]))
        text = _(
            "{build} as listed in Table 2, for {invested}: {subsidy} of subsidy and {own} of the builders' own money."
        )
        return text.format(
            build=counted,
            invested=money(paid["total_cny"]),
            subsidy=money(paid["subsidy_cny"]),
            own=money(self.own_cny),
        )

    def reasons(self) -> Iterator[str]:
        """Yield why: less lost, less spent, more served, also in a bad year."""
        loss, coverage, villages = (self.summary[key] for key in ("loss", "coverage", "villages"))
        text = _("Losses after harvest fall from {today} to {plan}: {saved} less a year, worth {value}.")
        yield text.format(
            today=percent(loss["baseline_rate"]), plan=percent(loss["plan_rate"]),
            saved=tonnes(loss["baseline_t"] - loss["plan_t"]), value=money(loss["baseline_cny"] - loss["plan_cny"]),
        )  # fmt: skip
        if net := self.summary.get("net"):
            yield self._net(net)
        text = _(
            "Of the harvest {plan} is pre-cooled in time (today {today}); {served} of {total} villages are served."
        )
        yield text.format(
            plan=percent(coverage["plan"]), today=percent(coverage["baseline"]), served=f"{villages['served']:,}",
            total=f"{villages['total']:,}",
        )  # fmt: skip

    def _net(self, net: Mapping[str, Any]) -> str:
        totals = {"today": money(net["today_cny"]), "plan": money(net["plan_cny"])}
        if net["benefit_cny"] < 0:
            text = _(
                "All costs of a year, losses included, rise from {today} to {plan}: {more} a year is the price of it."
            )
            return text.format(more=money(-net["benefit_cny"]), **totals)
        text = _("All costs of a year, losses included, fall from {today} to {plan}: a net benefit of {benefit} a year")
        told = text.format(benefit=money(net["benefit_cny"]), **totals)
        years = net["payback_years"]
        if years is None:
            return _("{text}.").format(text=told)
        return _("{text}; the investment is earned back in {years:.1f} years.").format(text=told, years=years)

    def doubts(self) -> Iterator[str]:
        """Yield what may be otherwise: bad years, what was assumed, the bound, problems of the data."""
        if self.missing:
            yield self.missing
        if better := better_known(self.told):
            yield better
        lived = self.told.replay
        if lived is not None:
            text = _("In one year of twenty more than {worst} is lost, and no more than {least} is saved.")
            yield text.format(worst=percent(lived["rate"]["p95"]), least=tonnes(lived["saved_t"]["p5"]))
        if spread := self.summary.get("doubt"):
            yield from _spread(spread)
        aim = self.summary["objective"]
        write = tonnes if aim["name"].endswith("_t") else money
        text = _("It is proved that no plan comes to less than {bound}; at most {gap} could still be gained.")
        yield text.format(bound=write(aim["bound"]), gap=percent(aim["gap"]))
        if count := len(self.summary["warnings"]):
            text = plural(
                "{count} problem of the data is listed in annex 2.",
                "{count} problems of the data are listed in annex 2.",
                count,
            )  # fmt: skip
            yield text.format(count=count)

    def unspent(self) -> str:
        """Say what is left of the budget, and why; nothing where all is spent."""
        if self.left_cny <= CRUMB_CNY:
            return ""
        left = money(self.left_cny)
        least = None if self.scenario is None else least_award_cny(self.scenario)
        if least is not None and self.left_cny < least:
            return _("{left} of the budget is left: less than the smallest award, {least}.").format(
                left=left, least=money(least)
            )
        return _(
            "{left} of the budget is left: under these rules every further depot would cost more a year than it saves, "
            "or would break another limit."
        ).format(left=left)

    def asked(self) -> Iterator[str]:
        """Yield what the meeting is asked to decide, a sentence each."""
        paid = self.summary["investment"]
        if paid["total_cny"] <= CRUMB_CNY:
            yield _("To agree that no new depot is built under the present rules.")
        else:
            text = _("To agree to the depots of Table 2, at an investment of at most {invested}.")
            yield text.format(invested=money(paid["total_cny"]))
            text = _("To agree to awards of at most {subsidy} in all, fixed by volume and cost at acceptance.")
            yield text.format(subsidy=money(paid["subsidy_cny"]))
        if self.left_cny > CRUMB_CNY:
            yield _("To decide what becomes of the {left} left of the budget.").format(left=money(self.left_cny))
        made = {one.what for one in figures.assumptions(self.summary)}
        if made & {"harvest", "roads", "temperatures", "effort"}:
            yield _(
                "To have the figures marked as assumed surveyed, and the plan reckoned again, before building begins."
            )


def _spread(spread: Mapping[str, Any]) -> Iterator[str]:
    """Yield what uncertain figures do to saving and payback, where a run knows."""
    saving, years = spread.get("saving_cny"), spread.get("payback_years")
    if saving:
        text = _("With the figures as uncertain as they are, the value saved lies between {low} and {high} a year.")
        yield text.format(low=money(saving[0]), high=money(saving[-1]))
    if years and None not in years:
        text = _("The investment is then earned back in {low:.1f} to {high:.1f} years.")
        yield text.format(low=min(years), high=max(years))


def least_award_cny(scenario: Scenario) -> float | None:
    """Return the smallest award that one module could get anywhere; None where none is eligible."""
    rule = scenario.subsidy
    found = [
        award_cny(rule, kind, site.county)
        for site in scenario.sites
        if site.status in ("candidate", "forced") and eligible_owner(rule, site)
        for kind in scenario.depot_types
        if eligible_type(rule, kind)
    ]
    return min((one for one in found if one > 0), default=None)


def payback(summary: Mapping[str, Any]) -> str:
    """Return the years until the investment is earned back, a dash where it never is."""
    years = (summary.get("net") or {}).get("payback_years")
    return UNKNOWN if years is None else _("{years:.1f} years").format(years=years)
