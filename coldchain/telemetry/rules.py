"""When readings are an alarm: the thresholds, as they are stated or as a file of the user's has them."""

from __future__ import annotations

from pathlib import Path

from coldchain.errors import BadInputError
from coldchain.inputs import read_toml
from coldchain.model.base import Noun, figure
from coldchain.scenario.parsing import parse


class AlarmRules(Noun):
    """When readings are an alarm."""

    above_c: float = figure("K", "above its set temperature at which a room is too warm", 4.0, gt=0, le=30)
    below_c: float = figure("K", "below its set temperature at which a room is too cold", 2.0, gt=0, le=30)
    hysteresis_c: float = figure("K", "by which it must be back within the range", 0.5, ge=0, le=10)
    excursion_min: float = figure("min", "out of range after which it is an excursion", 10.0, ge=0, le=1440)
    breach_min: float = figure("min", "out of range after which it is a breach", 60.0, ge=0, le=2880)
    door_min: float = figure("min", "that a door may stand open", 30.0, ge=0, le=1440)
    missed: float = figure("-", "readings in a row that a sensor misses before it is silent", 3.0, ge=1, le=100)
    battery: float = figure("%", "below which a battery is low", 15.0, ge=0, le=100)
    worse: float = figure("share", "of a lot lost beyond the plan from which it is in danger", 0.03, ge=0, le=1)
    escalate_min: float = figure("min", "after which an alarm that nobody took note of is escalated", 30.0, ge=0)


def read_rules(path: Path) -> AlarmRules:
    """Read a file of thresholds (TOML); what it does not name stays as it is.

    Raises
    ------
    BadInputError
        With every key that is unknown and every value that is none.
    """
    rules, faults = parse(AlarmRules, read_toml(path), path.name, None)
    if rules is None or faults:
        raise BadInputError(faults)
    return rules
