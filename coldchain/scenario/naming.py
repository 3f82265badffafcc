"""Ids that do harm where they are written: in a spreadsheet, in the name of a file, on a page."""

from __future__ import annotations

import re
from collections.abc import Iterable

from coldchain.errors import UNSEEN, Fault
from coldchain.language import _

FORMULA = re.compile(r"[=+\-@']")
PATH_PART = re.compile(r"^[/\\]|^[A-Za-z]:[/\\]|(^|[/\\])\.{1,2}([/\\]|$)")


def odd_ids(file: str, rows: Iterable[tuple[int | None, str]]) -> list[Fault]:
    """Return a fault for every (line, id) that would be a formula, a path or unreadable where ids are written."""
    kinds = (
        (FORMULA, _("must not begin with =, +, -, @ or an apostrophe: a spreadsheet takes it for a formula")),
        (UNSEEN, _("must not hold line breaks, control characters or marks of writing direction")),
        (PATH_PART, _("must not be or hold a part of a path such as ../")),
    )
    return [
        Fault(file, line, "id", key, message, "odd-id")
        for line, key in rows
        for pattern, message in kinds
        if (pattern.match if pattern is FORMULA else pattern.search)(key)
    ]
