"""Text for people that is not marked for translation is found in the code itself.

The rule: a string or f-string of at least two words is a text for people, wherever it stands; a filled-in value counts
as a word, and so does a unit. Not looked at is what Python's grammar says is no such text (docstrings, annotations),
what is marked, patterns, and what other tests ask for: help texts of commands and meanings of figures. Everything else
must be in the list below, with its reason.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from sources import MODULES, ROOT, short_name, tree_of

MARKS = ("_", "N_", "plural")
ASKED_ELSEWHERE = ("figure", "option", "argument")
PATTERNS = ("compile", "fullmatch", "match", "search", "findall", "sub")
LEAVES = (ast.Name, ast.Constant, ast.expr_context, ast.operator, ast.cmpop, ast.boolop, ast.unaryop, ast.alias)
HELP = ("help", "epilog", "short_help")
WORD = re.compile(r"[\"'(\[“<>=≤≥×·,;:-]*[A-Za-z][A-Za-z³'’/-]*[\"')\]”.,;:!?…]*")
COMMAND = re.compile(r" ?(coldchain |--)[a-z\0]")
PARTED = re.compile(r"[\s>]")
VALUE = re.compile(r"[^A-Za-z]*\0[^A-Za-z]*")

ON_PAPER = "says the same in English and Chinese side by side"
INVENTED = "names and notes of an invented county, data like any other"
TO_PROGRAMMERS = "misuse of arrays in Python, met by programmers only"
LOG = "lines of the solver's log and names of limits inside it, kept in results for programmers"
STYLE = "a style sheet or script"
FONTS = "names of fonts"
DRAWING = "words of the drawing library"
COLUMNS = "names of columns, in the order they must have"
CLOCK = (r"^\[\0 s\] \0$", "seconds in front of a line of progress")
BRAND = (r"· coldchain", "the name and version of the program, or texts marked one by one")
SOURCE = "the source of a figure"
DATA = "a value of a table or the key of a list, translated where it is shown"

EXCEPT: dict[str, tuple[tuple[str, str], ...]] = {
    "__init__.py": ((r"has no attribute", TO_PROGRAMMERS),),
    "batch/cluster.py": ((r"^not installed$", DATA),),
    "benching/depots.py": ((r"exactly once|more than|hand out", TO_PROGRAMMERS),),
    "benching/location.py": ((r"^UFLP \(ignore capacities\)$", DATA),),
    "benching/readers.py": ((r"^shape mismatch$", "looked for in what numpy says"),),
    "benching/run.py": ((r"exactly once|routes must be at most|breaks a limit", TO_PROGRAMMERS),),
    "booking/store.py": ((r"^\n?(create|insert|select|begin|update)", "SQL"),),
    "cli/commands.py": ((r"^200; in a workbook 12$", "a default, translated as help is drawn"),),
    "cli/completing.py": ((r"^\x08\nExample: ", "an epilog, asked for with the help texts"),),
    "cli/telling.py": (CLOCK,),
    "dispatch/map.py": (
        (r"^(depot|tour) \0$", "value of a choice, read by the script beside it"),
        (r"^:host|^\n +const at", STYLE),
        BRAND,
    ),
    "dispatch/sheets.py": ((r"^\n@page", STYLE), (r"[一-鿿]|kg|km", ON_PAPER), BRAND),
    "dispatch/summary.py": ((r"^\0 \0 kg$", "a name and kilograms, alike in both languages"),),
    "dispatch/terminal.py": ((r"^bold cyan$", DRAWING),),
    "later.py": ((r"has no attribute", TO_PROGRAMMERS),),
    "model/wholechain.py": ((r".", SOURCE),),
    "model/packaging.py": ((r"estimate$|^crates returned|CGSpace|^handling_loss is", SOURCE),),
    "inputs.py": ((r"^integer string conversion$", "looked for in what Python says"),),
    "sweeps/alternatives.py": ((r"^not spared$", DATA),),
    "sweeps/compare.py": ((r"^only in [ab]$", DATA),),
    "verify/roads.py": ((r"names roads; got none$", TO_PROGRAMMERS),),
    "sweeps/words.py": ((r"^not spared$", DATA),),
    "importing/osm.py": ((r"^© OpenStreetMap contributors", "the licence asks for these words"),),
    "importing/draft.py": ((r"^lon, lat$", COLUMNS),),
    "importing/coordinates.py": ((r"^lon, lat$", COLUMNS),),
    "importing/placing.py": ((r"^lon, lat$", COLUMNS), (r"^村 village, ", "levels, in both languages")),
    "importing/points.py": ((r"^lon, lat$", COLUMNS),),
    "importing/valley.py": ((r"^(Village \0|(Lower|Upper) Town|Valley road)$", INVENTED),),
    "language/__init__.py": ((r"^language must be one of", TO_PROGRAMMERS),),
    "language/amounts.py": ((r"^CNY \0( M)?$", "the English half of a pair written beside its Chinese"),),
    "model/dictionary.py": ((r"^#|^\0\n\n\||^\| name", "a page of the documentation, which is English"),),
    "model/naming.py": ((r"^(depot type|mobile unit|processing plant)$", DATA),),
    "network/explore.py": ((r"must carry a finite", TO_PROGRAMMERS),),
    "network/gmns.py": ((r"^(kilometers|miles) per hour$", "a unit as config.csv writes it"),),
    "network/osm_xml.py": ((r"^timed out$", "looked for in a remark of the server"),),
    "network/graph.py": ((r"must (have shape|lie in|be at least 1|be finite|rise)", TO_PROGRAMMERS),),
    "network/large.py": ((r"^kept_travel needs", TO_PROGRAMMERS),),
    "network/matrix.py": ((r"^(cutoff_h must be|nodes must lie)", TO_PROGRAMMERS),),
    "network/proximity.py": ((r"needs finite points|^speed must be", TO_PROGRAMMERS), (r"^Gabriel graph$", DATA)),
    "network/snap.py": ((r"^snapping needs", TO_PROGRAMMERS),),
    "network/road_words.py": (
        (r"^(highway|maxspeed) ", "headings of road files, as they are written"),
        (r"^[fbt] ", "values of road files, as they are written"),
    ),
    "weeks/pictures.py": ((r"^outside lower center$", DRAWING),),
    "reports/comparing.py": ((r"^only in [ab]$", DATA),),
    "reports/curve.py": ((r"^(axes fraction|offset points)$", DRAWING),),
    "reports/fonts.py": ((r"Sans|Hei|PingFang", FONTS),),
    "reports/geopackage.py": ((r"^\n(CREATE TABLE|INSERT INTO)", "SQL"),),
    "reports/palette.py": ((r"Sans|Hei|PingFang|Segoe|Helvetica", FONTS), (r"^several zones$", DATA)),
    "reports/panel.py": ((r"^\n:host", STYLE), BRAND),
    "reports/terminal.py": ((r"^(bold cyan|not bold)$", DRAWING),),
    "reports/twin.py": ((r"^(\.slick|:host)", STYLE),),
    "reports/words.py": ((r"^\(not eligible\)$", DATA),),
    "papers/word.py": (
        (r"^(Times New Roman|Heading [123]|Body Text|Table Grid| PAGE )$", "names in a document of Word"),
    ),
    "api/page.py": (
        (
            r"^(#|\n```|\0\n|\*\*|- `|\0)|^(Scenarios|Plans|Questions|Answers|Language)$|Examples",
            "a page of the documentation",
        ),
    ),
    "runs/columns_page.py": (
        (r"^(#|\0?\n|Written)|of `today_depots`|^\| column", "a page of the documentation, which is English"),
    ),
    "runs/record.py": ((r"^not installed$", DATA),),
    "runs/schema.py": ((r"^[a-z0-9_ ]+$", DATA),),
    "routing/collection.py": ((r"breaks a limit", TO_PROGRAMMERS),),
    "routing/day.py": ((r"must have shape|must be (at least 0|one per)", TO_PROGRAMMERS),),
    "routing/dispatch.py": ((r"breaks a limit", TO_PROGRAMMERS),),
    "routing/exact.py": ((r"^stops to enumerate", TO_PROGRAMMERS),),
    "routing/problem.py": (
        (r"must have shape|must be|^finite and $", TO_PROGRAMMERS),
        (r"payload|space|shift|driving|aboard", TO_PROGRAMMERS),
    ),
    "scenario/checks.py": ((r"^(lon, lat|skill, place, shift|(village, )?commodity, period(, until)?)$", COLUMNS),),
    "scenario/references.py": ((r"^depot type$", DATA),),
    "scenario/sections.py": ((r"^(depot type|mobile unit|processing plant)$", DATA),),
    "scenario/tables.py": ((r"^lon, lat$", COLUMNS),),
    "scenario/template.py": ((r"truck|van", "a pattern of the shipped vehicles' names"),),
    "scenario/upland.py": (
        (r"^(spring|summer|autumn|winter) \(", "marked where the map shows it"),
        (r"^LINESTRING", "a shape as text"),
    ),
    "scenario/write.py": ((r"^(schema|name|datum) = ", "lines of scenario.toml"),),
    "settlement/files.py": ((r"^village \0 bill_cny$", DATA),),
    "settlement/page.py": ((r"", ON_PAPER),),
    "sharing/nucleolus.py": ((r"^use_dual_simplex", "settings of the solver"),),
    "siting/decompose.py": ((r"", LOG),),
    "siting/fixed.py": ((r"^no prices kept", TO_PROGRAMMERS),),
    "siting/packed.py": ((r"^values must be", TO_PROGRAMMERS),),
    "siting/result.py": ((r"", LOG),),
    "siting/search.py": ((r"", LOG),),
    "siting/sides.py": ((r"^a demand is split$", LOG),),
    "siting/solve.py": ((r"", LOG),),
    "siting/worker.py": ((r"^R \0\n$", "a line between two processes"),),
    "verify/daylots.py": ((r"^typical day$", DATA),),
    "cli/serving.py": ((r"^any that is free$", "a default, translated as help is drawn"),),
    "pages/shell.py": ((r"^\nh3 ", STYLE),),
    "atlas/production.py": ((r"^x, y$", DATA),),
    "cli/sharing.py": ((r"^\0 --", "a command"),),
    "model/assets.py": ((r"^share of compressors", SOURCE),),
    "model/goods.py": ((r"^at the low end of what is published", SOURCE),),
    "model/places.py": ((r"^80 without source", SOURCE),),
    "planning/measured.py": ((r"^(depot type|net volume)$", "headings that are recognised"),),
    "planning/replan.py": ((r"^forced site left empty$", LOG),),
    "reports/printing.py": ((r"^(Google Chrome|Microsoft Edge)", "names of programs"),),
    "runs/archive.py": ((r"^\0 schema$", DATA),),
    "telemetry/berlinger.py": ((r".", "keys of the makers' files"),),
    "telemetry/columns.py": ((r"^date (time|& time)$", "headings that are recognised"),),
    "telemetry/page.py": ((r"^\nbody", STYLE),),
    "telemetry/store.py": ((r"^\n?(create|insert|select|begin|delete)", "SQL"),),
    "traceability/custody.py": ((r"^the road$", DATA),),
    "traceability/hashing.py": ((r"^Order \| None$", "a type"),),
    "traceability/page.py": ((r"^default-src|^\n[*@]", STYLE), (r"^(\0 · )?\0 kg$", ON_PAPER)),
    "traceability/words.py": ((r".", "words and units of the standard"),),
    "weeks/notice.py": (BRAND,),
}
"""Module -> (regular expression of the text, reason)."""

Text = tuple[int, str]


def words(text: str) -> tuple[int, int]:
    """Count the words of a text and the values filled in between them.

    A leading ``name:`` of a table or a setting alone makes no sentence, and neither do tags of HTML.
    """
    parts = re.sub(r"<[^>]*>", " ", text).split()
    told = [part for part in parts if WORD.fullmatch(part)]
    if len(told) == 1 and re.match(r"[a-z_]+: ", text):
        told = []
    return len(told), sum(1 for part in parts if VALUE.fullmatch(part))


def is_text(text: str) -> bool:
    """Tell whether people read this; a command to copy is the same in every language."""
    if not PARTED.search(text) or COMMAND.match(text):
        return False
    told, values = words(text)
    return told >= 1 and told + values >= 2


def spelled(node: ast.AST) -> str | None:
    """Return the text of a string or f-string, a NUL for every value in it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
    return None


