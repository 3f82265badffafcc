"""``run.json``: that the run is of these inputs, and agrees with its summary and with the settings of the scenario."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from coldchain.language import _
from coldchain.verify.figures import leaves
from coldchain.verify.record import Record

SECTIONS = ("chain", "economics", "siting", "subsidy", "roads", "routing")
SHARED = {
    ("seed",): ("seed",),
    ("status",): ("status",),
    ("interrupted",): ("interrupted",),
    ("ended",): ("ended",),
    ("scenario", "name"): ("scenario", "name"),
    ("scenario", "variant"): ("scenario", "variant"),
    ("sha256", "scenario"): ("scenario", "sha256"),
    ("versions", "coldchain"): ("version",),
}


def _unsaid(record: Record, section: str, key: str) -> Any:
    """Return what an earlier version, which did not know a setting yet, planned with: its default."""
    noun = getattr(record.scenario, section, None)
    return None if noun is None or key not in type(noun).model_fields else type(noun).model_fields[key].get_default()


def check_run(record: Record, run: Mapping[str, Any], summary: Mapping[str, Any]) -> None:
    """Check that run, summary and scenario are of one another; the budget is that of the run."""
    if summary["scenario"]["sha256"] != record.scenario.sha256:
        record.wrong(_("the scenario has changed since this plan was made (its hash differs)"))
    stated, told = dict(leaves(run)), dict(leaves(summary))
    for here, there in SHARED.items():
        if stated.get(here) != told.get(there):
            text = _("run.json: {path} is {here}; summary.json says {there}")
            record.wrong(text.format(path=".".join(here), here=stated.get(here), there=told.get(there)))
    right = {name: getattr(record.scenario, name).model_dump(mode="json") for name in SECTIONS}
    settings = run["settings"]
    for name in sorted({*right, *settings}):
        mine, theirs = right.get(name, {}), settings.get(name)
        for key in sorted({*mine, *(theirs if isinstance(theirs, Mapping) else ())}):
            value = theirs.get(key, _unsaid(record, name, key)) if isinstance(theirs, Mapping) else None
            if value != mine.get(key):
                text = _("run.json: settings.{path} is {here}; the scenario has {there}")
                record.wrong(text.format(path=f"{name}.{key}", here=value, there=mine.get(key)))
    asked = run["arguments"].get("budget")
    if asked is not None and asked != settings["siting"]["budget_cny"]:
        text = _("run.json: the budget is {here}; the run was asked for {there}")
        record.wrong(text.format(here=settings["siting"]["budget_cny"], there=asked))
