"""What is harvested, and when: commodities and periods."""

from __future__ import annotations

import math
from typing import Literal

from pydantic import model_validator

from coldchain.language import N_, _
from coldchain.model.base import Ends, Method, Noun, Spread, figure

Kinetics = Literal["arrhenius", "q10", "ratkowsky"]
PackagingId = Literal["bulk", "basket", "crate", "foam_ice"]
TodayCargo = Literal["open", "insulated", "ice"]
Group = Literal["vegetable", "fruit", "meat", "aquatic", "leaf"]
HOURS = tuple(f"t{hour:02d}_c" for hour in range(24))


class Commodity(Noun):
    """A crop or animal product: how fast it ages at each temperature, how it is stored, what it is worth."""

    id: str = figure("-", "short name used in harvest tables", min_length=1)
    name: str = figure("-", "English name")
    name_zh: str = figure("-", "Chinese name", "")
    group: Group = figure("-", "group of goods: vegetable, fruit, meat, aquatic or leaf", "vegetable")
    zone: str = figure("-", "temperature zone of a depot in which it keeps longest")
    kinetics: Kinetics = figure("-", "law of the rate: arrhenius (Ea), q10 (by temperature band), ratkowsky (fish)")
    ea_kj_mol: float | None = figure("kJ/mol", "activation energy, for arrhenius", None, gt=0, le=300)
    q10: float | None = figure("-", "Q10 between 5 and 15 °C, for q10", None, gt=1, le=10)
    life_d: float = figure(
        "d",
        "shelf life at life_temp_c: the cold anchor of the rate",
        gt=0,
        le=1000,
        band=Ends(N_("life in storage"), "life_min_d", "life_max_d", "life_source", 2.0),
    )
    life_temp_c: float = figure("°C", "temperature at which life_d holds", ge=-5, le=40)
    life_min_d: float = figure("d", "life at life_temp_c, low end", gt=0)
    life_max_d: float = figure("d", "life at life_temp_c, high end", gt=0)
    life_source: str = figure("-", "packaging, humidity and source of life_d; empty: an estimate, in a wider band", "")
    warm_life_d: float | None = figure(
        "d",
        "shelf life at warm_temp_c: the warm anchor, in place of Ea or Q10",
        None,
        gt=0,
        le=1000,
        band=Ends(N_("life in the warm"), "warm_min_d", "warm_max_d", "warm_source", 2.0),
    )
    warm_temp_c: float = figure("°C", "temperature at which warm_life_d holds", 25.0, ge=5, le=45)
    warm_min_d: float | None = figure("d", "life at warm_temp_c, low end; none: warm_life_d", None, gt=0)
    warm_max_d: float | None = figure("d", "life at warm_temp_c, high end; none: warm_life_d", None, gt=0)
    warm_source: str = figure(
        "-", "packaging, humidity and source of warm_life_d; empty: an estimate, in a wider band", ""
    )
    loss_shape: float = figure("-", "Weibull shape of the loss over used-up life; 1 is first order", 2.0, ge=0.5, le=8)
    loss_at_life: float = figure(
        "share",
        "share of the lot unsaleable when its life is used up",
        0.5,
        gt=0,
        lt=1,
        band=Ends(N_("unsaleable at the end of life"), "loss_at_life_min", "loss_at_life_max", "decay_source"),
    )
    loss_at_life_min: float | None = figure("share", "the same, low end; none: loss_at_life", None, gt=0, lt=1)
    loss_at_life_max: float | None = figure("share", "the same, high end; none: loss_at_life", None, gt=0, lt=1)
    decay: tuple[str, ...] = figure(
        "°C:d:share",
        "measured shares unsaleable after days at a temperature; two or more give loss_shape and loss_at_life",
        (),
    )
    decay_source: str = figure("-", "source of the decay data, or of the shape and the loss at the end of life", "")
    handling_loss: float = figure(
        "share",
        "lost to bruising at each transfer, in crates",
        0.005,
        ge=0,
        lt=0.2,
        band=Spread(
            N_("bruising at a transfer"),
            0.5,
            3.0,
            source="at the low end of what is published (Ghana: 20-55 % damaged)",
        ),
    )
    packaging: PackagingId | None = figure(
        "-", "packaging in the planned chain: bulk, basket, crate or foam_ice; none: as handling_loss says", None
    )
    today_packaging: PackagingId | None = figure("-", "the same in today's chain", None)
    today_cargo: TodayCargo = figure(
        "-", "how it travels today: open, insulated, or ice (on ice from harvest to sale)", "open"
    )
    today_wait_h: float | None = figure(
        "h",
        "harvest until a trader's truck leaves with it, today; none: chain.today_wait_h",
        None,
        ge=0,
        le=240,
        band=Spread(N_("hours until today's trader calls"), 0.5, 1.5),
    )
    chill_threshold_c: float | None = figure("°C", "below this colder is worse; none if not sensitive", None)
    chill_floor_c: float | None = figure("°C", "below this the chilling harm is absent again (peach)", None)
    chill_onset_k_h: float | None = figure(
        "K·h",
        "hours times depth below chill_threshold_c that harm nothing yet; none: harm at once, as a rate",
        None,
        ge=0,
        band=Spread(N_("chilling that harms nothing yet"), 0.5, 2.0),
    )
    chill_k_h: float = figure("K·h", "beyond the onset, the dose that spoils 63 % of a lot", 500.0, gt=0)
    flat_below_c: float | None = figure("°C", "below this colder keeps no longer (tea leaf); none: it does", None)
    water_kg_t_h_kpa: float = figure(
        "kg/(t·h·kPa)",
        "weight lost as water in the open, by vapour pressure deficit",
        0.0,
        ge=0,
        le=100,
        band=Spread(N_("weight lost as water"), 0.5, 2.0),
    )
    freezing_c: float = figure("°C", "highest freezing point", ge=-10, le=2)
    density_kg_m3: float = figure("kg/m³", "stacking density in crates", gt=10, le=1000)
    heat_kj_kg_k: float = figure("kJ/(kg·K)", "specific heat above freezing", gt=1, le=4.3)
    respiration_w_t_0c: float = figure("W/t", "heat of respiration at 0 °C", 0.0, ge=0)
    respiration_w_t_20c: float = figure("W/t", "heat of respiration at 20 °C", 0.0, ge=0)
    price_cny_kg: float = figure(
        "CNY/kg", "farm-gate price", ge=0, le=5000, usual=(0.1, 1000), band=Spread(N_("farm-gate prices"), 0.7, 1.3)
    )
    traced_premium_cny_kg: float = figure(
        "CNY/kg",
        "what buyers pay more for what depots sell traced or branded; 0: it is not sold so",
        0.0,
        ge=0,
        le=5000,
    )
    methods: tuple[Method, ...] = figure("-", "pre-cooling methods it stands", ("room", "forced_air"))
    sold_at: Literal["market", "hub"] = figure(
        "-", "where its chain ends: at the market behind the hub, or at the hub (works for fresh leaf)", "market"
    )
    yield_low_t_ha: float | None = figure("t/ha", "poor harvest of a year; below it a yield is doubted", None, gt=0)
    yield_high_t_ha: float | None = figure("t/ha", "best harvest of a year; above it a yield is doubted", None, gt=0)
    precool_deadline_h: float = figure("h", "from harvest to seven-eighths cooled, to count as covered", gt=0)
    source: str = figure("-", "where the figures are from", "")

    @model_validator(mode="after")
    def _kinetics_complete(self) -> Commodity:
        if self.warm_life_d is not None:
            return self
        if self.kinetics == "arrhenius" and self.ea_kj_mol is None:
            raise ValueError(_("commodity {id}: kinetics arrhenius needs ea_kj_mol or warm_life_d").format(id=self.id))
        if self.kinetics == "q10" and self.q10 is None:
            raise ValueError(_("commodity {id}: kinetics q10 needs q10 or warm_life_d").format(id=self.id))
        return self

    @model_validator(mode="after")
    def _anchors_in_order(self) -> Commodity:
        if self.warm_life_d is None:
            return self
        if self.kinetics == "ratkowsky":
            told = _("commodity {id}: ratkowsky is (1 + 0.1·T)² whatever the crop; leave warm_life_d empty")
            raise ValueError(told.format(id=self.id))
        if self.warm_temp_c <= self.life_temp_c or self.warm_life_d >= self.life_d:
            told = _(
                "commodity {id}: the warm anchor must be warmer and shorter than the cold one; "
                "got {warm_d} d at {warm_c} °C and {cold_d} d at {cold_c} °C"
            )
            raise ValueError(
                told.format(
                    id=self.id,
                    warm_d=self.warm_life_d,
                    warm_c=self.warm_temp_c,
                    cold_d=self.life_d,
                    cold_c=self.life_temp_c,
                )
            )
        return self

    @model_validator(mode="after")
    def _premium_on_a_price(self) -> Commodity:
        if self.traced_premium_cny_kg > 0 and self.price_cny_kg <= 0:
            raise ValueError(_("commodity {id}: traced_premium_cny_kg needs a price_cny_kg above 0").format(id=self.id))
        return self

    @model_validator(mode="after")
    def _decay_readable(self) -> Commodity:
        points = self.decay_points
        if len({(temp, days) for temp, days, _share in points}) < len(points):
            raise ValueError(_("commodity {id}: decay names a temperature and day twice").format(id=self.id))
        return self

    @property
    def decay_points(self) -> tuple[tuple[float, float, float], ...]:
        """Temperature, days and share unsaleable of each measurement.

        Raises
        ------
        ValueError
            Where a measurement is not of this form.
        """
        points = []
        for text in self.decay:
            try:
                temp, days, share = (float(part) for part in text.split(":"))
            except ValueError:
                temp = days = share = math.nan
            if not (-5 <= temp <= 45 and 0 < days <= 1000 and 0 < share < 1):
                told = _('commodity {id}: decay must read "°C:days:share;…"; got "{text}"')
                raise ValueError(told.format(id=self.id, text=text))
            points.append((temp, days, share))
        return tuple(points)