def name_of(call: ast.Call) -> str:
    """Return the last name of what is called."""
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def looked_at(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the parts of a node in which texts for people may stand."""
    if isinstance(node, LEAVES) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
        return
    if isinstance(node, ast.Call):
        marked = isinstance(node.func, ast.Name) and node.func.id in MARKS
        skipped = node.args[: 1 if name_of(node) in PATTERNS else 0]
        skipped = node.args if marked or name_of(node) in ASKED_ELSEWHERE else skipped
        yield from (arg for arg in node.args if arg not in skipped)
        yield from (word.value for word in node.keywords if word.arg not in HELP)
        yield node.func
        return
    if isinstance(node, ast.JoinedStr):
        yield from (part.value for part in node.values if isinstance(part, ast.FormattedValue))
        return
    notes = {getattr(node, name) for name in ("annotation", "returns") if name in node._fields}
    yield from (part for part in ast.iter_child_nodes(node) if part not in notes)


def unmarked(node: ast.AST) -> Iterator[Text]:
    """Yield line and text of all that people read and that is not marked."""
    left = [node]
    while left:
        node = left.pop()
        text = spelled(node)
        if text is not None and is_text(text):
            yield getattr(node, "lineno", 0), text
        left += reversed([*looked_at(node)])


@cache
def found_in(path: Path) -> tuple[Text, ...]:
    """Return the unmarked texts of a module."""
    return tuple(unmarked(tree_of(path)))


def test_every_text_for_people_is_marked() -> None:
    """Each is marked or is an exception with a reason."""
    odd = [
        (short_name(path), n, text)
        for path in MODULES
        for n, text in found_in(path)
        if not any(re.search(one, text) for one, _reason in EXCEPT.get(short_name(path), ()))
    ]
    assert odd == []


def test_every_exception_is_needed() -> None:
    """An exception that excuses nothing any more leaves the list."""
    idle = []
    for module, rules in EXCEPT.items():
        texts = [text for _n, text in found_in(ROOT / module)]
        idle += [(module, one) for one, _reason in rules if not any(re.search(one, text) for text in texts)]
    assert idle == []


@pytest.mark.parametrize(
    "source",
    [
        'raise BadInputError([Fault(f, 1, "", "", "must not be negative", "x")])',
        'problems.append(f"{depot} is missing")',
        'click.echo(f"{n} depots")',
        'table.add_row("Expected loss", text)',
        'return f"{km:,.0f} km"',
        'WORDS = {"late": "arrives too late"}',
        "page = f'<span>no road data: {reason}</span>'",
        '_("{n} depots").format(n="one or two")',
    ],
)
def test_the_rule_finds(source: str) -> None:
    """Texts in faults, lists, tables, returned values, constants, pages, and in what is filled into a marked text."""
    assert len(list(unmarked(ast.parse(source)))) == 1


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring of several words."""',
        'raise Fault(_("must not be negative"))',
        'N_("two words"), plural("{n} depot", "{n} depots", n)',
        'frame["total_cny"], f"{name}.csv", f"{a}{b}", f"{x:,.0f}", "depot"',
        'def f(x: "a forward reference") -> "another one": ...',
        'click.option("--seed", help="Same seed, same result.")',
        'kg: float = figure("kg", "amount of the order")',
        'f"summary: {name}"',
        'next_step(f"coldchain plan {folder}")',
    ],
)
def test_the_rule_spares(source: str) -> None:
    """What is marked, what is no text, and what other tests ask for."""
    assert list(unmarked(ast.parse(source))) == []
