"""The command ``coldchain map``: a run as one page, and as a picture to send."""

from __future__ import annotations

from pathlib import Path

import click

from coldchain.cli.manners import json_option, next_step, of_a_run, path_argument, print_paths, quoted


@click.command("map", epilog="Example: coldchain map runs/upland --lang zh --png runs/upland/map.png")
@click.argument("run", type=path_argument)
@click.option("--out", type=path_argument, help="HTML file to write; map.html in the run when left out.")
@click.option("--png", type=path_argument, help="Write a picture for messages, too; needs matplotlib.")
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
@of_a_run
def map_command(run: Path, out: Path | None, png: Path | None, scenario: Path | None, as_json: bool) -> None:
    """Draw RUN as one page that opens without a network, in the language spoken, and as a picture to send.

    An earlier map is replaced. Two runs side by side: coldchain compare --map; a sweep writes its own map.
    """
    from coldchain.reports.map import write_map
    from coldchain.reports.saving import MAP
    from coldchain.runs import Run, write_in_place
    from coldchain.runs.archive import output_folder

    opened = Run.open(run, scenario).checked()
    written = [write_in_place(out or output_folder(run) / MAP, lambda path: write_map(opened, path))]
    if png is not None:
        from coldchain.reports.picture import write_picture

        written.append(write_in_place(png, lambda path: write_picture(opened, path)))
    print_paths(written, as_json=as_json)
    next_step(f"coldchain report {quoted(run)}")
