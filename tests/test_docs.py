"""What is written about the product is true: the dictionary is current, named commands and files exist."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from coldchain.cli import cli
from coldchain.model.dictionary import SECTIONS, TABLES, fields, markdown
from coldchain.runs import columns_page

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
UNITS = {
    "cny": "CNY", "t": "t", "h": "h", "c": "°C", "km": "km", "kw": "kW", "kg": "kg", "m3": "m³", "kmh": "km/h",
}  # fmt: skip


def test_dictionary_is_current() -> None:
    """docs/dictionary.md is what `make docs` writes now."""
    assert (ROOT / "docs" / "dictionary.md").read_text(encoding="utf-8") == markdown()


def test_list_of_result_columns_is_current() -> None:
    """docs/tables.md is what `make docs` writes now."""
    assert (ROOT / "docs" / "tables.md").read_text(encoding="utf-8") == columns_page.markdown()


def test_every_figure_has_a_meaning_and_numbers_have_units() -> None:
    """Each field of each noun says what it means, and a unit at the end of a name agrees with the stated unit."""
    for noun in (*TABLES.values(), *SECTIONS.values()):
        for name, unit, _, meaning in fields(noun):
            assert len(meaning) > 5, name
            ending = name.rsplit("_", 1)[-1]
            if ending in UNITS and "_" in name:
                assert UNITS[ending] in unit or "/" in unit, (name, unit)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page points at a file that exists."""
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), target


def test_commands_in_the_docs_exist() -> None:
    """Every `coldchain COMMAND` that a page shows is a command."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    shown = set(re.findall(r"^(?:\S*/)?coldchain ([a-z-]+)\b(?! \*\*)", text, re.MULTILINE))
    assert shown
    assert shown <= set(cli.commands)


def test_make_targets_in_the_readme_exist() -> None:
    """The README's make targets stand in the Makefile."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    listed = re.search(r"other targets: `([^`]+)`", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert listed is not None
    assert set(listed[1].split()) | {"plan", "test"} <= targets


def shown_commands(page: Path) -> list[str]:
    """Return the command lines in the code blocks of a page, without comments, redirections and what follows them."""
    blocks = re.findall(r"```(?:console)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").split("\n")
    found = [re.sub(r"^(?:\$ )?(?:\S*/)?(coldchain .*)$", r"\1", line) for line in lines]
    return [re.split(r"\s+#|\s[|>&]", line)[0].strip() for line in found if line.startswith("coldchain ")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_docs_are_read_without_complaint(page: Path) -> None:
    """Every option and value that a page shows is one; the commands themselves are not run."""
    lines = shown_commands(page)
    assert lines or "coldchain plan" not in page.read_text(encoding="utf-8").replace("`coldchain plan", "")
    for line in lines:
        words = shlex.split(line)[1:]
        command: click.Command = cli
        while isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        try:
            command.make_context(line, words)
        except click.exceptions.Exit:
            assert "--help" in words or "--version" in words
        except click.UsageError as error:
            pytest.fail(f"{line}: {error.format_message()}")


@pytest.mark.slow
def test_the_example_of_the_recipes_runs(tmp_path: Path) -> None:
    """The Python block of docs/recipes.md, on the smallest county."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    small = block[1].replace('cc.load("county/county.xlsx")', 'cc.example("county", villages=4, seed=3)')
    assert "cc.example" in small
    subprocess.run([sys.executable, "-c", small], cwd=tmp_path, check=True, capture_output=True)
