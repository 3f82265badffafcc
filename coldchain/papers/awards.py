"""The awards after acceptance: the public notice, and the tables and the object beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from coldchain.cells import csv_text
from coldchain.language import _
from coldchain.model.naming import labelled
from coldchain.papers.contents import ModuleCount, archive_line, builder_of, county_of, places_of
from coldchain.papers.notice import NoticeRow, Occasion, notice, plain
from coldchain.papers.paper import Paper
from coldchain.papers.proposal import in_words, limit_in_words
from coldchain.papers.writing import write_paper
from coldchain.planning.acceptance import Acceptance, AcceptedRow, Award
from coldchain.runs import Run, write_in_place
from coldchain.runs.carry import ACCEPTED, ACCEPTED_SCHEMA

OWNERS = (
    "owner", "owner_kind", "county", "depots", "net_m3", "cost_cny", "before_cap_cny", "award_cny", "planned_cny",
    "own_money_cny", "bound",
)  # fmt: skip
ROWS = (
    "site",
    "owner",
    "module",
    "count",
    "net_m3",
    "cost_cny",
    "rate",
    "price_cny_m3",
    "award_cny",
    "bound",
    "remark",
)


def write_acceptance(run: Run, found: Acceptance, folder: Path, *, pdf: bool = False, docx: bool = False) -> list[Path]:
    """Write ``awards.csv``, ``measured.csv``, ``acceptance.json`` and the notice; return their paths.

    Raises
    ------
    UsageError, MissingExtraError
        When a file cannot be written; when what prints or writes a document is missing.
    """
    tables = {
        "awards": pd.DataFrame(_owners(found), columns=OWNERS),
        "measured": pd.DataFrame(_rows(found), columns=ROWS),
    }
    made = [_write(folder / f"{name}.csv", csv_text(frame).encode("utf-8-sig")) for name, frame in tables.items()]
    text = json.dumps(acceptance_object(run, found), indent=2, ensure_ascii=False) + "\n"
    made.append(_write(folder / ACCEPTED, text.encode()))
    return [*made, *write_paper(awards_paper(run, found), folder, "awards", pdf=pdf, docx=docx)]


def _write(path: Path, content: bytes) -> Path:
    return write_in_place(path, lambda place: place.write_bytes(content))


def acceptance_object(run: Run, found: Acceptance) -> dict[str, Any]:
    """Return the object of ``acceptance.json``."""
    modules: dict[str, dict[str, int]] = {}
    for row in (row for award in found.awards for row in award.rows):
        modules.setdefault(row.measured.site, {})[row.measured.kind.id] = row.measured.count
    return {
        "schema": ACCEPTED_SCHEMA,
        "scenario": run.summary["scenario"],
        "total_cny": found.total_cny,
        "net_m3": sum(award.net_m3 for award in found.awards),
        "cost_cny": sum(award.cost_cny for award in found.awards),
        "modules": modules,
        "awards": [dict(zip(OWNERS, row, strict=True)) for row in _owners(found)],
        "missing": list(found.missing),
        "problems": list(found.problems),
    }


def _owners(found: Acceptance) -> Iterator[tuple[Any, ...]]:
    for award in found.awards:
        depots = ";".join(dict.fromkeys(row.measured.site for row in award.rows))
        yield (
            award.owner, award.owner_kind, award.county, depots, award.net_m3, award.cost_cny, award.before_cap_cny,
            award.award_cny, award.planned_cny, award.cost_cny - award.award_cny, ";".join(award.bound),
        )  # fmt: skip


def _rows(found: Acceptance) -> Iterator[tuple[Any, ...]]:
    for row in (row for award in found.awards for row in award.rows):
        one = row.measured
        yield (
            one.site, row.owner, one.kind.id, one.count, one.net_m3, one.cost_cny, row.basis.rate,
            row.basis.price_cny_m3, row.award_cny, row.bound, one.remark,
        )  # fmt: skip


def awards_paper(run: Run, found: Acceptance) -> Paper:
    """Return the public notice of the awards."""
    scenario = run.scenario
    occasion = Occasion(
        "awarded", scenario.papers, scenario.subsidy, county_of(run.tables["villages"], scenario.name),
        tuple(dict.fromkeys(award.county for award in found.awards)), scenario.name, foot=archive_line(run.summary),
    )  # fmt: skip
    table = run.tables["depots"]
    places = dict(zip(table["depot"].astype(str), places_of(table, run.tables["villages"]), strict=True))
    names = dict(zip(table["depot"].astype(str), table["name"].astype(str), strict=True))
    return notice([_noticed(run, award, places, names) for award in found.awards], occasion)


def _noticed(run: Run, award: Award, places: dict[str, str], names: dict[str, str]) -> NoticeRow:
    depots = list(dict.fromkeys(row.measured.site for row in award.rows))
    return NoticeRow(
        owner=builder_of(award.owner, names),
        owner_kind=award.owner_kind,
        place=_("; ").join(labelled(places[key], names[key]) for key in depots),
        content=_("; ").join(str(_modules(row)) for row in award.rows),
        depots=len(depots),
        modules=sum(row.measured.count for row in award.rows),
        net_m3=award.net_m3,
        investment_cny=award.cost_cny,
        award_cny=award.award_cny,
        reckoning=_("; ").join(_reckoned(row) for row in award.rows),
        limit=_("; ").join(dict.fromkeys(_limits(run, award))),
        remark=_("; ").join(filter(None, (row.measured.remark for row in award.rows))),
    )


def _modules(row: AcceptedRow) -> ModuleCount:
    return ModuleCount(row.measured.kind.id, row.measured.count, row.measured.kind)


def _reckoned(row: AcceptedRow) -> str:
    if row.bound in ("not_eligible", "least_size"):
        return _("{modules}: none").format(modules=_modules(row))
    return _("{modules}: {sum}").format(modules=_modules(row), sum=in_words(row.basis, 1))


def _limits(run: Run, award: Award) -> Iterator[str]:
    rule = run.scenario.subsidy
    if award.bound == ("cap",):
        left = max((rule.cap_per_owner_cny or 0.0) - rule.awarded_by_owner_cny.get(award.owner, 0.0), 0.0)
        yield _("cap of CNY {cap} a builder").format(cap=plain(left))
        return
    for row in award.rows:
        if row.bound == "not_eligible":
            yield _("not eligible")
        elif row.bound == "least_size":
            yield _("under the least size of {least:g} m³").format(least=rule.least_m3)
        else:
            yield limit_in_words(row.basis)
