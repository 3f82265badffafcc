"""The command ``coldchain accept``: awards by what was measured, and the public notice."""

from __future__ import annotations

import json
from pathlib import Path

import click

from coldchain.cli.manners import json_option, next_step, of_a_run, path_argument, quoted
from coldchain.language import _, plural


@click.command(epilog="Example: coldchain accept runs/2026 measured.csv --pdf")
@click.argument("run", type=path_argument)
@click.argument("measured", type=path_argument)
@click.option("--out", type=path_argument, help="Folder to write to; acceptance in the run when left out.")
@click.option("--pdf", is_flag=True, help="Print the notice as PDF, too; needs Chromium, Chrome or Edge.")
@click.option("--docx", is_flag=True, help="Write the notice as a document of Word, too; needs python-docx.")
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
@of_a_run
def accept(run: Path, measured: Path, out: Path | None, scenario: Path | None, as_json: bool, **given: bool) -> None:
    """Award what was built: the programme's rule applied to volume and cost as MEASURED.

    MEASURED is a table with the columns site, module, count, net_m3 and cost_cny. Writes awards.csv, measured.csv,
    acceptance.json and the notice to be made public, awards.html. Awards are rounded down to 100 CNY. init --after
    counts them in place of the plan's.
    """
    from coldchain.model.naming import labelled
    from coldchain.papers.awards import acceptance_object, write_acceptance
    from coldchain.planning.acceptance import accept as reckon
    from coldchain.planning.acceptance import planned_modules
    from coldchain.planning.measured import read_measured
    from coldchain.runs import Run
    from coldchain.runs.archive import output_folder
    from coldchain.runs.carry import ACCEPTANCE

    opened = Run.open(run, scenario).checked()
    found = reckon(opened, read_measured(measured, opened.scenario, planned_modules(opened)))
    written = write_acceptance(opened, found, out or output_folder(run) / ACCEPTANCE, **given)
    for problem in found.problems:
        click.echo(_("warning: {text}").format(text=problem), err=True)
    if as_json:
        facts = {**acceptance_object(opened, found), "files": [str(path) for path in written]}
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    names = dict(opened.tables["depots"][["depot", "name"]].astype(str).itertuples(index=False, name=None))
    for award in found.awards:
        text = _("{owner}: {award:,.0f} CNY for {net_m3:,g} m³ at {cost:,.0f} CNY (planned {planned:,.0f} CNY)")
        owner = labelled(award.owner, names.get(award.owner, ""))
        click.echo(text.format(owner=owner, award=award.award_cny, net_m3=award.net_m3, cost=award.cost_cny,
                               planned=award.planned_cny))  # fmt: skip
    for one in found.missing:
        click.echo(_("planned and not measured: {what}").format(what=one))
    count = len(found.awards)
    told = plural("{count} award, {total:,.0f} CNY in all", "{count} awards, {total:,.0f} CNY in all", count)
    click.echo(told.format(count=count, total=found.total_cny))
    for path in written:
        click.echo(str(path))
    next_step(f"coldchain init NEXT --after {quoted(run)}")
