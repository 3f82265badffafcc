"""A plan lived through again: many years of random weather, harvests and roads, with queues at depots and vehicles.

The optimisers plan a typical day of each season. Here the same day passes as events in simpy, and what is lost follows
from the physics of :mod:`coldchain.spoilage`; with nothing left to chance the plan's own loss comes out.
"""

from coldchain.replays.chances import NONE, Chances
from coldchain.replays.replay import ReplayEffort, Replayer, replay

__all__ = ["NONE", "Chances", "ReplayEffort", "Replayer", "replay", "trader_of"]
