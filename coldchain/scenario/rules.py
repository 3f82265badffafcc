"""Another rule of subsidy for a scenario: a rate, a cap on each owner, a kind, a shipped programme."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from coldchain.model import Scenario, Subsidy
from coldchain.model.settings import Programme
from coldchain.scenario.programmes import programme_keys

COUNTY = (
    "class_of_county", "awarded_by_owner_cny", "pot_by_county_cny", "years", "pot_by_year_cny", "paid_after_years",
)  # fmt: skip
"""What a county states beside a programme: it stays under another one."""


@dataclass(frozen=True)
class Rule:
    """What differs from the scenario's rule; empty: as the scenario states.

    Attributes
    ----------
    rate : share of the eligible cost, in every county and class
    cap_cny : most one owner is awarded
    programme : shipped programme in place of the scenario's; its own rate and cap hold where none is given
    kind : what is paid, ``grant`` or ``loan_interest``
    """

    rate: float | None = None
    cap_cny: float | None = None
    programme: str = ""
    kind: Programme | Literal[""] = ""

    def on(self, scenario: Scenario) -> Scenario:
        """Return the scenario under this rule."""
        subsidy = scenario.subsidy
        if self.programme:
            stays = {name: getattr(subsidy, name) for name in COUNTY}
            subsidy = Subsidy(programme=self.programme, **{**stays, **programme_keys()[self.programme]})
        changes: dict[str, object] = {"kind": self.kind} if self.kind else {}
        if self.rate is not None:
            changes |= {"rate": self.rate, "rate_by_class": {}, "rate_by_county": {}}
        if self.cap_cny is not None:
            changes["cap_per_owner_cny"] = self.cap_cny
        return replace(scenario, subsidy=subsidy.model_copy(update=changes))
