"""A page that is one file: Bokeh, data, script and style inside, so that it opens without a server or a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import resources
from typing import Any

from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.resources import INLINE

from coldchain.language import language
from coldchain.runs.record import plain_values


def one_page(document: Document, title: str, name: str, told: Any, variables: Mapping[str, Any]) -> str:
    """Return the page as HTML text, by the template, script and style of that name in ``assets``.

    Parameters
    ----------
    told : what the script must know
    variables : what the template shows
    """
    inside = {**variables, "told": script_json(told), "script": asset(f"{name}.js"), "style": asset(f"{name}.css")}
    template = asset("head.html") + asset(f"{name}.html")
    made: str = file_html(document, INLINE, title, template=template, template_variables=inside)
    return made.replace('<html lang="en">', f'<html lang="{language()}">', 1)


def asset(name: str) -> str:
    """Return the text of a file of ``assets``."""
    return (resources.files("coldchain.reports") / "assets" / name).read_text(encoding="utf-8")


def script_json(value: Any) -> str:
    r"""Write JSON that may stand inside a script element.

    Examples
    --------
    >>> script_json({"name": "</script>"})
    '{"name":"\\u003c/script>"}'
    """
    text = json.dumps(plain_values(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
