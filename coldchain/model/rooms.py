"""Modules of a depot in words: temperature, method, number and size."""

from __future__ import annotations

from coldchain.language import N_, _, plural
from coldchain.language.ids import word
from coldchain.model.assets import DepotType, MobileUnit, Plant

ROOMS = {
    "room": (N_("{count} room at {temp:g} °C"), N_("{count} rooms at {temp:g} °C")),
    "forced_air": (N_("{count} forced-air room at {temp:g} °C"), N_("{count} forced-air rooms at {temp:g} °C")),
    "vacuum": (N_("{count} vacuum cooler at {temp:g} °C"), N_("{count} vacuum coolers at {temp:g} °C")),
    "hydro": (N_("{count} cold-water cooler at {temp:g} °C"), N_("{count} cold-water coolers at {temp:g} °C")),
}
LINES = N_("{count} line for {what}, {takes:g} t/day"), N_("{count} lines for {what}, {takes:g} t/day each")


def modules_in_words(kind: DepotType, count: int) -> str:
    """Return so many modules of a type in words.

    Examples
    --------
    >>> kind = DepotType(id="x", zone="cold", temp_c=1, method="room", half_cooling_h=9, energy_ratio=1, net_m3=500,
    ...                  throughput_t_day=5, capex_cny=420_000, opex_cny_year=0, storage_t=100)
    >>> modules_in_words(kind, 2)
    '2 rooms at 1 °C, 500 m³ each'
    """
    if isinstance(kind, MobileUnit):
        text = plural("{count} mobile unit ({name})", "{count} mobile units ({name})", count)
        return text.format(count=count, name=kind.id.replace("_", " "))
    if isinstance(kind, Plant):
        text = plural(*LINES, count)
        return text.format(count=count, what=word(kind.zone), takes=kind.throughput_t_day)
    rooms = plural(*ROOMS[kind.method], count).format(count=count, temp=kind.temp_c)
    size = _("{rooms}, {size:,.0f} m³") if count == 1 else _("{rooms}, {size:,.0f} m³ each")
    return size.format(rooms=rooms, size=kind.net_m3)
