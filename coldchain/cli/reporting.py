"""The command ``coldchain report``: a run as a workbook, a page and a PDF."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.manners import hushed, json_option, next_step, path_argument, print_paths
from coldchain.errors import ColdchainError, MissingExtraError, UsageError
from coldchain.language import _, language

if TYPE_CHECKING:
    import pandas as pd

    from coldchain.report.document import Told

YEARS = 40


@click.command(epilog="Example: coldchain report runs/upland --lang zh --pdf")
@click.argument("run", type=path_argument)
@click.option("--out", type=path_argument, help="Folder to write to; the run's own by default.")
@click.option("--pdf", is_flag=True, help="Print the page as PDF, too; needs Chromium, Chrome or Edge.")
@click.option("--years", type=click.IntRange(0, 10_000), default=YEARS, show_default=True,
              help="Years to replay when RUN holds no replay yet; 0 leaves them out.")  # fmt: skip
@click.option("--sweep", type=path_argument, help="Folder of a sweep: what every budget buys, instead of the next one.")
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
def report(run: Path, out: Path | None, pdf: bool, as_json: bool, **given: Any) -> None:
    """Write RUN as a workbook for Excel and a page to print: loss, money, depots, awards, and how sure it is.

    The replay of random years is kept as replay.json beside them and used again. Nothing else in the folder is
    touched; an earlier report is replaced.
    """
    from coldchain.report.book import write_book
    from coldchain.report.document import sections
    from coldchain.report.folder import MAP
    from coldchain.report.page import report_page
    from coldchain.report.printing import browser, print_page

    folder = out or run
    if pdf and browser() is None:
        raise MissingExtraError(
            _("a PDF needs Chromium, Chrome or Edge; leave out --pdf, open the page in any browser and print it")
        )
    told = _told(run, folder, given["scenario"], given["years"], given["sweep"])
    folder.mkdir(parents=True, exist_ok=True)
    parts, name = sections(told), told.summary["scenario"]["name"]
    link = Path(os.path.relpath(run / MAP, folder)).as_posix() if (run / MAP).is_file() else ""
    page = report_page(name, told, parts, link)
    book = write_in_place(folder / "report.xlsx", lambda path: write_book(path, name, parts))
    html = write_in_place(folder / "report.html", lambda path: path.write_text(page, encoding="utf-8"))
    written = [book, html]
    if pdf:
        _hint_at_fonts()
        written.append(write_in_place(folder / "report.pdf", lambda path: print_page(html, path)))
    print_paths(written, as_json=as_json)
    next_step(f"coldchain verify {run}")


def _hint_at_fonts() -> None:
    """Say so when a browser has no Chinese font to print with; without matplotlib nobody can look."""
    from importlib import util

    from coldchain.report import fonts

    if language() == "zh" and not hushed() and util.find_spec("matplotlib") and not fonts.on_system():
        told = _(
            "no Chinese font on this machine: the PDF may show empty boxes; install one, for example Noto Sans CJK "
            "(Linux: apt install fonts-noto-cjk)"
        )
        click.echo(told, err=True)


def _told(run: Path, folder: Path, moved: Path | None, years: int, sweep: Path | None) -> Told:
    """Collect what is to be reported; a replay that cannot be made is left out, and the report says why."""
    from coldchain.cli.replaying import DAYS, replay_run, stored, write_replay
    from coldchain.replaying import Chances, Effort
    from coldchain.report import read_run
    from coldchain.report.document import Told

    _info, summary, tables = read_run(run)
    budgets = None if sweep is None else _sweep(sweep)
    found, silence = (stored(run, run) or stored(run, folder)) if years else None, ""
    if years and found is None:
        try:
            found = replay_run(run, Chances(), Effort(years, DAYS), moved)
        except ColdchainError as error:
            silence = _("not made: {why}").format(why=str(error).splitlines()[0])
        else:
            folder.mkdir(parents=True, exist_ok=True)
            write_replay(folder, found)
    return Told(summary, tables, found, budgets, silence)


def _sweep(folder: Path) -> pd.DataFrame:
    """Read the points of a sweep that were asked for."""
    import pandas as pd

    from coldchain.report.sweeping import TABLE

    try:
        rows = pd.read_csv(folder / TABLE)
    except (OSError, ValueError) as error:
        told = _("{folder} is no folder of a sweep: {why}")
        raise UsageError(told.format(folder=folder, why=getattr(error, "strerror", None) or error)) from error
    return rows[rows["loss_t"].notna()].sort_values("budget_cny").reset_index(drop=True)


def write_in_place(target: Path, write: Callable[[Path], object]) -> Path:
    """Let ``write`` write a file under another name, then put it in place."""
    partial = target.with_name(f".{target.stem}.partial-{os.getpid()}{target.suffix}")
    try:
        write(partial)
        partial.replace(target)
    except OSError as error:
        told = _("{path} cannot be written: {why}; close it if it is open in Excel")
        raise UsageError(told.format(path=target, why=error.strerror or error)) from error
    finally:
        partial.unlink(missing_ok=True)
    return target
