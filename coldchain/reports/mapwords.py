"""The words that the script of the map fills in, by the names it knows them under."""

from __future__ import annotations

from coldchain.language import N_

WORDS: dict[str, str] = {
    "t": N_("t"),
    "h": N_("h"),
    "t_day": N_("t/day"),
    "search": N_("Find a village, depot or hub"),
    "not_found": N_("Nothing on the map has this name."),
    "season": N_("Season"),
    "budget": N_("Budget"),
    "villages_by": N_("Villages by"),
    "print": N_("Print"),
    "close": N_("Close"),
    "legend": N_("Legend: switch layers on and off"),
    "legend_note": N_(
        "Depots: the larger, the more tonnes in the season chosen; routes in the colour of their depot. Names of "
        "villages show from a zoom on. Click a place or a route to see its figures."
    ),
    "kind_depots": N_("depot"),
    "kind_hubs": N_("hub"),
    "kind_villages": N_("village"),
    "status": N_("Status"),
    "county": N_("County"),
    "town": N_("Township"),
    "cooperative": N_("Co-operative"),
    "modules": N_("Modules"),
    "investment": N_("Investment"),
    "award": N_("Subsidy"),
    "cooled": N_("Cooled a year"),
    "cooled_t": N_("Cooled, t/year"),
    "villages_n": N_("Villages"),
    "tonnes_of_villages": N_("{t} from {n} villages"),
    "to_hub": N_("To its hub"),
    "why": N_("Why"),
    "avoids": N_("Its villages lose {t} less a year than today."),
    "without_farther": N_("Without it they would have {h} more on average to the next depot of its zones."),
    "without_nearer": N_(
        "For its villages another depot of its zones lies {h} nearer on average; it takes what that one cannot."
    ),
    "without_none": N_("{n} of them would reach no other depot of its zones."),
    "products": N_("Products a year"),
    "use_by_season": N_("Use by season"),
    "use_peak": N_("of capacity, peak day"),
    "villages_served": N_("villages served: {n}"),
    "more": N_("and {n} more"),
    "harvest": N_("Harvest a year"),
    "cooled_in": N_("Pre-cooled"),
    "loss_today": N_("Loss today"),
    "loss_plan": N_("Loss with the plan"),
    "loss_avoided": N_("Loss avoided a year"),
    "not_served": N_("Not served"),
    "goes_to": N_("Goes to"),
    "why_nearest": N_("{depot} is the nearest depot with a {zone} zone: {h}."),
    "why_full": N_(
        "{other} is nearer ({other_h} against {h}), but its {zone} zone is full on peak days in {season}; so {depot}."
    ),
    "why_cheaper": N_(
        "{other} is nearer ({other_h} against {h}); the whole plan costs less with {depot}: trucks, haul, cooling."
    ),
    "crops_lost": N_("Crops, and what is lost of them"),
    "crop": N_("Crop"),
    "today": N_("Today"),
    "planned": N_("Plan"),
    "depot": N_("Depot"),
    "until_cooled": N_("h until cooled"),
    "to_market": N_("h to market"),
    "today_chain": N_("today's chain"),
    "chilled_in": N_("Chilled in a year"),
    "onward": N_("Onward to market"),
    "days_of": N_("{season}, {n} days"),
    "vehicle": N_("Vehicle"),
    "stops": N_("Stops"),
    "load": N_("Load"),
    "way": N_("Way"),
    "cost_day": N_("Cost a day"),
}
STATUSES = {
    "built": N_("built"), "expanded": N_("expanded"), "existing": N_("existing"), "mobile": N_("mobile"),
    "candidate": N_("candidate"),
}  # fmt: skip
VEHICLES = (
    N_("motor tricycle, 0.8 t"),
    N_("light truck 4.2 m, 1.5 t"),
    N_("medium truck 6.8 m, 6 t"),
    N_("insulated van 4.2 m, 1.5 t"),
    N_("refrigerated truck 4.2 m, 1.5 t"),
    N_("refrigerated truck 6.8 m, 5 t"),
    N_("refrigerated truck 9.6 m, 11 t"),
)
"""Names of the vehicle types that ship with the catalogue, marked for translation."""
SEASONS = (
    N_("spring (Mar-May)"),
    N_("summer (Jun-Aug)"),
    N_("autumn (Sep-Nov)"),
    N_("winter (Dec-Feb)"),
)
"""Names of the seasons of the templates, marked for translation."""
