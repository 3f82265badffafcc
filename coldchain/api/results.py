"""Results to look at: a plan, a sweep, a settlement, an explanation, each with tables, sentences and a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from coldchain.economy import Activity, CarbonFactors, emissions, emissions_of_lots
from coldchain.inputs import way_to
from coldchain.language import N_, _
from coldchain.language.amounts import per_million
from coldchain.model.places import Site
from coldchain.reports import write_run
from coldchain.reports.geopackage import plan_layers
from coldchain.reports.lines import PlanLines, plan_lines
from coldchain.runs import Run, run_information
from coldchain.runs.folder import SCENARIO, TABLES, csv_bytes, write_in_place
from coldchain.settlement import Settlement, fen_bills, write_settlement
from coldchain.sweeps import DecidedRules, Flip, Sensitivity, Sweep, table_of
from coldchain.verify import Report, verify_tables

if TYPE_CHECKING:
    import geopandas
    import networkx as nx
    from matplotlib.figure import Figure

Answer = Literal["loss_today_t", "loss_plan_t", "saving_t", "saving_cny", "benefit_cny"]
SENSITIVITY, DECISIONS, MOST_BARS = "sensitivity.csv", "decisions.csv", 15


@dataclass(frozen=True)
class Result:
    """A finished plan, to look at.

    Attributes
    ----------
    plan : the run: a plan as it was made, or as a folder holds it
    """

    plan: Run

    @property
    def summary(self) -> dict[str, Any]:
        """The object of ``summary.json``."""
        return self.plan.summary

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Name -> frame, as written to ``tables/``."""
        return self.plan.tables

    @property
    def loss_rate(self) -> float:
        """Share of the harvest lost under the plan."""
        return float(self.summary["loss"]["plan_rate"])

    @property
    def gap(self) -> float:
        """How far from the best possible the plan can be at most, as a share."""
        return float(self.summary["objective"]["gap"])

    @cached_property
    def layers(self) -> dict[str, geopandas.GeoDataFrame]:
        """Name -> layer, WGS-84: depots, hubs, villages, assignment, routes, roads."""
        return plan_layers(self.plan, self._lines)

    @cached_property
    def _lines(self) -> PlanLines:
        return plan_lines(self.plan)

    @property
    def depots(self) -> geopandas.GeoDataFrame:
        """One point for each depot; columns as in ``tables/depots.csv``."""
        return self.layers["depots"]

    @property
    def villages(self) -> geopandas.GeoDataFrame:
        """One point for each village, with its loss before and after."""
        return self.layers["villages"]

    @property
    def routes(self) -> geopandas.GeoDataFrame:
        """One line along the roads for each collection route."""
        return self.layers["routes"]

    def as_run(self, name: str = "plan") -> Run:
        """Return what comparisons and explanations read."""
        return replace(self.plan, name=name)

    def before_and_after(self) -> pd.DataFrame:
        """Return the figures of a county meeting: one row each, today and with the plan, in words."""
        from coldchain.reports.figures import before_and_after

        columns = (_("Figure"), _("Today"), _("With the plan"))
        return pd.DataFrame(before_and_after(self.summary), columns=columns).set_index(columns[0])

    def waterfall(self) -> pd.DataFrame:
        """Return where the saving comes from: t and CNY a year by change of the chain; they add up to the saving."""
        from coldchain.reports.figures import waterfall

        columns = (_("Change of the chain"), _("Saved, t"), _("Value saved, CNY"))
        return pd.DataFrame(waterfall(self.summary), columns=columns).set_index(columns[0])

    def stages(self) -> pd.DataFrame:
        """Return what is lost in the field, until the market, in shops and in all: today, planned, at the least."""
        from coldchain.reports.wholechain import STAGES, stage_rows

        columns = [_(heading) for _key, heading, _form in STAGES]
        return pd.DataFrame(stage_rows(self.summary), columns=columns).set_index(columns[0])

    def plot(self, what: Literal["plan", "crops"] = "plan") -> Figure:
        """Draw map and key figures, or what is lost of each crop; needs the extra ``report``."""
        if what == "crops":
            from coldchain.reports.charts import draw_crops

            return draw_crops(self.tables["commodities"])
        from coldchain.reports.picture import draw_picture

        return draw_picture(self.plan, self._lines)

    def explore(self, path: Path | str = "map.html") -> Path:
        """Write the interactive map, one file that needs no network, and return its path."""
        from coldchain.reports.map import write_map

        write_map(self.plan, Path(path), self._lines)
        return Path(path)

    def road_graph(self) -> nx.MultiDiGraph[Any]:
        """Return the roads as a graph with the plan on it: places on nodes, tonnes and vehicles a year on edges.

        Edges have ``collection_t``, ``line_haul_t`` and ``vehicles``; nodes of places have lists of ids under
        ``villages``, ``sites``, ``depots`` and ``hubs``; the rest is named as osmnx names it.
        """
        from coldchain.reports.road_graph import road_graph

        return road_graph(self.plan)

    def emissions(self, factors: CarbonFactors | None = None, *, by: Literal["leg", "lot"] = "leg") -> pd.DataFrame:
        """Return kg CO2e a year by leg, source and depot, or of every lot, after ISO 14083 and the GLEC Framework.

        Fuel well to wheel, electricity and refrigerant from the village to the hub, by depots and by traders; not the
        way beyond it. ``cc.CarbonFactors()`` has the factors with their sources; where none are given the electricity
        is that of the scenario.
        """
        count, scenario = emissions if by == "leg" else emissions_of_lots, self.plan.planned
        return count(scenario, self.tables, Activity.stated(scenario, self.summary), factors)

    def verify(self) -> Report:
        """Recompute every figure from the tables and the inputs alone; ``.problems`` is empty when all agree."""
        return verify_tables(self.plan.planned, self.plan.placed.network.given, self.tables, self.summary)

    def _repr_html_(self) -> str:
        """Show key figures, depots and both maps in a notebook."""
        from coldchain.reports.notebook import plan_html

        return plan_html(self.plan)

    def save(self, folder: Path | str) -> Path:
        """Write the run folder that ``coldchain plan`` writes, a scenario in memory within it; return the folder."""
        scenario, target = self.plan.scenario, Path(folder)
        own = scenario.folder
        beside, named = (SCENARIO, "") if own is None else (way_to(own, target), str(own))
        found = {"scenario": named, "scenario_from_run": beside, "variant": scenario.variant}
        return write_run(self.plan, target, run_information(self.plan, found))


