"""Charts as SVG, on paper and as pictures: bars, how far ends swing, a divided bar, how years spread, a curve."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from coldchain.reports.palette import DEPOTS, INK, MUTED, PERIODS, VILLAGES
from coldchain.reports.spots import width_of

TODAY, PLAN = DEPOTS["built"], VILLAGES[5]
WIDTH, BAR, GAP, LEFT, MOST_LEFT, RIGHT, TYPE = 720, 12, 8, 170, 400, 80, 13
BINS, HIGH = 40, 170
NICE = (0.01, 0.02, 0.05, 0.1, 0.2, 1.0)


@dataclass(frozen=True)
class Bars:
    """A row of bars: its label and a figure of each series."""

    label: str
    figures: tuple[float, ...]


@dataclass(frozen=True)
class Swing:
    """A row of a tornado: its label, the answers at both ends of a band, and what is written at each."""

    label: str
    low: float
    high: float
    at_low: str
    at_high: str


def svg(height: float, body: str, told: str) -> str:
    """Return a drawing of the page's width; ``told`` is what it shows, for those who hear it read."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(told)}" font-size="{TYPE}" '
        f'fill="{INK}">{body}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str = "start", colour: str = INK) -> str:
    """Return words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}">{escape(words)}</text>'


def box(x: float, y: float, width: float, height: float, colour: str, told: str = "") -> str:
    """Return a filled rectangle, with a title that shows under the pointer."""
    title = f"<title>{escape(told)}</title>" if told else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" height="{height:.1f}" fill="{colour}">'
        f"{title}</rect>"
    )


def legend(pairs: Sequence[tuple[str, str]], y: float, x: float = LEFT) -> str:
    """Return squares of a colour with their names, in a row."""
    parts = []
    for name, colour in pairs:
        parts += [box(x, y - 10, 11, 11, colour), text(x + 16, y, name)]
        x += 34 + width_of(name, TYPE)
    return "".join(parts)


def bars_chart(rows: Sequence[Bars], names: Sequence[str], write: Callable[[float], str]) -> str:
    """Draw a bar for each figure of each row: of one series, or today's and the plan's with their names."""
    most, left = max((max(row.figures) for row in rows), default=0.0) or 1.0, _left(row.label for row in rows)
    colours = (TODAY, PLAN)[-len(rows[0].figures) :] if rows else ()
    scale, y, body = (WIDTH - left - RIGHT) / most, 28.0 if names else 8.0, []
    if names:
        body.append(legend([*zip(names, colours, strict=True)], 14, min(left, LEFT)))
    for row in rows:
        body.append(text(left - 8, y + BAR * len(colours) / 2 + 4, row.label, "end"))
        for n, (figure, colour) in enumerate(zip(row.figures, colours, strict=True)):
            at = y + n * BAR
            body.append(box(left, at, figure * scale, BAR - 1, colour, f"{row.label}: {write(figure)}"))
            body.append(
                f'<text x="{left + max(figure, 0.0) * scale + 5:.1f}" y="{at + 9:.1f}" font-size="11">'
                f"{escape(write(figure))}</text>"
            )
        y += BAR * len(colours) + GAP
    return svg(y, "".join(body), ", ".join(names or (row.label for row in rows)))


def _left(labels: Iterable[str]) -> float:
    """Return how much room labels need beside bars."""
    return min(max((width_of(label, TYPE) + 16 for label in labels), default=0.0), MOST_LEFT)


def tornado(rows: Sequence[Swing], base: float, ends: tuple[str, str]) -> str:
    """Draw a bar for each row from its answer at the low end to that at the high end, around the one as planned.

    Parameters
    ----------
    ends : names of both ends
    """
    answers = [base, *(answer for row in rows for answer in (row.low, row.high))]
    least, most, said = min(answers), max(answers), [_said(row, base) for row in rows]
    left = _left(row.label for row in rows)
    room = 10 + max((width_of(words, TYPE) for one in said for _answer, words, _side in one), default=0.0)
    scale = (WIDTH - left - 2 * room) / ((most - least) or 1.0)
    middle, y = left + room + (base - least) * scale, 34.0
    body = [legend([*zip(ends, (TODAY, PLAN), strict=True)], 14, min(left, LEFT))]
    for row, written in zip(rows, said, strict=True):
        body.append(text(left - 8, y + BAR, row.label, "end"))
        tried = ((row.low, row.at_low, TODAY), (row.high, row.at_high, PLAN))
        for answer, words, colour in sorted(tried, key=lambda end: -abs(end[0] - base)):
            x, wide = middle + min(answer - base, 0.0) * scale, abs(answer - base) * scale
            body.append(box(x, y, wide, BAR + 3, colour, f"{row.label}: {words}"))
        for answer, words, side in written:
            shift = -5 if side == "end" else 5
            body.append(text(middle + (answer - base) * scale + shift, y + BAR, words, side, MUTED))
        y += BAR + GAP + 3
    body.append(f'<path d="M{middle:.1f} 24V{y:.0f}" stroke="{INK}"/>')
    return svg(y + 4, "".join(body), ", ".join(row.label for row in rows))


def _said(row: Swing, base: float) -> list[tuple[float, str, str]]:
    """Return at which answer what is written: at its end of the bar, both at the longer one when on one side."""
    (low, first), (high, second) = sorted(((row.low, row.at_low), (row.high, row.at_high)), key=lambda end: end[0])
    if low > base:
        return [(high, f"{first}, {second}", "start")]
    if high < base:
        return [(low, f"{first}, {second}", "end")]
    return [(low, first, "end"), (high, second, "start")]


def divided_bar(parts: Sequence[tuple[str, float]], write: Callable[[float], str], told: str) -> str:
    """Draw one bar divided into parts, each named with its amount and share below."""
    known = [(name, amount) for name, amount in parts if amount > 0]
    whole = sum(amount for _name, amount in known) or 1.0
    x, body, y = 0.0, [], 44.0
    named = [f"{name} {write(amount)}" for name, amount in known]
    across = max(1, min(3, int(WIDTH / (26 + max((width_of(one, TYPE) for one in named), default=1.0)))))
    for n, (name, amount) in enumerate(known):
        width, colour = WIDTH * amount / whole, PERIODS[n % len(PERIODS)]
        body.append(box(x, 0, width, 24, colour, f"{name}: {write(amount)}"))
        if width > 60:
            body.append(text(x + width / 2, 17, f"{100 * amount / whole:.0f}%", "middle", "#ffffff"))
        place = WIDTH / across * (n % across)
        body.append(box(place, y - 10, 11, 11, colour) + text(place + 16, y, named[n]))
        x += width
        y += 20 if n % across == across - 1 else 0
    return svg(y + (10 if len(known) % across else -10), "".join(body), told)


def years_chart(today: ArrayLike, plan: ArrayLike, names: tuple[str, str], write: Callable[[float], str]) -> str:
    """Draw how many of the years lose how much, today and with the plan, with lines at median and 95 % of the plan."""
    series = [np.asarray(today, dtype=float), np.asarray(plan, dtype=float)]
    most = float(max(values.max() for values in series)) * 1.02
    step_x = next(one for one in NICE if most / one <= 8)
    edges = np.linspace(0.0, most, BINS + 1)
    counts = [np.histogram(values, edges)[0] for values in series]
    tallest, step = max(int(count.max()) for count in counts), (WIDTH - 60) / BINS
    body = [legend([(names[0], TODAY), (names[1], PLAN)], 14, 30)]
    for values, colour in zip(counts, (TODAY, PLAN), strict=True):
        for n, count in enumerate(values.tolist()):
            high = (HIGH - 34) * count / tallest
            body.append(box(30 + n * step + 1, 30 + HIGH - high, step - 2, high, colour, str(count)) if count else "")
    for name, share, y in (("P50", 0.5, 34.0), ("P95", 0.95, 50.0)):
        at = float(np.quantile(series[1], share))
        x = 30 + (WIDTH - 60) * at / most
        body.append(f'<path d="M{x:.1f} {y - 10}V{30 + HIGH}" stroke="{INK}" stroke-dasharray="4 3"/>')
        body.append(text(x + 4, y, f"{name} {write(at)}"))
    body += [
        text(30 + (WIDTH - 60) * share / most, 30 + HIGH + 16, write(share), "middle", MUTED)
        for share in np.arange(0.0, most, step_x).tolist()
    ]
    body.append(f'<path d="M30 {30 + HIGH}H{WIDTH - 30}" stroke="{MUTED}"/>')
    return svg(HIGH + 54, "".join(body), f"{names[0]}, {names[1]}")


def curve(
    x: Sequence[float], y: Sequence[float], told: str, write: tuple[Callable[[float], str], Callable[[float], str]]
) -> str:
    """Draw a line through points, x from left to right, y from nought up."""
    wide, high = max(x) or 1.0, 1.1 * max(y) or 1.0
    places = [(70 + (WIDTH - 120) * a / wide, 20 + HIGH * (1 - b / high)) for a, b in zip(x, y, strict=True)]
    line = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
    body = [text(84, 13, told), f'<path d="M{line}" fill="none" stroke="{PLAN}" stroke-width="2"/>']
    for (a, b), across, up in zip(places, x, y, strict=True):
        body.append(
            f'<circle cx="{a:.1f}" cy="{b:.1f}" r="4" fill="{PLAN}"><title>{escape(write[0](across))}: '
            f"{escape(write[1](up))}</title></circle>"
        )
    body.append(f'<path d="M70 20V{20 + HIGH}H{WIDTH - 50}" fill="none" stroke="{MUTED}"/>')
    for part in np.linspace(0.0, 1.0, 5).tolist():
        body.append(text(70 + (WIDTH - 120) * part, HIGH + 37, write[0](wide * part), "middle", MUTED))
        body.append(text(64, 24 + HIGH * (1 - part), write[1](high * part), "end", MUTED))
    return svg(HIGH + 48, "".join(body), told)
