"""Route sheets for drivers: a table and a page to print for each tour, headings in English and Chinese."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import Any

import pandas as pd

from coldchain.dispatch.clock import clock, span
from coldchain.dispatch.tables import TourRows, records
from coldchain.language import catalogue
from coldchain.model import Scenario
from coldchain.model.naming import labelled
from coldchain.reports import palette

SHEET = ["trip", "order", "place", "arrive", "load_from", "leave", "kg", "aboard_kg", "goods", "orders", "note"]
SAME_H = 1e-9
HEADINGS = {
    "order": ("No.", "序"), "place": ("Place", "地点"), "arrive": ("Arrive", "到达"), "load_from": ("Load", "装车"),
    "leave": ("Leave", "离开"), "kg": ("Kg", "公斤"), "aboard_kg": ("Aboard", "车上"),
    "goods": ("Goods", "货物"), "note": ("Note", "备注"), "done": ("✓", "完成"),
}  # fmt: skip
WIDTHS = (5, 15, 8, 8, 8, 7, 8, 23, 12, 6)  # per cent, in the order of the headings
COLUMNS = "<colgroup>" + "".join(f'<col style="width:{width}%">' for width in WIDTHS) + "</colgroup>"
STYLE = f"""
@page {{ size: A4; margin: 14mm; }}
* {{ box-sizing: border-box; }}
body {{ font-family: {", ".join(f'"{font}"' if " " in font else font for font in palette.FONTS)};
  color: {palette.INK}; font-size: 13px; line-height: 1.35; max-width: 190mm; margin: 12mm auto; padding: 0 4mm; }}
