"""A proposal accepted: the day's folder written anew, with sheets and GPX for the trucks that go otherwise."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from coldchain.dispatch.folder import FAMILY, write_day
from coldchain.diversions.desk import DayDispatcher
from coldchain.diversions.proposals import Proposal
from coldchain.diversions.trucks import write_truck_sheets
from coldchain.errors import UsageError
from coldchain.inputs import way_to
from coldchain.language import _
from coldchain.runs import write_folder, write_tables
from coldchain.telemetry.dayplan import ROUTES
from coldchain.telemetry.ways import DIVERSIONS, table_of

NOT_OURS = ("orders", "locked", "start_from", "write_orders")


def accept(desk: DayDispatcher, proposal: Proposal, out: Path) -> None:
    """Write the day as it goes on with a proposal.

    Parameters
    ----------
    out : new, empty, or an earlier day of routes, which is replaced whole; never the day itself

    Raises
    ------
    UsageError
        When it is the folder of the day, holds something else, or cannot be written.
    """
    if out.resolve() == desk.folder.resolve():
        told = _("--out {folder} is the day that is watched; choose another folder")
        raise UsageError(told.format(folder=out))
    arguments = dict(desk.run.information["arguments"])
    if proposal.made is not None:
        kept = {key: value for key, value in arguments.items() if key not in NOT_OURS}
        more = {DIVERSIONS: desk.run.tables[DIVERSIONS]} if DIVERSIONS in desk.run.tables else {}
        write_day(proposal.made, out, kept, more)
        return
    scenario = desk.run.inputs.path
    arguments |= {"scenario": str(scenario), "scenario_from_run": way_to(scenario, out)}
    write_folder(out, lambda folder: _fill(desk, proposal, folder, arguments), ROUTES, FAMILY)


def _fill(desk: DayDispatcher, proposal: Proposal, folder: Path, arguments: dict[str, object]) -> None:
    """Copy the day; add the table of lots diverted, and the sheets of the trucks that take them."""
    shutil.copytree(desk.folder, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("tables"))
    run = desk.run
    table = table_of([one.way for one in proposal.lots if one.way is not None]).assign(proposal=proposal.id)
    if DIVERSIONS in run.tables:
        table = pd.concat([run.tables[DIVERSIONS], table], ignore_index=True)
    information = {**run.information, "arguments": arguments}
    write_tables({**run.tables, DIVERSIONS: table}, folder, ROUTES, run.summary, information)
    (folder / "sheets").mkdir(exist_ok=True)
    write_truck_sheets(desk, proposal, folder / "sheets")
