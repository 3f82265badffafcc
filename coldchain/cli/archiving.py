"""The command ``coldchain archive``: a run with its inputs in one file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coldchain.cli.manners import json_option, next_step, of_a_run, path_argument, quoted
from coldchain.language import _, plural

EXIT_BAD_INPUT = 3


@click.command(epilog="Example: coldchain archive runs/2026")
@click.argument("run", type=path_argument)
@click.option("--out", type=path_argument, help="File to write; RUN.zip beside the run when left out.")
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
@of_a_run
def archive(run: Path, out: Path | None, scenario: Path | None, as_json: bool) -> int:
    """Pack RUN in one file: inputs, versions, tables and the referee's report, with a fingerprint over all of them.

    verify, report, map and compare take the file in place of a run, in this and in later versions. The same run gives
    the same bytes. A run that does not verify is packed too; the report in it says so, and the exit code is 3.
    """
    from coldchain.cli.verifying import report_object, verify_folder
    from coldchain.runs import Run
    from coldchain.runs.archive import SUFFIX, write_archive

    report = verify_folder(run, scenario)
    target = out or run.resolve().with_name(f"{run.resolve().name}{SUFFIX}")
    mark = write_archive(Run.open(run, scenario), report_object(run, report), target)
    if as_json:
        told = {"schema": "coldchain.archived/1", "archive": str(target), "fingerprint": mark, "ok": report.ok}
        click.echo(json.dumps(told, ensure_ascii=False))
        return 0 if report.ok else EXIT_BAD_INPUT
    for problem in report.problems:
        click.echo(_("problem: {text}").format(text=problem))
    count = len(report.problems)
    verdict = _("verified") if report.ok else plural("{count} problem", "{count} problems", count).format(count=count)
    click.echo(_("wrote {path}: {verdict}; fingerprint {mark}").format(path=target, verdict=verdict, mark=mark))
    next_step(f"coldchain verify {quoted(target)}", f"coldchain report {quoted(target)}")
    return 0 if report.ok else EXIT_BAD_INPUT
