"""A day of the county small enough to work out by hand, routed and traced, for tests of traceability."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from dispatching_cases import line_county, order, write_table

from coldchain.dispatch.dispatch import DispatchRequest, dispatch
from coldchain.dispatch.folder import write_day
from coldchain.traceability.check import check
from coldchain.traceability.document import Document, document_of, hashed

REGISTER = "地标编号,地标产品,证书编号,产地村,品种,采收月份\nGI1,甲地番茄,AGI-01,甲村,番茄,6-8月\n"
ORDERS = (order("A1", "A", 400.5), order("B1", "B", 300), order("官庄<b>", "A", 120.25))


def traced_folder(root: Path) -> Path:
    """Write the county with a register of landmark products, route three orders, and return the folder of the day."""
    county = line_county(root / "county")
    (county / "landmarks.csv").write_text(REGISTER, encoding="utf-8")
    orders = write_table(root / "orders.csv", ORDERS)
    made = dispatch(DispatchRequest(county, orders=orders, day="warm", iterations=100))
    write_day(made, root / "day", {"source": str(county)})
    return root / "day"


def written_document(folder: Path, *options: str) -> dict[str, Any]:
    """Run ``coldchain trace`` and return the document it wrote."""
    from coldchain.cli import run

    file = folder.parent / "day.jsonld"
    assert run(["trace", str(folder), "--out", str(file), "--date", "2026-07-15", "--quiet", *options]) == 0
    tree: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return tree


def rehashed(tree: dict[str, Any]) -> Document:
    """Return a changed document, each event with the hash of what it holds now."""
    changed = copy.deepcopy(tree)
    spaces = document_of(changed).namespaces
    changed["epcisBody"]["eventList"] = [hashed(event, spaces) for event in changed["epcisBody"]["eventList"]]
    return document_of(changed)


def codes(document: Document) -> set[str]:
    """Return the codes of what a check finds."""
    return {one.code for one in check(document)}
