"""The command line. Heavy imports stay inside the commands, so that help answers at once."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
from typing import Any

import click

from coldchain.cli import commands
from coldchain.cli.accepting import accept
from coldchain.cli.allocating import allocate
from coldchain.cli.archiving import archive
from coldchain.cli.batching import batch
from coldchain.cli.benching import bench
from coldchain.cli.booking import book
from coldchain.cli.completing import completion
from coldchain.cli.configuring import config, read_settings
from coldchain.cli.doubting import calibrate, sensitivity
from coldchain.cli.exploring import compare, explain, sweep
from coldchain.cli.forecasting import forecast
from coldchain.cli.helping import InOrder, marked, teach_click, translated
from coldchain.cli.keeping import kept
from coldchain.cli.loggers import logger
from coldchain.cli.manners import PREFIX, with_manners
from coldchain.cli.mapping import map_command
from coldchain.cli.masting import masts
from coldchain.cli.replaying import replay
from coldchain.cli.reporting import report
from coldchain.cli.rolling import roll
from coldchain.cli.routing import routes
from coldchain.cli.serving import serve
from coldchain.cli.sharing import share
from coldchain.cli.shelving import shelf_life
from coldchain.cli.tracing import trace
from coldchain.cli.watching import simulate_telemetry, watch
from coldchain.errors import BadInputError, ColdchainError, LimitError
from coldchain.language import VARIABLE, _, known_language, preferred, use

EXIT_BUG, EXIT_USAGE, EXIT_INTERRUPTED = 1, 2, 130


@click.group(cls=InOrder, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="coldchain")
def cli() -> None:
    """Plan a rural cold chain: which depots, where, how large, on which routes, for how much subsidy.

    \b
    Start here:
      coldchain demo                                   a small county, planned, with its map
      coldchain init county --template upland          a folder of tables to fill in
      coldchain check county                           every fault of the tables at once
      coldchain plan county --out runs/county          the plan, its tables and map

    Exit codes: 0 plan found, 1 bug, 2 usage, 3 bad input, 4 proved infeasible, 5 no plan within the limit,
    6 wanted gap not met, 7 batch partly failed, 8 missing package or solver, 130 interrupted with no plan.
    """  # noqa: D301


for command in (
    commands.demo, commands.init, commands.import_, commands.check, commands.plan, commands.verify, explain, sweep,
    compare, map_command, sensitivity, calibrate, replay, report, accept, archive, routes, trace, masts, book, share,
    batch, allocate, bench, shelf_life, logger, simulate_telemetry, watch, kept, serve, forecast, roll,
    commands.doctor, config, completion,
):  # fmt: skip
    cli.add_command(command)
with_manners(cli)


SEARCHED_AFTER = (100_000, 50, 100)
"""Objects made, and searches, after which garbage that refers to itself is searched for; by Python's own figures a page
searches 776 times before it is there, for half a second."""


def main() -> None:
    """Run the command line and leave with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    guard_stdout()
    gc.set_threshold(*SEARCHED_AFTER)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # cron, systemd and timeout end a command with it
    sys.exit(run(sys.argv[1:]))


def guard_stdout() -> None:
    """Send what compiled libraries print on file 1 to stderr, so that stdout holds the data and nothing else."""
    try:
        data = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # started without stdout or stderr
        return
    sys.stdout = os.fdopen(data, "w", encoding="utf-8", errors="replace", buffering=1)


def run(arguments: list[str]) -> int:
    """Run one command; return the exit code. Every failure is one clear message on stderr."""
    debug = "--debug" in arguments or bool(os.environ.get(f"{PREFIX}_DEBUG"))
    use(asked_language(arguments) or preferred())
    teach_click()
    try:
        result = command_line(arguments)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.ClickException as error:
        told = io.StringIO()
        error.show(told)
        click.echo(marked(told.getvalue()), err=True, nl=False)
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo(_("interrupted; nothing was written"), err=True)
        return EXIT_INTERRUPTED
    except (ColdchainError, MemoryError) as error:
        return _known(error, debug=debug)
    except Exception as error:  # noqa: BLE001 - the last resort: a bug is reported as one, with its exit code
        return _bug(error, debug=debug)
    return result if isinstance(result, int) else 0


def command_line(arguments: list[str]) -> Any:
    """Run one command with the settings of the files, in the language asked for."""
    defaults, _origins = read_settings(cli)
    told = next((section["lang"] for section in defaults.values() if "lang" in section), None)
    if told and not asked_language(arguments) and not known_language(os.environ.get(VARIABLE, "")):
        use(str(told))
    return translated(cli).main(args=arguments, prog_name="coldchain", standalone_mode=False, default_map=defaults)


def asked_language(arguments: list[str]) -> str | None:
    """Return the language of ``--lang``, wherever it stands; help needs it before the options are read.

    Examples
    --------
    >>> asked_language(["plan", "--help", "--lang", "zh"]), asked_language(["--lang=en"]), asked_language(["plan"])
    ('zh', 'en', None)
    """
    before = arguments[: arguments.index("--")] if "--" in arguments else arguments
    for at, word in enumerate(before):
        name, _sign, value = word.partition("=")
        if name == "--lang":
            return known_language(value or next(iter(before[at + 1 :]), ""))
    return None


def _known(error: ColdchainError | MemoryError, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    if isinstance(error, MemoryError):
        error = LimitError(_("the memory does not suffice; plan fewer villages at once, or close other programs"))
    if isinstance(error, BadInputError):
        commands.print_faults(error.faults)
    else:
        click.echo(_("error: {message}").format(message=error), err=True)
    return error.exit_code


def _bug(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    told = _("bug in coldchain: {kind}: {message}")
    click.echo(told.format(kind=type(error).__name__, message=error), err=True)
    click.echo(_("run the same with `coldchain --debug …` and report what it prints"), err=True)
    return EXIT_BUG
