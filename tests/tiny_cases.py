"""A county of one village, one site and one hub that tests write, plan and spoil."""

from __future__ import annotations

from pathlib import Path

TABLES = {
    "villages": "id,county,lon,lat\nV1,A,109.0,28.0\n",
    "sites": "id,county,lon,lat,status,existing,power_kw,staff,max_modules\nS1,A,109.01,28.0,candidate,,,,4\n",
    "hubs": "id,county,lon,lat\nH1,A,109.1,28.0\n",
    "periods": "id,days,temp_min_c,temp_max_c\np,60,20,30\n",
    "harvest": "village,commodity,period,tonnes\nV1,tomato,p,300\n",
}


def tiny_county(folder: Path, settings: str = "[siting]\nbudget_cny = 1000000\n", **tables: str) -> Path:
    """Write a county of one village, with other tables or settings where given; return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    head = f'schema = "coldchain.scenario/1"\nname = "{folder.name}"\ndatum = "wgs84"\n'
    (folder / "scenario.toml").write_text(head + settings, encoding="utf-8")
    for stem, text in {**TABLES, **tables}.items():
        (folder / f"{stem}.csv").write_text(text, encoding="utf-8")
    return folder


def site_rows(*rows: str) -> str:
    """Return a table of sites: ``id,county,lon,lat,status,existing,power_kw,staff,max_modules``."""
    return "\n".join([TABLES["sites"].splitlines()[0], *rows]) + "\n"
