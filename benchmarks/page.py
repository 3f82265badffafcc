"""The planning page of 2,000 villages in Chromium, all but loopback cut: seconds to ready, ms from drag to table.

Run ``python benchmarks/page.py [VILLAGES]``; with ``--plan`` a site is forbidden and planned without, too, which takes
minutes for the first plan.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from coldchain.scenario import upland, write_scenario

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser import Page, browser, found_browser  # type: ignore[import-not-found]
from page_scripts import MODE, SECOND_MODE, SPOT, TABLE, visit  # type: ignore[import-not-found]

VILLAGES, SEED, DRAGS, TABS = 2_000, 11, 20, 3
READY_S, TABLE_MS = 4.0, 100.0
FOLLOW = f"""new Promise((done) => {{
  const cell = () => {TABLE}.shadow_el.querySelector(".slick-row")?.innerText
  const before = cell()
  let at = 0
  window.addEventListener("pointerup", () => {{ at = performance.now() }}, {{ capture: true, once: true }})
  const look = () => at && cell() !== before ? done(performance.now() - at) : setTimeout(look, 1)
  window.followed = true
  look()
}})"""


def say(name: str, figure: str) -> None:
    """Print one row."""
    print(f"{name:<72}{figure:>20}", flush=True)


def peak_mib(process: int) -> float:
    """Return the peak memory of a process."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


def processor_s(process: int) -> float:
    """Return the processor seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def loop_s() -> float:
    """Return the processor seconds of ten million additions: about 0.65 on an idle core, more beside other work."""
    began, total = time.process_time(), 0
    for n in range(10_000_000):
        total += n
    return time.process_time() - began


def drawn(page: Page, url: str) -> float:
    """Open the page; return the seconds until all of it is drawn."""
    began = time.monotonic()
    visit(page, url)
    return time.monotonic() - began


def dragged(page: Page) -> list[float]:
    """Drag the first site to and fro; return the milliseconds from letting go to the table's cell."""
    page.click(*page.run(SECOND_MODE))
    page.until(f"{MODE}.model.active == 1")
    found = []
    for n in range(DRAGS):
        x, y = page.run(SPOT)
        page.run(f"window.taken = null; {FOLLOW}.then((ms) => {{ window.taken = ms }}); 0")
        page.drag(x, y, x + (24.0 if n % 2 else -24.0), y + 9.0 * (-1) ** (n // 2))
        found.append(float(page.until("window.taken")))
    return found


def replanned(page: Page) -> tuple[float, float]:
    """Plan, forbid the first depot that is built, plan without it; return the seconds of both plans."""
    go = "Bokeh.index.query_one((view) => view.model.type == 'Button' && view.model.button_type == 'primary').model"
    sites = f"{TABLE}.model.source"
    seconds = []
    for n in range(2):
        if n:
            page.run(
                f"(() => {{ const s = {sites}, n = s.data.modules.findIndex((one) => one);"
                f" s.patch({{choice: [[n, 'forbidden']]}}); }})()"
            )
        began = time.monotonic()
        page.run(f"{go}.trigger_event(new (Bokeh.require('core/bokeh_events').ButtonClick)()); 0")
        page.until(f"{go}.disabled")
        while not page.run(f"!{go}.disabled"):
            time.sleep(0.2)
        seconds.append(time.monotonic() - began)
    return seconds[0], seconds[1]


def main() -> None:
    """Serve, open, drag."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("villages", type=int, nargs="?", default=VILLAGES)
    options.add_argument("--seed", type=int, default=SEED)
    options.add_argument("--plan", action="store_true")
    given = options.parse_args()
    program = found_browser()
    assert program is not None, "no Chromium or Chrome on this system"
    with tempfile.TemporaryDirectory() as work, browser(program) as page:
        page.size(1400, 900)
        folder = Path(work) / "county"
        write_scenario(upland(given.villages, given.seed), folder)
        sites = (folder / "sites.csv").read_text(encoding="utf-8").count("\n") - 1
        say(f"county of seed {given.seed}: villages, sites", f"{given.villages:,}, {sites:,}")
        say("ten million additions, s of the processor (idle 0.65)", f"{loop_s():.2f}")
        began = time.monotonic()
        command = [sys.executable, "-m", "coldchain", "serve", str(folder), "--no-browser", "--quiet"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            url = server.stdout.readline().strip()
            up, used = time.monotonic() - began, processor_s(server.pid)
            first = drawn(page, url)
            say("command to address, s (of the processor)", f"{up:.2f} ({used:.2f})")
            say(
                "address to page drawn, first tab, s (of the server's processor)",
                f"{first:.2f} ({processor_s(server.pid) - used:.2f})",
            )
            say(f"command to page drawn, s (at most {READY_S:g})", f"{up + first:.2f}")
            rest = [drawn(page, url) for _n in range(TABS)]
            say(f"the next {TABS} tabs, s", " ".join(f"{one:.2f}" for one in rest))
            taken = dragged(page)
            say(f"{DRAGS} drags: letting go to table, ms: median, most (at most {TABLE_MS:g})",
                f"{statistics.median(taken):.0f}, {max(taken):.0f}")  # fmt: skip
            if given.plan:
                say("first plan, then one with a depot forbidden, s", "{:.1f}, {:.1f}".format(*replanned(page)))
            own = url.partition("://")[2].partition("/")[0]
            out = [one for one in page.requests if one.partition("://")[2].partition("/")[0] != own]
            say("requests to others than this server; errors in the console", f"{len(out)}, {len(page.errors)}")
            say("peak memory of the server, MiB", f"{peak_mib(server.pid):.0f}")
            for error in page.errors:
                print(error)
            server.terminate()


if __name__ == "__main__":
    main()
