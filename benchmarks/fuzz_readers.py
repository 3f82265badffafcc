"""Damaged inputs of every kind, read by every command that reads them: ``python -m benchmarks.fuzz_readers [COUNT]``.

Each input is a sound file with a few seeded damages: bytes turned, parts cut, doubled or exchanged, figures made huge,
endless or no figures, brackets nested. Asked is that no command ends as a bug, takes more than 10 processor seconds or
1 GiB, changes an input, or leaves anything behind. A child process reads many; after a failure a fresh one goes on.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

COUNT, SEED = 3_000, 1
PROCESSOR_S, MEMORY_BYTES = 10.0, 1 << 30
SOUND = (0, 2, 3, 4, 5, 6)  # exit codes that are answers
WORDS = [
    b"", b"-", b"nan", b"inf", b"-inf", b"1e308", b"1e400", b"-1", b"0", b"9" * 5000, b"\xff\xfe", b"\x00", b"'", b'"',
    b"=1+1", b"../../x", b"[" * 500, b"{" * 500, b"\xe5\x9d\x8f", "\u202e".encode(), b"true", b"null", b"1,2",
    b"\r\n\r\n",
]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file to damage, and the command that reads it; ``{}`` is the copy of the folder, ``{out}`` a new one."""

    name: str
    file: str
    command: tuple[str, ...]


CASES = (
    *(Case(f"table {stem}", f"county/{stem}.csv", ("check", "{}/county"))
      for stem in ("villages", "harvest", "sites", "hubs", "periods")),
    Case("settings of a scenario", "county/scenario.toml", ("check", "{}/county")),
    Case("workbook", "book.xlsx", ("check", "{}/book.xlsx")),
    Case("places", "places.csv", ("import", "points", "{}/places.csv", "--datum", "wgs84", "--out", "{out}")),
    Case("places in a map", "places.geojson",
         ("import", "points", "{}/places.geojson", "--datum", "wgs84", "--out", "{out}")),
    Case("lines", "county/roads.gpkg", ("check", "{}/county", "--variant", "lines")),
    Case("gmns links", "county/gmns/link.csv", ("check", "{}/county", "--variant", "gmns")),
    Case("gmns nodes", "county/gmns/node.csv", ("check", "{}/county", "--variant", "gmns")),
    Case("osm", "map.osm", ("import", "osm", "{}/map.osm", "--out", "{out}")),
    Case("rules of an import", "rules.toml",
         ("import", "points", "{}/places.csv", "--datum", "wgs84", "--out", "{out}", "--rules", "{}/rules.toml")),
    Case("elevation", "N28E110.hgt.zip",
         ("import", "osm", "{}/map.osm", "--out", "{out}", "--elevation", "{}/N28E110.hgt.zip")),
    Case("game", "game.json", ("share", "--game", "{}/game.json", "--json")),
    Case("settings of commands", "coldchain.toml", ("config",)),
    Case("benchmark", "bench.vrp", ("bench", "cvrp", "{}/bench.vrp", "--iterations", "5")),
    Case("benchmark of depots", "bench.dat", ("bench", "clrp", "{}/bench.dat", "--iterations", "5")),
)  # fmt: skip
ON_RUN = (
    ("verify", "{}/run"), ("map", "{}/run", "--out", "{out}.html"), ("compare", "{}/run", "{}/run"),
    ("explain", "{}/run", "--unserved"), ("report", "{}/run", "--out", "{out}"),
)  # fmt: skip
RUN_FILES = (
    "summary.json",
    "run.json",
    "tables/villages.csv",
    "tables/depots.csv",
    "tables/lots.csv",
    "tables/routes.csv",
)

