"""The commands ``coldchain trace``: the lots of a day as EPCIS 2.0 events, and the check of such files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import EXIT_BAD_INPUT, SHOWN_WARNINGS
from coldchain.cli.helping import InOrder
from coldchain.cli.manners import json_option, next_step, of_a_run, path_argument, quoted
from coldchain.cli.watching import date_option, moved_option, offset_option
from coldchain.language import _, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from coldchain.model import Landmark
    from coldchain.traceability.form import EventFault

ISSUE = "issue"


class IssueByDefault(InOrder):
    """A group in which ``trace RUN --out FILE`` means ``trace issue RUN --out FILE``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the name of the command in front where it was left out."""
        if args and not {"-h", "--help"} & {args[0]} and not any(arg in self.commands for arg in args[:3]):
            args = [ISSUE, *args]
        return super().parse_args(ctx, args)


@click.group(cls=IssueByDefault, epilog="Example: coldchain trace runs/today --out today.jsonld")
def trace() -> None:
    """Write the lots of a day as EPCIS 2.0 events (trace RUN --out FILE), and check such files (trace check FILE)."""


@trace.command(name=ISSUE, epilog="Example: coldchain trace issue runs/today --date 2026-07-15 --out today.jsonld")
@click.argument("run", metavar="RUN", type=path_argument)
@click.option("--out", "file", type=path_argument, required=True, help="File to write, such as today.jsonld.")
@date_option
@click.option("--prefix", default="9521234", show_default=True,
              help="GS1 company prefix of the keys; the default is for demonstration.")  # fmt: skip
@offset_option
@click.option("--readings", type=path_argument, help="File of messages of the day's sensors, as coldchain watch takes.")
@click.option("--sensors", type=path_argument, help="Table of the devices and the places they stand in.")
@click.option("--with", "others", type=path_argument, multiple=True,
              help="EPCIS file of somebody else whose events follow ours; may be repeated.")  # fmt: skip
@click.option("--pages", type=path_argument, help="Folder to write a page for each lot and the labels with QR codes.")
@click.option("--url", default="", help="Where the pages will lie on the web; the QR codes then lead there.")
@moved_option
@json_option
@of_a_run
def issue(run: Path, file: Path, as_json: bool, **given: Any) -> int:
    """Write every lot of RUN, a folder of `coldchain routes`, as EPCIS 2.0 events from harvest to delivery."""
    from coldchain.traceability.issue import EventsRequest, issue_day

    wish = EventsRequest(run=run, file=file, day=given.pop("date"), **given)
    issued = issue_day(wish)
    if as_json:
        click.echo(json.dumps(issued.printed(), ensure_ascii=False))
        return _ended(issued.findings)
    for note in issued.notes:
        click.echo(_("note: {note}").format(note=note), err=True)
    told = plural("wrote {file}: {lots} lot, {events} events, {kg_in:,.3f} kg harvested = {kg_out:,.3f} kg sold "
                  "+ {kg_lost:,.3f} kg lost + {kg_left:,.3f} kg not delivered",
                  "wrote {file}: {lots} lots, {events} events, {kg_in:,.3f} kg harvested = {kg_out:,.3f} kg sold "
                  "+ {kg_lost:,.3f} kg lost + {kg_left:,.3f} kg not delivered", issued.lots)  # fmt: skip
    click.echo(told.format(**issued.printed()))
    _show(issued.findings)
    if issued.pages is not None:
        click.echo(_("pages and labels: {folder}").format(folder=issued.pages))
    next_step(f"coldchain trace check {quoted(file)}")
    return _ended(issued.findings)


@trace.command(name="check", epilog="Example: coldchain trace check today.jsonld --scenario county --json")
@click.argument("file", type=path_argument)
@click.option("--scenario", type=path_argument, help="Scenario whose register of landmark products the claims are "
              "checked against.")  # fmt: skip
@click.option("--schema", type=path_argument, help="JSON schema that you have, such as that of GS1, to check as well.")
@json_option
def check(file: Path, scenario: Path | None, schema: Path | None, as_json: bool) -> int:
    """Check an EPCIS FILE of anybody: words, units, keys, times, hashes, custody and the balance of kilograms."""
    from coldchain.traceability.check import check as check_document
    from coldchain.traceability.check import check_schema, printed
    from coldchain.traceability.document import read_document

    document = read_document(file)
    findings = check_document(document, _register(scenario))
    if schema is not None:
        findings = tuple(sorted((*findings, *check_schema(document, schema))))
    if as_json:
        click.echo(json.dumps(printed(document, findings), ensure_ascii=False))
        return _ended(findings)
    _show(findings)
    told = [
        plural("{n} event", "{n} events", len(document.events)).format(n=len(document.events)),
        plural("{n} fault", "{n} faults", len(findings)).format(n=len(findings)),
    ]
    click.echo(f"{file}: {_(', ').join(told)}")
    return _ended(findings)


def _register(scenario: Path | None) -> Sequence[Landmark] | None:
    """Return the register of landmark products of a scenario."""
    if scenario is None:
        return None
    from coldchain.scenario import load

    return load(scenario)[0].landmarks


def _ended(findings: Sequence[EventFault]) -> int:
    return EXIT_BAD_INPUT if findings else 0


def _show(findings: Sequence[EventFault]) -> None:
    """Print what is wrong, event by event; past a dozen of one kind only how many more there are."""
    from coldchain.traceability.form import CODES

    by_code: dict[str, list[EventFault]] = {}
    for one in findings:
        by_code.setdefault(one.code, []).append(one)
    for code, group in by_code.items():
        click.echo(_("{kind} ({count}):").format(kind=_(CODES[code]), count=len(group)))
        for one in group[:SHOWN_WARNINGS]:
            click.echo(_("  event {event}: {message}").format(event=one.event, message=one.message))
        if len(group) > SHOWN_WARNINGS:
            click.echo(_("  and {count} more").format(count=len(group) - SHOWN_WARNINGS))