class Period(Noun):
    """A season bucket: how many days harvest is gathered in it, and the air temperature hour by hour."""

    id: str = figure("-", "short name used in harvest tables", min_length=1)
    name: str = figure("-", "name shown to people", "")
    days: float = figure("d", "days in the period on which harvest is gathered", gt=0, le=366)
    temp_min_c: float | None = figure(
        "°C",
        "mean daily low, about 05:00",
        None,
        ge=-50,
        le=45,
        band=Spread(N_("temperature of the air"), -2.0, 2.0, by="difference"),
    )
    temp_max_c: float | None = figure(
        "°C",
        "mean daily high, about 14:30",
        None,
        ge=-50,
        le=55,
        band=Spread(N_("temperature of the air"), -2.0, 2.0, by="difference"),
    )
    hourly_c: tuple[float, ...] | None = figure(
        "°C",
        "24 hourly means t00_c … t23_c, instead of low and high",
        None,
        band=Spread(N_("temperature of the air"), -2.0, 2.0, by="difference"),
    )
    humidity: float = figure(
        "share",
        "relative humidity of the air, mean of the day",
        0.75,
        ge=0,
        le=1,
        band=Spread(N_("humidity of the air"), -0.1, 0.1, by="difference"),
    )
    harvest_start_h: float = figure("h", "clock hour at which harvest begins", 6.0, ge=0, lt=24)
    harvest_end_h: float = figure("h", "clock hour at which harvest ends", 10.0, gt=0, le=24)

    @model_validator(mode="after")
    def _temperature_given(self) -> Period:
        if self.hourly_c is not None and len(self.hourly_c) != len(HOURS):
            raise ValueError(
                _("period {id}: hourly temperatures need 24 values; got {count}").format(
                    id=self.id, count=len(self.hourly_c)
                )
            )
        if self.hourly_c is None and (self.temp_min_c is None or self.temp_max_c is None):
            raise ValueError(
                _("period {id} has no temperature: give temp_min_c and temp_max_c, or t00_c … t23_c").format(id=self.id)
            )
        if self.temp_min_c is not None and self.temp_max_c is not None and self.temp_min_c > self.temp_max_c:
            raise ValueError(
                _("period {id}: temp_min_c {temp_min_c} is above temp_max_c {temp_max_c}").format(
                    id=self.id, temp_min_c=self.temp_min_c, temp_max_c=self.temp_max_c
                )
            )
        if self.harvest_end_h <= self.harvest_start_h:
            raise ValueError(
                _("period {id}: harvest ends at {harvest_end_h} h, not after its start").format(
                    id=self.id, harvest_end_h=self.harvest_end_h
                )
            )
        return self


