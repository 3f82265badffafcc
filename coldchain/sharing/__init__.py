"""Sharing: what joint cost or profit each member bears, and whether any group would do better apart."""

from coldchain.sharing.airport import Airport, airport, airport_nucleolus, divide_airport
from coldchain.sharing.certificate import Certificate, certify, check, exact_figures
from coldchain.sharing.closure import Closure, consistent
from coldchain.sharing.direct import (
    by_volume,
    equal_charge,
    equal_charge_of,
    in_proportion,
    levy_fund,
    proportional,
    scrb,
    scrb_of,
)
from coldchain.sharing.frugal import (
    Ledger,
    Verdict,
    core_test,
    equal_profit_known,
    equal_profit_of,
    least_epsilon_known,
)
from coldchain.sharing.game import LARGEST_TABLE, Game, indicator, mask_of, members, sums
from coldchain.sharing.money import whole_fen, yuan
from coldchain.sharing.nucleolus import Nucleolus, nucleolus
from coldchain.sharing.questions import Bands, Leaving, bands, bills, gain_of_misreport, if_leaves, misreported, without
from coldchain.sharing.reading import read_game
from coldchain.sharing.rules import ON_REQUEST, RULES, Division, Divisions, divide, known_rules
from coldchain.sharing.stability import Stability, least_epsilon, stability
from coldchain.sharing.values import Sampled, owen, shapley, shapley_sampled
from coldchain.sharing.within import equal_profit, lorenz

__all__ = [
    "LARGEST_TABLE",
    "ON_REQUEST",
    "RULES",
    "Airport",
    "Bands",
    "Certificate",
    "Closure",
    "Division",
    "Divisions",
    "Game",
    "Leaving",
    "Ledger",
    "Nucleolus",
    "Sampled",
    "Stability",
    "Verdict",
    "airport",
    "airport_nucleolus",
    "bands",
    "bills",
    "by_volume",
    "certify",
    "check",
    "consistent",
    "core_test",
    "divide",
    "divide_airport",
    "equal_charge",
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
    "least_epsilon",
    "least_epsilon_known",
    "levy_fund",
    "lorenz",
    "mask_of",
    "members",
    "misreported",
    "nucleolus",
    "owen",
    "proportional",
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
