"""The command ``coldchain replay``: a plan lived through again, with weather, harvests and roads left to chance."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from coldchain.cli.manners import hushed, json_option, next_step, of_a_run, path_argument, quoted
from coldchain.language import _

YEARS, DAYS = 60, 3
TOLD_EVERY_S = 5.0
UNSTATED = (None,)


class SpreadsParam(click.ParamType):  # type: ignore[type-arg, unused-ignore] # older Click has no type arguments
    """Figures with commas between: ``1,2.5``; a single one counts for all."""

    name = "spreads"

    def __init__(self, count: int) -> None:
        self.count = count

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Return the figures, or refuse the text."""
        if isinstance(value, tuple):
            return value
        try:
            figures = tuple(float(part) for part in str(value).replace("，", ",").split(","))
        except ValueError:
            figures = ()
        if len(figures) not in (1, self.count):
            told = _("must be {count} numbers with commas between; got {value}")
            self.fail(told.format(count=self.count, value=value), param, ctx)
        return figures * self.count if len(figures) == 1 else figures


@click.command(epilog="Example: coldchain replay runs/upland-base --years 100 --temperature 1.5,3")
@click.argument("run", type=path_argument)
@click.option("--years", type=click.IntRange(1, 10_000), default=YEARS, show_default=True, help="How many.")
@click.option("--days", type=click.IntRange(1, 400), default=DAYS, show_default=True,
              help="Days looked at in each season of each year.")  # fmt: skip
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="Same seed, same result.")
@click.option("--draws", type=click.IntRange(0, 1000), default=8, show_default=True,
              help="Draws of the uncertain figures, each lived through for two years; 0 leaves them out.")  # fmt: skip
@click.option("--temperature", type=SpreadsParam(2),
              help="Standard deviation in °C: of a season, of a day within it; otherwise as in [chain].")  # fmt: skip
@click.option("--harvest", type=SpreadsParam(3),
              help="Coefficient of variation: of a crop's season, a village's season, a village's day; "
                   "otherwise as in [routing].")  # fmt: skip
@click.option("--travel", type=SpreadsParam(2),
              help="Coefficient of variation of hours on the road: of a day, of a single leg; "
                   "otherwise as in [routing].")  # fmt: skip
@click.option("--scenario", type=path_argument, help="Where the scenario lies now, when it was moved.")
@json_option
@of_a_run
def replay(run: Path, scenario: Path | None, as_json: bool, **given: Any) -> None:
    """Live through the plan of RUN for many years of random weather, harvests and roads: what may be lost.

    Vehicles, unloading places and pre-coolers have queues; what a full one cannot take goes on warm. With
    --temperature 0 --harvest 0 --travel 0 all days are the usual one. Writes replay.json into RUN.
    """
    from coldchain.api import Chances
    from coldchain.api import replay as live

    named = (("temperature", 2), ("harvest", 3), ("travel", 2))
    chances = Chances(*(one for name, count in named for one in given.pop(name) or UNSTATED * count))
    found = live(run, chances=chances, scenario=scenario, say=tell_years(given["years"]), **given)
    path = found.save(run)
    if as_json:
        click.echo(json.dumps(found.facts, ensure_ascii=False))
    else:
        click.echo(str(found))
        click.echo(str(path))
    next_step(f"coldchain report {quoted(run)}")


def tell_years(years: int) -> Callable[[int], None]:
    """Tell on stderr every few seconds how far it is."""
    last = [time.monotonic()]

    def say(year: int) -> None:
        if not hushed() and time.monotonic() - last[0] > TOLD_EVERY_S:
            last[0] = time.monotonic()
            click.echo(_("replayed {year} of {years} years").format(year=year, years=years), err=True)

    return say
