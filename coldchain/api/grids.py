"""Subsidy levels from Python: sweeps as one page with sliders, and where the next million is best spent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from coldchain.api.results import Frontier
from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.runs.folder import write_in_place
from coldchain.scenario.rules import Rule
from coldchain.sweeps.million import By, Curve, next_million
from coldchain.sweeps.points import Point


@dataclass(frozen=True)
class Levels:
    """Subsidy levels of one or several counties; a notebook shows them as a page with sliders, without a server.

    Attributes
    ----------
    sweeps : of :func:`coldchain.sweep`, each with the rates, caps and programmes it was asked for
    """

    sweeps: tuple[Frontier, ...]

    def table(self) -> pd.DataFrame:
        """Return one row for each county, rule and budget: county, and the columns of ``decided.csv``."""
        return pd.concat([one.decided().assign(county=one.name) for one in self.sweeps], ignore_index=True)

    def next_million(
        self, by: By = "both", more_cny: float = 1e6, *, rate: float | None = None, cap_cny: float | None = None,
        programme: str = "",
    ) -> pd.DataFrame:  # fmt: skip
        """Return where a million more is best spent, by ``county``, by ``owner_kind`` or by both, the best first.

        What it would open and close, and the benefit for each million of awards with its 5th and 95th percentile: under
        the scenario's own rule, or under one of those swept, named by its rate, cap and programme.

        Raises
        ------
        UsageError
            When a sweep has no plan under that rule.
        """
        rule = Rule(rate, cap_cny, programme)
        curves = [Curve(one.name, one.own_cny, _points(one, rule), one.sites) for one in self.sweeps]
        return next_million(curves, by, more_cny)

    def explore(self, path: Path | str = "levels.html") -> Path:
        """Write the page with sliders, one file that needs no network, and return its path."""
        text = self._page()
        return write_in_place(Path(path), lambda partial: partial.write_text(text, encoding="utf-8"))

    def _page(self) -> str:
        from coldchain.reports.levels import levels_html, million_html

        return levels_html(self.table(), self._title(), million_html(self.next_million()))

    def _title(self) -> str:
        return _("What each level of subsidy buys: {names}").format(names=_(", ").join(one.name for one in self.sweeps))

    def _repr_html_(self) -> str:
        """Show the page in a notebook."""
        from coldchain.reports.notebook import framed

        return framed(self._page(), self._title())


def _points(found: Frontier, rule: Rule) -> Sequence[Point]:
    """Return the points of a sweep under a rule."""
    points = found.sweep.points if rule == Rule() else [point for one, point in found.rules.rows if one == rule]
    if not points:
        told = _("{name}: no plan was made under this rule; give cc.sweep its rates, caps_cny and programmes")
        raise UsageError(told.format(name=found.name))
    return points


def levels(*sweeps: Frontier) -> Levels:
    """Lay sweeps side by side: frontiers and surfaces of their budgets, rates, caps and programmes.

    Parameters
    ----------
    sweeps : each of another county

    Raises
    ------
    UsageError
        When there is none, or two have one name.

    Examples
    --------
    >>> grid = cc.sweep(county, budgets, rates=[0.2, 0.4], programmes=["hunan_2021"])  # doctest: +SKIP
    >>> cc.levels(grid).explore("levels.html")  # doctest: +SKIP
    """
    names = [one.name for one in sweeps]
    if not names:
        raise UsageError(_("give one sweep at least"))
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(_("two sweeps are called {name}; rename one scenario").format(name=twice))
    return Levels(sweeps)
