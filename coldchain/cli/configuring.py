"""Settings of the command line: ``coldchain.toml`` here, the user's own, and where each value comes from.

A flag goes before its environment variable (``COLDCHAIN_PLAN_SEED``), that before ``./coldchain.toml``, that before the
user's ``config.toml``, that before the default. A key at the top of a file counts for every command that has the
option; a table ``[plan]`` or ``[import.osm]`` for one command::

    lang = "zh"
    [plan]
    time-limit = 300
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from coldchain.cli.manners import COMMON, json_option, long_name, next_step
from coldchain.errors import BadInputError, Fault
from coldchain.inputs import read_toml
from coldchain.language import N_, _, plural

HERE = "coldchain.toml"
SCHEMA = "coldchain.config/1"
DEFAULT = N_("default")
Defaults = dict[str, Any]
"""What Click takes as ``default_map``: command -> parameter -> value, groups nested."""


@dataclass(frozen=True)
class Setting:
    """The value of one option, and where it comes from: a variable, a file, or ``default``."""

    command: str
    option: str
    value: Any
    origin: str


def config_files() -> tuple[Path, ...]:
    """Return the files looked at, the one that counts most last."""
    return Path(click.get_app_dir("coldchain")) / "config.toml", Path(HERE)


def read_settings(group: click.Group) -> tuple[Defaults, dict[tuple[str, str], str]]:
    """Return the defaults from the files, and the file of each (command, option).

    Raises
    ------
    BadInputError
        Listing every key that is no option, by file.
    """
    defaults: Defaults = {}
    origins: dict[tuple[str, str], str] = {}
    faults: list[Fault] = []
    for path in config_files():
        known = _read(path, faults)
        faults += _unknown(group, known, path)
        _lay_over(group, known, defaults, origins, path)
    if faults:
        raise BadInputError(faults)
    return defaults, origins


def _read(path: Path, faults: list[Fault]) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return read_toml(path)
    except BadInputError as error:
        faults += [replace(fault, file=str(path)) for fault in error.faults]
        return {}


def _options(command: click.Command) -> dict[str, click.Option]:
    return {long_name(one): one for one in command.params if isinstance(one, click.Option)}


def _dashed(section: Mapping[str, Any]) -> dict[str, Any]:
    return {key.replace("_", "-"): value for key, value in section.items()}


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield the commands below a group with their paths, groups left out."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name, inner in command.commands.items():
        yield from leaves(inner, (*path, name))


def _section(known: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """Return what a file says for a command: the top of the file, then each table on the way down."""
    told: dict[str, Any] = {}
    here: Any = known
    for name in (*path, None):
        told |= {key: value for key, value in _dashed(here).items() if not isinstance(value, dict)}
        here = here.get(name) if name else None
        if not isinstance(here, dict):
            break
    return told


def _lay_over(
    group: click.Group, known: Mapping[str, Any], defaults: Defaults, origins: dict[tuple[str, str], str], file: Path
) -> None:
    for path, command in leaves(group):
        told, options = _section(known, path), _options(command)
        place = defaults
        for name in path:
            place = place.setdefault(name, {})
        for key in told.keys() & options.keys():
            place[str(options[key].name)] = told[key]
            origins[" ".join(path), key] = str(file)


def _unknown(group: click.Group, known: Mapping[str, Any], file: Path, path: tuple[str, ...] = ()) -> list[Fault]:
    """Find the keys that are neither an option of a command below nor a command."""
    options = {key for _path, command in leaves(group) for key in _options(command)}
    faults = []
    for key, value in known.items():
        dotted = ".".join((*path, key))
        inner = group.commands.get(key) if isinstance(group, click.Group) else None
        if isinstance(value, dict) and inner is not None:
            faults += _unknown(_as_group(inner), value, file, (*path, key))
        elif isinstance(value, dict) or key.replace("_", "-") not in options:
            told = _("must be an option or a command; `coldchain config show --all` lists them")
            faults.append(
                Fault(str(file), None, dotted, "" if isinstance(value, dict) else str(value), told, "no-such")
            )
    return faults


def _as_group(command: click.Command) -> click.Group:
    return command if isinstance(command, click.Group) else click.Group(commands={"": command})


def settings(group: click.Group) -> list[Setting]:
    """Return the value of every option of every command."""
    defaults, origins = read_settings(group)
    return [one for path, command in leaves(group) for one in _of_command(path, command, defaults, origins)]


def _of_command(
    path: tuple[str, ...], command: click.Command, defaults: Defaults, origins: dict[tuple[str, str], str]
) -> Iterator[Setting]:
    here = defaults
    for name in path:
        here = here.get(name, {})
    context = click.Context(command, info_name=path[-1], default_map=here, resilient_parsing=True)
    for key, option in _options(command).items():
        if option.is_eager:
            continue
        value, source = option.consume_value(context, {})
        origin = {
            ParameterSource.ENVIRONMENT: str(option.envvar),
            ParameterSource.DEFAULT_MAP: origins.get((" ".join(path), key), DEFAULT),
        }.get(source, DEFAULT)
        yield Setting(" ".join(path), key, _shown(value), origin)


def once(known: list[Setting]) -> list[Setting]:
    """Put the common options that are the same for every command first, once, without a command."""
    alike = {
        name: replace(same[0], command="")
        for name in COMMON
        if (same := [one for one in known if one.option == name])
        and len({(str(one.value), one.origin) for one in same}) == 1
    }
    return [*alike.values(), *(one for one in known if one.option not in alike)]


def _shown(value: Any) -> Any:
    """Return a value that JSON can hold; an option that was never given is null."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, tuple | list):
        return [_shown(item) for item in value]
    return str(value) if isinstance(value, Path) else None


