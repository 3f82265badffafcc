"""The settings of the papers of a county: who issues them, on what basis, whom to turn to."""

from __future__ import annotations

import re
from datetime import date

from pydantic import field_validator

from coldchain.language import _
from coldchain.model.base import Noun, figure

DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D(\d{1,2})(?:\D.*)?")


def day_of(text: str) -> date:
    """Read a day as people write it.

    Raises
    ------
    ValueError
        Saying what would be right.

    Examples
    --------
    >>> day_of("2026年3月8日"), day_of("2026-03-08 00:00:00")
    (datetime.date(2026, 3, 8), datetime.date(2026, 3, 8))
    """
    found = DAY.fullmatch(text.strip())
    year, month, day = map(int, found.groups()) if found else (0, 0, 0)
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(_('must be a day such as 2026-03-08; got "{text}"').format(text=text)) from None


class Papers(Noun):
    """What the papers of a county say beside the figures: none of it decides a plan; what is empty is left blank."""

    issuer: str = figure("-", "unit that issues the papers, in full", "")
    project: str = figure("-", "project named in the titles; empty: pre-cooling depots at the place of production", "")
    date: str = figure("-", "date of the papers, such as 2026-03-08", "")
    basis: tuple[str, ...] = figure("-", "plans and notices the project rests on, with their numbers", ())
    process: str = figure("-", "how applications were invited, examined and accepted, in one sentence", "")
    objections_from: str = figure("-", "first day on which objections are heard", "")
    objections_until: str = figure("-", "last day on which objections are heard", "")
    objections_days: int | None = figure(
        "-", "working days between these, by the rule of the province", None, ge=1, le=60
    )
    contact: str = figure("-", "whom to turn to", "")
    phone: str = figure("-", "telephone of the contact", "")
    oversight_phone: str = figure("-", "telephone of those who oversee the project", "")
    email: str = figure("-", "electronic mail of the contact", "")
    address: str = figure("-", "postal address of the issuer, with the postcode", "")
    mask_names: bool = figure("-", "whether names of persons are shown in part, as Zh*** S**", True)

    @field_validator("date", "objections_from", "objections_until")
    @classmethod
    def _is_a_day(cls, text: str) -> str:
        """Write a day as 2026-03-08, however it was typed."""
        return text and day_of(text).isoformat()
