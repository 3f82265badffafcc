"""What all commands share: options, the next step, amounts of money."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Callable, Sequence
from copy import copy
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from coldchain.errors import ColdchainError, bad_file
from coldchain.inputs import reason
from coldchain.language import LANGUAGES, _, known_language
from coldchain.language.amounts import read_cny

T = TypeVar("T")
HUSHED = "coldchain.hushed"
SHELL = re.compile(r"[\s\"'$`&|;<>()*?\\!#\[\]{}]")
PREFIX = "COLDCHAIN"
RUN_ARGUMENTS = ("run", "folder", "first", "second")
WINDOWS = os.name == "nt"
path_argument = click.Path(path_type=Path)


class Language(click.ParamType):  # type: ignore[type-arg, unused-ignore] # older Click has no type arguments
    """``en`` or ``zh``, or a locale that begins so."""

    name = "language"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the language, or refuse the value."""
        return known_language(str(value)) or self.fail(
            _("must be one of {known}; got {value}").format(known=", ".join(LANGUAGES), value=value), param, ctx
        )

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return what help shows for the value."""
        return "[en|zh]"


class Money(click.ParamType):  # type: ignore[type-arg, unused-ignore] # older Click has no type arguments
    """An amount in CNY: ``360000``, ``3.6e5``, ``36万元``, ``1.2亿``."""

    name = "cny"

    def __init__(self, most_cny: float = 1e12) -> None:
        self.most_cny = most_cny

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the amount in CNY, or refuse the text."""
        try:
            amount = value if isinstance(value, float) else read_cny(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)
        if not 0 <= amount <= self.most_cny:
            told = _("must be from 0 to {most:g} CNY; got {value}")
            self.fail(told.format(most=self.most_cny, value=value), param, ctx)
        return amount


def _hush(context: click.Context, _parameter: click.Parameter, value: bool) -> bool:
    context.meta[HUSHED] = context.meta.get(HUSHED, False) or value
    return value


quiet_option = click.option(
    "-q", "--quiet", is_flag=True, callback=_hush, help="No progress, warnings and hints on stderr."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")
lang_option = click.option("--lang", type=Language(), expose_value=False, help="Language of messages: en or zh.")
debug_option = click.option("--debug", is_flag=True, expose_value=False, help="Show the traceback of an error.")


def _unread(command: click.Command) -> None:  # a place to hang options on, to copy them from
    del command


def common_options() -> list[click.Parameter]:
    """Return the options that every command takes."""
    holder = lang_option(debug_option(click.option("-q", "--quiet", is_flag=True, callback=_hush, expose_value=False,
                         help="No progress, warnings and hints on stderr.")(click.command()(_unread))))  # fmt: skip
    return list(holder.params)


def with_manners(command: click.Command, path: tuple[str, ...] = ()) -> None:
    """Give a command, and all below it, the common options, and each option its environment variable."""
    known = {name for parameter in command.params for name in parameter.opts}
    command.params += [copy(one) for one in common_options() if not known & set(one.opts)]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.envvar:
            parameter.envvar = variable_of(parameter, path)
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            with_manners(inner, (*path, name))


COMMON = ("lang", "quiet", "debug")


def variable_of(option: click.Option, path: tuple[str, ...]) -> str:
    """Return the environment variable of an option: the common ones without the name of the command."""
    name = long_name(option)
    parts = (name,) if name in COMMON else (*path, name)
    return "_".join([PREFIX, *parts]).upper().replace("-", "_")


def long_name(option: click.Parameter) -> str:
    """Return the name of an option as written, without its dashes."""
    return max(option.opts, key=len).lstrip("-")


def hushed() -> bool:
    """Tell whether ``--quiet`` was given to the command that runs."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(HUSHED))


def print_paths(written: Sequence[Path], *, as_json: bool) -> None:
    """Print the files a command wrote: a line each, or one object by suffix."""
    if as_json:
        click.echo(json.dumps({path.suffix[1:]: str(path) for path in written}, ensure_ascii=False))
    else:
        for path in written:
            click.echo(str(path))


def next_step(*commands: str) -> None:
    """Suggest on stderr what to do next."""
    if not hushed():
        click.echo(_("next: {commands}").format(commands=" ; ".join(commands)), err=True)


def quoted(path: Path | str) -> str:
    """Return a path, or another word, as a shell takes it: in quotes where it holds blanks or signs of the shell's own.

    The shells of Windows know double quotes alone.

    Examples
    --------
    >>> quoted(Path("runs/麻阳")), quoted(Path("my county 2026.xlsx"))
    ('runs/麻阳', "'my county 2026.xlsx'")
    """
    text = str(path)
    plain = SHELL.search(text.replace("\\", "/") if WINDOWS else text) is None
    return text if plain else f'"{text}"' if WINDOWS else shlex.quote(text)


def duration(seconds: float) -> str:
    """Say how long.

    Examples
    --------
    >>> duration(42.2), duration(200), duration(11_941)
    ('42 s', '3 min', '3 h 19 min')
    """
    if seconds < 100:
        return _("{seconds:.0f} s").format(seconds=seconds)
    minutes = round(seconds / 60)
    if minutes < 100:
        return _("{minutes} min").format(minutes=minutes)
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


def of_a_run(command: Callable[..., T]) -> Callable[..., T]:
    """Let a command on run folders name the folder when something in it, edited or damaged, cannot be worked with.

    A run of a batch may be named without its key. Whether something is damaged the referee tells: what goes wrong with
    a folder that verifies is a bug, and ends as one.
    """

    @wraps(command)
    def guarded(**given: Any) -> T:
        given |= {name: run_named(Path(given[name])) for name in RUN_ARGUMENTS if given.get(name)}
        try:
            return command(**given)
        except (ColdchainError, MemoryError, click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            folders = [Path(given[name]) for name in RUN_ARGUMENTS if given.get(name)]
            damaged = next((folder for folder in folders if _is_damaged(folder)), None)
            if damaged is None:
                raise
            message = _(
                "does not fit together ({kind}: {error}): something in it was edited or cut; plan again"
            ).format(kind=type(error).__name__, error=reason(error))
            raise bad_file(damaged, message, "garbled") from error

    return guarded


def run_named(path: Path) -> Path:
    """Return the path of a run; of ``runs/NAME`` in a batch that of ``runs/NAME-KEY``, where there is one of that name.

    Examples
    --------
    >>> run_named(Path("nowhere/county")).as_posix()
    'nowhere/county'
    """
    if path.exists() or not path.name:
        return path
    keyed = re.compile(rf"{re.escape(path.name)}-[0-9a-f]+")
    found = [one for one in path.parent.glob("*") if keyed.fullmatch(one.name)] if path.parent.is_dir() else []
    return found[0] if len(found) == 1 else path


def _is_damaged(folder: Path) -> bool:
    """Tell whether a folder of a run, or of routes, does not verify."""
    from coldchain.cli.verifying import verify_folder

    if not any((folder / name).is_file() for name in ("summary.json", "routes.json")):
        return False
    try:
        return not verify_folder(folder, None).ok
    except Exception:  # noqa: BLE001 - whatever keeps the referee from its work is damage, too
        return True
