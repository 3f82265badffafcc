"""Charts of a report as SVG: pairs of bars, a divided bar, how years spread, a curve."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

import numpy as np
from numpy.typing import ArrayLike

from coldchain.language import _
from coldchain.reports.palette import DEPOTS, INK, MUTED, PERIODS, VILLAGES

TODAY, PLAN = DEPOTS["built"], VILLAGES[5]
WIDTH, BAR, GAP, LEFT, RIGHT = 720, 12, 8, 170, 80
BINS, HIGH = 40, 170
TORNADO_LEFT, TORNADO_FIGURES = 290, 92
NICE = (0.01, 0.02, 0.05, 0.1, 0.2, 1.0)
Pair = tuple[str, float, float]


def svg(height: float, body: str, told: str) -> str:
    """Return a drawing of the page's width; ``told`` is what it shows, for those who hear it read."""
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(told)}" font-size="13" '
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
        x += 34 + width_of(name)
    return "".join(parts)


def width_of(words: str) -> float:
    """Return how wide words are drawn, rather too much than too little."""
    return sum(13.5 if ord(sign) > 0x2E80 else 7.2 for sign in words)


def pairs_chart(rows: Sequence[Pair], names: tuple[str, str], write: Callable[[float], str]) -> str:
    """Draw two bars for each row, the first and the second figure."""
    most = max((max(first, second) for _label, first, second in rows), default=0.0) or 1.0
    scale, body, y = (WIDTH - LEFT - RIGHT) / most, [legend([(names[0], TODAY), (names[1], PLAN)], 14)], 28.0
    for label, first, second in rows:
        body.append(text(LEFT - 8, y + BAR + 4, label, "end"))
        for offset, figure, colour in ((0, first, TODAY), (BAR, second, PLAN)):
            body.append(box(LEFT, y + offset, figure * scale, BAR - 1, colour, f"{label}: {write(figure)}"))
            body.append(
                f'<text x="{LEFT + figure * scale + 5:.1f}" y="{y + offset + 9:.1f}" font-size="11">'
                f"{escape(write(figure))}</text>"
            )
        y += 2 * BAR + GAP
    return svg(y, "".join(body), f"{names[0]}, {names[1]}")


def tornado(rows: Sequence[Pair], base: float, write: Callable[[float], str]) -> str:
    """Draw a bar for each row from its figure at the low end to that at the high end, around the one as planned."""
    figures = [base, *(figure for _label, low, high in rows for figure in (low, high))]
    least, most = min(figures), max(figures)
    left = TORNADO_LEFT + TORNADO_FIGURES
    scale = (WIDTH - left - TORNADO_FIGURES) / ((most - least) or 1.0)
    middle, y = left + (base - least) * scale, 34.0
    names = _("at the low end of the band"), _("at the high end")
    body = [legend([(names[0], TODAY), (names[1], PLAN)], 14)]
    for label, low, high in rows:
        body.append(text(TORNADO_LEFT - 8, y + BAR, label, "end"))
        ends = sorted((left + (figure - least) * scale, figure) for figure in (low, high))
        for figure, colour in ((low, TODAY), (high, PLAN)):
            at = left + (figure - least) * scale
            body.append(box(min(at, middle), y, abs(at - middle), BAR + 3, colour, f"{label}: {write(figure)}"))
        for (at, figure), side, shift in zip(ends, ("end", "start"), (-5, 5), strict=True):
            body.append(text(min(at, middle) + shift if side == "end" else max(at, middle) + shift, y + BAR,
                             write(figure), side, MUTED))  # fmt: skip
        y += BAR + GAP + 3
    body.append(f'<path d="M{middle:.1f} 24V{y:.0f}" stroke="{INK}"/>')
    return svg(y + 4, "".join(body), ", ".join(label for label, _low, _high in rows))


def divided_bar(parts: Sequence[tuple[str, float]], write: Callable[[float], str], told: str) -> str:
    """Draw one bar divided into parts, each named with its amount and share below."""
    known = [(name, amount) for name, amount in parts if amount > 0]
    whole = sum(amount for _name, amount in known) or 1.0
    x, body, y = 0.0, [], 44.0
    named = [f"{name} {write(amount)}" for name, amount in known]
    across = max(1, min(3, int(WIDTH / (26 + max(map(width_of, named), default=1.0)))))
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