class Landmark(Noun):
    """A landmark product (geographical indication): what may carry its name, from which villages, in which months."""

    id: str = figure("-", "unique name within its table", min_length=1)
    name: str = figure("-", "name shown to people", "")
    certificate: str = figure("-", "number of its certificate or registration", "")
    villages: tuple[str, ...] = figure("-", "ids of the villages that may use it", min_length=1)
    commodities: tuple[str, ...] = figure("-", "ids of the commodities it covers", min_length=1)
    months: tuple[int, ...] = figure("-", "months of harvest it covers, 1 to 12; none: all year", ())
    most_t: float | None = figure("t", "most tonnes a year that may carry it; none: no limit", None, gt=0)

    @model_validator(mode="after")
    def _months_exist(self) -> Landmark:
        if odd := [month for month in self.months if not 1 <= month <= 12]:
            told = _("landmark product {id}: a month must be from 1 to 12; got {month}")
            raise ValueError(told.format(id=self.id, month=odd[0]))
        return self

    def covers(self, village: str, commodity: str, month: int) -> bool:
        """Tell whether a harvest may carry the name."""
        return village in self.villages and commodity in self.commodities and (not self.months or month in self.months)


class Keeping(Noun):
    """What a depot may keep: produce of one commodity and period that is sold in another period at another price."""

    commodity: str = figure("-", "id of the commodity")
    period: str = figure("-", "id of the period of harvest")
    until: str = figure("-", "id of the period in which it is sold; one that stands before it is next year's")
    days: float = figure("d", "in store, beyond chain.depot_dwell_h", gt=0, le=366)
    price_cny_kg: float = figure("CNY/kg", "farm-gate price then", gt=0, le=10_000)
