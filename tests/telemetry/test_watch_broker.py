"""Readings by MQTT from a real broker: stored before acknowledged, so that no crash loses or doubles one."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from dispatching_cases import line_county, routed
from mqtt_cases import Broker, broker, mosquitto, wait_until

from coldchain.cli import run
from coldchain.errors import ColdchainError, UsageError
from coldchain.telemetry.broker import PASSWORD, Listener, address_of
from coldchain.telemetry.brokersettings import doubts, settings_of
from coldchain.telemetry.readings import MessageReader
from coldchain.telemetry.store import ReadingStore

START_S = 1_784_073_600
CHILD = """
import sys
from pathlib import Path
from coldchain.telemetry.broker import Listener, address_of
from coldchain.telemetry.readings import MessageReader
from coldchain.telemetry.store import ReadingStore
with ReadingStore(Path(sys.argv[2])) as store:
    Listener(address_of(sys.argv[1], "coldchain/#"), store, MessageReader()).listen(lambda: False)
"""


def payload(number: int) -> str:
    """Return the ``number``-th reading of all."""
    return json.dumps({"device": f"d{number % 7}", "time": START_S + number, "temp_c": 4.0 + number % 5})


class Device:
    """A gateway that numbers its readings, and sends the last of them again whenever it finds the broker anew."""

    def __init__(self, url: str, again: int = 4_000) -> None:
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "gateway", protocol=mqtt.MQTTv5)
        self.client.max_inflight_messages_set(500)
        self.client.reconnect_delay_set(0, 1)
        self.recent: deque[int] = deque(maxlen=again)
        self.lock = threading.Lock()
        self.client.on_connect = self._connected
        self.client.connect_async("127.0.0.1", int(url.rpartition(":")[2]))
        self.client.loop_start()
        wait_until(self.client.is_connected, "the connection of the gateway")

    def _connected(self, *_more: object) -> None:
        with self.lock:
            for number in self.recent:
                self.client.publish("coldchain/gateway", payload(number), qos=1)

    def send(self, number: int) -> None:
        """Send one reading."""
        with self.lock:
            self.recent.append(number)
            self.client.publish("coldchain/gateway", payload(number), qos=1)

    def end(self) -> None:
        """Leave."""
        self.client.disconnect()
        self.client.loop_stop()


def child(url: str, store: Path) -> subprocess.Popen[bytes]:
    """Start a watcher in a process of its own."""
    return subprocess.Popen([sys.executable, "-c", CHILD, url, str(store)])


def count(store: Path) -> int:
    """Return the readings in a store that another process may write to."""
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as own:
        return int(own.execute("select count(*) from readings").fetchone()[0])


def open_session(own: Broker, store: ReadingStore) -> None:
    """Let the broker know the watcher, so that it keeps what comes from now on."""
    turns = iter(range(60))
    Listener(address_of(own.url, "coldchain/#"), store, MessageReader()).listen(lambda: next(turns, None) is None)


def listened(own: Broker, store: ReadingStore, enough: int, **more: str) -> Listener:
    """Listen in this process until so many messages were taken."""
    listener = Listener(address_of(own.url, "coldchain/#", **more), store, MessageReader())
    listener.listen(lambda: listener.taken >= enough)
    return listener


def test_messages_wait_for_the_watcher_and_are_stored_once(tmp_path: Path) -> None:
    """A session that was opened before gets what was sent while nobody watched; copies and nonsense change nothing."""
    with broker(tmp_path / "mosquitto") as own, ReadingStore(tmp_path / "a.sqlite") as store:
        open_session(own, store)
        device = Device(own.url, again=0)
        for number in (*range(50), *range(20)):
            device.send(number)
        device.client.publish("coldchain/gateway", "nonsense", qos=1).wait_for_publish(60)
        made = listened(own, store, 71)
        device.end()
        assert (store.count(), made.refused) == (50, 1)
        assert store.refused == {"is not JSON": 1}


@pytest.mark.parametrize(
    ("rounds", "each"), [(3, 400), pytest.param(20, 2_000, marks=pytest.mark.slow)], ids=["short", "long"]
)
def test_kills_lose_and_double_nothing(tmp_path: Path, rounds: int, each: int) -> None:
    """Kill the watcher under load, every third time the broker instead: each reading is stored once."""
    draw, store = random.Random(19), tmp_path / "a.sqlite"
    with broker(tmp_path / "mosquitto") as own:
        with ReadingStore(store) as opened:
            open_session(own, opened)
        watcher = child(own.url, store)
        device = Device(own.url)
        sent = 0
        for turn in range(rounds):
            wait_until(lambda done=sent: count(store) >= done, "the storing of what was sent before")
            kill_at = draw.randrange(each)
            for number in range(each):
                device.send(sent)
                sent += 1
                if number != kill_at:
                    continue
                if turn % 3 == 2:
                    own.end(signal.SIGKILL)
                    own.start()
                else:
                    watcher.kill()
                    watcher.wait()
                    watcher = child(own.url, store)
        wait_until(lambda: count(store) >= sent, "the storing of every reading")
        device.end()
        watcher.kill()
        watcher.wait()
    assert count(store) == sent


def test_users_and_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong password and a topic without rights are said; with both the readings come."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    users, rights = folder / "users", folder / "rights"
    passwords = mosquitto().with_name("mosquitto_passwd")
    passwords = passwords if passwords.exists() else Path("/usr/bin/mosquitto_passwd")
    subprocess.run([passwords, "-b", "-c", users, "watcher", "secret"], check=True, capture_output=True)
    rights.write_text("user watcher\ntopic read coldchain/#\n")
    with (
        broker(folder, "allow_anonymous false", f"password_file {users}", f"acl_file {rights}") as own,
        ReadingStore() as store,
    ):
        url = own.url.replace("//", "//watcher@")
        monkeypatch.setenv(PASSWORD, "wrong")
        with pytest.raises(ColdchainError, match="refuses the connection"):
            Listener(address_of(url, "coldchain/#"), store, MessageReader()).listen(lambda: False)
        monkeypatch.setenv(PASSWORD, "secret")
        turns = iter(range(10))
        Listener(address_of(url, "coldchain/#"), store, MessageReader()).listen(lambda: next(turns, None) is None)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a refused socket open
def test_tls(tmp_path: Path) -> None:
    """Only with the authority that signed the broker's certificate."""
    folder = tmp_path / "mosquitto"
    folder.mkdir()
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *names], check=True, capture_output=True)
    with (
        broker(folder, "allow_anonymous true", f"certfile {certificate}", f"keyfile {key}") as own,
        ReadingStore() as store,
    ):
        url = own.url.replace("mqtt:", "mqtts:")
        with pytest.raises(ColdchainError, match=r"cannot be reached.*certificate"):
            Listener(address_of(url, "coldchain/#"), store, MessageReader()).listen(lambda: False)
        turns = iter(range(10))
        trusting = address_of(url, "coldchain/#", ca=certificate)
        Listener(trusting, store, MessageReader()).listen(lambda: next(turns, None) is None)


