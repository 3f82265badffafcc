"""What produce is packed in: how much of its bruising and drying each packaging lets through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from coldchain.model.goods import Commodity


@dataclass(frozen=True)
class Packaging:
    """A packaging.

    Attributes
    ----------
    bruise : loss at each transfer against that in a crate
    bruise_low, bruise_high : its band
    water : weight lost as water against that of single pieces in the open
    source : of the figures
    """

    bruise: float
    bruise_low: float
    bruise_high: float
    water: float
    source: str


PACKAGINGS: dict[str, Packaging] = {
    "bulk": Packaging(
        4.0, 2.0, 15.0, 0.5,
        "tomatoes, bottom layer: 30 % damaged in bins of 468 kg, 2 % in lugs of 20 kg (SciELO "
        "S1981-67232018000100447); mean over all layers: estimate",
    ),
    "basket": Packaging(
        1.9, 1.2, 3.0, 0.4, "tomatoes: 1.9 % in wooden, 1.0 % in plastic crates (CGSpace 174169)"
    ),
    "crate": Packaging(
        1.0, 0.7, 1.5, 0.25, "handling_loss is that in plastic crates"
    ),
    "foam_ice": Packaging(0.5, 0.3, 1.0, 0.05, "foam box with ice, packed once and not refilled: estimate"),
}  # fmt: skip


@lru_cache(maxsize=1024)
def packed(commodity: Commodity, *, planned: bool) -> Commodity:
    """Return the commodity as it is packed in the planned chain, or today: with that packaging's bruising and drying.

    A commodity that names no packaging is itself.

    Examples
    --------
    >>> crop = Commodity(id="x", name="X", zone="cold", kinetics="q10", q10=2.0, life_d=10, life_temp_c=0,
    ...     life_min_d=9, life_max_d=11, freezing_c=-1, density_kg_m3=300, heat_kj_kg_k=4, price_cny_kg=1,
    ...     precool_deadline_h=9, handling_loss=0.01, today_packaging="bulk")
    >>> packed(crop, planned=False).handling_loss, packed(crop, planned=True).handling_loss
    (0.04, 0.01)
    """
    name = commodity.packaging if planned else commodity.today_packaging
    if name is None:
        return commodity
    box = PACKAGINGS[name]
    return commodity.model_copy(
        update={
            "handling_loss": min(commodity.handling_loss * box.bruise, 0.9),
            "water_kg_t_h_kpa": commodity.water_kg_t_h_kpa * box.water,
        }
    )
