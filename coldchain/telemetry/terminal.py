"""A day watched, on the terminal: lots with the least quality first, then alarms."""

from __future__ import annotations

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coldchain.language import N_, _
from coldchain.telemetry.alarms import CAUSES, LEVELS, SENSOR, Alarm
from coldchain.telemetry.watch import Watched, alarm_id

WIDTH = 100
STATES = {"stuck": N_("stuck"), "jumping": N_("jumping"), "offset": N_("offset")}


def print_watched(found: Watched, most: int) -> None:
    """Print at most so many lots and alarms."""
    console = Console()
    out = console if console.is_terminal else Console(width=WIDTH)
    head = _("{name}, {date} {now}: lots {lots}, alarms {alarms}, open {opened}")
    opened = sum(alarm.is_open for alarm in found.alarms)
    out.print(
        head.format(
            name=escape(found.day.name), date=found.date, lots=len(found.lots), now=found.moment(found.now_h)[11:16],
            alarms=len(found.alarms), opened=opened,
        )
    )  # fmt: skip
    out.print(_lots(found, most))
    if found.alarms:
        out.print(_alarms(found, most))


def _lots(found: Watched, most: int) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in (_("lot"), _("place"), _("°C"), _("life used"), _("quality"), _("loss expected"), _("planned")):
        table.add_column(name, justify="left" if name in (_("lot"), _("place")) else "right")
    for lot in sorted(found.lots, key=lambda one: (one.quality, one.plan.key))[:most]:
        table.add_row(
            escape(lot.plan.key), escape(lot.place), f"{lot.temp_c[0]:.1f}",
            f"{lot.used:.1%} ({lot.low:.1%}-{lot.high:.1%})", f"{lot.quality:.0f}", f"{lot.loss:.1%}",
            f"{lot.plan.loss:.1%}",
        )  # fmt: skip
    return table


def _alarms(found: Watched, most: int) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in (_("alarm"), _("since"), _("until"), _("place"), _("cause"), _("extreme"), _("lots")):
        table.add_column(name)
    for alarm in found.alarms[-most:]:
        end = "…" if alarm.is_open else found.moment(alarm.end_h)[11:16]
        peak = "" if np.isnan(alarm.peak) else f"{alarm.peak:.1f}"
        table.add_row(
            alarm_id(alarm), found.moment(alarm.start_h)[11:16], end, escape(alarm.device or alarm.place),
            cause_words(alarm), peak, str(len(alarm.lots)),
        )  # fmt: skip
    return table


def cause_words(alarm: Alarm) -> str:
    """Return cause and level of an alarm in words."""
    if alarm.cause == SENSOR:
        return _("{cause} ({level})").format(cause=_(CAUSES[SENSOR]), level=_(STATES[alarm.level]))
    if alarm.level in LEVELS and alarm.cause in ("warm", "cold", "door"):
        return _("{cause} ({level})").format(cause=_(CAUSES[alarm.cause]), level=_(LEVELS[alarm.level]))
    return _(CAUSES[alarm.cause])
