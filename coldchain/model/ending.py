"""Why a search stopped: a key for programs, a phrase for people."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum

from coldchain.language import N_, _


class Ending(StrEnum):
    """Why a search stopped; the value is what the files hold."""

    GAP = "gap-closed"
    WORK = "work-done"
    SETTLED = "nothing-improves"
    TIME = "time-limit"
    INTERRUPTED = "interrupted"


_WORDS: Mapping[str, str] = {
    Ending.GAP: N_("the wanted gap was reached"),
    Ending.WORK: N_("the work of this effort was done"),
    Ending.SETTLED: N_("nothing tried improved the plan"),
    Ending.TIME: N_("the time limit was reached; more time may give a better plan"),
    Ending.INTERRUPTED: N_("interrupted; this is the best plan found until then"),
}


def ending_of(cuts: Collection[Ending], *, closed: bool = False) -> Ending:
    """Return why a search stopped.

    Parameters
    ----------
    cuts : what cut a part of it short
    closed : whether what it found is proved to be good enough

    Examples
    --------
    >>> ending_of({Ending.TIME, Ending.WORK}), ending_of({Ending.TIME}, closed=True), ending_of(())
    (<Ending.TIME: 'time-limit'>, <Ending.GAP: 'gap-closed'>, <Ending.SETTLED: 'nothing-improves'>)
    """
    if Ending.INTERRUPTED in cuts:
        return Ending.INTERRUPTED
    if closed:
        return Ending.GAP
    return next((cut for cut in (Ending.TIME, Ending.WORK) if cut in cuts), Ending.SETTLED)


def ending_text(ending: str) -> str:
    """Say why a search stopped, in the language spoken; an unknown key is given back.

    Examples
    --------
    >>> ending_text("work-done")
    'the work of this effort was done'
    """
    return _(_WORDS[ending]) if ending in _WORDS else ending
