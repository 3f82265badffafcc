"""The figures people read, recomputed: villages, commodities, lots, hours to market, coverage, routes, depots, gap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pandas as pd

from coldchain.language import _
from coldchain.verify.record import ON_THE_DOT_H, Record, rows

SLACK_SHARE = 1e-6


def check_tables(record: Record, lots: pd.DataFrame) -> None:
    """Hold the tables of villages, commodities and lots against the lots recomputed."""
    cold = lots[lots["depot"] != ""]
    found = {
        ("villages", "village"): {
            "harvest_t": lots.groupby("village")["tonnes"].sum(),
            "cooled_t": cold.groupby("village")["tonnes"].sum(),
            "plan_loss_t": lots.groupby("village")["loss_t"].sum(),
        },
        ("commodities", "commodity"): {
            "harvest_t": lots.groupby("commodity")["tonnes"].sum(),
            "plan_loss_t": lots.groupby("commodity")["loss_t"].sum(),
        },
    }
    for (name, key), columns in found.items():
        for row in rows(record.tables[name]):
            for column, figures in columns.items():
                value = float(figures.get(getattr(row, key), 0.0))
                record.differs(
                    _("{name}: {column} of {id}").format(name=name, column=column, id=getattr(row, key)),
                    float(getattr(row, column)),
                    value,
                    1e-3,
                )
    _check_lots(record, lots)


def _check_lots(record: Record, lots: pd.DataFrame) -> None:
    """Compare each village's lots by their tonnes, loss and tonne-hours to market."""

    def sums(frame: pd.DataFrame) -> pd.DataFrame:
        carried = frame.assign(tonne_h=frame["tonnes"] * frame["delivery_h"])
        return carried.groupby("village")[["tonnes", "loss_t", "tonne_h"]].sum()

    stated, found = sums(record.tables["lots"]), sums(lots)
    for village in sorted({*stated.index, *found.index}):
        for column in found.columns:
            written, right = (float(table[column].get(village, 0.0)) for table in (stated, found))
            record.differs(
                _("lots: {column} of {village}").format(column=column, village=village), written, right, 1e-3
            )


def check_summary(record: Record, summary: Mapping[str, Any], lots: pd.DataFrame) -> None:
    """Hold the service figures of the summary against the lots and tables."""
    target = record.scenario.chain.delivery_target_h + ON_THE_DOT_H
    deadline = lots["commodity"].map({key: crop.precool_deadline_h for key, (_rest, crop) in record.crops.items()})
    total = float(lots["tonnes"].sum()) or 1.0
    figures = {
        "coverage.plan": float(lots["tonnes"][lots["cooled_h"] <= deadline + ON_THE_DOT_H].sum()) / total,
        "delivery_h.max": float(lots["delivery_h"].max()) if len(lots) else 0.0,
        "delivery_h.share_within_target": float(lots["tonnes"][lots["delivery_h"] <= target].sum()) / total,
        "villages.total": float(len(record.villages)),
        "villages.served": float(lots["village"][lots["depot"] != ""].nunique()),
        **_routes(record),
        **_depots(record),
    }
    aim = summary["objective"]
    figures["objective.gap"] = abs(aim["value"] - aim["bound"]) / max(abs(aim["value"]), 1e-9)
    for name, value in figures.items():
        section, key = name.split(".")
        record.differs(f"summary: {name}", float(summary[section][key]), value, 1e-3)
    proved = figures["objective.gap"] <= 1e-6
    if (summary["status"] == "optimal") != proved:
        record.wrong(
            _("summary: status is {status} with a gap of {figures:.2%}").format(
                status=summary["status"], figures=figures["objective.gap"]
            )
        )
    _check_quantiles(record, summary, lots)
    _counties(record, summary)


def _check_quantiles(record: Record, summary: Mapping[str, Any], lots: pd.DataFrame) -> None:
    """Check that half, and 95 %, of the tonnes reach their buyer within the hours stated, and no fewer hours do."""
    total = float(lots["tonnes"].sum()) or 1.0
    for name, share in (("p50", 0.5), ("p95", 0.95)):
        hours = float(summary["delivery_h"][name])
        within = float(lots["tonnes"][lots["delivery_h"] <= hours + SLACK_SHARE].sum()) / total
        sooner = float(lots["tonnes"][lots["delivery_h"] < hours - SLACK_SHARE].sum()) / total
        if not sooner - SLACK_SHARE <= share <= within + SLACK_SHARE:
            record.wrong(
                _("summary: delivery_h.{name} is stated as {hours:.6g}; {within:.2%} arrive by then").format(
                    name=name, hours=hours, within=within
                )
            )


def _routes(record: Record) -> dict[str, float]:
    table = record.tables["routes"][["days", "km", "hours"]].astype("float64")
    return {
        "routes.count": float(round(float(table["days"].sum()))),
        "routes.km": float((table["km"] * table["days"]).sum()),
        "routes.hours": float((table["hours"] * table["days"]).sum()),
    }


def _depots(record: Record) -> dict[str, float]:
    standing = sum(bool(site.modules()) for _rest, site in record.sites.values())
    listed = record.tables["depots"]
    built = sum(bool(row.new_modules) and not record.sites[row.depot][1].modules() for row in rows(listed))
    parts = [part for row in rows(listed) for part in str(row.units_bought).split(";") if part]
    mobile = sum(int(part.partition(":")[2]) for part in parts)
    return {"depots.existing": float(standing), "depots.built": float(built), "depots.mobile": float(mobile)}


def _counties(record: Record, summary: Mapping[str, Any]) -> None:
    found: dict[str, float] = defaultdict(float)
    for row in rows(record.tables["depots"]):
        found[record.sites[row.depot][1].county] += float(row.capex_cny)
    stated = summary["investment"]["by_county"]
    for county in sorted({*stated, *found}):
        record.differs(
            _("summary: investment in {county}").format(county=county),
            float(stated.get(county, 0.0)),
            found[county],
            1.0,
        )
