"""What a reader sees when the pointer rests on something on the map: figures with their units."""

from __future__ import annotations

LAYERS = ("roads_major", "roads_minor", "villages", "depots", "hubs", "routes", "hauls", "spokes")
TIPS: dict[str, list[tuple[str, str]]] = {
    "villages": [
        ("village", "@label"),
        ("county", "@county"),
        ("harvest", "@harvest_t{0,0} t/yr"),
        ("pre-cooled", "@cooled_share{0 %}"),
        ("loss", "@baseline_rate{0.0 %} today, @plan_rate{0.0 %} with the plan"),
        ("loss avoided", "@avoided_t{0,0.0} t/yr"),
        ("served", "@note"),
    ],
    "depots": [
        ("depot", "@label"),
        ("county", "@county"),
        ("status", "@status"),
        ("modules", "@modules"),
        ("cooled", "@tonnes_year{0,0} t/yr from @villages{0,0} villages"),
        ("capacity", "@throughput_t_day{0,0.0} t/day, @net_m3{0,0} m³"),
        ("investment", "CNY @capex_cny{0,0}, subsidy CNY @subsidy_cny{0,0}"),
        ("hub", "@hub, @haul_km{0,0.0} km, @haul_h{0.0} h"),
    ],
    "hubs": [("hub", "@label"), ("chilled in", "@tonnes_year{0,0} t/yr"), ("onward", "@onward_h{0.0} h to market")],
    "routes": [
        ("route", "@route"),
        ("season", "@period, @days{0} days"),
        ("vehicle", "@vehicle"),
        ("stops", "@stops, @load_t{0.00} t"),
        ("way", "@km{0,0.0} km, @hours{0.0} h"),
        ("cost", "CNY @cost_cny_day{0,0} a day"),
    ],
    "hauls": [
        ("line haul", "@depot to @hub"),
        ("trips", "@trips_year{0,0} a year, @km_year{0,0} km"),
        ("cost", "CNY @cost_cny_year{0,0} a year"),
    ],
    "spokes": [("village", "@village"), ("depot", "@depot"), ("cooled", "@tonnes_year{0,0.0} t/yr")],
}
