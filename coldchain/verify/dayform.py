"""Whether the tables of a day are all there, with columns, numbers and names that mean something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from coldchain.language import _
from coldchain.verify.record import Record

TEXT: dict[str, tuple[str, ...]] = {
    "tours": ("tour", "vehicle", "depot", "leave", "back"),
    "trips": ("tour", "leave", "back"),
    "stops": ("tour", "vehicle", "depot", "village", "arrive", "start", "leave", "lots"),
    "lots": ("order", "village", "commodity", "tour", "depot", "zone", "method"),
    "unserved": ("order", "village", "commodity", "cause"),
    "orders": ("order", "village", "commodity", "depot", "zone", "method", "regime"),
    "depots": ("depot", "modules", "hub"),
    "fleet": ("vehicle", "base", "depot", "cargo"),
}
DRIVERS = ("driver", "vehicle", "base", "depot", "before_h", "today_h", "left_h", "tour")
NUMBERS: dict[str, tuple[str, ...]] = {
    "tours": (
        "trips", "stops", "load_kg", "leave_h", "back_h", "km", "drive_h", "hours", "shift_h", "aboard_max_h",
        "loss_kg", "loss_cny", "cost_cny",
    ),
    "trips": ("trip", "stops", "load_kg", "load_m3", "leave_h", "back_h", "km", "drive_h"),
    "stops": ("trip", "order", "kg", "arrive_h", "start_h", "leave_h", "aboard_h"),
    "lots": ("kg", "trip", "harvest_h", "leave_h", "back_h", "aboard_h", "loss_share", "loss_kg", "loss_cny"),
    "unserved": ("kg",),
    "orders": ("kg",),
    "depots": ("received_kg", "tours"),
    "fleet": ("payload_kg", "volume_m3", "cost_cny_day", "cost_cny_km", "cost_cny_h", "speed_factor", "shift_h"),
}  # fmt: skip
OPTIONAL: dict[str, tuple[str, ...]] = {
    "orders": ("ready_h", "until_h", "value_cny"),
    "depots": ("open_h", "close_h"),
    "fleet": ("count", "max_drive_h", "trips_day", "half_warming_h"),
    "tours": ("locked",),
}
SUMMARY = (
    "day",
    "orders",
    "vehicles",
    "trips",
    "stops",
    "km",
    "hours",
    "drive_h",
    "aboard_h",
    "loss",
    "cost_cny",
    "unserved",
)


def check_day_form(record: Record, summary: Mapping[str, Any]) -> bool:
    """Check tables, columns, numbers and names; False stops the rest."""
    for name, columns in TEXT.items():
        if name not in record.tables:
            record.wrong(_("table {name} is missing").format(name=name))
            continue
        wanted = (*columns, *NUMBERS[name], *OPTIONAL.get(name, ()))
        lacking = [column for column in wanted if column not in record.tables[name].columns]
        for column in lacking:
            record.wrong(_("{name}: column {column} is missing").format(name=name, column=column))
    if "drivers" in record.tables:
        lacking = [column for column in DRIVERS if column not in record.tables["drivers"].columns]
        lacking += ["driver"] if "driver" not in record.tables["tours"].columns else []
        for column in lacking:
            record.wrong(_("{name}: column {column} is missing").format(name="drivers", column=column))
        if not lacking:
            for key in sorted(set(record.tables["drivers"]["base"]) - set(record.vehicles)):
                text = _('{name}: "{value}" is not a known {column}')
                record.wrong(text.format(name="drivers", value=key, column="base"))
    for key in SUMMARY:
        if key not in summary:
            record.wrong(_("routes.json: {key} is missing").format(key=key))
    if record.problems:
        return False
    _check_numbers(record)
    _check_names(record)
    _check_day(record, summary)
    return not record.problems


def _check_numbers(record: Record) -> None:
    for name, columns in NUMBERS.items():
        for column in columns:
            values = pd.to_numeric(record.tables[name][column], errors="coerce").to_numpy(dtype=np.float64)
            for row in np.flatnonzero(~(np.isfinite(values) & (values >= 0) | (column in ("leave_h", "harvest_h")))):
                record.wrong(
                    _("{name} row {row}: {column} must be a number of at least 0; got {values:g}").format(
                        name=name, row=row + 2, column=column, values=values[row]
                    )
                )


REFERENCES = (
    ("trips", "tour", "tours"), ("stops", "tour", "tours"), ("lots", "tour", "tours"), ("lots", "order", "orders"),
    ("unserved", "order", "orders"), ("tours", "depot", "depots"), ("lots", "depot", "depots"),
)  # fmt: skip
MAY_BE_EMPTY = (("orders", "depot"), ("fleet", "depot"))


def _check_names(record: Record) -> None:
    """Check ids against the scenario, and the tables against one another."""
    known: dict[str, set[str]] = {
        "village": set(record.villages), "commodity": set(record.crops), "depot": set(record.sites),
        "hub": set(record.hubs), "base": set(record.vehicles),
    }  # fmt: skip
    for name, column in ((name, column) for name, columns in TEXT.items() for column in columns if column in known):
        allowed = known[column] | ({""} if (name, column) in MAY_BE_EMPTY else set())
        for value in sorted(set(record.tables[name][column]) - allowed):
            record.wrong(_('{name}: "{value}" is not a known {column}').format(name=name, value=value, column=column))
    for name, column in (("tours", "tour"), ("orders", "order"), ("depots", "depot")):
        values = record.tables[name][column]
        for key in sorted(set(values[values.duplicated()])):
            record.wrong(_("{table}: {id} is listed twice").format(table=name, id=key))
    _check_references(record)


def _check_references(record: Record) -> None:
    tables = record.tables
    for name, column, home in REFERENCES:
        for key in sorted(set(tables[name][column]) - set(tables[home][column])):
            record.wrong(_("{name}: {key} is not in the table {home}").format(name=name, key=key, home=home))
    loaded = {part for text in tables["stops"]["lots"] for part in text.split(";")}
    for key in sorted(loaded - set(tables["orders"]["order"])):
        record.wrong(_("{name}: {key} is not in the table {home}").format(name="stops", key=key, home="orders"))
    trips = set(zip(tables["trips"]["tour"], tables["trips"]["trip"], strict=True))
    for name in ("stops", "lots"):
        for tour, trip in sorted(set(zip(tables[name]["tour"], tables[name]["trip"], strict=True)) - trips):
            record.wrong(
                _("{name}: trip {trip} of {tour} is not in the table trips").format(name=name, trip=trip, tour=tour)
            )


def _check_day(record: Record, summary: Mapping[str, Any]) -> None:
    day = summary["day"]
    if day.get("period") not in record.periods:
        record.wrong(_('routes.json: "{day}" is not a period of the scenario').format(day=day.get("period")))
    if day.get("counted_from") not in ("ready", "loading"):
        record.wrong(
            _('routes.json: counted_from must be ready or loading; got "{day}"').format(day=day.get("counted_from"))
        )