@dataclass(frozen=True)
class Frontier:
    """What each budget buys.

    Attributes
    ----------
    name : of scenario and variant
    own_cny : the scenario's own budget
    rules : points of other rules of subsidy
    sites : of the scenario, with their counties and owners
    """

    sweep: Sweep
    name: str
    own_cny: float
    rules: DecidedRules
    sites: tuple[Site, ...] = ()

    def decided(self) -> pd.DataFrame:
        """Return what each rule and budget would decide: depots, tonnes, awards; columns in docs/results.md."""
        return self.rules.table()

    def table(self) -> pd.DataFrame:
        """Return one row for each budget; columns in docs/results.md."""
        return self.sweep.table()

    def lines(self) -> list[str]:
        """Say the least budgets and what the next million buys."""
        return self.sweep.lines()

    def least_cny(self, figure: Literal["loss_rate", "coverage"] = "loss_rate") -> float | None:
        """Return the awards of the cheapest plan found that reaches the target of a figure, None when none does."""
        return next((one.reached_cny for one in self.sweep.thresholds if one.target.figure == figure), None)

    def plot(self) -> Figure:
        """Draw loss, coverage, cost and sites against the budget; needs the extra ``report``."""
        from coldchain.reports.curve import Marks, draw_curve

        found = {one.target.figure: one for one in self.sweep.thresholds}
        targets: dict[str, float] = {str(name): one.target.share for name, one in found.items()}
        needed = {str(name): one.reached_cny for name, one in found.items() if one.reached_cny is not None}
        return draw_curve(self.table(), self.name, self.sweep.aim, Marks(targets, needed, self.own_cny))

    def plot_marginal(self) -> Figure:
        """Draw what each step of the budget saves, in tonnes for a million more; needs the extra ``report``."""
        from coldchain.reports.charts import draw_marginal

        return draw_marginal(self.table())


