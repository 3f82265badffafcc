"""Two languages: every marked text is translated, placeholders agree, and nothing is looked up that is not there."""

from __future__ import annotations

import ast
import json
import re
import string
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from sources import MODULES, ROOT, nodes_of

from coldchain import language
from coldchain.cli import cli, run
from coldchain.cli.helping import EXAMPLE, columns, joined, paragraphs, pieces, wrap
from coldchain.language import N_, _, catalogue, known_language, plural, preferred, speaking
from coldchain.model import dictionary
from coldchain.scenario.upland import upland
from coldchain.scenario.write import toml_text

ZH = catalogue("zh")
MARKS = {"_": 1, "N_": 1, "plural": 2}
CLICK_MODULES = ("core", "exceptions", "formatting", "parser", "types")
PROGRAMMERS_ONLY = (
    "DeprecationWarning", "No options defined", "Could not determine", "Arguments take", "Name '{name}'",
    "Boolean option",
)  # fmt: skip
Capture = pytest.CaptureFixture[str]


def marked(path: Path, marks: dict[str, int]) -> Iterator[ast.expr]:
    """Yield the texts that a module marks."""
    for node in nodes_of(path):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in marks:
            yield from node.args[: marks[node.func.id]]


@cache
def texts_of_modules() -> dict[str, str]:
    """Return text -> module, of all that is marked in the package, and the meanings of the data dictionary."""
    found = {}
    for path in MODULES:
        for text in marked(path, MARKS):
            if isinstance(text, ast.Constant):
                found[str(text.value)] = path.relative_to(ROOT).as_posix()
    nouns = {**dictionary.TABLES, **dictionary.SECTIONS}
    return found | {row[3]: name for name, noun in nouns.items() for row in dictionary.fields(noun)}


def texts_of_help(command: click.Command) -> Iterator[str]:
    """Yield the paragraphs, lines of blocks, and option texts of a command and of those below it."""
    for text in (command.help, command.epilog):
        for part in paragraphs(text or ""):
            lines = part.splitlines() if part.startswith("\b") else [joined(part)]
            yield from (line.strip() for line in lines if line.strip() not in ("", "\b") and EXAMPLE not in line)
    yield from (one.help for one in command.params if isinstance(one, click.Option) and one.help)
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from texts_of_help(inner)


