"""Readings from an MQTT 5 broker: stored first, acknowledged after.

One thread takes messages, stores a batch in one transaction that is on the disk when it ends, and only then
acknowledges each of them. What is not acknowledged the broker sends again after a crash, and the store keeps it once.
The session outlives the connection, so that messages wait while nobody watches.
"""

from __future__ import annotations

import os
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from coldchain.errors import ColdchainError, MissingExtraError, UsageError, system_reason
from coldchain.inputs import reason
from coldchain.language import _
from coldchain.telemetry.readings import MessageReader, RefusedError, Row
from coldchain.telemetry.store import ReadingStore

if TYPE_CHECKING:
    import paho.mqtt.client as mqtt

PASSWORD = "COLDCHAIN_MQTT_PASSWORD"  # noqa: S105 - the name of the variable
PORTS = {"mqtt": 1883, "mqtts": 8883}
SESSION_S = 7 * 86_400
IN_FLIGHT = 20_000
MOST_BATCH = 5_000
GATHERED_S, ASKED_S = 0.1, 0.02
"""Seconds over which messages are gathered for one commit, and of one look at the connection: a commit waits some
milliseconds for the disk, and nobody needs a reading sooner."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0


@dataclass(frozen=True)
class Address:
    """A broker and how to get in.

    Attributes
    ----------
    topic : of the subscription; ``$share/GROUP/…`` divides it between several watchers
    ca, certificate, key : files of TLS; the system's authorities where none is given
    """

    host: str
    port: int
    topic: str
    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    client: str = "coldchain"
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


def address_of(url: str, topic: str, *, client: str = "coldchain", ca: Path | None = None,
               certificate: Path | None = None, key: Path | None = None) -> Address:  # fmt: skip
    """Read ``mqtt://[user@]host[:port]`` or ``mqtts://…``; the password stands in the environment.

    Raises
    ------
    UsageError
        When it is no such address, or names a password, which other users of the machine would see.

    Examples
    --------
    >>> address_of("mqtts://li@broker.example", "coldchain/#").port
    8883
    """
    parts = urlsplit(url)
    try:
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        port = 0
    if parts.scheme not in PORTS or not parts.hostname or not port or parts.path.strip("/"):
        told = _('--broker must be an address such as mqtt://localhost:1883 or mqtts://user@host; got "{url}"')
        raise UsageError(told.format(url=url))
    if parts.password is not None:
        told = _("--broker must not hold the password: others see it; put it into the variable {variable}")
        raise UsageError(told.format(variable=PASSWORD))
    user, password = unquote(parts.username or ""), os.environ.get(PASSWORD, "")
    return Address(
        parts.hostname, port, topic, parts.scheme == "mqtts", user, password, client, ca, certificate, key
    )  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """A message that is not acknowledged yet."""

    payload: bytes
    topic: str
    number: int


@dataclass
class Listener:
    """Takes messages of a broker into a store.

    Attributes
    ----------
    taken, refused : messages stored, and messages that were no readings (acknowledged, too)
    """

    address: Address
    store: ReadingStore
    reader: MessageReader
    taken: int = 0
    refused: int = 0
    _waiting: list[Taken] = field(default_factory=list)
    _refusal: str = ""

    def listen(self, stop: Callable[[], bool], idle: Callable[[], None] = lambda: None) -> None:
        """Take messages until ``stop`` says so; ``idle`` is called after each batch and each pause.

        A broker that cannot be reached at the start is an error; one that is lost later is waited for.

        Raises
        ------
        ColdchainError
            When the broker cannot be reached or refuses the user.
        """
        client = self._client()
        wait_s = FIRST_WAIT_S
        self._connect(client)
        while not stop():
            lost = self._gather(client, stop)
            if self._waiting:
                self._store(client)
                wait_s = FIRST_WAIT_S
            idle()
            if self._refusal:
                raise ColdchainError(self._refusal)
            if lost and not stop():
                time.sleep(wait_s)
                wait_s = min(2.0 * wait_s, LONGEST_WAIT_S)
                self._reconnect(client)
        client.disconnect()
        client.loop(ASKED_S)

    def _client(self) -> mqtt.Client:
        try:
            from coldchain.telemetry.client import new_client
        except ImportError:
            told = _("paho-mqtt is not installed, no broker can be asked: pip install 'coldchain[watch]'")
            raise MissingExtraError(told) from None
        address = self.address
        client = new_client(address.client, self._take)
        if address.user:
            client.username_pw_set(address.user, address.password)
        if address.tls:
            self._secure(client)
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        return client

    def _take(self, payload: bytes, topic: str, number: int) -> None:
        self._waiting.append(Taken(payload, topic, number))

    def _secure(self, client: mqtt.Client) -> None:
        ca, certificate, key = (
            None if file is None else str(file)
            for file in (self.address.ca, self.address.certificate, self.address.key)
        )
        try:
            client.tls_set(ca, certificate, key, tls_version=ssl.PROTOCOL_TLS_CLIENT)
        except (OSError, ValueError) as error:
            told = _("the files of TLS cannot be used: {error}").format(error=reason(error))
            raise UsageError(told) from error

    def _connect(self, client: mqtt.Client) -> None:
        from paho.mqtt.packettypes import PacketTypes
        from paho.mqtt.properties import Properties

        asked = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        asked.SessionExpiryInterval, asked.ReceiveMaximum = SESSION_S, IN_FLIGHT
        address = self.address
        try:
            client.connect(address.host, address.port, clean_start=False, properties=asked)
        except (OSError, ValueError) as error:
            told = _("the broker {host}:{port} cannot be reached: {error}")
            text = told.format(host=address.host, port=address.port, error=system_reason(error))
            raise ColdchainError(text) from error

    def _reconnect(self, client: mqtt.Client) -> None:
        try:
            self._connect(client)
        except ColdchainError:
            return

    def _connected(self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _more: Any) -> None:
        if code.is_failure:
            told = _("the broker refuses the connection: {reason}; check user, password and rights")
            self._refusal = told.format(reason=str(code))
            return
        client.subscribe(self.address.topic, qos=1)

    def _subscribed(self, _client: mqtt.Client, _data: Any, _number: int, codes: Any, _more: Any) -> None:
        if any(code.is_failure for code in codes):
            told = _("the broker does not let this user read the topic {topic}; check its rights")
            self._refusal = told.format(topic=self.address.topic)

    def _gather(self, client: mqtt.Client, stop: Callable[[], bool]) -> bool:
        """Take what comes for a moment; tell whether the connection is lost."""
        until = time.monotonic() + GATHERED_S
        while time.monotonic() < until and len(self._waiting) < MOST_BATCH and not self._refusal:
            if client.loop(ASKED_S) != 0:
                return True
            if stop():
                break
        return False

    def _store(self, client: mqtt.Client) -> None:
        """Store what waits, then acknowledge it; a connection that was lost meanwhile is sent nothing."""
        messages, self._waiting = self._waiting, []
        rows: list[Row] = []
        for message in messages:
            try:
                rows += self.reader.rows(message.payload, message.topic)
            except RefusedError as error:
                self.refused += 1
                self.store.refused[str(error)] += 1
        self.store.add(rows)
        self.taken += len(messages)
        if client.is_connected():
            from coldchain.telemetry.client import acknowledge

            acknowledge(client, [message.number for message in messages if message.number])
