"""The folder of a settlement: the trustee's overview, and one folder for each member with what it may see."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from coldchain.cells import guarded
from coldchain.settlement.costing import FIGURES
from coldchain.settlement.page import overview_page, statement_page
from coldchain.settlement.settle import AnySettlement
from coldchain.settlement.statement import fen_bills, member_statement, overview
from coldchain.sharing import members, yuan

GROUPS = "groups"
GROUP_HEAD = (
    "group",
    "members",
    "planned_cny",
    "bound_cny",
    "consistent_cny",
    "loss_t",
    *(f"{f}_cny" for f in FIGURES),
)


STAGE_HEAD = ("stage", "group", "saving_cny")


def write_settlement(settlement: AnySettlement, folder: Path, disclose: int = 0) -> dict[str, Any]:
    """Write everything; return the object of the overview.

    Parameters
    ----------
    disclose : each member also sees what the groups it belongs to would save, up to so many members; of groups that
        were planned alone

    ``settlement.json``, ``settlement.html``, ``bills.csv`` and ``groups.csv`` are for the trustee; ``members/NN-name/``
    holds ``statement.json``, ``statement.csv`` and ``statement.html`` of one member and may be handed to it.
    """
    told, fen = overview(settlement), fen_bills(settlement)
    _write(folder / "settlement.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    _write(folder / "settlement.html", overview_page(told))
    _write(folder / "bills.csv", _table(_bill_rows(settlement, fen)))
    _write(folder / "groups.csv", _table(_group_rows(settlement)))
    for i, name in enumerate(settlement.members.names):
        statement, own = member_statement(settlement, i, fen), _own(folder, i, name)
        _write(own / "statement.json", json.dumps(statement, ensure_ascii=False, indent=1) + "\n")
        _write(own / "statement.html", statement_page(statement))
        _write(own / "statement.csv", _table(_statement_rows(statement)))
    _disclose(folder, settlement.members.names, settlement.known, disclose)
    return told


def _disclose(folder: Path, names: Sequence[str], costs: Mapping[int, float], most: int) -> None:
    """Write for each member what its groups of up to ``most`` save, by size; a table of an earlier stage goes.

    A saving tells nothing of what another pays alone.
    """
    for i, name in enumerate(names):
        mine = [mask for mask in costs if mask >> i & 1 and 1 < mask.bit_count() <= most]
        rows = [(m.bit_count(), m, sum(costs[1 << k] for k in members(m)) - costs[m]) for m in mine]
        rows.sort(key=lambda row: (row[0], -row[2], row[1]))
        told = [(size, " + ".join(names[k] for k in members(m)), round(saved, 2)) for size, m, saved in rows]
        file = _own(folder, i, name) / "groups.csv"
        if most < 2:
            file.unlink(missing_ok=True)
        else:
            _write(file, _table([STAGE_HEAD, *told]))


def _own(folder: Path, i: int, name: str) -> Path:
    """Return the folder of one member."""
    return folder / "members" / f"{i + 1:02d}-{_safe(name)}"


def _safe(name: str) -> str:
    """Return a name that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:60] or "member"


def _bill_rows(settlement: AnySettlement, fen: list[int]) -> list[Sequence[object]]:
    head = ("member", "alone_cny", "bill_cny", "saving_cny", "band_low_cny", "band_high_cny", *settlement.bills)
    rows: list[Sequence[object]] = [head]
    for i, name in enumerate(settlement.members.names):
        alone = round(float(settlement.alone[i]) * 100)
        figures = [*settlement.bands[settlement.rule], *settlement.bills.values()]
        told = (_plain(alone), _plain(fen[i]), _plain(alone - fen[i]))
        rows.append((name, *told, *(round(float(one[i]), 2) for one in figures)))
    return rows


def _plain(fen: int) -> str:
    return yuan(fen).replace(",", "")


def _group_rows(settlement: AnySettlement) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = [GROUP_HEAD]
    for mask, cost in sorted(settlement.planned.items()):
        names = [settlement.members.names[i] for i in members(mask)]
        figures = [cost.cost_cny, cost.bound_cny, settlement.known[mask], cost.loss_t]
        figures += [cost.annual_cny[one] for one in FIGURES]
        rows.append((" + ".join(names), len(names), *(round(float(value), 2) for value in figures)))
    return rows


def _statement_rows(told: dict[str, Any]) -> list[Sequence[object]]:
    """Return key and value, nested keys joined by dots; villages as rows of their own."""
    rows: list[Sequence[object]] = [("figure", "value")]
    rows += [(key, value) for key, value in _flat(told) if not key.startswith("villages")]
    rows += [(f"village {v['village']} bill_cny", _plain(v["bill_fen"])) for v in told["villages"]]
    return rows


def _flat(value: object, key: str = "") -> list[tuple[str, object]]:
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in _flat(inner, f"{key}.{name}" if key else str(name))]
    if isinstance(value, list):
        return [pair for n, inner in enumerate(value) for pair in _flat(inner, f"{key}.{n}")]
    return [(key, value)]


def _table(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[guarded(cell) for cell in row] for row in rows])
    return text.getvalue()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    part.write_text(text, encoding="utf-8-sig" if path.suffix == ".csv" else "utf-8")
    part.replace(path)
