"""What the paper of a meeting is made from: a plan, and what of its scenario can be read."""

from __future__ import annotations

from dataclasses import dataclass

from coldchain.errors import BadInputError
from coldchain.language import _
from coldchain.model import Papers
from coldchain.papers.advice import Advice
from coldchain.papers.contents import Kinds, county_of
from coldchain.papers.paper import Drawing
from coldchain.papers.proposal import Builders
from coldchain.reports.document import Told
from coldchain.reports.planmap import plan_map
from coldchain.runs import Run


@dataclass(frozen=True)
class PaperCase:
    """What the paper is made from.

    Attributes
    ----------
    plan_map : of the plan, where roads and hubs could be read
    builders : who builds, where the scenario could be read
    """

    advice: Advice
    plan_map: Drawing | None = None
    builders: Builders | None = None

    @property
    def told(self) -> Told:
        """Summary, tables, replay and sweep."""
        return self.advice.told

    @property
    def papers(self) -> Papers:
        """What the papers say beside the figures."""
        return Papers() if self.advice.scenario is None else self.advice.scenario.papers

    @property
    def county(self) -> str:
        """The county, as the title names it."""
        return county_of(self.told.tables["villages"], str(self.told.summary["scenario"]["name"]))

    @property
    def kinds(self) -> Kinds:
        """The depot types."""
        return Kinds.of(self.advice.scenario)


def case_of(run: Run, told: Told) -> PaperCase:
    """Return the case of a run; without map, fields and list of builders where its scenario can no longer be read."""
    try:
        scenario, drawing, builders = run.scenario, _drawing(run), Builders.of(run)
    except BadInputError as error:
        missing = _("The plan map and the list of builders are left out, since the inputs cannot be read: {why}")
        return PaperCase(Advice(told, missing=missing.format(why=error.short)))
    return PaperCase(Advice(told, scenario), drawing, builders)


def _drawing(run: Run) -> Drawing:
    return Drawing(_("Depots, hubs, roads and routes"), plan_map(run.checked()))
