"""Write a scenario folder: complete under another name first, then renamed, so that none is ever half-written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from coldchain.cells import csv_text
from coldchain.language import _
from coldchain.leftovers import new_folder
from coldchain.model import Assumption
from coldchain.scenario.parsing import unit_of
from coldchain.scenario.programmes import programme_keys
from coldchain.scenario.sections import SCHEMA, SECTIONS
from coldchain.scenario.source import FILE


@dataclass(frozen=True)
class Draft:
    """A scenario to be written.

    Attributes
    ----------
    sections : values of the sections that differ from the defaults
    tables : stem -> frame; written as ``stem.csv`` or, for a dotted key, ``folder/stem.csv``
    """

    name: str
    sections: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, pd.DataFrame]
    datum: str = "wgs84"
    notes: Sequence[str] = ()
    assumptions: Sequence[Assumption] = ()
    variants: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


NOTHING: Mapping[str, Path] = MappingProxyType({})


def scenario_files(draft: Draft) -> dict[str, bytes]:
    """Return name -> content of ``scenario.toml`` and the tables."""
    tables = {f"{stem}.csv": csv_text(frame).encode("utf-8-sig") for stem, frame in draft.tables.items()}
    return {**tables, FILE: toml_text(draft).encode()}


def write_scenario(draft: Draft, folder: Path, beside: Mapping[str, Path] = NOTHING) -> None:
    """Write ``scenario.toml`` and the tables into a new folder.

    Parameters
    ----------
    beside : name -> file to be copied there, such as roads

    Raises
    ------
    UsageError
        When the folder exists and is not empty (inputs are never overwritten) or cannot be written.
    """
    with new_folder(folder) as partial:
        for name, content in scenario_files(draft).items():
            (partial / name).parent.mkdir(exist_ok=True)
            (partial / name).write_bytes(content)
        for name, path in beside.items():
            (partial / name).parent.mkdir(exist_ok=True, parents=True)
            shutil.copyfile(path, partial / name)


def toml_text(draft: Draft) -> str:
    """Return ``scenario.toml`` with every setting, its unit and its meaning as a comment."""
    lines = [f'schema = "{SCHEMA}"', f"name = {toml_value(draft.name)}", f"datum = {toml_value(draft.datum)}"]
    if draft.notes:
        lines += ["notes = [", *(f"  {toml_value(note)}," for note in draft.notes), "]"]
    for key in SECTIONS:
        lines += ["", f"[{key}]", *_section(key, draft.sections.get(key, {}))]
    for one in draft.assumptions:
        lines += ["", "[[assumptions]]", *(f"{k} = {toml_value(v)}" for k, v in one.model_dump().items())]
    for name, layer in draft.variants.items():
        for key, values in layer.items():
            lines += ["", f"[variants.{name}.{key}]", *(f"{k} = {toml_value(v)}" for k, v in values.items())]
    return "\n".join(lines) + "\n"


def _section(key: str, values: Mapping[str, Any]) -> list[str]:
    """Write every key of a section; those a named programme sets are comments, so that naming another one works."""
    noun = SECTIONS[key]
    lines = []
    ruled = programme_keys().get(values.get("programme", ""), {}) if key == "subsidy" else {}
    for name, info in noun.model_fields.items():
        value = values.get(name, info.default)
        unit = unit_of(noun, name).strip()
        comment = _(info.description or "") + (f" [{_(unit)}]" if unit else "")
        if ruled and name not in values:
            shown = ruled.get(name, info.default)
            lines.append(f"# {name} = {'' if shown is None else toml_value(shown)}  # {comment}")
        else:
            lines.append(f"# {name} =   # {comment}" if value is None else f"{name} = {toml_value(value)}  # {comment}")
    return lines


def toml_value(value: Any) -> str:
    """Render a TOML value; JSON strings and numbers are TOML too."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{toml_value(str(k))} = {toml_value(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml_value(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
