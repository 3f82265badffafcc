"""What a plan assumed: what the scenario says of itself, and what follows from what it leaves out."""

from __future__ import annotations

from collections.abc import Iterable

from coldchain.language import N_, _, plural
from coldchain.model import Assumption, Scenario
from coldchain.network import RoadNetwork

UNSURE = ("assumption", "recalled")
"""Words with which the catalogue marks figures that no source gives."""


def assumptions_of(scenario: Scenario, network: RoadNetwork, *, draft: bool = False) -> list[Assumption]:
    """List them: of the scenario's file first, then its notes, then what this plan had to assume.

    Parameters
    ----------
    draft : whether the plan was made with quick effort
    """
    made = [*scenario.assumptions, *(Assumption(what="note", figure=note) for note in scenario.notes)]
    if network.kind == "proximity" and all(one.what != "roads" for one in made):
        text = _("straight lines times {circuity:g}, driven at {speed:g} km/h, stand in for roads")
        figure = text.format(circuity=scenario.roads.circuity, speed=scenario.roads.proximity_kmh)
        made.append(Assumption(what="roads", figure=figure, source=_("the scenario has no road file")))
    made += _of_catalogue(scenario)
    if draft:
        figure = _("a draft by quick effort; plan again with normal effort before anything is decided")
        made.append(Assumption(what="effort", figure=figure))
    return made


def _of_catalogue(scenario: Scenario) -> Iterable[Assumption]:
    """Count the goods, rooms and vehicles with figures that their source calls recalled or assumed."""
    counts = (
        (scenario.commodities, N_("{count} crop"), N_("{count} crops")),
        (scenario.depot_types, N_("{count} depot type"), N_("{count} depot types")),
        (scenario.vehicles, N_("{count} vehicle type"), N_("{count} vehicle types")),
    )
    parts = []
    for nouns, one, many in counts:
        count = sum(any(word in noun.source for word in UNSURE) for noun in nouns)
        if count:
            parts.append(plural(one, many, count).format(count=count))
    if parts:
        text = _("recalled or assumed figures for {parts}").format(parts=_(", ").join(parts))
        yield Assumption(what="figures", figure=text)
