"""The part of a network in which every node reaches every other, and an account of the roads outside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from coldchain.arrays import M_PER_KM, Bools, Floats, Ints
from coldchain.errors import Fault
from coldchain.language import _, plural
from coldchain.network.geometry import take_polylines
from coldchain.network.graph import RoadNetwork
from coldchain.network.used import CutOff, RoadsUsed

NAMED_PARTS = 3
"""Parts cut off that a message names with their place, the longest first."""


@dataclass(frozen=True, eq=False)
class Components:
    """A network parted into what is used and what is cut off.

    Attributes
    ----------
    main : the largest strongly connected component, with ``used`` filled in
    cut_links : int64[c], links of the whole network outside it
    part : int64[c], part of ``main.used.cut_off`` that each of them belongs to
    """

    main: RoadNetwork
    cut_links: Ints
    part: Ints


def largest_strong_component(network: RoadNetwork) -> RoadNetwork:
    """Return the part in which every node reaches every other, with all arcs inside it and its ``used`` filled in.

    Ties go to the component of the lowest node. Links without a remaining arc are left out.
    """
    return components(network).main


def components(network: RoadNetwork) -> Components:
    """Part a network into its largest strongly connected component and the roads cut off, the longest part first.

    Roads cut off form one part when they meet outside the component. A network that was parted before keeps the
    account of that time.
    """
    inside = _main_nodes(network)
    arcs = inside[network.tail] & inside[network.head]
    kept = np.unique(network.link[arcs])
    cut = np.setdiff1d(np.arange(network.links), kept)
    if network.used is not None and inside.all():
        return Components(network, cut, cut)
    km = _link_km(network)
    part, cut_off = _parts(network, cut, inside, km)
    used = RoadsUsed(
        km_given=float(km.sum()),
        km_used=float(km[kept].sum()),
        arcs_given=network.arcs,
        arcs_used=int(arcs.sum()),
        cut_off=cut_off,
    )
    main = replace(network, used=used) if inside.all() else _inside(network, inside, arcs, used)
    return Components(main, cut, part)


def roads_used(network: RoadNetwork) -> RoadsUsed:
    """Return the account of a network's roads: given, in use, cut off."""
    if network.used is not None:
        return network.used
    used = largest_strong_component(network).used
    assert used is not None
    return used


def cut_off_fault(used: RoadsUsed, file: str) -> Fault | None:
    """Return the warning that names the roads not in use, or None when all are."""
    if not used.cut_off:
        return None
    message = _(
        "{cut:,.2f} of {given:,.2f} km of the given roads ({share:.1%}; {arcs} of {all_arcs} arcs) are not joined to "
        "the rest and not used; {parts}: {where}"
    ).format(
        cut=used.km_given - used.km_used,
        given=used.km_given,
        share=used.share_cut_off,
        arcs=used.arcs_given - used.arcs_used,
        all_arcs=used.arcs_given,
        parts=plural("{n} part", "{n} parts", len(used.cut_off)).format(n=len(used.cut_off)),
        where=named_parts(used.cut_off),
    )
    return Fault(file, None, "", "", message, "roads-cut-off", warning=True)


def named_parts(parts: Iterable[CutOff], most: int = NAMED_PARTS) -> str:
    """Name the first parts by length, place and why they are cut off; of the rest the number."""
    texts = {"island": _("no road to the rest"), "one-way": _("one-way roads allow no way in or no way out")}
    rows = list(parts)
    named = [
        _("{km:,.2f} km near {lon:.4f}, {lat:.4f} ({why})").format(
            km=row.km, lon=row.lon, lat=row.lat, why=texts[row.reason]
        )
        for row in rows[:most]
    ]
    more = [_("{n} more").format(n=len(rows) - most)] if len(rows) > most else []
    return _("; ").join(named + more)


def _main_nodes(network: RoadNetwork) -> Bools:
    if not network.nodes:
        return np.zeros(0, dtype=np.bool_)
    _count, label = connected_components(network.outward.weights, directed=True, connection="strong")
    size = np.bincount(label)[label]
    return np.asarray(label == label[np.argmax(size)], dtype=np.bool_)


def _link_km(network: RoadNetwork) -> Floats:
    """Length of each link in km, float64[l]; a two-way link counts once."""
    metres = np.zeros(network.links)
    np.maximum.at(metres, network.link, network.length_m)
    return metres / M_PER_KM


def _parts(network: RoadNetwork, cut: Ints, inside: Bools, km: Floats) -> tuple[Ints, tuple[CutOff, ...]]:
    """Give the part of each link cut off, and the parts, the longest first."""
    if not len(cut):
        return cut, ()
    ends = network.link_ends[cut]
    outside = ~inside[ends]
    whole = np.logical_and(outside[:, 0], outside[:, 1])
    joins = ends[whole]
    graph = csr_array((np.ones(len(joins)), (joins[:, 0], joins[:, 1])), shape=(network.nodes, network.nodes))
    label = connected_components(graph, directed=False)[1]
    _labels, part = np.unique(label[np.where(outside[:, 0], ends[:, 0], ends[:, 1])], return_inverse=True)
    length = np.bincount(part, km[cut])
    part = np.argsort(np.argsort(-length, kind="stable"), kind="stable")[part]
    return part, _summed(network, cut, part, meets_main=~whole, km=km)


def _summed(network: RoadNetwork, cut: Ints, part: Ints, *, meets_main: Bools, km: Floats) -> tuple[CutOff, ...]:
    """Sum up each part: length, arcs, a place on its longest link, and why it is cut off."""
    count = int(part.max()) + 1
    length = np.bincount(part, km[cut], count)
    arcs = np.bincount(part, np.bincount(network.link, minlength=network.links)[cut], count)
    one_way = np.bincount(part, meets_main, count) > 0
    longest = cut[np.lexsort((cut, -km[cut], part))[np.searchsorted(np.sort(part), np.arange(count))]]
    middle = (network.xy_start[longest] + network.xy_start[longest + 1] - 1) // 2
    return tuple(
        CutOff(km=float(length[row]), arcs=int(arcs[row]), lon=float(lon), lat=float(lat),
               reason="one-way" if one_way[row] else "island")
        for row, (lon, lat) in enumerate(network.xy[middle])
    )  # fmt: skip


def _inside(network: RoadNetwork, inside: Bools, arcs: Bools, used: RoadsUsed) -> RoadNetwork:
    number = (np.cumsum(inside) - 1).astype(np.int32)
    kept, link = np.unique(network.link[arcs], return_inverse=True)
    xy, xy_start = take_polylines(network.xy, network.xy_start, kept)
    return replace(
        network,
        lon=network.lon[inside],
        lat=network.lat[inside],
        tail=number[network.tail[arcs]],
        head=number[network.head[arcs]],
        time_ms=network.time_ms[arcs],
        length_m=network.length_m[arcs],
        link=link.astype(np.int32),
        forward=network.forward[arcs],
        xy=xy,
        xy_start=xy_start,
        road_class=network.road_class[kept],
        level=network.level[kept],
        used=used,
    )
