"""The mixed fleet that new counties have on offer: vehicles that go again in a shift, owned by the year or hired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from io import StringIO
from typing import Any

import pandas as pd

from coldchain.language import N_, _
from coldchain.scenario.write import Draft

SOURCE = N_(
    "hire: catalogue; trips a day: within a shift of 10 h; owning: price new over 8 to 10 years, insurance, "
    "inspection, parking, recalled; hours: Labour Law, 8 h a day and 36 h of overtime a month, 250 days"
)
OFFERED = {"collection": "collection_vehicles", "line_haul": "line_haul_vehicles"}
"""Column ``offered_for`` of ``catalogue/fleet.csv`` -> setting of ``[routing]``."""


def fleet_figures() -> pd.DataFrame:
    """Return trips a day, price and hours of owning of each type of the usual fleet, with their source.

    Examples
    --------
    >>> fleet_figures().columns.to_list()
    ['id', 'trips_day', 'own_cny_year', 'own_h_year', 'source']
    """
    return _shipped().drop(columns="offered_for").assign(source=_(SOURCE))


def offered_types() -> dict[str, tuple[str, ...]]:
    """Return the usual types by setting of ``[routing]``.

    Examples
    --------
    >>> offered_types()["collection_vehicles"]
    ('light_truck', 'medium_truck')
    """
    shipped = _shipped()
    return {key: tuple(shipped["id"][shipped["offered_for"] == use]) for use, key in OFFERED.items()}


def with_fleet(draft: Draft) -> Draft:
    """Put the usual fleet into a new county; types and vehicles that the draft states itself stay as they are."""
    stated: Mapping[str, Any] = draft.sections.get("routing", {})
    routing = {**{key: list(types) for key, types in offered_types().items()}, **stated}
    return replace(
        draft,
        sections={**draft.sections, "routing": routing},
        tables={"vehicles": fleet_figures(), **draft.tables},
    )


@cache
def _shipped() -> pd.DataFrame:
    text = files("coldchain.scenario").joinpath("catalogue", "fleet.csv").read_text(encoding="utf-8")
    return pd.read_csv(StringIO(text))
