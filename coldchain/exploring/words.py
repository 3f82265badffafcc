"""What exploring says, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from coldchain.exploring.points import Point
    from coldchain.exploring.sweep import NextMillion, Sweep, Threshold

FIGURES = {"loss_rate": "loss of at most", "coverage": "coverage of at least"}


def point_line(point: Point) -> str:
    """One budget of a sweep, as progress tells it."""
    head = f"budget {point.budget_cny:,.0f} CNY: "
    if not point.planned:
        return head + (
            "no plan keeps every limit" if point.status == "infeasible" else "no plan found in the time given"
        )
    figures = f"loss {point.loss_rate:.2%}, coverage {point.coverage:.1%}, {point.annual_cny:,.0f} CNY a year"
    spent = f"{len(point.depots)} sites for {point.subsidy_cny:,.0f} CNY"
    return f"{head}{figures}, {spent}, gap {point.gap:.1%} ({point.seconds:.1f} s)"


def threshold_line(found: Threshold) -> str:
    """State the least budget of a target, with its bracket."""
    what = f"{FIGURES[found.target.figure]} {found.target.share:.0%}"
    if found.reached_cny is None:
        return f"{what}: reached by no budget of the sweep; the best is {found.best:.2%}"
    line = f"{what}: {found.reached_cny:,.0f} CNY is enough"
    if found.missed_cny is None:
        return line
    return f"{line}; the best plan found for {found.missed_cny:,.0f} CNY misses it"


def next_million_line(found: NextMillion) -> str:
    """Say what the next million buys at the scenario's own budget."""
    head = f"the next million on top of {found.budget_cny:,.0f} CNY buys"
    if found.saved_cny <= 0 and found.saved_t <= 0:
        return f"{head} nothing: no better plan was found"
    parts = [
        _change(found.saved_t, "t", "less lost", "more lost"),
        _change(found.saved_cny, "CNY", "saved", "more spent"),
    ]
    return f"{head} {' and '.join(parts)} a year, coverage {100 * found.coverage:+.1f} points"


def _change(amount: float, unit: str, good: str, bad: str) -> str:
    return f"{abs(amount):,.0f} {unit} {good if amount >= 0 else bad}"


def bad_range(text: str, why: str) -> str:
    """Refuse a range of budgets."""
    return f'--budget "{text}" cannot be read: {why}; for example 0:4e7:2e6'


def work_line(found: Sweep) -> str:
    """Say how many of the budgets were solved, and how many followed from others."""
    rest = len(found.points) - found.solved - found.kept
    text = f"{found.solved} budgets solved, {found.kept} kept from before, {rest} follow from a larger budget's plan"
    carried = sum(point.how == "carried" for point in found.points)
    if carried:
        text += f"; for {carried} the better plan of a smaller budget was carried over"
    return text + ("; interrupted: the same command goes on" if found.interrupted else "")
