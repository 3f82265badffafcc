"""Measure the watching of sensors: messages a processor second, a nation's day in batches, brackets.

python benchmarks/telemetry.py messages     one reading a message, QoS 1, stored before acknowledged (needs mosquitto)
python benchmarks/telemetry.py nation 4     counties of 200 trucks, a reading a minute in batches: store and clock
python benchmarks/telemetry.py brackets 300 masked days: the truth inside the bracket
"""  # fmt: skip

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from size import mib_of

import coldchain as cc
from coldchain.dispatch.dispatch import DispatchRequest, dispatch
from coldchain.dispatch.folder import write_day
from coldchain.telemetry.broker import Listener, address_of
from coldchain.telemetry.dayplan import TRUCK, DayPlan, read_day
from coldchain.telemetry.readings import MessageReader
from coldchain.telemetry.simulate import MishapRates, SensorWorld, Simulated
from coldchain.telemetry.store import ReadingStore
from coldchain.telemetry.watch import Setup, watched

DATE, MESSAGES, TRUCKS, NATION, START_S = "2026-07-15", 60_000, 200, 832, 1_784_044_800
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
            with ReadingStore(Path(name) / "a.sqlite") as store:
                _take(store, port)
        finally:
            broker.terminate()
            broker.wait()


def _take(store: ReadingStore, port: int) -> None:
    listener = Listener(address_of(f"mqtt://127.0.0.1:{port}", "coldchain/#"), store, MessageReader())
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


def nation(counties: int = 4) -> None:
    """Read, store and work out the days of some counties in two processes; say what 832 of them take."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as planner:
        day = grown(planner.submit(routed, 60).result())
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(county, [day] * counties))
    stored, worked, readings = (sum(column) for column in list(zip(*done, strict=True))[:3])
    memory = dict(found[3:] for found in done)
    print(f"{counties} counties of {TRUCKS} trucks, {len(day.lots)} lots, {readings // counties:,} readings: a county "
          f"{stored / counties:.2f} s to parse and store, {worked / counties:.2f} s to work out")  # fmt: skip
    print(f"{readings / stored:,.0f} readings a processor second stored; both processes "
          f"{sum(memory.values()):.0f} MB; {NATION} counties on two cores: "
          f"{NATION * (stored + worked) / counties / 120:.0f} min")  # fmt: skip


def grown(day: DayPlan) -> DayPlan:
    """Return the day with as many trucks as a large county has: its own again, with their lots."""
    trucks = [place for place in day.places.values() if place.kind == TRUCK]
    places, lots = dict(day.places), list(day.lots)
    for n in range(TRUCKS - len(trucks)):
        truck = trucks[n % len(trucks)]
        again = f"{truck.id}/{n}"
        places[again] = replace(truck, id=again)
        lots += [replace(lot, key=f"{lot.key}/{n}", truck=again) for lot in day.lots if lot.truck == truck.id]
    return replace(day, places=places, lots=tuple(lots))


def county(day: DayPlan) -> tuple[float, float, int, int, float]:
    """Return processor seconds to store and to work out, readings, and the process with its memory in MB."""
    messages = [
        json.dumps({"device": device, "readings": [{
            "time": START_S + 60 * n, "temp_c": round(4.0 + n % 37 / 10, 1), "door": "closed", "lon": 110.1, "lat": 28.2
            } for n in range(first, min(first + 200, 1440))]})
        for device in sorted(day.places)
        for first in range(0, 1440, 200)
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as name, ReadingStore(Path(name) / "a.sqlite") as store:
        watched(store, day, Setup(date=DATE))
        began, reader = time.process_time(), MessageReader()
        for first in range(0, len(messages), 25):
            store.add([row for message in messages[first : first + 25] for row in reader.rows(message)])
        stored = time.process_time()
        watched(store, day, Setup(date=DATE))
        done, readings = time.process_time(), store.count()
    return stored - began, done - stored, readings, os.getpid(), _memory_mb()


def _memory_mb() -> float:
    """Return the memory of this process, of what it shares with others its part; the greatest it had where unknown."""
    return mib_of(os.getpid()) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def routed(villages: int) -> DayPlan:
    """Route the day of an upland county whose crops pay for depots."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = cc.plan(cc.example(folder / "county", villages=villages, seed=5), effort="quick")
        run = made.save(folder / "run")
        write_day(dispatch(DispatchRequest(run, iterations=2_000)), folder / "day", {})
        return read_day(folder / "day", folder / "county")


def worlds(day: DayPlan, count: int, rates: MishapRates) -> Iterator[tuple[Simulated, ReadingStore]]:
    """Make days, and store their messages."""
    for seed in range(count):
        world, reader = SensorWorld(day, DATE, seed=seed, every_s=300.0, rates=rates).simulated(), MessageReader()
        with ReadingStore() as store:
            store.add(row for line in world.lines for row in reader.rows(line))
            yield world, store


def brackets(count: int) -> None:
    """Count the lots whose true life used lies inside the bracket."""
    day = routed(14)
    rates = MishapRates(failure=0.4, left_open=0.3, late=0.0, lost=0.6, dead=0.2, stuck=0.2, jumping=0.2, offset=0.0)
    inside, widths = [], []
    for world, store in worlds(day, count, rates):
        for lot, truth in zip(watched(store, day, Setup(date=DATE), 40.0).lots, world.lots(), strict=True):
            inside.append(lot.low <= truth.used <= lot.high)
            widths.append((lot.high - lot.low) / truth.used)
    print(
        f"{len(inside)} lots of {count} days: {np.mean(inside):.2%} inside, width {np.median(widths):.0%} of the truth"
    )


PARTS: dict[str, Callable[..., None]] = {
    "messages": messages, "nation": nation, "brackets": brackets,
}  # fmt: skip

if __name__ == "__main__":
    given = sys.argv[1:] or ["messages"]
    PARTS[given[0]](*map(int, given[1:]))
