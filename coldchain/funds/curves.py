"""The counties' curves: what each budget of each sweep costs the fund and what it leaves lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from coldchain.cells import unguarded
from coldchain.errors import BadInputError, Fault, MissingExtraError, UsageError, bad_file
from coldchain.language import _

RESULTS, OBJECT = "results.csv", "sweep.json"
NEEDED = ("name", "subsidy_cny", "loss_t", "loss_rate")
FIGURES = ("loss_t", "loss_cny", "annual_cny")
PLANNED = ("optimal", "feasible")


@dataclass(frozen=True)
class Curves:
    """Points of all counties and what is known of each.

    Attributes
    ----------
    points : county (number from 0), award_cny, budget_cny, coverage and the figures; sorted by county, award and loss,
        each plan once
    counties : name, harvest_t, loss_t and loss_cny without any award from the fund, lon, lat, and columns of the list
    """

    points: pd.DataFrame
    counties: pd.DataFrame


def read_curves(source: Path) -> Curves:
    """Read the result table of a batch of sweeps, its folder, or a folder of sweeps.

    Raises
    ------
    BadInputError
        Naming columns that are missing, cells that are no numbers, and counties without any plan.
    UsageError
        When there is nothing of the kind.
    """
    frame = _read(source)
    faults = [
        Fault(str(source), 1, name, "", _("there is no such column: the table is not one of sweeps"), "missing-column")
        for name in NEEDED
        if name not in frame
    ]
    if faults:
        raise BadInputError(faults)
    numbers = [name for name in (*NEEDED[1:], *FIGURES, "coverage", "budget_cny") if name in frame]
    planned = frame["status"].isin(PLANNED) if "status" in frame else pd.Series(data=True, index=frame.index)
    for name in numbers:
        frame[name] = pd.to_numeric(frame[name], errors="coerce")
        faults += [
            Fault(str(source), int(row) + 2, name, "", _("must be a number"), "not-a-number")
            for row in np.flatnonzero((frame[name].isna() & planned).to_numpy())
        ]
    without = [name for name in frame["name"].unique() if not planned[frame["name"] == name].any()]
    faults += [Fault(str(source), None, str(name), "", _("no budget of this county has a plan"), "no-plan")
               for name in without]  # fmt: skip
    if faults:
        raise BadInputError(faults)
    return _curves(frame[planned])


def _read(source: Path) -> pd.DataFrame:
    if source.is_dir() and (source / RESULTS).is_file():
        source = source / RESULTS
    if source.is_dir():
        found = [row for path in sorted(source.rglob(OBJECT)) for row in _sweep(path, source)]
        if not found:
            message = _("{source} holds neither {table} of a batch of sweeps nor folders with {file}")
            raise UsageError(message.format(source=source, table=RESULTS, file=OBJECT))
        return pd.DataFrame(found)
    if not source.is_file():
        raise UsageError(_("{source} is neither a table nor a folder").format(source=source))
    try:
        if source.suffix == ".parquet":
            return pd.read_parquet(source)
        return pd.read_csv(source, encoding="utf-8-sig", converters={"name": unguarded})
    except ImportError:
        message = _("{source} needs pyarrow to be read; the CSV beside it holds the same")
        raise MissingExtraError(message.format(source=source)) from None
    except ValueError as error:
        message = _("cannot be read: {error}").format(error=error)
        raise bad_file(source, message, "garbled") from None


def _sweep(path: Path, source: Path) -> Iterator[dict[str, Any]]:
    told = json.loads(path.read_text(encoding="utf-8"))
    inside = path.parent.relative_to(source)
    about = {key: value for key, value in told["scenario"].items() if key in ("harvest_t", "lon", "lat")}
    for point in told["points"]:
        yield {"name": "-".join(inside.parts) or told["scenario"]["name"], **about, **point}


def _curves(frame: pd.DataFrame) -> Curves:
    names = frame["name"].astype(str)
    order = list(dict.fromkeys(names))
    number = names.map({name: n for n, name in enumerate(order)})
    figures = [name for name in FIGURES if name in frame]
    points = pd.DataFrame({"county": number, "award_cny": frame["subsidy_cny"]})
    for name in (*figures, "coverage", "loss_rate", "budget_cny"):
        points[name] = frame.get(name, np.nan)
    points = points.sort_values(["county", "award_cny", "loss_t", "budget_cny"], kind="stable")
    points = points.drop_duplicates(["county", "award_cny", *figures]).reset_index(drop=True)
    first = points.drop_duplicates("county").reset_index(drop=True)
    counties = pd.DataFrame({"name": order})
    rows = frame.assign(name=names).drop_duplicates("name").set_index("name").loc[order].reset_index(drop=True)
    rate = first["loss_rate"].where(first["loss_rate"] > 0)
    counties["harvest_t"] = rows["harvest_t"] if "harvest_t" in rows else first["loss_t"] / rate
    for name in figures:
        counties[f"before_{name}"] = first[name]
    taken = {*counties, *points, "value", "bound", "gap", "objective", "aim", "asked", "status", "depots", "key"}
    same = frame.groupby(names).nunique(dropna=False).max() <= 1  # what does not change from point to point
    for name in rows.columns:
        if name not in taken and bool(same.get(name, False)):
            counties[name] = rows[name]
    return Curves(points, counties)