def texts_of_click() -> set[str]:
    """Return what Click itself looks up while it reads a command line and prints help."""
    found = set()
    for name in CLICK_MODULES:
        path = Path(str(click.__file__)).with_name(f"{name}.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "ngettext"):
                text = node.args[1 if node.func.id == "ngettext" else 0]
                if isinstance(text, ast.Constant):
                    found.add(str(text.value))
    return {text for text in found if not text.startswith(PROGRAMMERS_ONLY)}


def fields(text: str) -> list[str]:
    """Return the placeholders of a text, in order of name."""
    return sorted(name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name is not None)


def test_every_marked_text_is_translated() -> None:
    """Nothing that the code marks is left in English."""
    assert {text: where for text, where in texts_of_modules().items() if text and text not in ZH} == {}


def test_every_help_text_is_translated() -> None:
    """Commands, options and the examples' heading."""
    assert [text for text in texts_of_help(cli) if text not in ZH] == []


def test_clicks_own_words_are_translated() -> None:
    """Usage errors and headings that come from Click."""
    assert sorted(texts_of_click() - ZH.keys()) == []


def test_no_translation_is_left_over() -> None:
    """A text that nothing uses any more leaves the catalogue."""
    clicks = json.loads((ROOT / "language" / "zh" / "click.json").read_text(encoding="utf-8"))
    used = {*texts_of_modules(), *texts_of_help(cli), *clicks}
    assert sorted(ZH.keys() - used) == []


def test_placeholders_agree() -> None:
    """Both languages fill in the same values; a text that is filled in can be."""
    assert [key for key, text in ZH.items() if "{" in key and fields(key) != fields(text)] == []


def test_translations_are_chinese() -> None:
    """Each has a Chinese character, unless its English has no word beside placeholders and options."""
    words = {key: re.sub(r"\{[^}]*\}|--[a-z-]+", "", key) for key in ZH}
    assert [
        key for key, text in ZH.items() if re.search("[a-z]{3}", words[key]) and not re.search("[一-鿿]", text)
    ] == []


def test_parts_of_the_catalogue_do_not_contradict_each_other() -> None:
    """No text stands in two parts with two translations, and no part holds it twice."""
    seen: dict[str, str] = {}
    for part in sorted((ROOT / "language" / "zh").glob("*.json")):
        pairs = json.loads(part.read_text(encoding="utf-8"), object_pairs_hook=list)
        assert len({key for key, _text in pairs}) == len(pairs), part.name
        for key, text in pairs:
            assert seen.setdefault(key, text) == text, (part.name, key)


def test_marks_are_used_as_they_must_be() -> None:
    """No f-string and no filled-in text is looked up, and ``_`` is nothing else where it means translation."""
    for path in MODULES:
        for text in marked(path, MARKS):
            assert not isinstance(text, ast.JoinedStr | ast.BinOp), (path, ast.unparse(text))
        names = [
            node for node in nodes_of(path) if isinstance(node, ast.ImportFrom) and node.module == "coldchain.language"
        ]
        if any(alias.name == "_" for node in names for alias in node.names):
            assert not [node for node in nodes_of(path) if _is_other(node)], path


def _is_other(node: ast.AST) -> bool:
    stored = isinstance(node, ast.Name) and node.id == "_" and isinstance(node.ctx, ast.Store)
    return stored or (isinstance(node, ast.arg) and node.arg == "_")


def test_a_text_is_looked_up_in_the_language_spoken() -> None:
    """English as written, Chinese from the catalogue, an unknown text as it is; back again after the block."""
    assert _("budget") == "budget"
    with speaking("zh_CN.UTF-8"):
        assert _("budget") == "预算"
        assert _("no such text") == "no such text"
        assert language.language() == "zh"
    assert _("budget") == "budget"
    with pytest.raises(ValueError, match="language must be one of en, zh; got fr"):
        language.use("fr")


def test_one_and_many() -> None:
    """English has two forms, Chinese one."""
    assert [plural("{n} fault", "{n} faults", n).format(n=n) for n in (0, 1, 2)] == ["0 faults", "1 fault", "2 faults"]
    assert N_("budget") == "budget"


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LANG": "en_GB", "COLDCHAIN_LANG": "zh-Hans"}, "zh"),
        ({"LANG": "zh_CN", "COLDCHAIN_LANG": "en"}, "en"),
    ],
)
def test_the_language_of_the_environment(
    environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COLDCHAIN_LANG goes before the system's language, and that before English."""
    monkeypatch.setattr("sys.platform", "linux")
    assert preferred(environment) == expected
    assert known_language("") is None


def test_help_in_chinese(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """``--lang`` before or after the command, or COLDCHAIN_LANG; the flag goes first."""
    for arguments in (["--lang", "zh", "plan", "--help"], ["plan", "--lang=zh", "--help"]):
        assert run(arguments) == 0
        told = capsys.readouterr().out
        assert "用法" in told
        assert "示例：coldchain plan" in told
        assert "Usage" not in told
    monkeypatch.setenv("COLDCHAIN_LANG", "zh")
    assert run(["plan", "--help"]) == 0
    assert "补贴预算" in capsys.readouterr().out
    assert run(["plan", "--help", "--lang", "en"]) == 0
    assert "Usage: coldchain plan" in capsys.readouterr().out


def test_the_language_of_the_settings(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """``lang`` in coldchain.toml counts when neither flag nor variable is given."""
    monkeypatch.chdir(tmp_path)
    Path("coldchain.toml").write_text('lang = "zh"\n', encoding="utf-8")
    monkeypatch.delenv("COLDCHAIN_LANG")
    assert run(["plan", "--help"]) == 0
    assert "用法" in capsys.readouterr().out
    monkeypatch.setenv("COLDCHAIN_LANG", "en")
    assert run(["plan", "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_usage_errors_in_chinese(capsys: Capture) -> None:
    """A wrong option and a missing argument are told in Chinese, code 2."""
    for arguments, told in (
        ("x --sed 3", "没有选项“--sed”。（是否想写：“--seed”？）"), ("", "缺少参数“SCENARIO”"),
        ("x --effort all", "“--effort”的值无效：“all”不在可选值“quick”、“normal”、“deep”之中。"),
        ("x --threads 0", "“--threads”的值无效：0 不在范围 ≥1 之内。"), ("x --seed z", "“z”不是有效的整数。"),
    ):  # fmt: skip
        assert run(["plan", *arguments.split(), "--lang", "zh"]) == 2
        written = capsys.readouterr().err
        assert told in written
        assert "用法：coldchain plan [选项] SCENARIO" in written


def test_help_in_chinese_leaves_no_words_of_click(capsys: Capture) -> None:
    """No command shows ``[OPTIONS]``, a kind of value, a range or a mark as Click writes them in English."""
    for path in paths_of(cli):
        assert run([*path, "--help", "--lang", "zh"]) == 0
    told = re.sub(r"\[[^\]]*\|[^\]]*\]|示例：.*", "", capsys.readouterr().out)
    words = r"OPTIONS|COMMAND \[|ARGS|\b(?:TEXT|PATH|INTEGER|FLOAT|RANGE)\b|x[<>]|stdout|stderr|^\S+:$|required"
    assert re.findall(words, told, re.MULTILINE) == []
    assert re.findall(r"^  -.* [A-Z]+=?[A-Z]*  ", told, re.MULTILINE) == []


def paths_of(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the words by which each command is called."""
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths_of(inner, (*path, name))


def test_wide_lines_are_wrapped_by_columns() -> None:
    """No line of Chinese help is wider than asked, none begins with a closing mark, and nothing is lost."""
    text = "规划农村冷链：建哪些预冷库、建在哪里、建多大（含移动预冷车），走哪些路线，用多少补贴 CNY。" * 3
    with speaking("zh"):
        lines = wrap(text, 40, "  ", "  ").splitlines()
    assert max(map(columns, lines)) <= 40
    assert not [line for line in lines if line.strip()[0] in "，。、）"]
    assert "".join(line.strip() for line in lines).replace(" ", "") == text.replace(" ", "")
    assert "".join(pieces(text)) == text


def test_a_new_scenario_speaks_chinese() -> None:
    """Notes and what every setting means are Chinese, keys and values the same as in English."""
    english = toml_text(upland(12, 3))
    with speaking("zh"):
        chinese = toml_text(upland(12, 3))
    one, other = tomllib.loads(english), tomllib.loads(chinese)
    assert all(re.search("[一-鿿]", note) for note in other.pop("notes"))
    assert "# 补贴总额上限 [元]" in chinese
    assert one.pop("notes")
    assert one == other
    with speaking("zh"):
        tables = upland(12, 3).tables
    assert tables["villages"]["county"][0] == "A区"
    assert tables["sites"]["owner"][0] == "T001合作社"
    assert tables["periods"]["name"][1] == "夏季（6–8 月）"
