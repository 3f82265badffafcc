"""Help in the language spoken: a command with its texts translated, Click's own words, lines of wide characters."""

from __future__ import annotations

import inspect
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from copy import copy

import click
import click.formatting

from coldchain.language import _, language, plural

EXAMPLE = "Example: "
NEVER_LAST = "（【《“‘([{"
NEVER_FIRST = "，。、；：！？）】》”’～,.;:!?)]%"


def translated(command: click.Command) -> click.Command:
    """Return a copy of a command, and of all below it, with help, epilog and options in the language spoken."""
    spoken = copy(command)
    spoken.help, spoken.epilog = told(command.help), told(command.epilog)
    spoken.short_help = first_sentence(spoken.help or "")
    spoken.params = [_option(parameter) for parameter in command.params]
    spoken.options_metavar = _("[OPTIONS]")
    if isinstance(spoken, click.Group) and isinstance(command, click.Group):
        spoken.commands = {name: translated(inner) for name, inner in command.commands.items()}
        spoken.subcommand_metavar = _("COMMAND [ARGS]...")
    return spoken


def _option(parameter: click.Parameter) -> click.Parameter:
    spoken = copy(parameter)
    if not isinstance(spoken, click.Option):
        return spoken
    spoken.help = spoken.help and _(spoken.help)
    if isinstance(spoken.show_default, str):
        spoken.show_default = _(spoken.show_default)
    if not (spoken.is_flag or spoken.count or hasattr(spoken.type, "choices")):
        spoken.metavar = _(spoken.metavar or type_word(spoken))
    return spoken


def type_word(option: click.Option) -> str:
    """Return the word that stands for the value of an option: ``TEXT``, ``PATH``, ``INTEGER``."""
    context = click.Context(click.Command(None))
    return option.type.get_metavar(option, context) or option.type.name.upper().removesuffix(" RANGE")


def told(text: str | None) -> str | None:
    """Translate a help text paragraph by paragraph, blocks marked as written line by line."""
    return text and "\n\n".join(_told(part) for part in paragraphs(text))


def _told(part: str) -> str:
    return "\n".join(_line(line) for line in part.splitlines()) if part.startswith("\b") else _line(joined(part))


def _line(line: str) -> str:
    """Translate one line and keep its indent; an example is the same in every language."""
    key = line.strip()
    if key.startswith(EXAMPLE):
        return _("Example: {command}").format(command=key.removeprefix(EXAMPLE))
    return line.replace(key, _(key)) if key and key != "\b" else line


def paragraphs(text: str) -> list[str]:
    """Split a help text where lines are blank."""
    return [part for part in inspect.cleandoc(text).split("\n\n") if part.strip()]


def joined(paragraph: str) -> str:
    """Return a paragraph on one line, the key of its translation."""
    return " ".join(paragraph.split())


def first_sentence(text: str) -> str:
    """Return the first sentence of a help text, without its mark.

    Examples
    --------
    >>> first_sentence("Plan a SCENARIO: depots, map. Ctrl-C keeps the best.")
    'Plan a SCENARIO: depots, map'
    """
    return re.split(r"\.(?:\s|$)|。", joined(text))[0]


class InOrder(click.Group):
    """A group whose help lists the commands in the order of a planner's work."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names in the order they were added."""
        return list(self.commands)


class Formatter(click.HelpFormatter):
    """Help with the marks of the language spoken: ``：`` behind headings, ``1～64`` for ``1<=x<=64``."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        super().write_usage(prog, args, prefix or _("Usage: "))

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        self.write(f"{'':>{self.current_indent}}{_('{heading}:').format(heading=heading)}\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options, or commands, and what they do."""
        super().write_dl([(name, marked(text)) for name, text in rows], col_max, col_spacing)