@pytest.mark.parametrize(
    ("text", "found"),
    [("", ["max_queued_messages", "persistence"]),
     ("max_queued_messages 0\npersistence true\n", ["autosave_interval"]),
     ("# persistence true\nmax_queued_messages 500\npersistence true\nautosave_interval 10\n", ["500 messages"]),
     ("max_queued_messages 0\ninclude_dir {folder}\n", [])],
)  # fmt: skip
def test_settings_that_lose_readings_are_named(tmp_path: Path, text: str, found: list[str]) -> None:
    """As mosquitto is shipped it drops what waits; files of an included folder count."""
    (tmp_path / "more.conf").write_text("persistence true\nautosave_interval 5\n")
    path = tmp_path / "mosquitto.settings"
    path.write_text(text.replace("{folder}", str(tmp_path)))
    told = doubts(settings_of(path))
    assert [word in line for word, line in zip(found, told, strict=True)] == [True] * len(found)


def test_a_broker_that_is_not_there() -> None:
    """Said at once with its address."""
    with ReadingStore() as store, pytest.raises(ColdchainError, match=r"the broker 127\.0\.0\.1:1 cannot be reached"):
        Listener(address_of("mqtt://127.0.0.1:1", "coldchain/#"), store, MessageReader()).listen(lambda: False)


@pytest.mark.parametrize(
    ("url", "message"),
    [("http://x", "must be an address"), ("mqtt://", "must be an address"), ("mqtt://x:99999", "must be an address"),
     ("mqtt://x/topic", "must be an address"), ("mqtt://a:b@x", "must not hold the password")],
)  # fmt: skip
def test_addresses_that_are_none(url: str, message: str) -> None:
    """Refused with an example; a password on the command line, too."""
    with pytest.raises(UsageError, match=message):
        address_of(url, "coldchain/#")


def test_the_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """It comes from the environment, and no print of the address holds it."""
    monkeypatch.setitem(os.environ, PASSWORD, "secret")
    address = address_of("mqtt://li@x", "coldchain/#")
    assert (address.user, address.password) == ("li", "secret")
    assert "secret" not in repr(address)


def test_the_command_listens(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two seconds of a broker, then the lots of the day with what came; the page and the news are written."""
    routed(line_county(tmp_path / "county"), tmp_path / "day")
    store, page = tmp_path / "a.sqlite", tmp_path / "page.html"
    with broker(tmp_path / "mosquitto") as own:
        command = ["watch", str(tmp_path / "day"), "--broker", own.url, "--store", str(store), "--every", "1"]
        assert run([*command, "--for", "0.5"]) == 0
        device = Device(own.url, again=0)
        for number in range(30):
            device.send(number)
        device.client.publish("coldchain/gateway", "nonsense", qos=1).wait_for_publish(60)
        capsys.readouterr()
        assert run([*command, "--for", "3", "--json", "--page", str(page)]) == 0
        device.end()
    printed = capsys.readouterr()
    found = json.loads(printed.out)
    assert found["unknown_devices"] == [f"d{n}" for n in range(7)]
    assert "31 messages taken, 1 of them no readings" in printed.err
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
