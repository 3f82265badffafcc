"""The command ``coldchain serve``: a county planned, or a day watched, in the browser."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.commands import SHOWN_WARNINGS, print_faults
from coldchain.cli.manners import hushed, path_argument, quiet_option, quoted
from coldchain.cli.telling import sentence
from coldchain.cli.watching import moved_option, readings_options, setup_of, terms_options
from coldchain.errors import UsageError
from coldchain.language import _

if TYPE_CHECKING:
    from bokeh.document import Document

    from coldchain.pages.bookings import Counter
    from coldchain.pages.server import Fill, PageVisit
    from coldchain.runs import Run


@click.command(epilog="Example: coldchain serve runs/upland --port 5006 --no-browser")
@click.argument("folder", metavar="SCENARIO|RUN|ROUTES", type=path_argument)
@click.option("--variant", help="Variant named in scenario.toml; base when left out.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, show_default="any that is free",
              help="Port to listen at.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True,
              help="Address to listen at; one that others can reach needs --cert and --key.")  # fmt: skip
@click.option("--cert", type=path_argument, help="Certificate of that address (PEM).")
@click.option("--key", type=path_argument, help="Key of that certificate (PEM), without a password.")
@click.option("--replay", "file", type=path_argument, help="Of a day: file of messages, read again as it grows.")
@click.option("--store", "kept", type=path_argument, help="Of a day: SQLite file that `coldchain watch` stores to.")
@click.option("--propose", is_flag=True, help="Of a day: what can be done for lots in danger, to accept.")
@readings_options
@terms_options
@moved_option
@click.option("--no-browser", is_flag=True, help="Only print the address; open no browser.")
@quiet_option
def serve(folder: Path, port: int, host: str, no_browser: bool, quiet: bool, **given: Any) -> int:
    """Plan a SCENARIO in the browser, go on from a RUN, or watch a day of ROUTES.

    Prints the address of the page, with its token, and answers until Ctrl-C. Nothing leaves this computer unless --host
    opens it to others.
    """
    from coldchain.pages.server import LOOPBACK, checked_host, checked_tls
    from coldchain.pages.server import serve as listen

    tls = checked_tls(given["cert"], given["key"])
    listening = checked_host(host, tls)
    pages, members = _pages_of(folder, given, quiet=quiet)
    if tls is not None and listening != LOOPBACK:
        told = _("warning: who reaches {host} and has this address, with its token, can plan and save on this computer")
        click.echo(told.format(host=host), err=True)

    def address(url: str) -> None:
        click.echo(url)
        if not hushed():
            click.echo(_("Open this address in a browser; Ctrl-C ends the page."), err=True)
        if not no_browser:
            webbrowser.open(url)

    listen(pages, address, host=host, port=port, tls=tls, members=members)
    return 0


def _pages_of(folder: Path, given: dict[str, Any], *, quiet: bool) -> tuple[dict[str, Fill], tuple[str, ...]]:
    """Return what fills a tab, by path, and who has a link of its own to the last: the kind of folder decides.

    Raises
    ------
    UsageError
        For options of the other kind.
    """
    from coldchain.pages.shell import is_day

    if is_day(folder):
        if given["variant"] is not None:
            raise UsageError(_("--variant goes with a scenario; a run knows its variant"))
        return {"/": _day(folder, given)}, ()
    of_days = ("file", "kept", "table", "mapping", "thresholds", "moved", "discount")
    if given["propose"] or given["date"] or any(given[name] is not None for name in of_days):
        raise UsageError(_("options of a day, such as --replay, --store and --propose, go with a folder of routes"))
    return _plan(folder, given["variant"], quiet=quiet)


def _day(folder: Path, given: dict[str, Any]) -> Fill:
    from coldchain.diversions.proposals import ProposalTerms
    from coldchain.pages.day import DayDesk, day_page
    from coldchain.telemetry.dayplan import read_day

    plan = read_day(folder, given["moved"])
    setup, reader = setup_of(plan, given)
    terms = ProposalTerms(given["repair_h"], given["notice_h"], given["discount"]) if given["propose"] else None
    day = DayDesk(folder, plan, given["file"], given["kept"], setup, reader, terms, given["moved"]).checked()
    return lambda document, visit: day_page(day, document, visit.wanted)


def _plan(folder: Path, variant: str | None, *, quiet: bool) -> tuple[dict[str, Fill], tuple[str, ...]]:
    """Return the planning page; for a run its bookings, too, which members open by links of their own."""
    from coldchain.pages.desk import PlanningDesk
    from coldchain.pages.planning import Voice, planning_page
    from coldchain.pages.shell import BOOKINGS, PLAN

    desk = PlanningDesk.open(folder, variant)
    if not quiet:
        print_faults(desk.faults, most=SHOWN_WARNINGS)
    voice = Voice(sentence, lambda line: " ".join(quoted(word) for word in line))
    pages: dict[str, Fill] = {PLAN: lambda document, visit: planning_page(desk, voice, document, visit.wanted)}
    if desk.run is None:
        return pages, ()
    from coldchain.booking.platform import Platform

    pages = {
        PLAN: lambda document, visit: planning_page(desk, voice, document, visit.wanted, visit.keys.link(BOOKINGS)),
        BOOKINGS: _bookings(desk.run, folder, voice.shell),
    }
    return pages, Platform.of(desk.run.planned).names


def _bookings(run: Run, folder: Path, shell: Callable[[Sequence[str]], str]) -> Fill:
    """Return the page of the bookings of a run; what it needs is loaded when somebody opens it."""

    @cache
    def counter() -> Counter:
        from coldchain.booking.desk import store_of
        from coldchain.pages.bookings import Counter

        return Counter(run, folder, store_of(folder), shell, date.today)

    def fill(document: Document, visit: PageVisit) -> object:
        from coldchain.pages.bookings import bookings_page

        return bookings_page(counter(), document, visit)

    return fill
