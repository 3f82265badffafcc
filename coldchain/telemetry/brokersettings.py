"""The settings of mosquitto that lose readings as it is shipped: its queue, and what it keeps over a restart."""

from __future__ import annotations

from pathlib import Path

from coldchain.language import _

SHIPPED = Path("/etc/mosquitto/mosquitto.conf")
AUTOSAVE_S = 60.0


def settings_of(path: Path) -> dict[str, str]:
    """Return name -> value of a file of settings and of the folder it includes; the last of a name counts.

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    found: dict[str, str] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _blank, value = line.strip().partition(" ")
        if not name or name.startswith("#"):
            continue
        found[name] = value.strip()
        if name == "include_dir":
            for more in sorted(Path(value.strip()).glob("*.conf")):
                found |= settings_of(more)
    return found


def doubts(settings: dict[str, str]) -> tuple[str, ...]:
    """Return what in the settings loses readings while nobody watches, or when the broker is restarted.

    Examples
    --------
    >>> doubts({"max_queued_messages": "0", "persistence": "true", "autosave_interval": "5"})
    ()
    """
    found = []
    if settings.get("max_queued_messages", "1000") != "0":
        told = _("set max_queued_messages 0: beyond {most} messages in the queue readings are dropped")
        found.append(told.format(most=settings.get("max_queued_messages", "1000")))
    if settings.get("persistence", "false") != "true":
        found.append(_("set persistence true: a restart drops what waits"))
    elif not _soon(settings.get("autosave_interval", "1800")):
        told = _("set autosave_interval {most:g}: a crash drops what came since the last save, {interval} s")
        found.append(told.format(most=AUTOSAVE_S, interval=settings.get("autosave_interval", "1800")))
    return tuple(found)


def _soon(interval: str) -> bool:
    try:
        return 0.0 < float(interval) <= AUTOSAVE_S
    except ValueError:
        return False
