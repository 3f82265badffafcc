"""What no plan can undercut: a least cost of each member that holds in every group it could join.

Each demand takes its cheapest arc among all sites, or today's chain. An arc underestimates collection, line haul,
energy and loss; to it comes the share of the cheapest module of its class that its load fills on the peak period, since
modules must hold the loads of that period. A group has fewer sites and vehicles than all together, so it pays no
less, and the floors of its members add up to a lower bound on its cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from coldchain.arrays import Floats
from coldchain.economy import standing_cny
from coldchain.model import MobileUnit
from coldchain.settlement.members import Members

if TYPE_CHECKING:
    from coldchain.planning import Ground


def member_floors(ground: Ground, members: Members) -> Floats:
    """Return the floor of each member, CNY a year, shape (n,).

    Parameters
    ----------
    ground : of the whole scenario
    """
    arcs, scenario = ground.arcs, ground.scenario
    least = arcs.outside.of("total_cost_cny").copy()
    np.minimum.at(least, arcs.demand, arcs.inside.of("total_cost_cny") + _capital(ground) - _kept(ground))
    floors = np.bincount(members.village[arcs.village], least, len(members.names)).astype(np.float64)
    upkeep = standing_cny(scenario)
    for site, owner in zip(scenario.sites, members.site, strict=True):
        floors[owner] += sum(upkeep[kind] * number for kind, number in site.modules().items())
    return floors


def _kept(ground: Ground) -> Floats:
    """Most that keeping what an arc brings can gain, whoever pays for the room, CNY a year, shape (arcs,)."""
    from coldchain.planning import rent_cny_t

    arcs, rent = ground.arcs, rent_cny_t(ground.basis).sum(axis=1)
    return np.asarray(arcs.storage_cny + arcs.yearly_t[arcs.demand] * rent[arcs.cooling], dtype=np.float64)


def _capital(ground: Ground) -> Floats:
    """Yearly cost of the room that each arc fills on the peak period of its class, shape (arcs,)."""
    from coldchain.planning import existing_modules

    arcs, basis = ground.arcs, ground.basis
    per_t = arcs.module.money_cny.min(axis=0) / basis.capacity_t_day
    standing = existing_modules(basis) > 0
    share = np.zeros(len(arcs.demand))
    for o in range(len(basis.classes)):
        of_class = basis.class_of_type == o
        kinds = [kind for kind, here in zip(ground.scenario.depot_types, of_class, strict=True) if here]
        here = arcs.cooling == o
        if any(isinstance(kind, MobileUnit) for kind in kinds) or not here.any():
            continue  # a unit on wheels may stand elsewhere in the peak of each site
        loads = arcs.load_t_day[np.unique(arcs.demand[here])]
        room = arcs.load_t_day[arcs.demand, int(loads.sum(axis=0).argmax())] * per_t[of_class].min()
        bare = ~np.asarray(standing[:, of_class].any(axis=1), dtype=np.bool_)
        share += np.where(here & bare[arcs.site], room, 0.0)
    return share
