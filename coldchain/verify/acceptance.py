"""The awards after acceptance, recomputed from what was measured: each row, each owner, the total of the notice."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.language import _
from coldchain.verify.record import Record, rows
from coldchain.verify.subsidy import entitled_cny, unfit

FOLDER, FILES = "acceptance", ("measured.csv", "awards.csv", "acceptance.json")
STEP_CNY, CENT_CNY = 100.0, 0.01
FIGURES = ("net_m3", "cost_cny", "before_cap_cny", "award_cny", "own_money_cny")


def check_acceptance(record: Record, folder: Path) -> None:
    """Recompute the awards of an acceptance, where the run in a folder has one."""
    paths = [folder / FOLDER / name for name in FILES]
    if not any(path.exists() for path in paths):
        return
    try:
        measured, awards = (_cells(path) for path in paths[:2])
        stated = json.loads(paths[2].read_text(encoding="utf-8"))
        owners = _owners(record, measured)
        _compare(record, owners, awards, stated)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        record.wrong(
            _("acceptance: cannot be read ({error}); write it again with coldchain accept").format(error=error)
        )


def _cells(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table as text, without the apostrophe that keeps a cell from being a formula."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    rows = frame.to_dict("records")
    return [{str(key): str(cell).removeprefix("'") for key, cell in row.items()} for row in rows]


def _planned(record: Record) -> dict[tuple[str, str], int]:
    """Return how many new modules and units of a type the plan has at each depot."""
    found: dict[tuple[str, str], int] = {}
    for row in rows(record.tables["depots"]):
        for part in f"{row.new_modules};{row.units_bought}".split(";"):
            key, _colon, count = part.rpartition(":")
            if key:
                found[str(row.depot), key] = int(count)
    return found


def _owners(record: Record, measured: list[dict[str, str]]) -> dict[str, dict[str, float]]:
    """Return the figures of each owner; rows that the plan or the rule contradicts are noted."""
    rule, planned = record.scenario.subsidy, _planned(record)
    volume: dict[str, float] = defaultdict(float)
    for row in measured:
        volume[row["site"]] += float(row["net_m3"])
    sums: dict[str, dict[str, float]] = {}
    for row in measured:
        site, kind = record.sites[row["site"]][1], record.kinds[row["module"]]
        as_built = kind.model_copy(update={"net_m3": float(row["net_m3"]), "capex_cny": float(row["cost_cny"])})
        fits = not unfit(rule, site, kind) and volume[site.id] >= rule.least_m3
        award, where = entitled_cny(rule, site, as_built) if fits else 0.0, f"{site.id}, {kind.id}"
        record.differs(f"acceptance: {where}: award_cny", float(row["award_cny"]), award, CENT_CNY)
        if int(row["count"]) > planned.get((site.id, kind.id), 0):
            text = _("acceptance: {where}: {count} accepted, more than the plan builds")
            record.wrong(text.format(where=where, count=row["count"]))
        owner = sums.setdefault(site.owner or site.id, dict.fromkeys(FIGURES, 0.0))
        for key, amount in (("net_m3", as_built.net_m3), ("cost_cny", as_built.capex_cny), ("before_cap_cny", award)):
            owner[key] += amount
    cap = math.inf if rule.cap_per_owner_cny is None else rule.cap_per_owner_cny
    for name, owner in sums.items():
        most = min(owner["before_cap_cny"], max(cap - rule.awarded_by_owner_cny.get(name, 0.0), 0.0))
        owner["award_cny"] = math.floor((most + CENT_CNY) / STEP_CNY) * STEP_CNY
        owner["own_money_cny"] = owner["cost_cny"] - owner["award_cny"]
    return sums


def _compare(
    record: Record, owners: Mapping[str, Mapping[str, float]], awards: list[dict[str, str]], stated: Mapping[str, Any]
) -> None:
    listed = {row["owner"]: row for row in awards}
    objects = {str(row["owner"]): row for row in stated["awards"]}
    for name in sorted({*owners, *listed, *objects}):
        if not (name in owners and name in listed and name in objects):
            record.wrong(_("acceptance: {owner} is not in all of its files").format(owner=name))
            continue
        for key, right in owners[name].items():
            for told in (listed[name], objects[name]):
                record.differs(f"acceptance: {name}: {key}", float(told[key]), right, CENT_CNY)
    for key, of in (("total_cny", "award_cny"), ("net_m3", "net_m3"), ("cost_cny", "cost_cny")):
        record.differs(f"acceptance: {key}", float(stated[key]), sum(one[of] for one in owners.values()), CENT_CNY)
