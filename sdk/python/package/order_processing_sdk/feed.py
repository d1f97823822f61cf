"""Follows the events of all orders."""

from __future__ import annotations

import json
import re
import time
from contextlib import closing
from decimal import Decimal
from typing import Iterable, Iterator, NamedTuple

from order_processing_sdk.errors import EventsReset, OrdersError, Unreadable
from order_processing_sdk.models.event import Event
from order_processing_sdk.transport import ResilientApiClient

_LINE_END = re.compile(rb"\r\n|\r|\n")
#: The greatest size of an event, so that a faulty stream does not fill the memory.
_LARGEST = 1 << 20
#: `time.sleep` fails with what a faulty `Retry-After` may ask for.
_LONGEST_PAUSE = 86_400.0


class _Message(NamedTuple):
    id: int | None
    name: str
    data: bytes


def follow(
    client: ResilientApiClient, path: str, after: int | None, silence: float
) -> Iterator[Event]:
    """See OrdersClient.follow."""
    last = after
    attempt = 0
    while True:
        attempt += 1
        headers = {"Accept": "text/event-stream"}
        if last is not None:
            headers["Last-Event-ID"] = str(last)
        failure = None
        try:
            with closing(client.stream(path, headers, silence, attempt)) as pieces:
                for message in _messages(pieces):
                    attempt = 0
                    event = _event(message)
                    position = event.position if event else message.id
                    if position is None or (last is not None and position <= last):
                        continue
                    last = position
                    if event:
                        yield event
        except OrdersError as error:
            if not error.transient:
                raise
            failure = error
        time.sleep(min(client.pause(max(attempt, 1), failure), _LONGEST_PAUSE))


def _event(message: _Message) -> Event | None:
    """The event; None for a heartbeat, and for what a later contract adds."""
    try:
        if message.name == "reset":
            raise EventsReset(int(json.loads(message.data)["position"]))
        if message.data and message.name in ("", "message"):
            return Event.from_dict(json.loads(message.data, parse_float=Decimal) or {})
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise Unreadable(f"expected an event, got {message.data[:200]!r}", 1) from error
    return None


def _messages(pieces: Iterable[bytes]) -> Iterator[_Message]:
    """Parses server-sent events (HTML standard, section 9.2.6). An incomplete one at the end is dropped."""
    place, name, data = None, "", bytearray()
    for line in _lines(pieces):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode(errors="replace")
        elif field == b"data":
            data += value + b"\n"
        elif field == b"id" and value.isdigit() and len(value) < 20:
            place = int(value)
        if len(data) > _LARGEST:
            raise Unreadable("an event is too large", 1)
        if not line:
            yield _Message(place, name, bytes(data[:-1]))
            place, name, data = None, "", bytearray()


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    line = bytearray()
    after_return = False
    for piece in pieces:
        if after_return:
            piece = piece.removeprefix(b"\n")
        after_return = piece.endswith(b"\r")
        first, *others = _LINE_END.split(piece)
        line += first
        for other in others:
            yield bytes(line)
            line = bytearray(other)
        if len(line) > _LARGEST:
            raise Unreadable("an event is too large", 1)
