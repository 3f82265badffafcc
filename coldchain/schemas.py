"""Numbers of the formats that files state, ``coldchain.run/2``: what is newer than this version knows is refused."""

from __future__ import annotations

import re

from coldchain.language import _

NUMBERED = re.compile(r"(?P<family>[a-z.]+)/(?P<number>\d{1,6})")


def schema_number(stated: str, current: str) -> int | None:
    """Return the number of a stated format; None where it is not of the same family.

    Examples
    --------
    >>> schema_number("coldchain.run/1", "coldchain.run/2"), schema_number("coldchain.plan/1", "coldchain.run/2")
    (1, None)
    """
    found, known = NUMBERED.fullmatch(stated), NUMBERED.fullmatch(current)
    if found is None or known is None or found["family"] != known["family"]:
        return None
    return int(found["number"])


def schema_fault(stated: str, current: str) -> str | None:
    """Say why a file that states one format cannot be read by a version whose format is ``current``; None if it can."""
    number, most = schema_number(stated, current), schema_number(current, current)
    if number is None or number < 1:
        return _('must be "{SCHEMA}"').format(SCHEMA=current)
    if most is not None and number > most:
        return _("a newer version of coldchain wrote this; this one reads up to {current}: update coldchain").format(
            current=current
        )
    return None
