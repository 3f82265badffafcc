"""Sharing: what joint cost or profit each member bears, and whether any group would do better apart."""

from coldchain.sharing.airport import Airport, airport, divide_airport
from coldchain.sharing.certificate import certify, check, exact_figures
from coldchain.sharing.closure import Closure, consistent
from coldchain.sharing.direct import (
    equal_charge_of,
    in_proportion,
    levy_fund,
    scrb,
    scrb_of,
)
from coldchain.sharing.frugal import (
    AskedCosts,
    Verdict,
    core_test,
    equal_profit_known,
    equal_profit_of,
    least_epsilon_known,
)
from coldchain.sharing.game import Game, indicator, members, sums
from coldchain.sharing.money import whole_fen, yuan
from coldchain.sharing.nucleolus import nucleolus
from coldchain.sharing.questions import Leaving, bands, bills, gain_of_misreport, if_leaves, misreported, without
from coldchain.sharing.reading import read_game
from coldchain.sharing.rules import ON_REQUEST, Division, Divisions, divide, known_rules
from coldchain.sharing.stability import stability
from coldchain.sharing.values import owen, shapley, shapley_sampled
from coldchain.sharing.within import equal_profit, lorenz

__all__ = [
    "ON_REQUEST",
    "Airport",
    "AskedCosts",
    "Closure",
    "Division",
    "Divisions",
    "Game",
    "Leaving",
    "Verdict",
    "airport",
    "bands",
    "bills",
    "certify",
    "check",
    "consistent",
    "core_test",
    "divide",
    "divide_airport",
    "equal_charge_of",
    "equal_profit",
    "equal_profit_known",
    "equal_profit_of",
    "exact_figures",
    "gain_of_misreport",
    "if_leaves",
    "in_proportion",
    "indicator",
    "known_rules",
    "least_epsilon_known",
    "levy_fund",
    "lorenz",
    "members",
    "misreported",
    "nucleolus",
    "owen",
    "read_game",
    "scrb",
    "scrb_of",
    "shapley",
    "shapley_sampled",
    "stability",
    "sums",
    "whole_fen",
    "without",
    "yuan",
]  # fmt: skip
