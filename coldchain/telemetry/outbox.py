"""Alarms as news to other programs: a line each in a file, or posted to an address; none twice, none lost.

News is that an alarm begins, becomes a breach, escalates, is acknowledged or ends. What a channel has taken stands in
the store of the readings; what it did not take (a full disk, an address that does not answer) is tried again the next
time.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from coldchain.errors import UsageError
from coldchain.language import _
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.watch import Watched

PATIENCE_S = 5.0


def news_of(found: Watched) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a key for each state of each alarm, and the alarm with that state as ``news``.

    The key holds place, cause and the hour of the start, so that readings which move the start by minutes make no news.
    """
    for alarm in found.as_dict()["alarms"]:
        states = ["begins"]
        states += ["breach"] if alarm["level"] == "breach" else []
        states += ["escalated"] if alarm["escalated"] else []
        states += ["acknowledged"] if alarm["acknowledged"] else []
        states += ["ends"] if alarm["end"] else []
        name = alarm["device"] or alarm["place"]
        for state in states:
            yield f"{name}|{alarm['cause']}|{alarm['start'][:13]}|{state}", {"news": state, **alarm}


def send(found: Watched, store: ReadingStore, channel: str, post: Callable[[str], None]) -> int:
    """Give a channel the news that it has not taken; return how many are left because it failed."""
    taken = store.told(channel)
    fresh = [(key, alarm) for key, alarm in news_of(found) if key not in taken]
    for number, (key, alarm) in enumerate(fresh):
        try:
            post(json.dumps(alarm, ensure_ascii=False))
        except OSError:
            return len(fresh) - number
        store.tell(channel, key)
    return 0


def to_file(path: Path) -> Callable[[str], None]:
    """Return what appends a line to a file."""

    def post(text: str) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{text}\n")

    return post


def to_address(url: str) -> Callable[[str], None]:
    """Return what posts a text as JSON to an address.

    Raises
    ------
    UsageError
        When the address is none of http or https.
    """
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        told = _('--webhook must be an address such as https://host/path; got "{url}"')
        raise UsageError(told.format(url=url))

    def post(text: str) -> None:
        request = urllib.request.Request(  # noqa: S310 - only http and https, asked above
            url, text.encode(), {"Content-Type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=PATIENCE_S):  # noqa: S310
            pass

    return post
