"""Where things are: villages, candidate sites and hubs."""

from __future__ import annotations

from typing import Literal

from coldchain.language import N_, _
from coldchain.model.base import Noun, Spread, figure

SiteStatus = Literal["candidate", "existing", "forced", "forbidden"]
MOST_STANDING, MOST_DIGITS, SHOWN_CHARACTERS = 10_000, 9, 60
Cargo = Literal["ambient", "insulated", "reefer"]


class Place(Noun):
    """A named point, WGS-84 once read."""

    id: str = figure("-", "unique name within its table", min_length=1)
    name: str = figure("-", "name shown to people", "")
    county: str = figure("-", "county it belongs to", "")
    lon: float = figure("° east", "longitude in the scenario's datum", ge=-180, le=180)
    lat: float = figure("° north", "latitude in the scenario's datum", ge=-90, le=90)


class Village(Place):
    """A producing point; its harvest stands in the harvest table."""

    cooperative: str = figure("-", "co-operative it belongs to", "")
    town: str = figure("-", "township it belongs to, for reports", "")


class Harvest(Noun):
    """Tonnes of one commodity that one village harvests in one period."""

    village: str = figure("-", "id of the village")
    commodity: str = figure("-", "id of the commodity")
    period: str = figure("-", "id of the period")
    tonnes: float = figure("t", "harvested in the whole period", ge=0, le=1e6, band=Spread(N_("harvests"), 0.8, 1.2))
    area_ha: float | None = figure("ha", "area under the crop; with the yield, instead of tonnes", None, ge=0)
    yield_t_ha: float | None = figure("t/ha", "yield of that area in the period", None, ge=0)


class Site(Place):
    """A candidate or existing place for a depot."""

    owner: str = figure(
        "-", "applicant for the subsidy; sites of one owner share its cap; the site itself if empty", ""
    )
    owner_kind: str = figure("-", "kind of its owner for the subsidy rule, e.g. cooperative, family_farm, company", "")
    status: SiteStatus = figure("-", "candidate, existing (only what stands), forced or forbidden", "candidate")
    existing: str = figure("-", "modules already standing, e.g. `cold_forced_air_500:1;cool_room_200:2`", "")
    max_modules: int = figure("-", "most new modules that fit on the plot", 4, ge=0, le=50)
    power_kw: float | None = figure("kW", "electric power at hand; none means no limit", None, ge=0, usual=(2, 5000))
    staff: float | None = figure(
        "persons", "people at hand to run modules; none means no limit", None, ge=0, usual=(0.2, 100)
    )
    haul_payload_kg: float | None = figure(
        "kg",
        "largest payload of a line-haul truck that the road to it bears; none means no limit",
        None,
        gt=0,
        usual=(500, 50000),
    )

    def modules(self) -> dict[str, int]:
        """Return the modules that stand here: depot type -> count, from ``type:count;type:count``.

        Raises
        ------
        ValueError
            When the text is not of that form, or more modules than a site can hold are said to stand.
        """
        return modules_of(self.existing)


def modules_of(text: str) -> dict[str, int]:
    """Read ``type:count;type:count``: depot type -> count.

    Raises
    ------
    ValueError
        When the text is not of that form, or more modules than a site can hold are said to stand.

    Examples
    --------
    >>> modules_of("cold_500:2; cool_200"), modules_of("")
    ({'cold_500': 2, 'cool_200': 1}, {})
    """
    counts: dict[str, int] = {}
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        key, _colon, number = part.partition(":")
        if not (number or "1").strip().isdecimal():
            raise ValueError(_('must read "type:count;type:count"; got "{part}"').format(part=part))
        total = counts.get(key.strip(), 0) + int((number or "1").strip()[:MOST_DIGITS])
        if total > MOST_STANDING or len(number.strip()) > MOST_DIGITS:
            told = _('at most {most:,} modules of one type may stand at a site; got "{part}"')
            raise ValueError(told.format(most=MOST_STANDING, part=part[:SHOWN_CHARACTERS]))
        counts[key.strip()] = total
    return counts


class Hub(Place):
    """Where produce leaves the area; carries the onward leg to its markets."""

    dwell_h: float = figure(
        "h",
        "from arrival to departure of the onward truck",
        4.0,
        ge=0,
        le=240,
        band=Spread(N_("hours at the hub"), 0.5, 2.0),
    )
    onward_h: float = figure(
        "h",
        "drive from the hub to its markets",
        20.0,
        ge=0,
        le=240,
        usual=(0.25, 120),
        band=Spread(N_("hours from the hub to the market"), 0.7, 1.3),
    )
    market_h: float = figure(
        "h",
        "at the market until sold, at market_temp_c for chilled goods",
        6.0,
        ge=0,
        le=240,
        usual=(0.25, 72),
        band=Spread(N_("hours at the market until sold"), 0.5, 2.0),
    )
    market_temp_c: float = figure(
        "°C",
        "temperature of the chilled hall at the market",
        8.0,
        ge=-5,
        le=35,
        band=Spread(N_("temperature of the chilled market hall"), -3.0, 5.0, by="difference"),
    )
    onward_cargo: Cargo = figure("-", "truck of the onward leg for pre-cooled goods", "reefer")
    chilled_onward_cny_t: float = figure(
        "CNY/t",
        "what the chilled onward leg costs more than the warm one",
        80.0,
        ge=0,
        usual=(1, 1500),
        band=Spread(
            N_("premium of the chilled onward leg"),
            0.5,
            3.5,
            source="80 without source; 136-300 CNY/t from costs by the kilometre",
        ),
    )
    limit_t_day: float | None = figure(
        "t/day", "most chilled produce it can take on a peak day; none means no limit", None, gt=0, usual=(0.5, 20000)
    )


class Mast(Place):
    """A mast of mobile telephony that stands, or a place where one may be built for all carriers together."""

    status: Literal["candidate", "existing"] = figure("-", "candidate or existing", "candidate")
    carrier: str = figure("-", "carrier of an existing mast; empty: of all", "")
    height_m: float = figure("m", "height of its antennas above the ground", 35.0, gt=0, le=300, usual=(10, 80))
    tower_cny: float = figure(
        "CNY", "investment in tower, road and power, whoever uses it", 350_000.0, ge=0, usual=(20_000, 3_000_000)
    )
    equipment_cny: float = figure(
        "CNY", "investment in the equipment of each carrier on it", 150_000.0, ge=0, usual=(5_000, 1_500_000)
    )
