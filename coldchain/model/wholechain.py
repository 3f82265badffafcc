"""What is lost in the field and in shops, before and after the stages that are planned: published, by group of goods.

All are shares of what comes to a stage. They decide nothing: they set the loss until the market, which the model works
out, beside the figures that are published of whole chains.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from coldchain.model.goods import Group

AIM = 0.08
"""What rural chains are to lose at most from field to shop, by the aim that county plans are held against."""
ENDS = ("low", "rate", "high")
Band = dict[str, float]
"""A share lost by ``ENDS``."""


@dataclass(frozen=True)
class Published:
    """A published share that is lost, with its band."""

    low: float
    rate: float
    high: float
    source: str


FAO = "FAO 2011 (Gustavsson et al.), industrialized Asia"
CABBAGES = "cabbages in China 2001, database of food loss of FAO"
REVIEW = "3-6 % at harvest in China, all foods (Xu and Shao 2024, Front. Sustain. Food Syst.)"
SHOPS = "supermarkets of the United States 2011-12 (USDA ERS 2016)"
FIELD_LOSS: dict[Group, Published] = {
    "vegetable": Published(0.05, 0.057, 0.125, f"5-8 % at harvest, 12.5 % with grading on the farm: {CABBAGES}"),
    "fruit": Published(0.03, 0.045, 0.10, f"{REVIEW}; 10 % in production: {FAO}, recalled"),
    "meat": Published(
        0.0, 0.0175, 0.029, f"beef at the farm 1.75 %: database of food loss of FAO; 2.9 %: {FAO}, recalled"
    ),
    "aquatic": Published(0.0, 0.02, 0.05, "farmed fish have no discards at sea: estimate"),
    "leaf": Published(0.0, 0.02, 0.05, "estimate"),
}
RETAIL_LOSS: dict[Group, Published] = {
    "vegetable": Published(0.02, 0.037, 0.116, f"2.0-5.8 % in shops: {CABBAGES}; 11.6 %: {SHOPS}"),
    "fruit": Published(0.04, 0.08, 0.126, f"8 % with wholesale: {FAO}; 12.6 %: {SHOPS}; low end estimate"),
    "meat": Published(
        0.02, 0.03, 0.06, f"beef at wholesale 3 %: database of food loss of FAO; 6 % with wholesale: {FAO}"
    ),
    "aquatic": Published(0.02, 0.06, 0.11, f"11 % with wholesale: {FAO}; below it estimate"),
    "leaf": Published(0.0, 0.0, 0.0, "fired on the day it is picked; no fresh leaf comes to shops"),
}


def outside(stage: Mapping[Group, Published], tonnes: Mapping[Group, float]) -> Band:
    """Return what a stage outside the model loses of a mix of goods.

    Examples
    --------
    >>> {end: round(share, 3) for end, share in outside(RETAIL_LOSS, {"vegetable": 2.0, "fruit": 1.0}).items()}
    {'low': 0.027, 'rate': 0.051, 'high': 0.119}
    """
    total = sum(tonnes.values()) or 1.0
    return {end: sum(getattr(stage[group], end) * t for group, t in tonnes.items()) / total for end in ENDS}


def whole(field: Band, market: float, retail: Band) -> Band:
    """Return what is lost from field to shop, of what is grown.

    Examples
    --------
    >>> tenth = {"low": 0.0, "rate": 0.1, "high": 0.2}
    >>> {end: round(share, 3) for end, share in whole(tenth, 0.5, tenth).items()}
    {'low': 0.5, 'rate': 0.595, 'high': 0.68}
    """
    return {end: 1.0 - (1.0 - field[end]) * (1.0 - market) * (1.0 - retail[end]) for end in ENDS}
