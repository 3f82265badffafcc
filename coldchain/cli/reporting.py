"""The command ``coldchain report``: a run as a workbook, a page and a PDF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from coldchain.cli.manners import hushed, json_option, next_step, of_a_run, path_argument, print_paths, quoted
from coldchain.cli.replaying import tell_years
from coldchain.language import _, language

YEARS = 40


@click.command(epilog="Example: coldchain report runs/upland --lang zh --pdf")
@click.argument("run", type=path_argument)
@click.option("--out", type=path_argument, help="Folder to write to; the run's own by default.")
@click.option("--pdf", is_flag=True, help="Print the papers as PDF, too; needs Chromium, Chrome or Edge.")
@click.option("--docx", is_flag=True, help="Write the papers as documents of Word, too; needs python-docx.")
@click.option("--notice", is_flag=True, help="Write the list of proposed builders and reckoned awards, too.")
@click.option("--years", type=click.IntRange(0, 10_000), default=YEARS, show_default=True,
              help="Years to replay when RUN holds no replay yet; 0 leaves them out.")  # fmt: skip
@click.option("--sweep", type=path_argument, help="Folder of a sweep: what every budget buys, instead of the next one.")
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
@of_a_run
def report(run: Path, out: Path | None, pdf: bool, as_json: bool, **given: Any) -> None:
    """Write RUN as a paper for a meeting and a workbook: what to decide, why, what it costs, what is doubtful.

    The replay of random years is kept as replay.json beside them and used again. Nothing else in the folder is
    touched; an earlier report is replaced.
    """
    from coldchain.api import report as make

    if pdf:
        _hint_at_fonts()
    written = make(run, out, pdf=pdf, say=tell_years(given["years"]), **given)
    print_paths(written, as_json=as_json)
    next_step(f"coldchain verify {quoted(run)}")


def _hint_at_fonts() -> None:
    """Say so when a browser has no Chinese font to print with; without matplotlib nobody can look."""
    from importlib import util

    from coldchain.reports import fonts

    if language() == "zh" and not hushed() and util.find_spec("matplotlib") and not fonts.on_system():
        told = _(
            "no Chinese font on this machine: the PDF may show empty boxes; install one, for example Noto Sans CJK "
            "(Linux: apt install fonts-noto-cjk)"
        )
        click.echo(told, err=True)
