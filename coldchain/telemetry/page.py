"""The page of a day watched: one file without a network, for a phone: alarms, a map, lots by quality, rooms.

Every name is written as text: what a device or a place is called cannot become a part of the page.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from coldchain.language import _, language
from coldchain.telemetry.alarms import Alarm
from coldchain.telemetry.dayplan import ROOM, TRUCK, DayPlan
from coldchain.telemetry.health import differences
from coldchain.telemetry.terminal import STATES, cause_words
from coldchain.telemetry.watch import Watched, alarm_id

STYLE = """
body{font:16px/1.4 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:.7rem;color:#1b1b1b;background:#fff}
h1{font-size:1.2rem;margin:.2rem 0}h2{font-size:1.05rem;margin:1rem 0 .3rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #ddd;white-space:nowrap}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.open{background:#fde8e4}.done{color:#555}.bar{display:inline-block;height:.7rem;background:#2d6a9f;vertical-align:middle}
svg{width:100%;height:auto;background:#f4f6f4;border:1px solid #ccc}
text{font-size:15px;fill:#1b1b1b}
@media(max-width:40rem){thead{display:none}tr{display:block;border-bottom:1px solid #bbb;padding:.4rem .3rem}
td,td.n{display:inline-block;border:0;padding:0 1rem .1rem 0;text-align:left;white-space:normal}td:empty{display:none}
td:first-child{display:block;font-weight:600}td:not(:first-child)::before{content:attr(data-h)" ";color:#666}}
@media(prefers-color-scheme:dark){body{background:#171717;color:#eee}.open{background:#4a1f18}.done{color:#aaa}
svg{background:#222}text{fill:#eee}th,td,tr{border-color:#444}td::before{color:#aaa!important}}
"""
MAP_WIDTH, MAP_HEIGHT, MARGIN, LABEL_PX = 600.0, 380.0, 24.0, 15
QUALITY_WIDTH_REM = 5.0


def write_page(found: Watched, path: Path, *, every_s: float | None = None) -> None:
    """Write the page; with ``every_s`` it loads itself anew after so many seconds.

    A reader never sees a half-written page: it is put in place when it is whole.
    """
    partial = path.with_name(f"{path.name}.partial")
    partial.write_text(page_text(found, every_s=every_s), encoding="utf-8")
    partial.replace(path)


def page_text(found: Watched, *, every_s: float | None = None) -> str:
    """Return the page."""
    title = _("{name}: lots on {date}").format(name=found.day.name, date=found.date)
    renew = "" if every_s is None else f'<meta http-equiv="refresh" content="{round(every_s)}">'
    return page_of(title, parts_of(found), renew)


def parts_of(found: Watched) -> tuple[str, ...]:
    """Return heading and sections of the page, safe HTML."""
    title = _("{name}: lots on {date}").format(name=found.day.name, date=found.date)
    shown = f"{found.moment(found.now_h)[:10]} {found.moment(found.now_h)[11:16]}"
    return (
        f"<h1>{text_of(title)}</h1><p>{text_of(_('newest reading {moment}').format(moment=shown))}</p>",
        section(_("Alarms"), _alarms(found)),
        section(_("Map"), _map(found)),
        section(_("Lots, least quality first"), _lots(found)),
        section(_("Rooms and trucks"), _places(found)),
        section(_("Sensors"), _sensors(found)),
    )


def page_of(title: str, parts: Iterable[str], more: str = "") -> str:
    """Return a page of safe HTML that asks for nothing; ``more`` stands in its head."""
    return (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">{more}'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{text_of(title)}</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def text_of(value: object) -> str:
    """Return what is shown, so that nothing in it becomes a part of the page."""
    return html.escape(str(value))


def section(title: str, body: str) -> str:
    """Return a part of the page under its heading."""
    return f"<h2>{text_of(title)}</h2>{body}"


def table_of(heads: Sequence[tuple[str, bool]], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return a table, on a phone a card for each row.

    Heads say whether a column holds numbers, cells are safe HTML, a row has its class.
    """
    top = "".join(f"<th{' class=n' if number else ''}>{text_of(name)}</th>" for name, number in heads)
    body = "".join(
        f'<tr class="{kind}">'
        + "".join(
            f'<td{" class=n" if number else ""} data-h="{text_of(name)}">{cell}</td>'
            for cell, (name, number) in zip(cells, heads, strict=True)
        )
        + "</tr>"
        for kind, cells in rows
    )
    return f'<div class="wide"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def place_words(day: DayPlan, place: str) -> str:
    """Return a place as people call it: the depot and the temperature of its room, a truck, a village, the dock."""
    kind, _sign, key = place.partition("/")
    if kind == ROOM and place in day.places:
        depot = key.split("/")[0]
        names = {site.id: site.name or site.id for site in day.scenario.sites}
        return _("{depot}, room of {set_c:g} °C").format(depot=names.get(depot, depot), set_c=day.places[place].set_c)
    if kind == TRUCK:
        return _("truck {tour}").format(tour=key)
    villages = {village.id: village.name or village.id for village in day.scenario.villages}
    words = {"dock": _("on the dock"), "gone": _("has left the depot")}
    return words.get(place) or villages.get(place, place)


def _alarms(found: Watched) -> str:
    """Open ones first, the newest on top."""
    if not found.alarms:
        return f"<p>{text_of(_('none'))}</p>"
    pairs = sorted(zip(found.alarms, found.notes, strict=True), key=lambda one: (not one[0].is_open, -one[0].start_h))
    heads = [(_("cause"), False), (_("place"), False), (_("since"), False), (_("until"), False), (_("extreme"), True),
             (_("lots in danger"), True), (_("settled"), False), (_("alarm"), False)]  # fmt: skip
    rows = []
    for alarm, note in pairs:
        end = "…" if alarm.is_open else found.moment(alarm.end_h)[11:16]
        settled = "" if note is None else " ".join(filter(None, (note.reason, note.who)))
        where = alarm.device or place_words(found.day, alarm.place)
        cells = (
            cause_words(alarm), where, found.moment(alarm.start_h)[11:16], end, _peak(alarm),
            f"{len(alarm.at_risk)}/{len(alarm.lots)}", settled, alarm_id(alarm),
        )  # fmt: skip
        rows.append(("open" if alarm.is_open and note is None else "done", [text_of(cell) for cell in cells]))
    return table_of(heads, rows)


def _peak(alarm: Alarm) -> str:
    return "" if np.isnan(alarm.peak) else f"{alarm.peak:.1f}"


def _lots(found: Watched) -> str:
    heads = [(_("lot"), False), (_("place"), False), ("kg", True), (_("°C"), True), (_("life used"), True),
             (_("quality"), False), (_("loss expected"), True), (_("planned"), True)]  # fmt: skip
    rows = []
    for lot in sorted(found.lots, key=lambda one: (one.quality, one.plan.key)):
        width = QUALITY_WIDTH_REM * lot.quality / 100.0
        bar = f'<span class="bar" style="width:{width:.2f}rem"></span> {lot.quality:.0f}'
        used = f"{lot.used:.1%} ({lot.low:.1%}-{lot.high:.1%})"
        where = place_words(found.day, lot.place)
        cells = (
            text_of(lot.plan.key), text_of(where), f"{lot.plan.kg:,.0f}", f"{lot.temp_c[0]:.1f}", used, bar,
            f"{lot.loss:.1%}", f"{lot.plan.loss:.1%}",
        )  # fmt: skip
        worse = lot.loss > lot.plan.loss + found.setup.rules.worse
        rows.append(("open" if worse else "", cells))
    return table_of(heads, rows)


def _places(found: Watched) -> str:
    """List the newest temperature of each place, and how long ago it was."""
    heads = [(_("place"), False), (_("sensors"), True), (_("°C"), True), (_("set"), True), (_("measured"), False)]
    rows = []
    for key, place in sorted(found.day.places.items(), key=lambda one: (one[1].kind != ROOM, one[0])):
        own = [one for one in found.sensors.get(key, ()) if one.good.any()]
        newest = max(own, key=lambda one: one.hour[one.good][-1], default=None)
        temp = "" if newest is None else f"{newest.temp_c[newest.good][-1]:.1f}"
        moment = "" if newest is None else found.moment(float(newest.hour[newest.good][-1]))[11:16]
        set_c = "" if place.set_c is None else f"{place.set_c:g}"
        rows.append(
            ("", (text_of(place_words(found.day, key)), f"{len(found.sensors.get(key, ()))}", temp, set_c, moment))
        )
    return table_of(heads, rows)


def _sensors(found: Watched) -> str:
    """List each device with its place, newest reading, difference from its neighbours, and what is wrong with it."""
    heads = [(_("device"), False), (_("place"), False), (_("measured"), False), (_("°C"), True),
             (_("off the others, K"), True), (_("state"), False)]  # fmt: skip
    rows = []
    for key, own in found.sensors.items():
        differ = differences(own)
        for one in own:
            off = f"{differ[one.device]:+z.1f}" if one.device in differ else ""
            bad = one.state != "good"
            since = _("{state} since {moment}") if bad else ""
            told = since and since.format(state=_(STATES[one.state]), moment=found.moment(one.since_h)[11:16])
            cells = (one.device, place_words(found.day, key), found.moment(float(one.hour[-1]))[11:16],
                     f"{one.temp_c[-1]:.1f}", off, told)  # fmt: skip
            rows.append(("open" if bad else "", [text_of(cell) for cell in cells]))
    rows += [("open", [text_of(name), text_of(_("no place is known")), "", "", "", ""]) for name in found.unknown]
    return table_of(heads, rows) if rows else f"<p>{text_of(_('none'))}</p>"


def _map(found: Watched) -> str:
    """Draw rooms as squares, trucks as circles where they were last, red where an alarm is open."""
    alarmed = {alarm.place for alarm in found.alarms if alarm.is_open}
    spots = {}
    for key, place in found.day.places.items():
        newest = found.positions.get(key)
        spot = newest[1:] if newest else place.track[0][1:] if place.track else None
        if spot is not None:
            spots[key] = spot
    if not spots:
        return ""
    lons, lats = np.array(list(spots.values())).T
    squeeze = float(np.cos(np.radians(lats.mean())))
    wide = max(float(np.ptp(lons)) * squeeze, float(np.ptp(lats)) * MAP_WIDTH / MAP_HEIGHT, 1e-3)
    scale = (MAP_WIDTH - 2.0 * MARGIN) / wide
    marks = []
    named: dict[tuple[int, int], list[str]] = {}
    for key, (lon, lat) in sorted(spots.items(), key=lambda one: not one[0].startswith(TRUCK)):
        x = MAP_WIDTH / 2.0 + (lon - (lons.max() + lons.min()) / 2.0) * squeeze * scale
        y = MAP_HEIGHT / 2.0 - (lat - (lats.max() + lats.min()) / 2.0) * scale
        fill = "#c0392b" if key in alarmed else "#2d6a9f"
        shape = (
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{fill}">'
            if key.startswith(TRUCK)
            else f'<rect x="{x - 8:.1f}" y="{y - 8:.1f}" width="16" height="16" fill="{fill}">'
        )
        words = text_of(place_words(found.day, key))
        marks.append(f"{shape}<title>{words}</title>{'</circle>' if key.startswith(TRUCK) else '</rect>'}")
        at = (round(x / LABEL_PX) * LABEL_PX, round(y / LABEL_PX) * LABEL_PX)
        named.setdefault(at, []).append(key.split("/")[1])
    marks += [_label(x, y, names) for (x, y), names in named.items()]
    told = text_of(
        _("squares: rooms of depots; circles: trucks where they were last; +n: so many more there; red: an open alarm")
    )
    view = f'viewBox="0 0 {MAP_WIDTH:.0f} {MAP_HEIGHT:.0f}"'
    return f'<svg {view} role="img" aria-label="{told}">{"".join(marks)}</svg><p>{told}</p>'


def _label(x: float, y: float, names: Sequence[str]) -> str:
    """Name what stands at one place of the map: the last drawn, which is a room where there is one; inside the map.

    >>> _label(500.0, 100.0, ["T1-1", "T1"])
    '<text x="486" y="105" text-anchor="end">T1 +1</text>'
    """
    more = len(set(names)) - 1
    text = text_of(f"{names[-1]} +{more}" if more else names[-1])
    left = x > MAP_WIDTH * 2.0 / 3.0
    anchor = ' text-anchor="end"' if left else ""
    return f'<text x="{x - 14 if left else x + 14:.0f}" y="{y + 5:.0f}"{anchor}>{text}</text>'
