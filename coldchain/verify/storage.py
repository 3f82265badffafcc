"""What depots keep for another period: stated rules, rooms, shares, what perishes, electricity and what is earned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from coldchain.language import _
from coldchain.model import Keeping, MobileUnit
from coldchain.verify.depots import Built
from coldchain.verify.record import TOLERANCE, Record, rows
from coldchain.verify.restated import check_row

Lane = tuple[str, str, str, str, str]  # depot, zone, method, commodity, period
LANE = ("depot", "zone", "method", "commodity", "period")


@dataclass
class Stores:
    """What the table of storage states, by lane and period of sale, and what following the lots adds up.

    Attributes
    ----------
    shares : of what arrives, by lane and period of sale
    sums : tonnes, lost_t, power_cny and earned_cny, by the same
    arrived_t : t a year by lane
    """

    rules: dict[tuple[str, str, str], Keeping]
    shares: dict[Lane, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    sums: dict[tuple[Lane, str], dict[str, float]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(float))
    )
    arrived_t: dict[Lane, float] = field(default_factory=lambda: defaultdict(float))

    def parts(self, lane: Lane) -> list[tuple[float, Keeping | None]]:
        """Return the share of a lane sold at once, and what is kept by which rule."""
        kept = self.shares.get(lane, {})
        told: list[tuple[float, Keeping | None]] = [
            (share, self.rules[lane[3], lane[4], until]) for until, share in kept.items()
        ]
        return [(max(1.0 - sum(kept.values()), 0.0), None), *told]

    def net_cny(self) -> float:
        """Electricity of all that is kept, less what it earns more, CNY a year."""
        return sum(sums["power_cny"] - sums["earned_cny"] for sums in self.sums.values())


def read_storage(record: Record) -> Stores:
    """Read the table; name what the scenario does not let anyone keep, and shares above the whole."""
    stores = Stores({(rule.commodity, rule.period, rule.until): rule for rule in record.scenario.storage})
    for row in rows(record.tables["storage"]):
        lane = (row.depot, row.zone, row.method, row.commodity, row.period)
        if (row.commodity, row.period, row.until) not in stores.rules:
            record.wrong(
                _("storage: {commodity} of {period} may not be kept until {until}").format(
                    commodity=row.commodity, period=row.period, until=row.until
                )
            )
        elif row.until in stores.shares[lane]:
            record.wrong(
                _("storage: {commodity} of {period} at {depot} is listed twice until {until}").format(
                    commodity=row.commodity, period=row.period, depot=row.depot, until=row.until
                )
            )
        else:
            stores.shares[lane][row.until] = float(row.share)
    for lane, shares in stores.shares.items():
        if sum(shares.values()) > 1 + TOLERANCE:
            record.wrong(
                _("storage: {share:.2%} of the {commodity} of {period} are kept at {depot}").format(
                    share=sum(shares.values()), commodity=lane[3], period=lane[4], depot=lane[0]
                )
            )
    return stores


def check_storage(record: Record, stores: Stores, built: Built) -> None:
    """Hold tonnes and money of the table against the lots followed, and rooms against what lies in them."""
    for row in rows(record.tables["storage"]):
        if (row.commodity, row.period, row.until) not in stores.rules:
            continue
        lane = (row.depot, row.zone, row.method, row.commodity, row.period)
        found = {name: stores.sums[lane, row.until][name] for name in ("tonnes", "lost_t", "power_cny", "earned_cny")}
        found["days"] = stores.rules[row.commodity, row.period, row.until].days
        where = _(", ").join((row.commodity, row.period, row.until, row.depot))
        check_row(record, row._asdict(), found, {"table": "storage", "key": where})
    lying = _lying_t(record, stores)
    for (depot, zone, method), by_period in lying.items():
        room = _room_t(record, built, (depot, zone, method))
        for period, tonnes in by_period.items():
            if tonnes > room * (1 + TOLERANCE) + 1e-6:
                where = _("{zone} {method} at {depot} in {period}").format(
                    zone=zone, method=method, depot=depot, period=period
                )
                record.wrong(
                    _("storage: {tonnes:,.2f} t lie in {where}; its rooms hold {room:,.2f}").format(
                        tonnes=tonnes, where=where, room=room
                    )
                )


def check_kept(record: Record, stores: Stores) -> None:
    """Check that what lots are said to be kept for is in the table of storage."""
    lots = record.tables["lots"]
    listed = {(lane, until) for lane, kept in stores.shares.items() for until in kept}
    for key in sorted(set(zip(*(lots[name] for name in (*LANE, "until")), strict=True))):
        if key[-1] and (key[:-1], key[-1]) not in listed:
            text = _("storage: the row of {key} is missing; the table of lots keeps produce there")
            record.odd(text.format(key=_(", ").join(key)))


def _lying_t(record: Record, stores: Stores) -> Mapping[tuple[str, str, str], Mapping[str, float]]:
    """Tonnes on a peak day, passing through or kept, of the rooms in which anything is kept, by period."""
    order = [period.id for period in record.scenario.periods]
    rooms = {lane[:3] for (lane, _rest) in stores.sums}
    lying: dict[tuple[str, str, str], dict[str, float]] = {room: dict.fromkeys(order, 0.0) for room in rooms}
    for lane, tonnes in stores.arrived_t.items():
        if lane[:3] in rooms:
            kind = next(k for k in record.kinds.values() if (k.zone, k.method) == lane[1:3])
            stay_h = 3.0 * kind.half_cooling_h + record.scenario.chain.depot_dwell_h
            daily = tonnes / record.periods[lane[4]][1].days * record.scenario.siting.peak_factor
            lying[lane[:3]][lane[4]] += daily * stay_h / 24.0
    for (lane, until), sums in stores.sums.items():
        at = order.index(lane[4])
        while True:
            lying[lane[:3]][order[at]] += sums["tonnes"]
            if order[at] == until:
                break
            at = (at + 1) % len(order)
    return lying


def _room_t(record: Record, built: Built, room: tuple[str, str, str]) -> float:
    """Tonnes that lie at once in the modules of a depot, zone and method."""
    depot, zone, method = room
    total = 0.0
    for modules in (built.get(depot, {}), record.standing[depot]):
        for name, count in modules.items():
            kind = record.kinds[name]
            if (kind.zone, kind.method) == (zone, method) and not isinstance(kind, MobileUnit):
                total += count * kind.storage_t
    return total
