"""Which uncertain figure moves the answer most: each at both ends of its band by itself, decisions fixed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.cells import unguarded
from coldchain.language import _, language
from coldchain.language.ids import word
from coldchain.model import Scenario
from coldchain.model.bands import Uncertain, in_words, put, uncertain_figures
from coldchain.model.packaging import PACKAGINGS
from coldchain.planning.basis import prepare
from coldchain.planning.fixed import FixedPlan, FixedYear
from coldchain.progress import Event, Say, Stage, silent
from coldchain.runs import Run

SCHEMA, PLAN = "coldchain.sensitivity/1", "plan"
ANSWERS: dict[str, Callable[[FixedYear], float]] = {
    "loss_today_t": lambda one: one.today_t,
    "loss_plan_t": lambda one: one.plan_t,
    "saving_t": lambda one: one.today_t - one.plan_t,
    "saving_cny": lambda one: one.today_cny - one.plan_cny,
    "benefit_cny": lambda one: one.benefit_cny,
}
"""What is told of each figure: tonnes lost today and with the plan, saved, value saved, net benefit, all of a year."""


@dataclass(frozen=True)
class Moved:
    """The answers at both ends of a figure's band."""

    figure: Uncertain
    label: str
    at_low: FixedYear
    at_high: FixedYear

    def row(self) -> dict[str, Any]:
        """Return the row of the table."""
        ends = {f"{name}_{end}": float(of(answer)) for name, of in ANSWERS.items()
                for end, answer in (("low", self.at_low), ("high", self.at_high))}  # fmt: skip
        low, high = (in_words(self.figure, at) for at in (self.figure.low, self.figure.high))
        return {"key": self.figure.key, "what": self.label, "low": low, "high": high, **ends,
                "source": self.figure.source}  # fmt: skip


@dataclass(frozen=True)
class Sensitivity:
    """What each uncertain figure moves.

    Attributes
    ----------
    base : the plan's own answers, by the names of :data:`ANSWERS`
    table : key, what, low, high, then each answer at the low and at the high end, ``effect_t`` and ``effect_cny`` (how
        far tonnes saved and net benefit are apart at the ends), source; the largest effect on money first
    """

    base: dict[str, float]
    table: pd.DataFrame

    def ends(self, answer: str) -> pd.DataFrame:
        """Return columns figure, low, high, at_low and at_high of one answer, the figure that moves it most first."""
        named = {"what": "figure", f"{answer}_low": "at_low", f"{answer}_high": "at_high"}
        rows = self.table.rename(columns=named)[["figure", "low", "high", "at_low", "at_high"]]
        order = np.argsort(-(rows["at_high"] - rows["at_low"]).abs().to_numpy(), kind="stable")
        return rows.iloc[order].reset_index(drop=True)

    def by_importance(self) -> list[str]:
        """Return the keys of the figures by what they move: net benefit first, then what is lost today."""
        today_t = (self.table["loss_today_t_high"] - self.table["loss_today_t_low"]).abs()
        order = np.lexsort((self.table["key"], -today_t, -self.table["effect_cny"]))
        return [str(key) for key in self.table["key"].iloc[order]]

    def written(self) -> pd.DataFrame:
        """Return the table with a last row ``plan``: the answers as planned, by which a reader knows the plan."""
        own = {f"{name}_{end}": value for name, value in self.base.items() for end in ("low", "high")}
        row = {"key": PLAN, "what": _("as planned"), "low": "", "high": "", **own, "effect_t": 0.0, "effect_cny": 0.0}
        return pd.concat([self.table, pd.DataFrame([row | {"source": ""}])[list(self.table)]], ignore_index=True)

    def facts(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        return {"schema": SCHEMA, "base": self.base, "figures": self.table.to_dict("records")}


def sensitivity(plan: Run, say: Say = silent) -> Sensitivity:
    """Move every uncertain figure of a plan to both ends of its band; depots, assignment and routes stay."""
    scenario = plan.planned
    fixed = FixedPlan(prepare(scenario, plan.placed), plan.tables, plan.summary)
    figures, names = uncertain_figures(scenario), row_names(scenario)
    rows = []
    for n, one in enumerate(figures, start=1):
        label = label_of(one, names)
        say(Event(Stage.FIGURE, done=n, of=len(figures), facts={"figure": label}))
        low, high = (fixed.answer(put(fixed.figures, [(one, at)])) for at in (one.low, one.high))
        rows.append(Moved(one, label, low, high).row())
    own = fixed.answer(fixed.figures)
    return Sensitivity({name: float(of(own)) for name, of in ANSWERS.items()}, _ranked(pd.DataFrame(rows)))


def of_plan(written: pd.DataFrame, summary: Mapping[str, Any]) -> pd.DataFrame | None:
    """Return the rows of a written table, if it was made from a plan of this summary; else None."""
    own = written[written["key"] == PLAN] if "key" in written else written.iloc[:0]
    loss = {"loss_today_t_low": "baseline_t", "loss_plan_t_low": "plan_t"}
    if len(own) != 1 or not {*loss, "benefit_cny_low"} <= set(own):
        return None
    stated = {name: summary["loss"][key] for name, key in loss.items()}
    stated["benefit_cny_low"] = summary.get("net", {}).get("benefit_cny", np.nan)
    same = all(np.isclose(float(own[name].iloc[0]), value, rtol=1e-9) for name, value in stated.items())
    if not same:
        return None
    rows = written[written["key"] != PLAN]
    return rows.assign(**{name: rows[name].astype(str).map(unguarded) for name in ("what", "low", "high", "source")})


def label_of(one: Uncertain, names: Mapping[str, str]) -> str:
    """Return what a figure is called, with its row where each is off by itself."""
    return _(one.label) if not one.row else _("{figure}: {of}").format(figure=_(one.label), of=names[one.row])


def row_names(scenario: Scenario) -> dict[str, str]:
    """Return what rows are called: crops, and packagings."""
    crops = {one.id: (one.name_zh if language() == "zh" else one.name) or one.id for one in scenario.commodities}
    return {name: word(name) for name in PACKAGINGS} | crops


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    effects = {f"effect_{unit}": (table[f"{name}_high"] - table[f"{name}_low"]).abs()
               for unit, name in (("t", "saving_t"), ("cny", "benefit_cny"))}  # fmt: skip
    found = table.drop(columns="source").assign(**effects, source=table["source"])
    return found.sort_values(["effect_cny", "key"], ascending=[False, True], kind="stable").reset_index(drop=True)