@dataclass(frozen=True)
class Explanation:
    """An answer to a why: sentences, a table, and the object that ``--json`` prints.

    Printing it prints the sentences.
    """

    lines: tuple[str, ...]
    table: pd.DataFrame
    facts: dict[str, Any]

    def __str__(self) -> str:
        """Return the sentences, one a line."""
        return "\n".join(self.lines)


@dataclass(frozen=True)
class Shares:
    """Who pays what, by one rule, and whether any group would do better apart.

    Attributes
    ----------
    settlement : everything behind it: all rules, bands, what happens when one leaves
    """

    settlement: Settlement

    @property
    def holds(self) -> bool:
        """Whether no group gains by leaving."""
        return bool(self.settlement.found.divisions[self.settlement.rule].stability.holds)

    def table(self) -> pd.DataFrame:
        """Return member, tonnes_year, alone_cny, bill_cny, saving_cny; the bills add up to the fen."""
        game, bills = self.settlement.game, [fen / 100 for fen in fen_bills(self.settlement)]
        alone = game.alone.tolist()
        frame = pd.DataFrame({"member": game.players, "tonnes_year": self.settlement.members.tonnes})
        return frame.assign(
            alone_cny=alone, bill_cny=bills, saving_cny=[a - b for a, b in zip(alone, bills, strict=True)]
        )

    def rules(self) -> pd.DataFrame:
        """Return every rule's bills, one row each with a column for each member, and ``holds``."""
        found = self.settlement.found.divisions
        frame = pd.DataFrame(
            {rule: one.amounts for rule, one in found.items()}, index=list(self.settlement.game.players)
        )
        return frame.T.assign(holds=[one.stability.holds for one in found.values()])

    def plot(self) -> Figure:
        """Draw what each member pays alone and together; needs the extra ``report``."""
        from coldchain.reports.charts import draw_bills

        return draw_bills(self.table())

    def save(self, folder: Path | str) -> Path:
        """Write statements and pages as ``coldchain share`` does, and return the folder."""
        write_settlement(self.settlement, Path(folder))
        return Path(folder)


ANSWERS = {
    "loss_today_t": N_("Lost today, t a year"),
    "loss_plan_t": N_("Lost with the plan, t a year"),
    "saving_t": N_("Saved, t a year"),
    "saving_cny": N_("Worth of the produce saved, CNY M a year"),
    "benefit_cny": N_("Net benefit, CNY M a year"),
}


@dataclass(frozen=True)
class Doubts:
    """How far the answer moves when one uncertain figure at a time lies at an end of its band.

    ``flips`` tell what would be decided there, for those that were asked for.
    """

    found: Sensitivity
    flips: tuple[Flip, ...] = ()

    def decisions(self) -> pd.DataFrame:
        """Return key, what, end, at, opens, closes, kept_cny, cost_cny, worth_cny: two rows each figure."""
        return table_of(self.flips)

    def table(self) -> pd.DataFrame:
        """Return key, what, low, high, five answers at both ends, effect_t, effect_cny, source; a row each figure."""
        return self.found.table

    def facts(self) -> dict[str, Any]:
        """Return the object that ``coldchain sensitivity --json`` prints."""
        told = {"decisions": [flip.row() for flip in self.flips]} if self.flips else {}
        return self.found.facts() | told

    def save(self, folder: Path | str) -> Path:
        """Write ``tables/sensitivity.csv`` into a run folder, where a report on the plan finds it; return its path.

        Its last row, with the key ``plan``, has the answers as planned. What would be decided goes beside it, into
        ``decisions.csv``.
        """
        if self.flips:
            path = Path(folder) / TABLES / DECISIONS
            write_in_place(path, lambda path: path.write_bytes(csv_bytes(self.decisions())))
        return write_in_place(
            Path(folder) / TABLES / SENSITIVITY, lambda path: path.write_bytes(csv_bytes(self.found.written()))
        )

    def plot(self, answer: Answer = "benefit_cny") -> Figure:
        """Draw one answer at both ends of the figures that move it most, the strongest on top."""
        from coldchain.reports.charts import draw_tornado

        title = lambda: _(ANSWERS[answer])  # noqa: E731 - said in the language of the chart
        per = per_million if answer.endswith("_cny") else lambda: 1.0
        return draw_tornado(self.found.ends(answer).head(MOST_BARS), self.found.base[answer], title, per)
