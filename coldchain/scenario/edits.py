"""What a planner asks for beside the files of a county: another budget, sites closed or forced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.model import Scenario
from coldchain.model.naming import asked_for, labelled, of_places


@dataclass(frozen=True)
class Edits:
    """Changes of a scenario that need no new file.

    Attributes
    ----------
    budget_cny : subsidy budget instead of the scenario's; None leaves it
    forbid : ids of sites at which nothing may stand, not even what stands there today
    force : ids of sites that must have a depot
    """

    budget_cny: float | None = None
    forbid: tuple[str, ...] = ()
    force: tuple[str, ...] = ()

    @classmethod
    def asked(cls, scenario: Scenario, budget_cny: float | None, forbid: Iterable[str], force: Iterable[str]) -> Edits:
        """Find the sites that are named.

        Raises
        ------
        UsageError
            When there is no such site, or one is both closed and forced.
        """
        places = of_places(scenario.sites)
        closed = tuple(dict.fromkeys(asked_for("--forbid", text, places, "site") for text in forbid))
        forced = tuple(dict.fromkeys(asked_for("--force", text, places, "site") for text in force))
        if both := set(closed) & set(forced):
            names = {site.id: labelled(site.id, site.name) for site in scenario.sites}
            told = _("--forbid and --force both name {site}")
            raise UsageError(told.format(site=_(", ").join(names[one] for one in sorted(both))))
        return cls(budget_cny, closed, forced)

    @classmethod
    def of(cls, arguments: Mapping[str, Any], budget_cny: float | None) -> Edits:
        """Read those of a run from its arguments; the budget is what it was planned with."""
        return cls(budget_cny, tuple(arguments.get("forbid") or ()), tuple(arguments.get("force") or ()))

    def on(self, scenario: Scenario) -> Scenario:
        """Return the scenario so changed."""
        siting = scenario.siting
        if self.budget_cny is not None:
            siting = siting.model_copy(update={"budget_cny": self.budget_cny})
        closed = {"status": "forbidden", "existing": ""}
        changes = {key: {"status": "forced"} for key in self.force} | dict.fromkeys(self.forbid, closed)
        if not changes:
            return replace(scenario, siting=siting)
        sites = tuple(site.model_copy(update=changes.get(site.id, {})) for site in scenario.sites)
        return replace(scenario, siting=siting, sites=sites)
