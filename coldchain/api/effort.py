"""How hard to try, said alike by every function that plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.progress import Say, silent
from coldchain.sweeps import PointEffort

EffortName = Literal["quick", "normal", "deep"]
EFFORTS: tuple[EffortName, ...] = ("quick", "normal", "deep")
DEEPER = 5.0
"""How much longer each plan of a deep question may take."""
BACKSTOP_S = 600.0
"""Seconds that a quick plan is never meant to reach."""


def checked(effort: str) -> None:
    """Refuse another effort than those there are.

    Raises
    ------
    UsageError
        Saying which there are.
    """
    if effort not in EFFORTS:
        raise UsageError(_("effort must be quick, normal or deep; got {effort}").format(effort=effort))


def seconds(effort: str, normal_s: float, time_limit_s: float | None) -> float:
    """Return the seconds of each plan: those given, else those of the effort.

    Examples
    --------
    >>> seconds("normal", 30.0, None), seconds("deep", 30.0, None), seconds("deep", 30.0, 12.0)
    (30.0, 150.0, 12.0)
    """
    checked(effort)
    usual: Mapping[str, float] = {"quick": BACKSTOP_S, "normal": normal_s, "deep": DEEPER * normal_s}
    return usual[effort] if time_limit_s is None else time_limit_s


def effort_of(
    effort: str, normal_s: float, time_limit_s: float | None, seed: int = 0, progress: Say = silent
) -> PointEffort:
    """Return the effort of each plan made to answer a question."""
    limit = seconds(effort, normal_s, time_limit_s)
    return PointEffort(limit, seed, say=progress, quick=effort == "quick")
