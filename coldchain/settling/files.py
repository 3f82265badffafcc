"""The folder of a settlement: the trustee's overview, and one folder for each member with what it may see."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coldchain.settling.page import overview_page, statement_page
from coldchain.settling.settle import Settlement
from coldchain.settling.statement import fen_bills, member_statement, overview
from coldchain.sharing import yuan

GROUPS = "groups"
FIGURES = ("collection", "line_haul", "operation", "energy", "capital", "loss")


def write_settlement(settlement: Settlement, folder: Path) -> dict[str, Any]:
    """Write everything; return the object of the overview.

    ``settlement.json``, ``settlement.html``, ``bills.csv`` and ``groups.csv`` are for the trustee; ``members/NN-name/``
    holds ``statement.json``, ``statement.csv`` and ``statement.html`` of one member and may be handed to it.
    """
    told, fen = overview(settlement), fen_bills(settlement)
    _write(folder / "settlement.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    _write(folder / "settlement.html", overview_page(told))
    _write(folder / "bills.csv", _table(_bill_rows(settlement, fen)))
    _write(folder / "groups.csv", _table(_group_rows(settlement)))
    for i, name in enumerate(settlement.game.players):
        statement = member_statement(settlement, i, fen)
        own = folder / "members" / f"{i + 1:02d}-{_safe(name)}"
        _write(own / "statement.json", json.dumps(statement, ensure_ascii=False, indent=1) + "\n")
        _write(own / "statement.html", statement_page(statement))
        _write(own / "statement.csv", _table(_statement_rows(statement)))
    return told


def _safe(name: str) -> str:
    """Return a name that every file system takes."""
    return re.sub(r"[^\w.-]+", "_", name).strip("._")[:60] or "member"


def _bill_rows(settlement: Settlement, fen: list[int]) -> list[Sequence[object]]:
    game, rule, band = settlement.game, settlement.rule, settlement.band
    rows: list[Sequence[object]] = [
        ("member", "alone_cny", "bill_cny", "saving_cny", "band_low_cny", "band_high_cny", *settlement.found.divisions)
    ]
    for i, name in enumerate(game.players):
        sides = (band.low[rule][i], band.high[rule][i])
        rules = [round(float(d.amounts[i]), 2) for d in settlement.found.divisions.values()]
        alone = round(float(game.alone[i]) * 100)
        figures = [_plain(alone), _plain(fen[i]), _plain(alone - fen[i]), *(round(float(s), 2) for s in sides)]
        rows.append((name, *figures, *rules))
    return rows


def _plain(fen: int) -> str:
    return yuan(fen).replace(",", "")


def _group_rows(settlement: Settlement) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = [
        ("group", "members", "planned_cny", "bound_cny", "consistent_cny", "loss_t", *(f"{f}_cny" for f in FIGURES))
    ]
    for cost in settlement.costs:
        names = settlement.game.group(cost.mask)
        figures = [cost.cost_cny, cost.bound_cny, settlement.game.values[cost.mask], cost.loss_t]
        figures += [cost.annual_cny[f] for f in FIGURES]
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
    csv.writer(text, lineterminator="\n").writerows([[_harmless(cell) for cell in row] for row in rows])
    return text.getvalue()


def _harmless(cell: object) -> object:
    """Keep a spreadsheet from taking a name for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=@" else cell


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    part.write_text(text, encoding="utf-8-sig" if path.suffix == ".csv" else "utf-8")
    part.replace(path)
