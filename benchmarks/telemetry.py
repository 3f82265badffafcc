"""Measure the watching of sensors: messages a processor second, a county's day in batches, brackets.

python benchmarks/telemetry.py messages     one reading a message, QoS 1, stored before acknowledged (needs mosquitto)
python benchmarks/telemetry.py county       200 trucks, a reading a minute in batches of 200: store and clock
python benchmarks/telemetry.py brackets 300 masked days: the truth inside the bracket
"""  # fmt: skip

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

import coldchain as cc
from coldchain.dispatch.dispatch import Wish, dispatch
from coldchain.dispatch.folder import write_day
from coldchain.telemetry.broker import Listener, address_of
from coldchain.telemetry.dayplan import DayPlan, read_day
from coldchain.telemetry.readings import Reader
from coldchain.telemetry.simulate import Rates, Simulated, World
from coldchain.telemetry.store import Store
from coldchain.telemetry.watch import Setup, watched

DATE, MESSAGES, TRUCKS, START_S = "2026-07-15", 60_000, 200, 1_784_044_800
PUBLISHER = """
import json, sys
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
port, count, trucks, start = map(int, sys.argv[1:])
client = mqtt.Client(CallbackAPIVersion.VERSION2, "publisher", protocol=mqtt.MQTTv5)
client.max_inflight_messages_set(1000)
client.connect("127.0.0.1", port)
client.loop_start()
for n in range(count):
    made = {"device": f"truck/T{n % trucks}", "time": start + n // trucks * 60, "temp_c": 4.0 + n % 30 / 10,
            "door": "closed", "lon": 110.1, "lat": 28.2}
    sent = client.publish(f"coldchain/{n % trucks}", json.dumps(made), qos=1)
    if n % 2000 == 1999:
        sent.wait_for_publish()
sent.wait_for_publish()
client.loop_stop()
"""
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def messages() -> None:
    """Let another process publish and this one store: processor seconds of this one."""
    if MOSQUITTO is None:
        sys.exit("mosquitto is not installed")
    port = 18_873
    with tempfile.TemporaryDirectory() as name:
        settings = Path(name) / "mosquitto.settings"
        settings.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\n"
        )
        broker = subprocess.Popen([MOSQUITTO, "-c", str(settings)], stderr=subprocess.DEVNULL)
        try:
            time.sleep(1.0)
            with Store(Path(name) / "a.sqlite") as store:
                _take(store, port)
        finally:
            broker.terminate()
            broker.wait()


def _take(store: Store, port: int) -> None:
    listener = Listener(address_of(f"mqtt://127.0.0.1:{port}", "coldchain/#"), store, Reader())
    turns = iter(range(20))
    listener.listen(lambda: next(turns, None) is None)
    sizes = (str(port), str(MESSAGES), str(TRUCKS), str(START_S))
    publisher = subprocess.Popen([sys.executable, "-c", PUBLISHER, *sizes])
    began, wall = time.process_time(), time.monotonic()
    listener.listen(lambda: listener.taken >= MESSAGES)
    spent, passed = time.process_time() - began, time.monotonic() - wall
    publisher.wait()
    assert store.count() == MESSAGES
    print(
        f"{MESSAGES:,} messages: {MESSAGES / spent:,.0f} a processor second of the watcher, {passed:.1f} s by the clock"
    )


def county() -> None:
    """Read, store and work out the day of a county of 200 trucks, batched at their gateways."""
    day = routed(60)
    every = [f"truck/T{n}" for n in range(TRUCKS - len(day.places))] + sorted(day.places)
    lines = [
        json.dumps(
            {
                "device": device,
                "readings": [
                    {"time": START_S + 60 * (first + n), "temp_c": round(4.0 + (first + n) % 37 / 10, 1)}
                    for n in range(200)
                ],
            }
        )
        for device in every
        for first in range(0, 1440, 200)
    ]
    with tempfile.TemporaryDirectory() as name, Store(Path(name) / "a.sqlite") as store:
        watched(store, day, Setup(date=DATE))
        began, reader = time.process_time(), Reader()
        for first in range(0, len(lines), 25):
            store.add(row for line in lines[first : first + 25] for row in reader.rows(line))
        stored = time.process_time()
        watched(store, day, Setup(date=DATE))
        done = time.process_time()
        readings, size = store.count(), (Path(name) / "a.sqlite").stat().st_size
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{readings:,} readings: stored {stored - began:.2f} s, {len(day.lots)} lots worked out {done - stored:.2f} s"
    )
    print(f"{size / readings:.0f} bytes a reading on disk, {peak:.0f} MB; x 832 counties on two cores: ", end="")
    print(f"{832 * (done - began) / 60 / 2:.0f} min")


def routed(villages: int) -> DayPlan:
    """Route the day of an upland county whose crops pay for depots."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = cc.plan(cc.example(folder / "county", villages=villages, seed=5), effort="quick")
        run = made.save(folder / "run")
        write_day(dispatch(Wish(run, iterations=2_000)), folder / "day", {})
        return read_day(folder / "day", folder / "county")


def worlds(day: DayPlan, count: int, rates: Rates) -> Iterator[tuple[Simulated, Store]]:
    """Make days, and store their messages."""
    for seed in range(count):
        world, reader = World(day, DATE, seed=seed, every_s=300.0, rates=rates).simulated(), Reader()
        with Store() as store:
            store.add(row for line in world.lines for row in reader.rows(line))
            yield world, store


def brackets(count: int) -> None:
    """Count the lots whose true life used lies inside the bracket."""
    day = routed(14)
    rates = Rates(failure=0.4, left_open=0.3, late=0.0, lost=0.6, dead=0.2, stuck=0.2, jumping=0.2, offset=0.0)
    inside, widths = [], []
    for world, store in worlds(day, count, rates):
        for lot, truth in zip(watched(store, day, Setup(date=DATE), 40.0).lots, world.lots(), strict=True):
            inside.append(lot.low <= truth.used <= lot.high)
            widths.append((lot.high - lot.low) / truth.used)
    print(
        f"{len(inside)} lots of {count} days: {np.mean(inside):.2%} inside, width {np.median(widths):.0%} of the truth"
    )


PARTS: dict[str, Callable[..., None]] = {
    "messages": messages, "county": county, "brackets": brackets,
}  # fmt: skip

if __name__ == "__main__":
    given = sys.argv[1:] or ["messages"]
    PARTS[given[0]](*map(int, given[1:]))
