"""Whose modules cool each lot: the owner of its depot, or in mobile units of a kind their owners together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from coldchain.arrays import Bools, Floats, Indices, Ints
from coldchain.planning.awards import owners_of
from coldchain.planning.basis import Basis
from coldchain.planning.lots import TODAY


@dataclass(frozen=True)
class Coolers:
    """Owners of what cools the lots of a plan; sizes L lots, E owners, M kinds of mobile units.

    Attributes
    ----------
    owner : int[L], of the depot, E in today's chain; unit : int[L], kind of the mobile unit, -1 elsewhere
    pool : float[E, M], share of each owner in the units of a kind: these are alike, and each cools its part
    """

    owner: Indices
    unit: Indices
    pool: Floats

    @classmethod
    def of(cls, basis: Basis, lots: pd.DataFrame, units: Ints) -> Coolers:
        """Find them for lots, and units bought by owner and kind, int[E, M]."""
        names, owner = owners_of(basis.scenario)
        cold = (lots["site"] != TODAY).to_numpy()
        kind = np.full(len(basis.classes), -1)
        kind[basis.class_of_type[basis.scenario.fixed_types :]] = np.arange(units.shape[1])
        return cls(
            np.where(cold, owner[lots["site"]], len(names)),
            np.where(cold, kind[lots["cooling"].to_numpy(dtype=np.intp)], -1),
            units / np.maximum(units.sum(axis=0), 1.0),
        )

    def per_owner(self, weight: Floats) -> Floats:
        """Sum of a figure of the lots by owner, float[E + 1]; last what stays in today's chain."""
        wheels = self.unit >= 0
        own = np.bincount(self.owner[~wheels], weight[~wheels], minlength=len(self.pool) + 1)
        pooled = np.bincount(self.unit[wheels], weight[wheels], minlength=self.pool.shape[1])
        return np.asarray(own + np.append(self.pool @ pooled, 0.0), dtype=np.float64)

    def working(self, works: Bools) -> Floats:
        """Share of each lot that is cooled when only some owners work, float[L]; all of it in today's chain."""
        alone = np.append(works, True).astype(np.float64)[self.owner]
        return np.where(self.unit >= 0, np.append(works @ self.pool, 1.0)[self.unit], alone)
