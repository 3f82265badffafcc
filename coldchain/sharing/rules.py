"""All rules side by side: amounts, savings, who would leave, and why a rule does not apply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from coldchain.arrays import Floats
from coldchain.errors import InfeasibleError, UsageError
from coldchain.language import _
from coldchain.sharing.certificate import LARGEST_EXACT, Certificate, certify, exact_figures
from coldchain.sharing.direct import by_volume, equal_charge, proportional, scrb
from coldchain.sharing.game import Game, Sharers, tolerance
from coldchain.sharing.nucleolus import Nucleolus, nucleolus
from coldchain.sharing.stability import Stability, stability
from coldchain.sharing.values import owen, shapley
from coldchain.sharing.within import equal_profit, lorenz

RULES = (
    "shapley", "nucleolus", "prenucleolus", "per_capita_nucleolus", "equal_profit", "lorenz", "scrb_aca",
    "equal_charge", "proportional", "volume", "owen",
)  # fmt: skip
ALIASES = {
    "epm": "equal_profit", "scrb": "scrb_aca", "acam": "scrb_aca", "ecm": "equal_charge", "stand_alone": "proportional",
}  # fmt: skip


ON_REQUEST = ("equal_charge",)
"""Rules that are applied only when they are named: they charge even a member that changes nothing."""


@dataclass(frozen=True)
class Division:
    """One rule applied: what each member pays (cost) or gets (profit), shape (n,), and whether it holds."""

    rule: str
    amounts: Floats
    stability: Stability


@dataclass(frozen=True)
class Divisions:
    """All rules applied to one game.

    Attributes
    ----------
    divisions : by rule
    left_out : rule -> why it does not apply
    least_epsilon : at which some division holds; above 0 the core is empty, and equal_profit and lorenz use it
    certificates : rule -> exact certificate, for small games
    """

    game: Sharers
    divisions: dict[str, Division]
    left_out: dict[str, str]
    least_epsilon: float
    certificates: dict[str, Certificate] = field(default_factory=dict)


def known_rules(wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the rules of these names; all without any.

    Raises
    ------
    UsageError
        Naming what is no rule.
    """
    names = tuple(ALIASES.get(name.strip().lower().replace("-", "_"), name.strip()) for name in wanted)
    if wrong := [name for name in names if name not in RULES]:
        message = _("--rule must be one of {names}; got {text}")
        raise UsageError(message.format(names=", ".join(RULES), text=", ".join(wrong)))
    return tuple(dict.fromkeys(names)) or RULES


def divide(
    game: Game,
    wanted: Sequence[str] = (),
    *,
    besides: Sequence[str] = (),
    epsilon: float = 0.0,
    certified: bool = True,
) -> Divisions:
    """Apply rules to a game.

    Parameters
    ----------
    wanted : names of rules; all of those that apply when empty, but those of :data:`ON_REQUEST`
    besides : names of the latter to be applied as well
    epsilon : what leaving costs a group, for the stability test
    certified : prove small nucleoli in fractions
    """
    rules = (
        known_rules(wanted) if wanted else tuple(rule for rule in RULES if rule not in ON_REQUEST or rule in besides)
    )
    return _Desk(game, epsilon, certified=certified).divide(rules, chosen=bool(wanted))


class _Desk:
    """Works out the rules of one game, sharing the prenucleolus between them."""

    def __init__(self, game: Game, epsilon: float, *, certified: bool) -> None:
        self.game, self.epsilon, self.certified = game, epsilon, certified
        self.worth = game.worth
        self.certificates: dict[str, Certificate] = {}
        self.pre = nucleolus(self.worth, rational=False)
        level = self.pre.levels[0] if game.n > 1 and self.pre.levels else 0.0
        self.level = level
        self.least = 0.0 if abs(level) <= tolerance(self.worth) else level

    def divide(self, rules: Sequence[str], *, chosen: bool) -> Divisions:
        found: dict[str, Division] = {}
        left_out: dict[str, str] = {}
        for rule in rules:
            if not chosen and ((rule == "owen" and not self.game.unions) or (rule == "volume" and self._no_volume())):
                continue
            try:
                amounts = np.asarray(self._work()[rule](), dtype=np.float64)
            except (InfeasibleError, ZeroDivisionError, ValueError) as error:
                left_out[rule] = str(error)
                continue
            found[rule] = Division(rule, amounts, stability(self.game, amounts, self.epsilon))
        return Divisions(self.game, found, left_out, self.least, self.certificates)

    def _no_volume(self) -> bool:
        return self.game.volume is None

    def _work(self) -> dict[str, Callable[[], Floats]]:
        game, above = self.game, max(self.level, self.epsilon, 0.0)
        return {
            "shapley": lambda: shapley(game.values),
            "nucleolus": lambda: self._nucleolus("nucleolus", nucleolus(self.worth), rational=True),
            "prenucleolus": lambda: self._nucleolus("prenucleolus", self.pre, rational=False),
            "per_capita_nucleolus": self._per_capita,
            "equal_profit": lambda: equal_profit(game, above),
            "lorenz": lambda: lorenz(game, above),
            "scrb_aca": lambda: scrb(game),
            "equal_charge": lambda: equal_charge(game),
            "proportional": lambda: proportional(game),
            "volume": lambda: by_volume(game),
            "owen": self._owen,
        }

    def _per_capita(self) -> Floats:
        found = nucleolus(self.worth, per_capita=True)
        return self._nucleolus("per_capita_nucleolus", found, rational=True, per_capita=True)

    def _owen(self) -> Floats:
        if not self.game.unions:
            raise ValueError(_("the members are not grouped into unions"))
        return owen(self.game.values, self.game.unions)

    def _nucleolus(self, rule: str, found: Nucleolus, *, rational: bool, per_capita: bool = False) -> Floats:
        """Certify a small game and take the fractions' figures; larger ones as solved."""
        payoff = found.payoff
        if self.certified and 1 < self.game.n <= LARGEST_EXACT:
            proof = certify(exact_figures(self.worth.tolist()), found, rational=rational, per_capita=per_capita)
            self.certificates[rule] = proof
            if proof.right:
                payoff = np.array([float(share) for share in proof.payoff])
        return self.game.sign * payoff + 0.0
