"""The page of a county as a notebook shows it: the same app, ended with the notebook."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_cases import answer
from tiny_cases import tiny_county

import coldchain as cc
from coldchain.errors import UsageError


def test_a_notebook_shows_the_page_until_it_is_stopped(tmp_path: Path) -> None:
    """The frame holds the address, which answers with the page; nothing runs on when it was stopped."""
    served = cc.serve(tiny_county(tmp_path / "county"))
    try:
        status, text = answer(served.url)
        assert status == 200
        assert "bokeh" in text
        assert f'src="{served.url}"' in served._repr_html_()
    finally:
        served.stop()
        served.stop()
    assert served.process.returncode == 0


def test_what_cannot_be_served_says_why(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere"):
        cc.serve(tmp_path / "nowhere")
