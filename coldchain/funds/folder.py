"""A divided fund as a folder: the object, the table of counties, the table of divisions, the page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from coldchain import __version__
from coldchain.cells import csv_text
from coldchain.funds.division import Allocation
from coldchain.funds.page import write_page
from coldchain.runs import check_target, write_folder
from coldchain.runs.record import plain_values

SCHEMA, FAMILY = "coldchain.allocation/1", "coldchain.allocation/"
OBJECT, COUNTIES, DIVISIONS, PAGE = "allocation.json", "counties.csv", "divisions.csv", "allocation.html"


def check_allocation_folder(folder: Path) -> None:
    """Refuse a folder that holds something other than an earlier division; raises `UsageError`."""
    check_target(folder, OBJECT, FAMILY)


def write_allocation(made: Allocation, folder: Path, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Write all files, whole or not at all; return the object of ``allocation.json``."""
    divisions = made.compared.to_dict("records")
    told: dict[str, Any] = plain_values(
        {"schema": SCHEMA, "version": __version__, "arguments": dict(arguments), **made.facts, "divisions": divisions}
    )

    def fill(partial: Path) -> None:
        for name, frame in ((COUNTIES, made.counties), (DIVISIONS, made.compared)):
            (partial / name).write_text(csv_text(frame), encoding="utf-8-sig")
        text = json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)
        (partial / OBJECT).write_text(text + "\n", encoding="utf-8")
        write_page(made, partial / PAGE)

    write_folder(folder, fill, OBJECT, FAMILY)
    return told
