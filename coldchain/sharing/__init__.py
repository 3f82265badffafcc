"""Sharing: what joint cost or profit each member bears, and whether any group would do better apart."""

from coldchain.sharing.certificate import Certificate, certify, check, exact_figures
from coldchain.sharing.direct import airport, by_volume, levy_fund, proportional, scrb
from coldchain.sharing.frugal import Ledger, Verdict, core_test, equal_profit_of
from coldchain.sharing.game import LARGEST_TABLE, Game, indicator, mask_of, members, sums
from coldchain.sharing.money import whole_fen, yuan
from coldchain.sharing.nucleolus import Nucleolus, nucleolus
from coldchain.sharing.reading import read_game
from coldchain.sharing.rules import RULES, Division, Divisions, divide, known_rules
from coldchain.sharing.stability import Stability, least_epsilon, stability
from coldchain.sharing.values import Sampled, owen, shapley, shapley_sampled
from coldchain.sharing.within import equal_profit, lorenz

__all__ = [
    "LARGEST_TABLE",
    "RULES",
    "Certificate",
    "Division",
    "Divisions",
    "Game",
    "Ledger",
    "Nucleolus",
    "Sampled",
    "Stability",
    "Verdict",
    "airport",
    "by_volume",
    "certify",
    "check",
    "core_test",
    "divide",
    "equal_profit",
    "equal_profit_of",
    "exact_figures",
    "indicator",
    "known_rules",
    "least_epsilon",
    "levy_fund",
    "lorenz",
    "mask_of",
    "members",
    "nucleolus",
    "owen",
    "proportional",
    "read_game",
    "scrb",
    "shapley",
    "shapley_sampled",
    "stability",
    "sums",
    "whole_fen",
    "yuan",
]  # fmt: skip
