"""The command ``coldchain serve``: a county planned in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from coldchain.cli.commands import SHOWN_WARNINGS, print_faults
from coldchain.cli.manners import hushed, path_argument, quiet_option, quoted
from coldchain.cli.telling import sentence
from coldchain.language import _


@click.command(epilog="Example: coldchain serve runs/upland --port 5006 --no-browser")
@click.argument("folder", metavar="SCENARIO|RUN", type=path_argument)
@click.option("--variant", help="Variant named in scenario.toml; base when left out.")
@click.option("--port", type=click.IntRange(0, 65_535), default=0, show_default="any that is free",
              help="Port to listen at.")  # fmt: skip
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; of this computer only.")
@click.option("--no-browser", is_flag=True, help="Only print the address; open no browser.")
@quiet_option
def serve(folder: Path, variant: str | None, port: int, host: str, no_browser: bool, quiet: bool) -> int:
    """Plan a SCENARIO in the browser, or go on from a RUN: forbid and force sites, change the budget, compare.

    Prints the address of the page, with its token, and answers until Ctrl-C. Nothing leaves this computer.
    """
    from coldchain.pages import Desk, Voice, planning_page
    from coldchain.pages import serve as listen
    from coldchain.pages.server import checked_host

    checked_host(host)
    desk = Desk.open(folder, variant)
    if not quiet:
        print_faults(desk.faults, most=SHOWN_WARNINGS)
    voice = Voice(sentence, lambda line: " ".join(quoted(word) for word in line))

    def address(url: str) -> None:
        click.echo(url)
        if not hushed():
            click.echo(_("Open this address in a browser; Ctrl-C ends the page."), err=True)
        if not no_browser:
            webbrowser.open(url)

    listen(lambda document, wanted: planning_page(desk, voice, document, wanted), address, host=host, port=port)
    return 0
