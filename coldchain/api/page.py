"""The page of the Python interface, written from signatures and docstrings: ``python -m coldchain.api.page``."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

import coldchain as cc

HEAD = """# The Python interface

Written by `make docs` from signatures and docstrings. `import coldchain as cc`; everything below is `cc.NAME`. Every
function that plans takes the same `effort` (`quick`, `normal`, `deep`), `time_limit_s`, `seed` and `progress`.
"""
GROUPS = {
    "Scenarios": ("Scenario", "load", "check", "example", "example_osm", "import_osm", "import_points", "import_atlas"),
    "Plans": ("plan", "replan", "open", "Result"),
    "Questions": (
        "explain_depot", "explain_village", "explain_unserved", "explain_alternatives", "explain_failures",
        "explain_visits", "explain", "compare", "sweep", "levels", "sensitivity", "replay", "share", "report", "serve",
    ),
    "Days": ("routes", "RoutedDay", "bookings", "Bookings"),
    "Weeks": ("roll", "simulate_year", "Year"),
    "Forecasts": ("forecast", "backtest", "forecast_harvest", "backtest_harvest", "Outlook", "Backtest",
                  "HarvestBacktest"),
    "Measurements": ("watch", "MeasuredDay", "kept", "trace", "masts"),
    "Answers": ("Explanation", "Frontier", "Levels", "ServedPage", "Doubts", "Replay", "Chances", "Shares",
                "CarbonFactors"),
    "Language": ("speak",),
}  # fmt: skip


def markdown() -> str:
    """Return the whole page."""
    parts = [HEAD]
    for group, names in GROUPS.items():
        parts += [f"## {group}\n", *(_entry(name, getattr(cc, name)) for name in names)]
    return "\n".join(parts).rstrip() + "\n"


def _entry(name: str, thing: Any) -> str:
    lines = [f"### `{name}{_signature(thing)}`\n", _text(thing)]
    if inspect.isclass(thing):
        lines += [f"- `{what}`: {told}" for what, told in _members(thing)]
        lines.append("")
    return "\n".join(lines)


def _signature(thing: Any) -> str:
    """Return the arguments of a function with their defaults; of a class nothing, its docstring names what it has."""
    if inspect.isclass(thing):
        return ""
    given = inspect.signature(thing).parameters.values()
    parts: list[str] = []
    starred = False
    for one in given:
        if one.kind is one.KEYWORD_ONLY and not starred:
            parts, starred = [*parts, "*"], True
        name = f"**{one.name}" if one.kind is one.VAR_KEYWORD else one.name
        parts.append(name if one.default is one.empty else f"{name}={_default(one.default)}")
    return f"({', '.join(parts)})"


def _default(value: Any) -> str:
    return value.__name__ if callable(value) else repr(value)


def _text(thing: Any) -> str:
    """Return a docstring with its sections as paragraphs and examples as code."""
    text = inspect.getdoc(thing) or ""
    text = re.sub(r"^(\w[\w ]*)\n-+$", r"**\1**\n", text, flags=re.MULTILINE)
    text = re.sub(r":\w+:`~?([\w.]+)`", r"`\1`", text).replace("``", "`")
    text = re.sub(r"^(\w[\w, ]*) : ", r"- `\1`: ", text, flags=re.MULTILINE)
    head, mark, code = text.partition("**Examples**\n")
    return f"{head}{mark}\n```pycon\n{code.strip()}\n```\n" if mark else f"{head}\n"


def _members(thing: type[Any]) -> Iterator[tuple[str, str]]:
    """Yield public methods and properties of a class, with the first sentence about each."""
    for name, member in vars(thing).items():
        function = getattr(member, "__func__", member)
        known = inspect.isfunction(function) or hasattr(member, "fget") or hasattr(member, "func")
        if name.startswith("_") or not known:
            continue
        signature = _signature(function) if inspect.isfunction(function) else ""
        signature = re.sub(r"^\((self|cls)(, )?", "(", signature)
        told = (inspect.getdoc(member) or "").split("\n\n", maxsplit=1)[0].replace("\n", " ").replace("``", "`")
        yield f"{name}{signature}", re.sub(r":\w+:`~?([\w.]+)`", r"`\1`", told)


if __name__ == "__main__":  # pragma: no cover - the Makefile calls it
    import sys

    sys.stdout.write(markdown())
