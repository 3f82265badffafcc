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
from coldchain.settlement.costing import FIGURES, GroupCost
from coldchain.settlement.many import ManySettlement
from coldchain.settlement.manystatement import many_overview, many_statement
from coldchain.settlement.page import overview_page, statement_page
from coldchain.settlement.settle import Settlement
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


def write_settlement(settlement: Settlement, folder: Path, disclose: int = 0) -> dict[str, Any]:
    """Write everything; return the object of the overview.

    Parameters
    ----------
    disclose : each member also sees what the groups it belongs to would save, up to so many members

    ``settlement.json``, ``settlement.html``, ``bills.csv`` and ``groups.csv`` are for the trustee; ``members/NN-name/``
    holds ``statement.json``, ``statement.csv`` and ``statement.html`` of one member and may be handed to it.
    """
    told, fen = overview(settlement), fen_bills(settlement)
    tables = {"bills.csv": _bill_rows(settlement, fen), "groups.csv": _group_rows(settlement)}
    statements = [member_statement(settlement, i, fen) for i in range(settlement.game.n)]
    _write_all(folder, told, tables, statements)
    game = settlement.game
    costs = {mask: float(game.values[mask]) for mask in range(1, 1 << game.n)}
    _disclose(folder, game.players, costs, disclose)
    return told


def write_many(settlement: ManySettlement, folder: Path, disclose: int = 0) -> dict[str, Any]:
    """Write the same of a settlement on some of the groups; only those planned are disclosed."""
    told = many_overview(settlement)
    fen = list(told["fen"].values())
    tables = {"bills.csv": _many_bill_rows(settlement, fen), "groups.csv": _many_group_rows(settlement)}
    _write_all(folder, told, tables, [many_statement(settlement, i, fen) for i in range(len(fen))])
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


def _write_all(
    folder: Path, told: dict[str, Any], tables: dict[str, list[Sequence[object]]], statements: list[dict[str, Any]]
) -> None:
    _write(folder / "settlement.json", json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    _write(folder / "settlement.html", overview_page(told))
    for name, rows in tables.items():
        _write(folder / name, _table(rows))
    for i, statement in enumerate(statements):
        own = _own(folder, i, statement["member"])
        _write(own / "statement.json", json.dumps(statement, ensure_ascii=False, indent=1) + "\n")
        _write(own / "statement.html", statement_page(statement))
        _write(own / "statement.csv", _table(_statement_rows(statement)))


def _many_bill_rows(settlement: ManySettlement, fen: list[int]) -> list[Sequence[object]]:
    head = ("member", "alone_cny", "bill_cny", "saving_cny", "band_low_cny", "band_high_cny", *settlement.bills)
    rows: list[Sequence[object]] = [head]
    for i, name in enumerate(settlement.members.names):
        alone = round(float(settlement.alone[i]) * 100)
        sides = (round(float(side[i]), 2) for side in (settlement.low, settlement.high))
        rules = (round(float(bill[i]), 2) for bill in settlement.bills.values())
        rows.append((name, _plain(alone), _plain(fen[i]), _plain(alone - fen[i]), *sides, *rules))
    return rows


def _many_group_rows(settlement: ManySettlement) -> list[Sequence[object]]:
    rows: list[Sequence[object]] = [GROUP_HEAD]
    for mask, cost in sorted(settlement.costs.items()):
        names = [settlement.members.names[i] for i in members(mask)]
        rows.append(_group_row(names, cost, settlement.known[mask]))
    return rows


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
    game = settlement.game
    rows = (_group_row(game.group(cost.mask), cost, float(game.values[cost.mask])) for cost in settlement.costs)
    return [GROUP_HEAD, *rows]


def _group_row(names: Sequence[str], cost: GroupCost, consistent: float) -> Sequence[object]:
    figures = [cost.cost_cny, cost.bound_cny, consistent, cost.loss_t, *(cost.annual_cny[f] for f in FIGURES)]
    return (" + ".join(names), len(names), *(round(float(value), 2) for value in figures))


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
