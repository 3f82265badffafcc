"""What is built, in words: rooms by temperature, method, number and size; where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _, language
from coldchain.model import DepotType, Scenario
from coldchain.model.rooms import modules_in_words
from coldchain.scenario import catalogue_table

EARTH_KM_PER_DEGREE, NEAR_KM = 111.195, 15.0
NOTE = re.compile(r"\s?[(（][^()（）]*[)）]$")
"""A note in brackets behind a name, which a place near it has no need of."""


@dataclass(frozen=True)
class ModuleCount:
    """So many modules of a type; the type is None where the catalogue no longer has it."""

    key: str
    count: int
    kind: DepotType | None

    def __str__(self) -> str:
        """Render as ``2 forced-air rooms at 1 °C, 200 m³ each``."""
        if self.kind is None:
            return f"{self.count} × {self.key}"
        return modules_in_words(self.kind, self.count)


@dataclass(frozen=True)
class Kinds:
    """The depot types that a run may name: those of its scenario, or those that ship."""

    known: Mapping[str, DepotType]

    @classmethod
    def of(cls, scenario: Scenario | None) -> Kinds:
        """Take them from a scenario; from the shipped catalogue where it cannot be read."""
        shipped = [*catalogue_table("depot_type"), *catalogue_table("mobile_unit")]
        own = [] if scenario is None else [*scenario.catalogue.get("depot_type", ()), *scenario.mobile_units]
        own += [] if scenario is None else list(scenario.depot_types)
        return cls({kind.id: kind for kind in (*shipped, *own) if isinstance(kind, DepotType)})

    def read(self, text: str) -> Iterator[ModuleCount]:
        """Read modules such as ``cold_room_200:2;hall:1``."""
        for part in filter(None, text.split(";")):
            key, _colon, count = part.rpartition(":")
            yield ModuleCount(key, int(count), self.known.get(key))

    def words(self, *texts: str) -> str:
        """Return modules in words."""
        return _("; ").join(str(one) for text in texts for one in self.read(text))


def places_of(depots: pd.DataFrame, villages: pd.DataFrame) -> list[str]:
    """Return where each depot stands: township and village that it is nearest to, and its county where there are more.

    A depot that has the name of a township stands in that, whatever village lies nearest.
    """
    several = depots["county"].nunique() > 1
    rows = depots[["lon", "lat", "county", "name"]].to_dict("records")
    return [_place(row, villages, several=several) for row in rows]


def _place(depot: Mapping[Any, Any], villages: pd.DataFrame, *, several: bool) -> str:
    county, own = str(depot["county"]), villages[villages["town"].astype(str) == str(depot["name"])]
    villages = own if len(own) and str(depot["name"]) else villages
    at = villages[["lon", "lat"]].to_numpy(dtype=np.float64)
    if not len(at):
        return county
    lon, lat = float(depot["lon"]), float(depot["lat"])
    east = (at[:, 0] - lon) * np.cos(np.radians(lat))
    away = np.hypot(east, at[:, 1] - lat) * EARTH_KM_PER_DEGREE
    nearest = int(away.argmin())
    if away[nearest] > NEAR_KM:
        return county
    village = villages.iloc[nearest]
    town, name = str(village["town"]), NOTE.sub("", str(village["name"] or village["village"]))
    wider = county if several else ""
    if language() == "zh":
        return "，".join(filter(None, (f"{wider}{town if town != county else ''}", f"{name}附近")))
    return ", ".join(filter(None, (_("near {village}").format(village=name), town, wider)))


def builder_of(owner: str, names: Mapping[str, str]) -> str:
    """Return who builds; where a site states no owner and stands for itself, that is still to be filled in.

    Examples
    --------
    >>> builder_of("Li's co-operative", {"S1": "Upper valley"}), builder_of("S1", {"S1": "Upper valley"})
    ("Li's co-operative", 'to be named (Upper valley)')
    """
    return _("to be named ({site})").format(site=names[owner] or owner) if owner in names else owner


def county_of(places: pd.DataFrame, otherwise: str) -> str:
    """Return the county that places lie in, or those, joined, where they are few; else another name."""
    counties = [str(name) for name in dict.fromkeys(places["county"]) if str(name)]
    return _(", ").join(counties) if 0 < len(counties) <= 3 else otherwise


def archive_line(summary: Mapping[str, Any]) -> str:
    """Return the line at the foot of a paper: of which plan it is, for those who keep it."""
    facts = summary["scenario"]
    return _("Plan of scenario {name}, variant {variant}; fingerprint {sha}; coldchain {version}, checked.").format(
        name=facts["name"], variant=facts["variant"], sha=facts["sha256"][:12], version=summary["version"]
    )
