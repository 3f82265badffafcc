"""One fixed cost sized by its largest user, in closed form: a mast, a cold store, a runway.

No table of groups is needed. A group costs what its largest need costs, so thousands of users can be settled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from coldchain.arrays import Floats
from coldchain.language import N_, _
from coldchain.sharing.direct import in_proportion
from coldchain.sharing.game import Kind, tolerance
from coldchain.sharing.rules import Division, Divisions, known_rules
from coldchain.sharing.stability import Stability

AIRPORT_RULES = ("shapley", "nucleolus", "proportional")


def airport(needs: Sequence[float], count: Sequence[int] | None = None) -> Floats:
    """Split one fixed cost among users who need different sizes of it: the Shapley value in closed form.

    A group costs what its largest need costs. The first slice is shared by all, the next by those who need more, and so
    on (Littlechild & Owen 1973, doi 10.1287/mnsc.20.3.370). A mast for three carriers, a cold store sized for the
    largest user and a runway are the same problem.

    Parameters
    ----------
    needs : what the size that each kind of user needs would cost
    count : users of each kind, one when left out

    Returns
    -------
    ndarray
        What one user of each kind pays, in the order given.

    Examples
    --------
    >>> airport([300.0, 600.0, 600.0]).tolist()
    [100.0, 250.0, 250.0]
    """
    need = np.asarray(needs, dtype=np.float64)
    users = np.ones(len(need)) if count is None else np.asarray(count, dtype=np.float64)
    order = np.argsort(need, kind="stable")
    sharing = users[order][::-1].cumsum()[::-1]
    paid = np.empty(len(need))
    paid[order] = np.cumsum(np.diff(need[order], prepend=0.0) / sharing)
    return paid


def airport_nucleolus(needs: Sequence[float]) -> Floats:
    """Return the nucleolus of the same game, shape (n,) (Littlechild 1974, doi 10.1007/BF01766453).

    In rising order, the next users pay alike as little as some group of the smallest needs, or all, still allows.

    Examples
    --------
    >>> airport_nucleolus([300.0, 600.0, 600.0]).tolist()
    [150.0, 225.0, 225.0]
    """
    need = np.asarray(needs, dtype=np.float64)
    order = np.argsort(need, kind="stable")
    rising, paid = need[order], np.empty(len(need))
    done, covered = 0, 0.0
    while done < len(need):
        room = rising[done:] - covered
        heads = np.arange(2.0, len(room) + 2)
        heads[-1] = len(room)  # all together have nobody left to share with
        least = room / heads
        last = len(room) - 1 - int(np.argmin(least[::-1]))
        paid[done : done + last + 1] = least[last]
        covered += float(least[last]) * (last + 1)
        done += last + 1
    back = np.empty(len(need))
    back[order] = paid
    return back


@dataclass(frozen=True)
class Airport:
    """Users of one fixed cost.

    Attributes
    ----------
    players : names
    needs : what the size that each needs would cost, shape (n,)
    """

    players: tuple[str, ...]
    needs: Floats
    name: str = ""
    kind: Kind = "cost"

    @property
    def n(self) -> int:
        """Number of users."""
        return len(self.players)

    @property
    def alone(self) -> Floats:
        """Cost of each user alone, shape (n,)."""
        return self.needs

    def saving(self, amounts: Floats) -> Floats:
        """Return what each user gains against standing alone, shape (n,)."""
        return np.asarray(self.needs - amounts, dtype=np.float64)


def divide_airport(game: Airport, wanted: Sequence[str] = (), *, epsilon: float = 0.0) -> Divisions:
    """Apply the rules that have a closed form; the others are left out, for they need a table of all groups."""
    work: dict[str, Callable[[], Floats]] = {
        "shapley": lambda: airport(game.needs.tolist()),
        "nucleolus": lambda: airport_nucleolus(game.needs.tolist()),
        "proportional": lambda: in_proportion(float(game.needs.max()), game.needs, N_("values alone")),
    }
    found, left_out = {}, {}
    for rule in known_rules(wanted) if wanted else AIRPORT_RULES:
        if rule not in work:
            left_out[rule] = _("needs the table of all groups; so many users have {names}").format(
                names=", ".join(AIRPORT_RULES)
            )
            continue
        amounts = work[rule]()
        found[rule] = Division(rule, amounts, airport_stability(game, amounts, epsilon))
    return Divisions(game, found, left_out, 0.0)


def airport_stability(game: Airport, amounts: Floats, epsilon: float = 0.0) -> Stability:
    """Test a division against every group, by n of them: of the groups up to one size the largest gains most.

    ``groups`` of the verdict counts only those that were looked at.
    """
    if game.n == 1:
        return Stability(True, game.players, 1, 0.0, 0, epsilon)
    order = np.argsort(game.needs, kind="stable")
    gain = np.cumsum(amounts[order]) - game.needs[order]
    least = int(amounts.argmin())
    gain[-1] = -amounts[least]  # all together cannot leave; all but one can
    slack = tolerance(np.r_[game.needs, amounts])
    top = int(gain.argmax())
    group = np.sort(order[: top + 1]) if top < game.n - 1 else np.delete(np.arange(game.n), least)
    most = 0.0 if abs(gain[top]) <= slack else float(gain[top])
    names = tuple(game.players[i] for i in group)
    return Stability(most <= epsilon + slack, names, 0, most, int(np.count_nonzero(gain > epsilon + slack)), epsilon)
