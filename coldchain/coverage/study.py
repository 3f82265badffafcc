"""The study of a county: who is blind today, which masts would mend it, who pays how much of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.arrays import Bools, Floats
from coldchain.coverage.lanes import VillageLane, lanes_of
from coldchain.coverage.layer import covered_by_layer
from coldchain.coverage.plan import CarrierShares, SharedMasts, site_masts, split_masts
from coldchain.coverage.sight import Radio, ground_m, read_tiles, seen
from coldchain.errors import BadInputError, Fault, UsageError
from coldchain.language import _
from coldchain.model import Mast, Scenario
from coldchain.network.slope import Tile
from coldchain.runs import PlacedNetwork, Run, place_on_roads
from coldchain.runs.folder import write_in_place
from coldchain.scenario import load

SCHEMA = "coldchain.masts/1"
CARRIERS = ("mobile", "unicom", "telecom")
MOST_CARRIERS = 8


@dataclass(frozen=True)
class MastRequest:
    """What is asked for.

    Attributes
    ----------
    source : a scenario, or a run of a plan, whose lanes then count
    layer : areas with a signal today
    """

    source: Path
    elevation: Path
    layer: Path | None = None
    budget_cny: float = math.inf
    carriers: tuple[str, ...] = CARRIERS
    radio: Radio = field(default_factory=Radio)
    variant: str = "base"


@dataclass(frozen=True, eq=False)
class Study:
    """What was found.

    Attributes
    ----------
    before, after : bool[carriers, villages], who has a signal where, today and with the masts
    villages, lanes, masts : tables
    """

    scenario: Scenario
    wish: MastRequest
    joint: SharedMasts
    split: CarrierShares
    before: Bools
    after: Bools
    villages: pd.DataFrame
    lanes: pd.DataFrame
    masts: pd.DataFrame

    def printed(self) -> dict[str, Any]:
        """Return the object that ``--json`` prints."""
        lanes, blind = self.lanes, self.villages
        shares = [
            {"carrier": name, "alone_cny": float(self.split.game.alone[n]),
             **{rule: fen[n] / 100 for rule, fen in self.split.fen.items()}}
            for n, name in enumerate(self.split.game.players)
        ]  # fmt: skip
        return {
            "schema": SCHEMA,
            "scenario": self.scenario.name,
            "status": self.joint.status,
            "budget_cny": None if math.isinf(self.wish.budget_cny) else self.wish.budget_cny,
            "cost_cny": self.joint.cost_cny,
            "t_connected": self.joint.weight,
            "t_bound": self.joint.bound,
            "built": self.masts.loc[self.masts["built"], "mast"].tolist(),
            "villages": {
                "all": len(blind),
                "blind": blind.loc[blind["blind"], "village"].tolist(),
                "blind_after": blind.loc[blind["blind_after"], "village"].tolist(),
            },
            "lanes_km": {name: float(lanes[name].sum()) for name in ("km", "blind_km", "blind_km_after")},
            "shares": shares,
            "core": bool(self.split.divisions.least_epsilon <= 0.0),
        }


def study(wish: MastRequest) -> Study:
    """Find blind villages and lanes, site masts and split their cost.

    Raises
    ------
    BadInputError
        When scenario, elevation or layer cannot be read, or no village lies on the elevation.
    UsageError
        When the carriers are none, too many, or named twice.
    """
    _check_carriers(wish.carriers)
    scenario, placed, depots = _opened(wish)
    tiles = read_tiles(wish.elevation)
    spots = np.array([(one.lon, one.lat) for one in scenario.villages], dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(ground_m(tiles, spots)).any():
        told = _("covers no village of the scenario")
        raise BadInputError([Fault(str(wish.elevation), None, "", "", told, "no-overlap")])
    lanes = lanes_of(scenario, placed, depots)
    points = np.concatenate([spots, *(lane.points for lane in lanes)])
    standing, candidates = _sorted(scenario.masts, wish.carriers)
    before = _today(wish, tiles, standing, points)
    reach = seen(tiles, candidates, points, wish.radio)
    count = len(spots)
    tonnes = scenario.harvest_t.sum(axis=(1, 2))
    needs = ~before[:, :count]
    joint = site_masts(candidates, reach[:, :count], needs, tonnes, wish.budget_cny)
    gained = joint.reached(reach)
    split = split_masts(candidates, reach[:, :count], needs & gained[:, :count] & (tonnes > 0), wish.carriers)
    after = before | gained
    tables = _Tables(scenario, before, after, candidates, reach, joint)
    return Study(scenario, wish, joint, split, before[:, :count], after[:, :count], tables.villages(tonnes),
                 tables.lanes(lanes, count), tables.masts(tonnes))  # fmt: skip


def _check_carriers(carriers: Sequence[str]) -> None:
    if not 1 <= len(carriers) <= MOST_CARRIERS or len(set(carriers)) < len(carriers) or not all(carriers):
        told = _("--carriers must name 1 to {most} carriers, each once; got {names}")
        raise UsageError(told.format(most=MOST_CARRIERS, names=_(", ").join(carriers) or "-"))


def _opened(wish: MastRequest) -> tuple[Scenario, PlacedNetwork, dict[int, list[str]]]:
    """Return scenario, roads, and the depots of each village where there is a plan."""
    if not (wish.source / "summary.json").is_file():
        scenario = load(wish.source, wish.variant)[0]
        return scenario, place_on_roads(scenario)[0], {}
    run = Run.open(wish.source).checked()
    numbers = {one.id: n for n, one in enumerate(run.scenario.villages)}
    depots: dict[int, list[str]] = {}
    for row in run.tables["assignment"][["village", "depot"]].drop_duplicates().to_dict("records"):
        depots.setdefault(numbers[str(row["village"])], []).append(str(row["depot"]))
    return run.scenario, run.placed, depots


def _sorted(masts: Sequence[Mast], carriers: Sequence[str]) -> tuple[list[Mast], list[Mast]]:
    """Return masts that stand, and those that may be built."""
    known = {"", *carriers}
    faults = [
        Fault("masts.csv", None, "carrier", one.carrier, _("is not one of the carriers; name them with --carriers"),
              "unknown-carrier")
        for one in masts if one.status == "existing" and one.carrier not in known
    ]  # fmt: skip
    if not masts:
        faults.append(Fault("masts.csv", None, "", "", _("the table is missing (.csv or .gpkg)"), "missing-file"))
    if faults:
        raise BadInputError(faults)
    return [one for one in masts if one.status == "existing"], [one for one in masts if one.status == "candidate"]


def _today(wish: MastRequest, tiles: Sequence[Tile], standing: Sequence[Mast], points: Floats) -> Bools:
    """Return where each carrier has a signal today: by the layer, or in sight of a mast of its own or of all."""
    covered = np.zeros((len(wish.carriers), len(points)), dtype=bool)
    if wish.layer is not None:
        covered |= covered_by_layer(wish.layer, points, wish.carriers)
    sight = seen(tiles, standing, points, wish.radio)
    for number, carrier in enumerate(wish.carriers):
        own = [n for n, mast in enumerate(standing) if mast.carrier in ("", carrier)]
        covered[number] |= sight[own].any(axis=0)
    return covered


@dataclass(frozen=True, eq=False)
class _Tables:
    """Makes the tables of a study; points are villages first, then those of the lanes."""

    scenario: Scenario
    before: Bools
    after: Bools
    candidates: Sequence[Mast]
    reach: Bools
    joint: SharedMasts

    def villages(self, tonnes: Floats) -> pd.DataFrame:
        """Return every village: blind where no carrier has a signal."""
        rows = [
            {
                "village": one.id, "name": one.name, "lon": one.lon, "lat": one.lat, "tonnes": float(tonnes[n]),
                "carriers": int(self.before[:, n].sum()), "carriers_after": int(self.after[:, n].sum()),
                "blind": not self.before[:, n].any(), "blind_after": not self.after[:, n].any(),
            }
            for n, one in enumerate(self.scenario.villages)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def lanes(self, lanes: Sequence[VillageLane], first: int) -> pd.DataFrame:
        """Return every lane: kilometres without a signal of any carrier, today and with the masts."""
        rows = []
        for lane in lanes:
            part = slice(first, first + len(lane.points))
            first += len(lane.points)
            blind, after = (float((~who[:, part].any(axis=0)).mean()) for who in (self.before, self.after))
            row = {"village": self.scenario.villages[lane.village].id, "depot": lane.depot, "km": lane.km}
            rows.append({**row, "blind_km": lane.km * blind, "blind_km_after": lane.km * after})
        return pd.DataFrame(rows, columns=["village", "depot", "km", "blind_km", "blind_km_after"])

    def masts(self, tonnes: Floats) -> pd.DataFrame:
        """Return every candidate: whether it is built and what it reaches."""
        count, built = len(tonnes), {*map(int, self.joint.built)}
        rows = [
            {
                "mast": one.id, "name": one.name, "lon": one.lon, "lat": one.lat, "height_m": one.height_m,
                "built": n in built, "villages": int(self.reach[n, :count].sum()),
                "tonnes": float(tonnes[self.reach[n, :count]].sum()),
            }
            for n, one in enumerate(self.candidates)
        ]  # fmt: skip
        columns = ["mast", "name", "lon", "lat", "height_m", "built", "villages", "tonnes"]
        return pd.DataFrame(rows, columns=columns).astype({"built": bool})


def write_study(found: Study, folder: Path) -> list[Path]:
    """Write the tables of a study, and its figures as JSON; return the files."""
    import json

    from coldchain.cells import csv_text

    text = json.dumps(found.printed(), ensure_ascii=False, indent=1) + "\n"
    contents = {"masts.json": text.encode("utf-8")}
    for name in ("villages", "lanes", "masts"):
        contents[f"{name}.csv"] = csv_text(getattr(found, name)).encode("utf-8-sig")
    return [write_in_place(folder / name, partial(_fill, content)) for name, content in contents.items()]


def _fill(content: bytes, path: Path) -> None:
    path.write_bytes(content)
