"""The command ``coldchain report``: a run as a workbook, a page and a PDF."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import click

from coldchain.cli.manners import json_option, next_step, path_argument
from coldchain.errors import UsageError
from coldchain.language import _


@click.command(epilog="Example: coldchain report runs/upland --lang zh --pdf")
@click.argument("run", type=path_argument)
@click.option("--out", type=path_argument, help="Folder to write to; the run's own by default.")
@click.option("--pdf", is_flag=True, help="Print the page as PDF, too; needs Chromium, Chrome or Edge.")
@json_option
def report(run: Path, out: Path | None, pdf: bool, as_json: bool) -> None:
    """Write RUN as a workbook for Excel and a page to print: loss, money, depots, awards, and how sure it is.

    Nothing else in the folder is touched; an earlier report is replaced.
    """
    from coldchain.report import read_run
    from coldchain.report.book import write_book
    from coldchain.report.document import sections
    from coldchain.report.folder import MAP
    from coldchain.report.page import report_page
    from coldchain.report.printing import print_page

    _info, summary, tables = read_run(run)
    folder = out or run
    folder.mkdir(parents=True, exist_ok=True)
    told, name = sections(summary, tables), summary["scenario"]["name"]
    link = os.path.relpath(run / MAP, folder) if (run / MAP).is_file() else ""
    page = report_page(name, summary, tables, told, Path(link).as_posix() if link else "")
    book = write_in_place(folder / "report.xlsx", lambda path: write_book(path, name, told))
    html = write_in_place(folder / "report.html", lambda path: path.write_text(page, encoding="utf-8"))
    written = [book, html]
    if pdf:
        written.append(write_in_place(folder / "report.pdf", lambda path: print_page(html, path)))
    if as_json:
        click.echo(json.dumps({path.suffix[1:]: str(path) for path in written}, ensure_ascii=False))
    else:
        for path in written:
            click.echo(str(path))
    next_step(f"coldchain verify {run}")


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
