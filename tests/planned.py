"""Plans for tests that ask what is decided: without draws of uncertain figures and estimates of more budget."""

from __future__ import annotations

import numpy as np

from coldchain.model import Scenario
from coldchain.planning import Ground, Near, Options, Plan, lay_ground, plan_on
from coldchain.planning.pipeline import course_with, plan_of


def decided(scenario: Scenario, options: Options | None = None) -> Plan:
    """Plan with quick effort, or with these options, and verify."""
    options = options or Options.quickly()
    return plan_on(lay_ground(scenario, options), options, Near(further=False, doubt=False))


def with_modules(ground: Ground, count: np.ndarray, options: Options | None = None) -> Plan:
    """Plan with exactly these new modules and verify; nothing is drawn, and no bound is known."""
    options = options or Options.quickly()
    return plan_of(ground, course_with(ground, count, options), options)
