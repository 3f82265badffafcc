"""A sweep as a folder: one object, one table, one chart; and the table on the terminal."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from importlib import util
from pathlib import Path
from typing import Any

import pandas as pd
from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from coldchain.cells import csv_text
from coldchain.errors import MissingExtraError, UsageError, system_reason
from coldchain.language import N_, _
from coldchain.language.amounts import in_millions
from coldchain.reports.curve import Marks, write_curve, write_curve_page
from coldchain.reports.figures import percent
from coldchain.runs.record import plain_values

OBJECT, TABLE, PARQUET, POINTS = "sweep.json", "sweep.csv", "sweep.parquet", "points"
PICTURES, PAGE = ("curve.png", "curve.svg"), "curve.html"
MAP, DECIDED = "map.html", "decided.csv"
WIDTH = 120
MARK = {"same": N_("a larger budget's plan"), "carried": N_("a smaller budget's plan")}


def check_sweep_folder(folder: Path) -> None:
    """Refuse, before any work is done, a folder that holds something other than an earlier sweep.

    Raises
    ------
    UsageError
        Naming the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(_("{folder} exists and is no folder; nothing was written").format(folder=folder))
    held = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if held and not held & {OBJECT, POINTS}:
        raise UsageError(
            _("{folder} exists and is no earlier sweep; choose another folder, nothing was written").format(
                folder=folder
            )
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".trial-{os.getpid()}"
        trial.touch()
        trial.unlink()
    except OSError as error:
        raise UsageError(
            _("{folder} cannot be written: {strerror}").format(folder=folder, strerror=system_reason(error))
        ) from None


def write_sweep(
    result: Mapping[str, Any],
    frame: pd.DataFrame,
    folder: Path,
    draw: Callable[[Path], bool] | None = None,
    decided: pd.DataFrame | None = None,
) -> dict[str, Any]:
    """Write object, table and chart; each is complete under another name before it is renamed.

    The table is written as Parquet too where pyarrow is installed; the chart as PNG and SVG where matplotlib is, else
    as one HTML page.

    Parameters
    ----------
    draw : writes the map to a path, and tells whether there was one to write
    decided : what each rule of subsidy and budget would decide

    Returns
    -------
    dict
        The object, plain values only, with the names of the files under ``files``.
    """
    files = [OBJECT, TABLE]
    _whole(folder / TABLE, lambda path: path.write_text(csv_text(frame), encoding="utf-8-sig"))
    if util.find_spec("pyarrow") is not None:
        _whole(folder / PARQUET, lambda path: frame.to_parquet(path, index=False))
        files.append(PARQUET)
    files += _chart(result, frame, folder)
    if decided is not None:
        _whole(folder / DECIDED, lambda path: path.write_text(csv_text(decided), encoding="utf-8-sig"))
        result = {**result, "decided": decided.to_dict("records")}
        files.append(DECIDED)
    if draw is not None:
        drawn: list[bool] = []
        _whole(folder / MAP, lambda path: drawn.append(draw(path)))
        files += [MAP] if drawn[0] else []
    written: dict[str, Any] = plain_values({**result, "files": files})
    text = json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    _whole(folder / OBJECT, lambda path: path.write_text(text, encoding="utf-8"))
    return written


def _whole(target: Path, write: Callable[[Path], object]) -> None:
    partial = target.with_name(f".{os.getpid()}.{target.name}")
    try:
        write(partial)
        if partial.exists():
            partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _chart(result: Mapping[str, Any], frame: pd.DataFrame, folder: Path) -> list[str]:
    found = {item["figure"]: item for item in result["thresholds"]}
    needed = {name: item["reached_cny"] for name, item in found.items() if item["reached_cny"] is not None}
    marks = Marks({name: item["share"] for name, item in found.items()}, needed, result["own_budget_cny"])
    named = f"{result['scenario']['name']} · {result['scenario']['variant']}"
    aim = result["aim"]
    partial = [folder / f".{os.getpid()}.{name}" for name in PICTURES]
    try:
        write_curve(frame, partial, named, aim, marks)
        for path, name in zip(partial, PICTURES, strict=True):
            path.replace(folder / name)
    except MissingExtraError:
        _whole(folder / PAGE, lambda path: write_curve_page(frame, path, named, aim, marks))
        return [PAGE]
    finally:
        for path in partial:
            path.unlink(missing_ok=True)
    return list(PICTURES)


def print_sweep(frame: pd.DataFrame, console: Console) -> None:
    """Print one line for each budget, those of the search for targets and for the next million too; nothing is cut."""
    plain = not console.is_terminal
    table = Table(box=ASCII2 if plain else SIMPLE_HEAD, show_edge=False, pad_edge=False)
    money = _("CNY M")
    heads = (
        _("budget"),
        _("spent"),
        _("loss"),
        _("cooled"),
        _("a year"),
        _("gap"),
        _("sites"),
        _("next million saves"),
    )
    units = (money, money, "%", "%", money, "%", _("built"), _("t, CNY a year"), "")
    for head, unit in zip((*heads, ""), units, strict=True):
        table.add_column(f"{head}\n{unit}" if unit else head, justify="right" if head else "left", no_wrap=True)
    for row in frame.to_dict("records"):
        table.add_row(*_cells(row))
    wide = WIDTH if plain else max(console.width, WIDTH)
    Console(width=wide, file=console.file, force_terminal=not plain, no_color=console.no_color).print(table)


def _cells(row: dict[Any, Any]) -> list[str]:
    budget = in_millions(row["budget_cny"])
    if pd.isna(row["annual_cny"]):
        why = _("no plan keeps every limit") if row["status"] == "infeasible" else _("no plan yet")
        return [budget, *[""] * 7, _(", ").join(filter(None, (why, _besides(row))))]
    saved = row["next_million_saves_t"], row["next_million_saves_cny"]
    return [
        budget,
        in_millions(row["subsidy_cny"]),
        percent(row["loss_rate"]),
        percent(row["coverage"]),
        in_millions(row["annual_cny"]),
        percent(row["gap"]),
        f"{row['sites_built']}",
        "" if pd.isna(saved[0]) else f"{saved[0]:,.0f} {_('t')}, {saved[1]:,.0f}",
        _(", ").join(filter(None, (_(MARK[row["how"]]) if row["how"] in MARK else "", _besides(row)))),
    ]


def _besides(row: dict[Any, Any]) -> str:
    return "" if row["asked"] else _("not asked for")


def print_decided(frame: pd.DataFrame, console: Console) -> None:
    """Print one line for each rule and budget: sites, tonnes, awards, and what differs from the scenario's own plan."""
    table = Table(box=SIMPLE_HEAD if console.is_terminal else ASCII2, show_edge=False, pad_edge=False)
    for name in (_("rate"), _("cap, CNY M"), _("programme"), _("budget"), _("sites"), _("cooled, t"), _("lost"),
                 _("awards, CNY M"), _("opens"), _("closes")):  # fmt: skip
        table.add_column(name, overflow="fold")
    for row in frame.to_dict("records"):
        given = ["-" if pd.isna(row["rate"]) else percent(row["rate"]),
                 "-" if pd.isna(row["cap_cny"]) else in_millions(row["cap_cny"])]  # fmt: skip
        known = not pd.isna(row["loss_rate"])
        figures = [f"{row['cooled_t']:,.0f}", percent(row["loss_rate"]), in_millions(row["subsidy_cny"])]
        table.add_row(*given, row["programme"] or "-", in_millions(row["budget_cny"]), str(row["sites_built"]),
                      *(figures if known else [row["status"], "", ""]), row["opens"], row["closes"])  # fmt: skip
    (console if console.is_terminal else Console(width=WIDTH, file=console.file)).print(table)