@click.group()
def config() -> None:
    """Show the settings of the command line and where each comes from."""


@config.command(name="show", epilog="Example: coldchain config show plan --origin")
@click.argument("command", nargs=-1)
@click.option("--origin", is_flag=True, help="Say where each value comes from: a variable, a file, or default.")
@click.option("--all", "every", is_flag=True, help="List options at their defaults too.")
@json_option
@click.pass_context
def show(context: click.Context, command: tuple[str, ...], origin: bool, every: bool, as_json: bool) -> None:
    """List the settings that differ from the defaults; those of one COMMAND in full.

    A flag goes before its variable COLDCHAIN_COMMAND_OPTION, that before ./coldchain.toml, that before your own
    config.toml, that before the default.
    """
    wanted = " ".join(command)
    root = context.find_root().command
    assert isinstance(root, click.Group)
    known = settings(root)
    if wanted and wanted not in {one.command for one in known}:
        raise click.UsageError(_("there is no command {name}").format(name=wanted))
    known = known if wanted else once(known)
    chosen = [one for one in known if (one.command == wanted if wanted else every or one.origin != DEFAULT)]
    if as_json:
        files = [{"file": str(path), "present": path.is_file()} for path in reversed(config_files())]
        told = {"schema": SCHEMA, "files": files, "settings": [asdict(one) for one in chosen]}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    _print(chosen, origin=origin)
    if not wanted and not every:
        rest = len(known) - len(chosen)
        click.echo(
            plural("{count} option is at its default", "{count} options are at their defaults", rest).format(
                count=rest
            ),
            err=True,
        )
    next_step("coldchain config show --all" if not wanted else f"coldchain {wanted} --help")


def _print(chosen: list[Setting], *, origin: bool) -> None:
    names = [f"{one.command} --{one.option}".strip() for one in chosen]
    values = ["-" if one.value is None else json.dumps(one.value, ensure_ascii=False) for one in chosen]
    wide, high = max(map(len, names), default=0), max(map(len, values), default=0)
    for one, name, value in zip(chosen, names, values, strict=True):
        click.echo(f"{name:{wide}}  {value:{high}}  {_(one.origin)}".rstrip() if origin else f"{name:{wide}}  {value}")