RANGES = (
    (re.compile(r"\b(-?[\d.]+)<=?x<=?(-?[\d.]+)"), r"\1～\2"),
    (re.compile(r"\bx>=(-?[\d.]+)"), r"≥\1"), (re.compile(r"\bx>(-?[\d.]+)"), r">\1"),
    (re.compile(r"\bx<=(-?[\d.]+)"), r"≤\1"), (re.compile(r"\bx<(-?[\d.]+)"), r"<\1"),
)  # fmt: skip
WORDS = (
    (re.compile(r" ?'([^'\s]*)'"), r"“\1”"), (re.compile(r"”[,，] ?“"), "”、“"), (re.compile(r"(?<=”) (?=\S)"), ""),
    (re.compile("(?<![a-z])integer( range)?(?![a-z])"), "整数"),
    (re.compile("(?<![a-z])float( range)?(?![a-z])"), "数值"),
)  # fmt: skip
"""What Click writes around and between words, and its names of numbers that no catalogue is asked for."""


def marked(text: str) -> str:
    """Return words of Click with the marks of the language spoken.

    Examples
    --------
    >>> from coldchain.language import speaking
    >>> with speaking("zh"):
    ...     marked("[默认：1; 1<=x<=64]"), marked("没有选项 '--sed'。 （是否想写：'--seed'？）")
    ('[默认：1；1～64]', '没有选项“--sed”。（是否想写：“--seed”？）')
    """
    if language() == "en":
        return text
    for pattern, ours in (*RANGES, *WORDS):
        text = pattern.sub(ours, text)
    return text.replace("; ", "；").replace("。 （", "。（")


def teach_click() -> None:
    """Let Click look its own words up in our catalogue and wrap lines by the width of their characters."""
    for name, module in list(sys.modules.items()):
        if name.startswith("click."):
            for word, ours in (("_", _), ("ngettext", plural)):
                if hasattr(module, word):
                    setattr(module, word, ours)
    click.Context.formatter_class = Formatter
    if click.formatting.wrap_text is not wrap:
        click.formatting.wrap_text = wrap
        vars(click.formatting)["term_len"] = columns
        click.exceptions.MissingParameter.format_message = _missing  # type: ignore[assignment,method-assign]


_wrap: Callable[..., str] = click.formatting.wrap_text
_missing_told: Callable[..., str] = click.exceptions.MissingParameter.format_message


def _missing(error: click.exceptions.MissingParameter) -> str:
    """Tell what is missing as Click does, in Chinese without its full stop."""
    told = _missing_told(error)
    return told if language() == "en" else told.rstrip(".").replace("'. ", "'，")


def wrap(
    text: str,
    width: int = 78,
    initial_indent: str = "",
    subsequent_indent: str = "",
    preserve_paragraphs: bool = False,
) -> str:
    """Wrap as Click does; in Chinese by columns, a character taking two."""
    if language() == "en":
        return _wrap(text, width, initial_indent, subsequent_indent, preserve_paragraphs)
    parts = text.split("\n\n") if preserve_paragraphs else [text]
    return "\n\n".join(_wrapped(part, width, initial_indent, subsequent_indent) for part in parts)


def _wrapped(part: str, width: int, first: str, later: str) -> str:
    if part.lstrip().startswith("\b"):
        return "\n".join(first + line for line in part.splitlines() if line.strip() != "\b")
    lines, line = [], first
    for piece in pieces(" ".join(part.split())):
        if columns(line + piece.rstrip()) > width and line.strip():
            lines.append(line.rstrip())
            line = later + piece.lstrip()
        else:
            line += piece
    return "\n".join([*lines, line.rstrip()])


def pieces(text: str) -> Iterator[str]:
    """Cut a text where a line may end: after a space, and around a wide character unless a mark follows.

    Examples
    --------
    >>> list(pieces("预算 CNY，默认"))
    ['预', '算 ', 'CNY，', '默', '认']
    """
    piece = ""
    for character in text:
        wide = columns(character) == 2 and character not in NEVER_FIRST
        ended = bool(piece) and piece[-1] not in NEVER_LAST and (piece[-1] == " " or columns(piece[-1]) == 2)
        wide = wide and not piece.endswith(tuple(NEVER_LAST))
        if piece and (wide or ended) and character != " " and character not in NEVER_FIRST:
            yield piece
            piece = ""
        piece += character
    if piece:
        yield piece


def columns(text: str) -> int:
    """Return the columns a text takes on a terminal.

    Examples
    --------
    >>> columns("预算 CNY")
    8
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
