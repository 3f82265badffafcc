"""What a reader sees when the pointer rests on something on the map: figures with their units."""

from __future__ import annotations

from coldchain.language import N_, _

TIPS: dict[str, tuple[tuple[str, str], ...]] = {
    "villages": (
        (N_("village"), "@label"),
        (N_("county"), "@county"),
        (N_("harvest"), N_("@harvest_t{0,0} t")),
        (N_("loss today"), "@baseline_rate{0.0 %}"),
        (N_("with the plan"), "@plan_rate{0.0 %}"),
        (N_("served"), "@note"),
    ),
    "depots": (
        (N_("depot"), "@label"),
        (N_("status"), "@status_text"),
        (N_("modules"), "@modules"),
        (N_("cooled a year"), N_("@tonnes_year{0,0} t")),
        (N_("villages"), "@villages{0,0}"),
    ),
    "hubs": ((N_("hub"), "@label"),),
    "routes": (
        (N_("route"), "@route"),
        (N_("season"), "@period_name"),
        (N_("vehicle"), "@vehicle_name"),
        (N_("load"), N_("@load_t{0.00} t, @km{0,0.0} km, @hours{0.0} h")),
    ),
    "hauls": (
        (N_("line haul"), "@depot → @hub"),
        (N_("trips a year"), "@trips_year{0,0}"),
        (N_("cost a year"), N_("CNY @cost_cny_year{0,0}")),
    ),
    "spokes": (
        (N_("village"), "@village"),
        (N_("depot"), "@depot"),
        (N_("cooled a year"), N_("@tonnes_year{0,0.0} t")),
    ),
}


def spoken(kind: str) -> list[tuple[str, str]]:
    """Return the tip of a kind of thing in the language spoken."""
    return [(_(label), _(text)) for label, text in TIPS[kind]]
