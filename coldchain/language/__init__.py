"""The language of messages: English in the code, Chinese in the catalogue beside this file.

The English text is the key. Write ``_("{count} depots").format(count=7)``: the text first, its values after, never an
f-string. What is looked up later (a table of headings, help texts) is marked with :func:`N_` where it stands. Names of
JSON fields, tables and columns are never translated.

The catalogue is a folder of JSON files, one for each part of the program, English to Chinese; a test asks that every
marked text is in it and that both languages have the same placeholders.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")
VARIABLE = "COLDCHAIN_LANG"
_CHINESE_ON_WINDOWS = 0x04
_spoken: ContextVar[str] = ContextVar("language", default="en")


def _(text: str) -> str:
    """Return a text in the language spoken now; a text without translation as it is.

    Examples
    --------
    >>> with speaking("zh"):
    ...     _("budget")
    '预算'
    >>> _("budget")
    'budget'
    """
    return text if _spoken.get() == "en" else catalogue(_spoken.get()).get(text, text)


def N_(text: str) -> str:  # noqa: N802 - the customary name
    """Mark a text that is translated where it is shown, and return it unchanged."""
    return text


def plural(one: str, many: str, count: float) -> str:
    """Return the text for one or for many; Chinese has one form, the translation of ``many``.

    Examples
    --------
    >>> plural("{n} village", "{n} villages", 1).format(n=1)
    '1 village'
    """
    return _(one if count == 1 and _spoken.get() == "en" else many)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return English -> translation, from all parts."""
    parts = sorted((Path(__file__).parent / language).glob("*.json"))
    return {key: text for part in parts for key, text in json.loads(part.read_text(encoding="utf-8")).items()}


def language() -> str:
    """Return the language spoken now: ``en`` or ``zh``."""
    return _spoken.get()


def use(wanted: str) -> None:
    """Speak a language from now on: ``en`` or ``zh``, or a locale such as ``zh_CN.UTF-8``.

    Raises
    ------
    ValueError
        When it is neither English nor Chinese.
    """
    known = known_language(wanted)
    if known is None:
        raise ValueError(f"language must be one of {', '.join(LANGUAGES)}; got {wanted}")
    _spoken.set(known)


@contextmanager
def speaking(wanted: str) -> Iterator[None]:
    """Speak a language within a ``with`` block."""
    before = _spoken.get()
    use(wanted)
    try:
        yield
    finally:
        _spoken.set(before)


def known_language(name: str) -> str | None:
    """Return the language of a locale name, None for another one.

    Examples
    --------
    >>> known_language("zh_CN.UTF-8"), known_language("EN"), known_language("C.UTF-8"), known_language("fr")
    ('zh', 'en', None, None)
    """
    short = name.strip().lower().replace("-", "_").split("_")[0].split(".")[0]
    return short if short in LANGUAGES else None


def preferred(environment: Mapping[str, str] | None = None) -> str:
    """Return the language of the environment: COLDCHAIN_LANG, else that of the operating system, else English."""
    given = os.environ if environment is None else environment
    if own := known_language(given.get(VARIABLE, "")):
        return own
    if sys.platform == "win32":
        return _of_windows()
    locale = next((given[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if given.get(name)), "")
    return known_language(locale) or "en"


def _of_windows() -> str:
    """Ask for the language of the menus; Windows sets no LANG."""
    import ctypes

    code = ctypes.windll.kernel32.GetUserDefaultUILanguage()  # type: ignore[attr-defined, unused-ignore]
    return "zh" if code & 0x3FF == _CHINESE_ON_WINDOWS else "en"