@media print {{ body {{ margin: 0; padding: 0; max-width: none; }} }}
h1 {{ font-size: 22px; margin: 0 0 2px; }}
h1 small {{ font-weight: 400; font-size: 14px; color: {palette.MUTED}; margin-left: 8px; }}
h2 {{ font-size: 14px; margin: 18px 0 5px; }}
p.facts {{ margin: 0 0 4px; display: flex; flex-wrap: wrap; gap: 3px 22px; }}
p.facts b {{ font-weight: 600; }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; font-variant-numeric: tabular-nums; }}
thead {{ display: table-header-group; }}
tr {{ break-inside: avoid; }}
th, td {{ border: 1px solid #c9cdd2; padding: 4px 6px; text-align: left; vertical-align: top; }}
th {{ background: #f1f3f4; font-weight: 600; font-size: 12px; }}
td {{ overflow-wrap: anywhere; }}
th small {{ display: block; font-weight: 400; color: {palette.MUTED}; }}
td.n {{ text-align: right; white-space: nowrap; }}
td.t {{ white-space: nowrap; }}
td.big {{ font-weight: 650; }}
tr.depot td {{ background: #fbf6ea; }}
td small {{ color: {palette.MUTED}; display: block; }}
footer {{ margin-top: 16px; color: {palette.MUTED}; font-size: 11.5px; }}
.sign {{ margin-top: 22px; display: flex; gap: 34px; }}
.sign span {{ flex: 1; border-top: 1px solid {palette.MUTED}; padding-top: 3px; }}
"""


def sheet(own: TourRows, scenario: Scenario) -> pd.DataFrame:
    """Return one tour line by line as it is driven: leave the depot, halt by halt, back and unload."""
    depot = labelled(str(own.tour["depot"]), str(own.tour["depot_name"]))
    names = {crop.id: f"{crop.name} {crop.name_zh}".strip() for crop in scenario.commodities}
    unload_h = scenario.chain.unload_h
    rows: list[tuple[Any, ...]] = []
    for trip in own.trips:
        number, aboard = trip["trip"], 0.0
        rows.append((number, 0, depot, "", "", clock(trip["leave_h"]), 0.0, 0.0, "", "", "leave empty 空车出发"))
        for row in (row for row in own.stops if row["trip"] == number):
            aboard += row["kg"]
            times = (clock(row["arrive_h"]), clock(row["start_h"]), clock(row["leave_h"]))
            what = (row["kg"], aboard, _goods(row, own, names), _numbers(row), row["note"])
            rows.append((number, row["order"], labelled(str(row["village"]), str(row["name"])), *times, *what))
        back = (clock(trip["back_h"]), "", clock(trip["back_h"] + unload_h))
        rows.append((number, trip["stops"] + 1, depot, *back, 0.0, 0.0, "", "", f"unload 卸货 {aboard:,.0f} kg"))
    return pd.DataFrame(rows, columns=SHEET)


def _numbers(stop: dict[str, Any]) -> str:
    """Return the orders' numbers; none of a typical day, whose lots are named after village and commodity."""
    keys = str(stop["lots"]).split(";")
    return ", ".join(key for key in keys if not key.startswith(f"{stop['village']}-"))


def _goods(stop: dict[str, Any], own: TourRows, names: dict[str, str]) -> str:
    """Say what is loaded: kg of each commodity, with its Chinese name."""
    orders = set(str(stop["lots"]).split(";"))
    kg: dict[str, float] = defaultdict(float)
    for lot in own.lots:
        here = lot["trip"] == stop["trip"] and abs(lot["leave_h"] - stop["leave_h"]) < SAME_H
        if here and lot["order"] in orders:
            kg[lot["commodity"]] += lot["kg"]
    return "; ".join(f"{amount:,.0f} kg {names[key]}" for key, amount in kg.items())


def sheet_page(tour: dict[str, Any], lines: pd.DataFrame, scenario: Scenario, day: str) -> str:
    """Return a page to print."""
    facts = [
        ("Vehicle 车辆", _vehicle(tour)), ("Depot 预冷库", labelled(str(tour["depot"]), str(tour["depot_name"]))),
        ("Day 日期", day), ("Leave 出发", str(tour["leave"])), ("Back 返回", str(tour["back"])),
        ("Drive 里程", f"{tour['km']:,.0f} km, {span(tour['drive_h'])}"),
        ("Load 装货", f"{tour['load_kg']:,.0f} kg"), ("Stops 站数", f"{tour['stops']}"),
        ("Longest aboard 最长在途", span(tour["aboard_max_h"])),
    ]  # fmt: skip
    head = "".join(f"<span>{escape(label)}: <b>{escape(text)}</b></span>" for label, text in facts)
    trips = [_trip(number, part, int(tour["trips"])) for number, part in lines.groupby("trip", sort=True)]
    title = f"Route sheet 行车单 {tour['tour']}"
    sign = '<div class="sign"><span>Driver 司机</span><span>Depot 预冷库</span></div>'
    hint = "times are plans: drive as the road allows 时间为计划值，请按路况行车"
    foot = f"<footer>{escape(scenario.name)} · coldchain · {hint}</footer>"
    driver = str(tour.get("driver") or tour["vehicle"])
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}<small>{escape(driver)}</small></h1>"
        f'<p class="facts">{head}</p>{"".join(trips)}{sign}{foot}</body></html>\n'
    )


def _vehicle(tour: dict[str, Any]) -> str:
    """Name the vehicle, in both languages where it is one of the catalogue's, and its id."""
    name, key = str(tour["name"]), str(tour["vehicle"])
    if name in ("", key):
        return key
    both = f"{name} {catalogue('zh').get(name, '')}".strip()
    return f"{both} ({key})"


def _trip(number: Any, part: pd.DataFrame, trips: int) -> str:
    title = f"<h2>Trip {number} of {trips} 第 {number} 趟，共 {trips} 趟</h2>" if trips > 1 else "<h2>Stops 停靠</h2>"
    head = "".join(f"<th>{escape(en)}<small>{escape(zh)}</small></th>" for en, zh in HEADINGS.values())
    body = "".join(_line(row) for row in records(part))
    return f"{title}<table>{COLUMNS}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _line(row: dict[str, Any]) -> str:
    at_depot = not row["goods"]
    kg = "" if at_depot else f"{row['kg']:,.0f}"
    aboard = "" if at_depot else f"{row['aboard_kg']:,.0f}"
    goods = escape(row["goods"]).replace("; ", "<br>") + (
        f"<small>{escape(row['orders'])}</small>" if row["orders"] else ""
    )
    waits = row["load_from"] if row["load_from"] != row["arrive"] else ""
    cells = [
        f'<td class="n">{"" if at_depot else row["order"]}</td>', f'<td class="big">{escape(row["place"])}</td>',
        f'<td class="t big">{row["arrive"]}</td>', f'<td class="t">{waits}</td>', f'<td class="t">{row["leave"]}</td>',
        f'<td class="n big">{kg}</td>', f'<td class="n">{aboard}</td>',
        f"<td>{escape(row['note']) if at_depot else goods}</td>",
        f"<td>{'' if at_depot else escape(row['note'])}</td>", '<td class="done"></td>',
    ]  # fmt: skip
    return f'<tr class="{"depot" if at_depot else "halt"}">{"".join(cells)}</tr>'