OSM = """<?xml version='1.0' encoding='UTF-8'?>
<osm version="0.6">
<node id="1" lat="28.0" lon="110.0"><tag k="place" v="village"/><tag k="name" v="Upper"/></node>
<node id="2" lat="28.0" lon="110.05"><tag k="place" v="town"/><tag k="name" v="Town"/></node>
<node id="3" lat="28.02" lon="110.1"><tag k="place" v="village"/><tag k="name" v="Lower"/></node>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="tertiary"/><tag k="maxweight" v="10"/></way>
</osm>
"""
VRP = (
    "NAME : t\nTYPE : CVRP\nDIMENSION : 4\nCAPACITY : 10\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n1 0 0\n2 3 0\n"
    "3 7 0\n4 -4 0\nDEMAND_SECTION\n1 0\n2 5\n3 5\n4 5\nDEPOT_SECTION\n1\n-1\nEOF\n"
)


def write_sound(folder: Path, *, with_run: bool) -> None:
    """Write the sound files that are damaged."""
    import numpy as np

    from coldchain.network import proximity_network, write_gmns, write_lines
    from coldchain.scenario import upland, write_scenario
    from coldchain.scenario.template import write_template

    county = folder / "county"
    write_scenario(upland(12, 1), county)
    lon, lat = (np.random.default_rng(1).uniform(low, low + 0.4, 30) for low in (110.0, 28.0))
    roads = proximity_network(lon, lat, 30.0, 1.3)
    write_lines(roads, county / "roads.gpkg")
    write_gmns(roads, county / "gmns")
    settings = county / "scenario.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        f'{text}\n[variants.lines.roads]\nfile = "roads.gpkg"\n[variants.gmns.roads]\nfile = "gmns"\n', encoding="utf-8"
    )
    made = write_template(upland(12, 1), folder / "made")
    made.replace(folder / "book.xlsx")
    (folder / "made").rmdir()
    (folder / "map.osm").write_text(OSM, encoding="utf-8")
    (folder / "places.csv").write_text(
        "name,level,lon,lat,tonnes\nTown,town,110.1,28.1,\nA,village,110.11,28.12,30\nB,village,110.2,28.2,40\n"
    )
    point = {"type": "Feature", "properties": {"name": "A", "level": "village"},
             "geometry": {"type": "Point", "coordinates": [110.1, 28.1]}}  # fmt: skip
    town = {**point, "properties": {"name": "T", "level": "town"}}
    (folder / "places.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [point, town]}))
    (folder / "rules.toml").write_text("spread = 0.2\nseed = 3\n")
    (folder / "coldchain.toml").write_text('lang = "en"\n[plan]\nseed = 3\n')
    import zipfile

    with zipfile.ZipFile(folder / "N28E110.hgt.zip", "w", zipfile.ZIP_DEFLATED) as tile:
        tile.writestr("N28E110.hgt", bytes(1201 * 1201 * 2))
    game = {"kind": "cost", "players": ["a", "b", "c"], "values": {"a": 5, "b": 6, "c": 7, "ab": 9, "ac": 9, "bc": 10,
                                                                  "abc": 12}}  # fmt: skip
    (folder / "game.json").write_text(json.dumps(game))
    (folder / "bench.vrp").write_text(VRP)
    (folder / "bench.dat").write_text("2 1\n0 0\n3 4\n6 8\n5\n10\n1 2\n7\n2\n0\n")
    if with_run:
        from coldchain.cli import run

        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            assert run(["plan", str(county), "--out", str(folder / "run"), "--effort", "quick", "-q"]) == 0


def cases(folder: Path) -> list[Case]:
    """Return the cases whose files are there."""
    on_run = [Case(f"run {command[0]}", f"run/{name}", command) for name in RUN_FILES for command in ON_RUN]
    return [case for case in (*CASES, *on_run) if (folder / case.file).is_file()]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a content with one to four damages."""
    for _damage in range(chance.randint(1, 4)):
        at, to = sorted((chance.randint(0, len(content)), chance.randint(0, len(content))))
        kind = chance.randrange(7)
        if kind == 0:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + bytes([chance.randrange(256)]) + content[at + 1 :]
        elif kind == 2:
            content = content[:at] + content[at : at + 200] + content[at:]
        elif kind == 3:
            content = content[:at] + content[min(to, at + 50) :]
        elif kind == 4:
            content = content[:at] + chance.choice(WORDS) + content[at:]
        else:
            content = _word_for_word(content, chance)
    return content


def _word_for_word(content: bytes, chance: random.Random) -> bytes:
    """Put an odd word in the place of a whole one: a cell, a value, an attribute."""
    import re

    words = list(re.finditer(rb'[^,;:="<>\s\[\]{}]+', content[:200_000]))
    if not words:
        return chance.choice(WORDS)
    word = chance.choice(words)
    return content[: word.start()] + chance.choice(WORDS) + content[word.end() :]


def try_one(sound: Path, case: Case, seed: int) -> str:
    """Damage a file in a fresh copy, run its command, and return what is wrong; empty when nothing is."""
    from coldchain.cli import run

    chance = random.Random(seed)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        root = Path(place)
        shutil.copytree(sound, root / "in")
        target = root / "in" / case.file
        target.write_bytes(damaged(target.read_bytes(), chance))
        before = _digest(root / "in")
        words = [word.replace("{}", str(root / "in")).replace("{out}", str(root / "out")) for word in case.command]
        said, began = io.StringIO(), time.process_time()
        os.chdir(root / "in")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(said):
            code = run(words)
        os.chdir(sound)
        wrong = [] if code in SOUND else [f"exit {code}: {said.getvalue().strip().splitlines()[:1]}"]
        if time.process_time() - began > PROCESSOR_S:
            wrong.append(f"{time.process_time() - began:.0f} processor seconds")
        if _digest(root / "in") != before:
            wrong.append("changed an input")
        left = [path.name for path in root.iterdir() if path.name not in ("in", "out", "out.html")]
        if left:
            wrong.append(f"left {left}")
    return "; ".join(wrong)


def _digest(folder: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".checked." not in path.name:  # the marked copy of a workbook is an output
            whole.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return whole.hexdigest()


def read_many(sound: Path, seeds: Sequence[int], kinds: str = "") -> None:
    """Try damages one after the other within the limits of memory and time; a line of output for each."""
    import coldchain.cli  # noqa: F401 - before the memory is limited

    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    known = [case for case in cases(sound) if kinds in case.name]
    for seed in seeds:
        print(f"{seed}", end=" ", flush=True)
        soft = int(time.process_time() + 3 * PROCESSOR_S)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))
        case = known[seed % len(known)]
        found = try_one(sound, case, seed)
        print(f"{case.name}: {found}" if found else "ok", flush=True)


def search(sound: Path, seeds: Sequence[int], kinds: str = "") -> list[str]:
    """Try damages in child processes; return what is wrong, a line each."""
    failures: list[str] = []
    left = list(seeds)
    while left:
        code = (
            "from pathlib import Path; from benchmarks.fuzz_readers import read_many; "
            f"read_many(Path({str(sound)!r}), {left!r}, {kinds!r})"
        )
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False,
            cwd=Path(__file__).parents[1],
        )  # fmt: skip
        lines = [line for line in done.stdout.splitlines() if line.partition(" ")[0].isdecimal()]
        failures += [line for line in lines if not line.rstrip().endswith(" ok") and line.partition(" ")[2].strip()]
        ended = len([line for line in lines if line.partition(" ")[2].strip()])
        if ended < len(left):
            known = [case.name for case in cases(sound) if kinds in case.name]
            name = known[left[ended] % len(known)]
            failures.append(f"{left[ended]} {name}: process ended with {done.returncode} {done.stderr[-200:]}")
            ended += 1
        left = left[ended:]
    return failures


def main(count: int = COUNT, seed: int = SEED, kinds: str = "") -> int:
    """Search and print."""
    with tempfile.TemporaryDirectory(prefix="fuzz-sound-") as place:
        sound = Path(place)
        write_sound(sound, with_run=True)
        failures = search(sound, range(seed, seed + count), kinds)
    print("\n".join(failures))
    print(f"{count} damaged inputs, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT))
