"""Papers written to a folder: page, PDF and DOCX, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from coldchain.papers.page import page_text
from coldchain.papers.paper import Paper
from coldchain.papers.setting import set_in_type
from coldchain.papers.word import write_document
from coldchain.reports import printing
from coldchain.runs import write_in_place


def write_paper(paper: Paper, folder: Path, stem: str, *, pdf: bool = False, docx: bool = False) -> list[Path]:
    """Write a paper as ``STEM.html``, and as PDF and DOCX where asked; return the paths.

    Raises
    ------
    MissingExtraError
        When a browser to print with, or python-docx, is missing.
    UsageError
        When a file cannot be written.
    """
    paper = set_in_type(paper)
    text = page_text(paper)
    page = write_in_place(folder / f"{stem}.html", lambda path: path.write_text(text, encoding="utf-8"))
    made = [page]
    if pdf:
        made.append(write_in_place(folder / f"{stem}.pdf", lambda path: printing.print_page(page, path)))
    if docx:
        made.append(write_in_place(folder / f"{stem}.docx", lambda path: write_document(paper, path)))
    return made
