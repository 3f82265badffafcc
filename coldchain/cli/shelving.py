"""``coldchain shelf-life``: how long a crop keeps, and what is lost of it after days at a temperature."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from coldchain.cli.manners import json_option
from coldchain.language import _, language

if TYPE_CHECKING:
    from coldchain.model import Commodity
    from coldchain.spoilage import Held, Shelf

HOURS_PER_DAY = 24.0


class History(click.ParamType):  # type: ignore[type-arg, unused-ignore] # older Click has no type arguments
    """Hours at a temperature, as ``C:HOURS``."""

    name = "C:HOURS"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """Read one stage."""
        if isinstance(value, tuple):
            return value
        try:
            temp_c, hours = (float(part) for part in str(value).replace("：", ":").split(":"))
        except ValueError:
            temp_c = hours = float("nan")
        if not (-5 <= temp_c <= 45 and 0 <= hours <= 24_000):
            told = _('"{value}" must be °C:hours, from -5 to 45 °C and 0 to 24,000 h, for example 25:6')
            self.fail(told.format(value=value), param, ctx)
        return temp_c, hours


@click.command("shelf-life", epilog="Example: coldchain shelf-life strawberry --stage 25:6 --temp 5 --days 3")
@click.argument("crop")
@click.option("--temp", "temp_c", type=click.FloatRange(-5, 45), help="Temperature in °C it is held at.")
@click.option("--days", type=click.FloatRange(0, 1000), help="Days it is held at that temperature.")
@click.option("--stage", "stages", type=History(), multiple=True, metavar="C:HOURS",
              help="Hours at a temperature before that, for example 25:6; may be repeated.")  # fmt: skip
@click.option("--packaging", type=click.Choice(["bulk", "basket", "crate", "foam_ice"]),
              help="Packaging; without it the crop's own in the planned chain.")  # fmt: skip
@click.option("--humidity", type=click.FloatRange(0, 100), default=90.0, show_default=True,
              help="Relative humidity of the air in %.")  # fmt: skip
@json_option
def shelf_life(
    crop: str,
    temp_c: float | None,
    days: float | None,
    stages: tuple[tuple[float, float], ...],
    packaging: str | None,
    humidity: float,
    as_json: bool,
) -> int:
    """Say how long a CROP keeps, and its quality and loss after days at a temperature."""
    from coldchain.model.packaging import packed
    from coldchain.spoilage import Held
    from coldchain.spoilage import shelf_life as aged

    if (temp_c is None) != (days is None):
        raise click.UsageError(_("--temp and --days belong together; give both"))
    history = [Held(*stage) for stage in stages]
    if temp_c is not None and days is not None:
        history.append(Held(temp_c, days * HOURS_PER_DAY))
    if not history:
        raise click.UsageError(_("give --temp and --days, or --stage"))
    commodity = commodity_of(crop)
    boxed = commodity if packaging is None else commodity.model_copy(update={"packaging": packaging})
    shelf = aged(packed(boxed, planned=True), history, humidity / 100.0)
    sources = _sources(commodity)
    if as_json:
        figures = {name: getattr(shelf, name) for name in ("life_d", "quality", "loss", "low", "high")}
        click.echo(json.dumps({**figures, "sources": sources}, ensure_ascii=False))
        return 0
    _show(commodity, history, shelf, sources)
    return 0


def commodity_of(text: str) -> Commodity:
    """Return the crop of the catalogue that a name means."""
    from coldchain.model import Commodity
    from coldchain.model.naming import asked_for
    from coldchain.scenario import catalogue_table
    from coldchain.scenario.references import catalogue_names

    known = {crop.id: crop for crop in catalogue_table("commodity") if isinstance(crop, Commodity)}
    return known[asked_for("CROP", text, catalogue_names(known), "commodity")]


def _sources(crop: Commodity) -> list[dict[str, Any]]:
    """List each figure that the answer rests on, with its band and source; an empty source is an estimate."""
    rows = [("life_d", crop.life_d, crop.life_min_d, crop.life_max_d, crop.life_temp_c, crop.life_source)]
    if crop.warm_life_d is not None:
        low, high = crop.warm_min_d or crop.warm_life_d, crop.warm_max_d or crop.warm_life_d
        rows.append(("warm_life_d", crop.warm_life_d, low, high, crop.warm_temp_c, crop.warm_source))
    found: list[dict[str, Any]] = [
        {"figure": name, "value": value, "low": low, "high": high, "temp_c": temp_c, "source": source}
        for name, value, low, high, temp_c, source in rows
    ]
    low, high = crop.loss_at_life_min or crop.loss_at_life, crop.loss_at_life_max or crop.loss_at_life
    end = {"figure": "loss_at_life", "value": crop.loss_at_life, "low": low, "high": high}
    data = {"figure": "decay", "value": ";".join(crop.decay)}
    return [*found, {**(data if crop.decay else end), "source": crop.decay_source}]


def _show(crop: Commodity, history: list[Held], shelf: Shelf, sources: list[dict[str, Any]]) -> None:
    name = crop.name_zh if language() == "zh" and crop.name_zh else crop.name
    told = _(", ").join(_("{hours:g} h at {temp:g} °C").format(hours=one.hours, temp=one.temp_c) for one in history)
    click.echo(_("{crop}: {history}").format(crop=name, history=told))
    lines = (
        (_("shelf life at {temp:g} °C").format(temp=history[-1].temp_c), _("{days:.1f} d").format(days=shelf.life_d)),
        (_("remaining quality"), _("{quality:.0f} of 100").format(quality=shelf.quality)),
        (
            _("loss"),
            _("{loss:.1%} (from {low:.1%} to {high:.1%})").format(loss=shelf.loss, low=shelf.low, high=shelf.high),
        ),
    )
    for label, text in lines:
        click.echo(_("  {label}: {text}").format(label=label, text=text))
    for one in sources:
        source = one["source"] or _("no source: an estimate, in a wider band")
        if "temp_c" in one:
            told = _("  life at {temp_c:g} °C {value:g} d ({low:g}-{high:g}): {source}")
        elif one["figure"] == "decay":
            told = _("  decay data: {source}")
        else:
            told = _("  lost at the end of life {value:.0%} ({low:.0%}-{high:.0%}): {source}")
        click.echo(told.format(**{**one, "source": source}))
