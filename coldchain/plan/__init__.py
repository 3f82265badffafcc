"""Plans: from a scenario to depots, routes, losses and money, verified."""

from coldchain.plan.pipeline import Plan, plan
from coldchain.plan.roads import PlacedNetwork, place_on_roads
from coldchain.plan.search import Options

__all__ = ["Options", "PlacedNetwork", "Plan", "place_on_roads", "plan"]
