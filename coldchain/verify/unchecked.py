"""What verification does not recompute: a closed list, each with its reason. All else that people read is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from coldchain.language import N_, _


@dataclass(frozen=True)
class Unchecked:
    """One thing that is not recomputed.

    Attributes
    ----------
    place : file, table or leaf of the summary; of a table with a dot its column
    reason : why not, to be translated
    """

    place: str
    reason: str

    def __str__(self) -> str:
        """Render as place and reason."""
        return _("{place}: {reason}").format(place=self.place, reason=_(self.reason))


UNCHECKED: tuple[Unchecked, ...] = (
    Unchecked("summary.seconds", N_("times of the run that was made; another run takes others")),
    Unchecked("summary.work", N_("the search is not repeated")),
    Unchecked("summary.version", N_("of the program that planned")),
    Unchecked("summary.seed", N_("the search is not repeated")),
    Unchecked("summary.interrupted", N_("the search is not repeated")),
    Unchecked("summary.ended", N_("the search is not repeated")),
    Unchecked("summary.firmness", N_("of plans that the search met on its way; the search is not repeated")),
    Unchecked("tables.firmness", N_("of plans that the search met on its way; the search is not repeated")),
    Unchecked("summary.objective.bound", N_("not proved again; only that it is no higher than the value")),
    Unchecked("summary.doubt", N_("figures drawn within their bands; the draws are not repeated")),
    Unchecked("summary.stages.least_market", N_("estimates of siting, before routing")),
    Unchecked("summary.assumptions", N_("sentences in the language of the run; those of the scenario are compared")),
    Unchecked("summary.warnings", N_("sentences about the inputs, in the language of the run")),
    Unchecked("tables.villages.reason", N_("estimates of siting in words; only where one must stand")),
    Unchecked("tables.next_budget", N_("estimates of siting, before routing")),
    Unchecked("tables.crews.worth_cny_person", N_("estimates of siting, before routing")),
    Unchecked("tables.sites_left_out", N_("estimates of siting, before routing")),
    Unchecked("tables.prospects", N_("estimates of siting, before routing")),
    Unchecked("tables.lots.crumbs", N_("lots below a millionth of their harvest count in their sum only")),
    Unchecked("roads.file", N_("taken as read; no length or speed beyond what it states or a class allows")),
    Unchecked("plan.gpkg.roads", N_("a drawing of the roads in use")),
    Unchecked("plan.gpkg.routes.geometry", N_("a drawing of the ways on the roads; all attributes are compared")),
    Unchecked("plan.gpkg.layer_styles", N_("colours and signs")),
    Unchecked("map.html", N_("a drawing with words; its data of depots, hubs, villages and routes are compared")),
    Unchecked("run.json", N_("how the run came about; what decides the plan in it is compared with the inputs")),
)  # fmt: skip


def summary_reason(path: Sequence[str]) -> str | None:
    """Return why a leaf of the summary is not recomputed, None when it is.

    Examples
    --------
    >>> summary_reason(("seconds", "total"))
    'times of the run that was made; another run takes others'
    >>> summary_reason(("loss", "plan_t")) is None
    True
    """
    return _reason_of(".".join(("summary", *path)))


def table_reason(table: str, column: str) -> str | None:
    """Return why a column of a table is not recomputed, None when it is."""
    return _reason_of(f"tables.{table}.{column}")


def _reason_of(place: str) -> str | None:
    return next((one.reason for one in UNCHECKED if place == one.place or place.startswith(f"{one.place}.")), None)
