"""What a tab asks of the sites: left as stated, forbidden or forced, moved elsewhere, added."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from coldchain.errors import UsageError
from coldchain.language import N_, _
from coldchain.model import Scenario, Site
from coldchain.model.naming import labelled
from coldchain.network.nearest import NearestRoad
from coldchain.scenario.edits import Edits, Spot

STATED, FORBIDDEN, FORCED = "stated", "forbidden", "forced"
CHOICES: dict[str, str] = {STATED: N_("as stated"), FORBIDDEN: N_("forbidden"), FORCED: N_("forced")}
STATUSES: dict[str, str] = {
    "candidate": N_("candidate"), "existing": N_("existing"), "forced": N_("forced"), "forbidden": N_("forbidden"),
}  # fmt: skip
PLACES = 6
"""Decimals of a degree that a place is kept to, about 0.1 m."""
MOST_ADDED = 200
MOST_NAME = 60


@dataclass(frozen=True)
class SiteRow:
    """A site as the map and the table show it.

    Attributes
    ----------
    road_m : metres to the nearest road; None where no road data stand behind the map
    """

    id: str
    label: str
    county: str
    stated: str
    choice: str
    lon: float
    lat: float
    road_m: float | None


@dataclass
class AskedSites:
    """What is asked of the sites of a scenario.

    Attributes
    ----------
    choices : by id, of every site there is now
    moved, added : by id
    """

    scenario: Scenario
    roads: NearestRoad | None
    choices: dict[str, str] = field(init=False)
    moved: dict[str, Spot] = field(default_factory=dict)
    added: dict[str, Spot] = field(default_factory=dict)
    _known: dict[str, Site] = field(init=False)
    _offsets: dict[tuple[float, float], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {site.id: site for site in self.scenario.sites}
        self.choices = dict.fromkeys(self._known, STATED)

    def put(self, site: str, lon: float, lat: float) -> None:
        """Put a site somewhere; back where the scenario has it is no edit.

        Raises
        ------
        UsageError
            When that is no place on the earth.
        """
        lon, lat = checked_place(lon, lat)
        if site in self.added:
            self.added[site] = Spot(site, lon, lat, self.added[site].name)
            return
        stated = self._known[site]
        if (lon, lat) == (round(stated.lon, PLACES), round(stated.lat, PLACES)):
            self.moved.pop(site, None)
        else:
            self.moved[site] = Spot(site, lon, lat)

    def add(self, name: str, lon: float, lat: float) -> str:
        """Add a site and return its id, which is the first that is free.

        Raises
        ------
        UsageError
            When that is no place on the earth, or there are too many.
        """
        lon, lat = checked_place(lon, lat)
        if len(self.added) >= MOST_ADDED:
            raise UsageError(_("at most {most} sites can be added").format(most=MOST_ADDED))
        taken = {*self._known, *self.added, *(village.id for village in self.scenario.villages)}
        key = next(key for n in range(1, len(taken) + 2) if (key := f"N{n}") not in taken)
        shown = " ".join(name.split())[:MOST_NAME]
        self.added[key] = Spot(key, lon, lat, shown or _("new site {n}").format(n=key.removeprefix("N")))
        self.choices[key] = STATED
        return key

    def remove(self, site: str) -> None:
        """Take an added site away again.

        Raises
        ------
        UsageError
            For a site of the scenario: it can only be forbidden.
        """
        if site not in self.added:
            raise UsageError(_("only a site that was added here can be removed; forbid this one instead"))
        del self.added[site], self.choices[site]

    def take(self, edits: Edits) -> None:
        """Ask for what a plan was made with."""
        self.moved, self.added = ({one.id: one for one in spots} for spots in (edits.moved, edits.added))
        self.choices = dict.fromkeys((*self._known, *self.added), STATED)
        self.choices |= dict.fromkeys(edits.forbid, FORBIDDEN) | dict.fromkeys(edits.force, FORCED)

    def of(self, choice: str) -> tuple[str, ...]:
        """Return the sites of which something is asked, those of the scenario first."""
        return tuple(row.id for row in self.rows() if row.choice == choice)

    def rows(self) -> Iterator[SiteRow]:
        """Yield every site, those of the scenario first, in its order, then those added by number."""
        for site in self._known.values():
            spot = self.moved.get(site.id, Spot(site.id, round(site.lon, PLACES), round(site.lat, PLACES)))
            stated = _(STATUSES.get(site.status, site.status))
            yield self._row(spot, labelled(site.id, site.name), site.county, stated)
        for spot in self.new:
            yield self._row(spot, labelled(spot.id, spot.name), "", _("added"))

    @property
    def new(self) -> tuple[Spot, ...]:
        """The sites added, by number."""
        return tuple(sorted(self.added.values(), key=lambda spot: int(spot.id.removeprefix("N"))))

    @property
    def elsewhere(self) -> tuple[Spot, ...]:
        """The sites that stand elsewhere, in order of the scenario."""
        return tuple(self.moved[key] for key in self._known if key in self.moved)

    def _row(self, spot: Spot, label: str, county: str, stated: str) -> SiteRow:
        return SiteRow(spot.id, label, county, stated, self.choices[spot.id], spot.lon, spot.lat, self.road_m(spot))

    def road_m(self, spot: Spot) -> float | None:
        """Return the metres from a place to the nearest road."""
        if self.roads is None:
            return None
        at = (spot.lon, spot.lat)
        if at not in self._offsets:
            self._offsets[at] = self.roads.offset_m(*at)
        return self._offsets[at]

    def off_road(self) -> list[str]:
        """Say of each site moved or added how far off the roads it is, where that is far."""
        roads = self.scenario.roads
        said = []
        for spot in (*self.elsewhere, *self.new):
            offset = self.road_m(spot)
            if offset is None or offset <= roads.far_snap_m:
                continue
            told = _("{site}: {offset:,.0f} m from the nearest road")
            if offset > roads.max_snap_m:
                told = _("{site}: {offset:,.0f} m from the nearest road, beyond {most:,.0f} m no plan is made")
            known = self._known.get(spot.id)
            name = labelled(spot.id, known.name if known is not None else spot.name)
            said.append(told.format(site=name, offset=offset, most=roads.max_snap_m))
        return said


def checked_place(lon: float, lat: float) -> tuple[float, float]:
    """Return a place as it is kept.

    Raises
    ------
    UsageError
        When it is none.

    Examples
    --------
    >>> checked_place(109.123456789, 28)
    (109.123457, 28.0)
    """
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        told = _("longitude must lie between -180 and 180, latitude between -90 and 90; got {lon:g}, {lat:g}")
        raise UsageError(told.format(lon=lon, lat=lat))
    return round(float(lon), PLACES), round(float(lat), PLACES)
