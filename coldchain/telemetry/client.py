"""The MQTT client: paho's, with a short way for the messages that nearly all are, and one write for many PUBACKs.

For each message of MQTT 5 paho builds the tables of all properties anew, and for each acknowledgement it writes twice.
A message of QoS 1 without properties is taken apart here (MQTT 5.0, section 3.3); every other one takes paho's way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

Take = Callable[[bytes, str, int], None]
"""Takes payload, topic and packet identifier; 0 where none is to be acknowledged."""
QOS_1 = 0x02
PUBACK = b"\x40\x02"
SENDING_S = 10.0


class Client(mqtt.Client):
    """A client that hands messages over and leaves their acknowledgement to the caller."""

    def __init__(self, name: str, take: Take) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2, name, protocol=mqtt.MQTTv5, manual_ack=True, reconnect_on_failure=False
        )
        self._take = take
        self.on_message = self._taken

    def _taken(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._take(bytes(message.payload), message.topic, message.mid if message.qos else 0)

    def _handle_publish(self) -> MQTTErrorCode:
        packet = self._in_packet["packet"]
        if self._in_packet["command"] & 0x06 != QOS_1 or len(packet) < 5:
            return super()._handle_publish()
        after = 2 + (packet[0] << 8) + packet[1]
        if len(packet) < after + 3 or packet[after + 2] != 0 or after == 2:
            return super()._handle_publish()
        try:
            topic = bytes(packet[2:after]).decode()
        except UnicodeDecodeError:
            return super()._handle_publish()
        self._take(bytes(packet[after + 3 :]), topic, (packet[after] << 8) + packet[after + 1])
        return MQTTErrorCode.MQTT_ERR_SUCCESS


def new_client(name: str, take: Take) -> mqtt.Client:
    """Return a client of MQTT 5 whose messages wait to be acknowledged."""
    return Client(name, take)


def acknowledge(client: mqtt.Client, numbers: Sequence[int]) -> None:
    """Acknowledge messages of QoS 1; what a lost connection did not take the broker sends again.

    Reason code and properties may be left out of a PUBACK that reports success (section 3.4.2.1).
    """
    connection: Any = client.socket()
    if connection is None or not numbers:
        return
    if client.want_write():
        for number in numbers:
            client.ack(number, 1)
        return
    before = connection.gettimeout()
    try:
        connection.settimeout(SENDING_S)
        connection.sendall(b"".join(PUBACK + number.to_bytes(2, "big") for number in numbers))
    except OSError:
        return
    finally:
        connection.settimeout(before)
