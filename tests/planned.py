"""Plans for tests that ask what is decided: without draws of uncertain figures and estimates of more budget."""

from __future__ import annotations

from coldchain.model import Scenario
from coldchain.planning import Near, Options, Plan, lay_ground, plan_on


def decided(scenario: Scenario, options: Options | None = None) -> Plan:
    """Plan with quick effort, or with these options, and verify."""
    options = options or Options.quickly()
    return plan_on(lay_ground(scenario, options), options, Near(further=False, doubt=False))
