"""``coldchain init NEXT --after RUN``: the scenario of the next year."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.manners import next_step, quoted
from coldchain.errors import UsageError
from coldchain.language import _

if TYPE_CHECKING:
    from coldchain.model import Scenario
    from coldchain.runs.carry import Change

OF_ANOTHER_KIND = ("villages", "counties")


def refuse_without_after(given: dict[str, Any]) -> None:
    """Refuse options that only a year after a run has.

    Raises
    ------
    UsageError
        Naming the first of them.
    """
    alone = next((name for name in ("through", "budget", "scenario") if given[name] is not None), None)
    if alone is not None:
        raise UsageError(_("--{option} goes with --after RUN").format(option=alone))


def _in_words(change: Change, scenario: Scenario) -> str:
    """Render a change with the name of its site, and its modules in words."""
    from coldchain.model.naming import labelled
    from coldchain.papers.contents import Kinds

    if change.table != "sites":
        return str(change)
    names, kinds = {site.id: site.name for site in scenario.sites}, Kinds.of(scenario)
    modules = change.column == "existing"
    before, after = (kinds.words(text) if modules else text for text in (change.before, change.after))
    return str(replace(change, row=labelled(change.row, names.get(change.row, "")), before=before, after=after))


def init_after(folder: Path, given: dict[str, Any], *, as_json: bool) -> None:
    """Write the scenario of the year after a run and list what is different in it."""
    from coldchain.runs import Run
    from coldchain.runs.carry import carry_over

    other = next((name for name in OF_ANOTHER_KIND if given[name] is not None), "workbook" if given["workbook"] else "")
    if other:
        raise UsageError(_("--{option} makes a new county; leave it out with --after RUN").format(option=other))
    run = Run.open(given["after"], given["scenario"])
    carried = carry_over(run, folder, through=given["through"], budget_cny=given["budget"])
    if as_json:
        changes = [asdict(one) for one in carried.changes]
        told = {"schema": "coldchain.written/1", "folder": str(folder), "changes": changes}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    since = _("changed since {run} was planned, and taken as it is now:")
    heads = {"carried": _("carried over from {run}:"), "since": since}
    for kind, head in heads.items():
        lines = [_in_words(one, run.scenario) for one in carried.changes if one.kind == kind]
        if lines:
            click.echo(head.format(run=given["after"]))
        for line in lines:
            click.echo(f"  {line}")
    for unit, number in carried.standing.units.items():
        text = _("not carried over: {number} of the mobile unit {unit}; scenarios do not know units owned before")
        click.echo(text.format(number=number, unit=unit), err=True)
    click.echo(_("wrote {folder}: the year after {run}").format(folder=folder, run=given["after"]))
    next_step(f"coldchain check {quoted(folder)}", f"coldchain plan {quoted(folder)}")
