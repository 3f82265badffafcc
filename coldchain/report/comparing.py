"""What differs between two plans, and what a change does, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from rich.box import ASCII2, SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from coldchain.report.figures import tonnes

SHOWN = 12
WIDTH = 120
ALIKE = 1e-9


def amount(value: float, unit: str, *, sign: bool = False) -> str:
    """Write a number with the digits its unit deserves; shares in per cent, differences of shares in points.

    Examples
    --------
    >>> amount(0.123, "share"), amount(-0.01, "share", sign=True), amount(2.5e6, "CNY"), amount(35.25, "h")
    ('12.3 %', '-1.0 points', '2,500,000 CNY', '35.2 h')
    """
    plus = "+" if sign else ""
    if pd.isna(value):
        return "-"
    if unit == "share":
        return f"{100 * value:{plus}.1f} {'points' if sign else '%'}"
    digits = 1 if unit == "h" and abs(value) < 1000 else 0
    return f"{value:{plus},.{digits}f} {unit}".strip(" -") if unit == "-" else f"{value:{plus},.{digits}f} {unit}"


def print_comparison(parts: dict[str, pd.DataFrame], names: Sequence[str], console: Console) -> None:
    """Print figures that differ, depots that differ, and the villages of which most moves.

    Parameters
    ----------
    parts : figures, depots and villages, as :class:`coldchain.exploring.Comparison` holds them
    names : of the first and the second plan
    """
    figures, depots, villages = (parts[name] for name in ("figures", "depots", "villages"))
    differ = figures[(figures["difference"].abs() > ALIKE * figures["a"].abs()) | figures["difference"].isna()]
    told = [_figure_row(row) for row in differ.to_dict("records")]
    show(console, ("figure, a year", names[0], names[1], "difference"), told)
    heads = ("depot", "", f"modules in {names[0]}", f"in {names[1]}", "t/yr")
    show(console, heads, [_depot_row(row, names) for row in depots.to_dict("records")])
    show(console, VILLAGE_HEADS, [village_row(r) for r in villages.head(SHOWN).to_dict("records")])
    console.print(moved_line(villages), highlight=False, soft_wrap=True)


def _figure_row(row: dict[Any, Any]) -> tuple[str, ...]:
    unit = row["unit"]
    return (row["figure"], amount(row["a"], unit), amount(row["b"], unit), amount(row["difference"], unit, sign=True))


def _depot_row(row: dict[Any, Any], names: Sequence[str]) -> tuple[str, ...]:
    what = {"only in a": f"only in {names[0]}", "only in b": f"only in {names[1]}"}.get(row["what"], row["what"])
    return (row["depot"], what, _spaced(row["in_a"]), _spaced(row["in_b"]), f"{row['tonnes_year']:+,.0f}")


def _spaced(text: str) -> str:
    return text.replace(";", "; ")


VILLAGE_HEADS = ("village", "moved t/yr", "from", "to", "cooled t", "loss t", "loss CNY", "harvest to market h")


def village_row(row: dict[Any, Any]) -> tuple[str, ...]:
    """Write one moved village."""
    name = f"{row['village']} {row['name']}" if row["name"] not in ("", row["village"]) else str(row["village"])
    changes = (
        f"{row['cooled_t']:+,.0f}",
        f"{row['loss_t']:+,.1f}",
        f"{row['loss_cny']:+,.0f}",
        f"{row['delivery_h']:+.1f}",
    )
    return (name, f"{row['moved_t']:,.0f}", _spaced(row["from_depots"]), _spaced(row["to_depots"]), *changes)


def moved_line(villages: pd.DataFrame) -> str:
    """Say how many villages move, who loses less and who more."""
    if villages.empty:
        return "no village moves"
    less, more = villages[villages["loss_cny"] < 0], villages[villages["loss_cny"] > 0]
    text = f"{len(villages)} villages move, {villages['moved_t'].sum():,.0f} t a year"
    for part, word in ((less, "less"), (more, "more")):
        change = abs(part["loss_t"].sum()), abs(part["loss_cny"].sum())
        text += f"; {len(part)} lose {tonnes(change[0])} and {change[1]:,.0f} CNY {word}" if len(part) else ""
    rest = len(villages) - SHOWN
    return text + (f" (the {SHOWN} of which most moves are shown)" if rest > 0 else "")


def show(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, plain where the output is not a terminal; nothing without rows."""
    if not rows:
        return
    plain = not console.is_terminal
    table = Table(box=ASCII2 if plain else SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for n, head in enumerate(heads):
        words = n == 0 or not any(character.isdigit() for row in rows for character in row[n][:2].lstrip("+-"))
        table.add_column(head, justify="left" if words else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    (Console(width=WIDTH, file=console.file) if plain else console).print(table)
    console.print()
