"""Greenhouse gases in a report: by leg of the chain, and by depot with what a tonne through it bears."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from coldchain.economy.carbon import EVERY
from coldchain.language import N_, _
from coldchain.reports.columns import Columns, of_run

LEGS = {
    "collection": N_("Collection from villages"), "depot": N_("Depots"), "line_haul": N_("Line haul to hubs"),
    "trader": N_("Traders' trucks"),
}  # fmt: skip
SOURCES: Columns = (
    ("fuel", N_("Fuel, kg"), "count"), ("electricity", N_("Electricity, kg"), "count"),
    ("refrigerant", N_("Refrigerant, kg"), "count"),
)  # fmt: skip
BY_LEG: Columns = (("leg", N_("Leg"), "text"), *SOURCES, ("whole", N_("CO2e, kg/year"), "count"))
BY_DEPOT: Columns = (
    *of_run("depot", "name", "tonnes_year"),
    ("collection", N_("Collection, kg"), "count"), ("own", N_("Depot, kg"), "count"),
    ("line_haul", N_("Line haul, kg"), "count"), ("kg_t", N_("CO2e, kg/t"), "tonnes"),
)  # fmt: skip


def by_leg(emissions: pd.DataFrame) -> pd.DataFrame:
    """Return kg CO2e a year by leg and source, and in all."""
    wide = emissions.pivot_table("co2e_kg", "leg", "source", aggfunc="sum", fill_value=0.0)
    wide = wide.reindex(index=[leg for leg in LEGS if leg in wide.index], columns=[key for key, *_rest in SOURCES])
    wide = wide.fillna(0.0).assign(whole=lambda one: one.sum(axis=1))
    wide.loc[_("Total")] = wide.sum()
    return wide.rename(index={leg: _(name) for leg, name in LEGS.items()}).rename_axis("leg").reset_index()


def by_depot(emissions: pd.DataFrame, depots: pd.DataFrame) -> pd.DataFrame:
    """Return kg CO2e a year of each depot, electricity shared by tonnes, and what a tonne through it bears."""
    whole = emissions.groupby(["leg", "depot"])["co2e_kg"].sum()
    tonnes = depots.set_index("depot")["tonnes_year"]
    legs = {
        leg: whole[leg].reindex(tonnes.index, fill_value=0.0) for leg in ("collection", "line_haul") if leg in whole
    }
    found = pd.DataFrame({"collection": 0.0, "line_haul": 0.0} | legs, index=tonnes.index)
    power = float(whole.get(("depot", EVERY), 0.0))
    own = whole["depot"].reindex(tonnes.index, fill_value=0.0)
    found["own"] = own + power * tonnes / max(float(tonnes.sum()), 1e-9)
    found["kg_t"] = found.sum(axis=1) / tonnes.where(tonnes > 0)
    return depots[["depot", "name", "tonnes_year"]].merge(found, left_on="depot", right_index=True)


def before_and_after(summary: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what is emitted today and with the plan; nothing for a run of an earlier format."""
    if "emissions" not in summary:
        return []
    today, plan = (
        _("{t:,.1f} t CO2e").format(t=summary["emissions"][f"{name}_kg"] / 1000) for name in ("today", "plan")
    )
    return [(_("Greenhouse gases a year"), today, plan)]
