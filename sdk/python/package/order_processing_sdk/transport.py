"""Sends requests, and retries them where that is safe."""

from __future__ import annotations

import json
import random
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Callable, Iterator, Mapping

import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

import order_processing_sdk
from order_processing_sdk.api_client import ApiClient
from order_processing_sdk.configuration import Configuration
from order_processing_sdk.errors import (
    ApiError,
    ConnectionFailed,
    OrdersError,
    TimedOut,
    Unreadable,
)

_IDEMPOTENT = ("GET", "HEAD", "OPTIONS", "PUT", "DELETE")


@dataclass(frozen=True)
class Settings:
    """Settings of the client. All times are in seconds."""

    #: Time-out of one attempt, including the response body.
    timeout: float = 15.0
    #: Time-out of all attempts and the pauses between them.
    total_timeout: float = 60.0
    max_attempts: int = 5
    #: Pause after the first attempt. It doubles each time, shortened at random by up to half.
    first_pause: float = 0.2
    longest_pause: float = 10.0
    #: Sent with every request.
    headers: Mapping[str, str] = field(default_factory=dict)
    #: An API key issued by the operator of the service.
    api_key: str | None = field(default=None, repr=False)
    #: An access token, or a function called for each attempt that returns one. Excludes `api_key`.
    access_token: str | Callable[[], str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.api_key is not None and self.access_token is not None:
            raise ValueError("set either api_key or access_token, not both")

    def credentials(self) -> dict[str, str]:
        """The headers that authenticate the caller."""
        if self.api_key is not None:
            return {"X-API-Key": self.api_key}
        if self.access_token is None:
            return {}
        given = self.access_token
        return {"Authorization": f"Bearer {given if isinstance(given, str) else given()}"}


@dataclass(frozen=True)
class Answer:
    """A success or a 304, in the form that the generated code expects."""

    status: int
    #: Names are in lower case.
    headers: Mapping[str, str]
    data: bytes
    reason: str = ""

    def read(self) -> bytes:
        return self.data


class ResilientApiClient(ApiClient):
    """The generated client, with our own way of sending and with exact numbers."""

    def __init__(self, base_url: str, settings: Settings, pool: urllib3.PoolManager | None) -> None:
        super().__init__(Configuration(host=base_url.rstrip("/")))
        self.user_agent = f"order-processing-sdk-python/{order_processing_sdk.__version__}"
        self.default_headers.update(settings.headers)
        self._settings = settings
        self._pool = pool or urllib3.PoolManager()

    def call_api(
        self,
        method,
        url,
        header_params=None,
        body=None,
        post_params=None,
        _request_timeout=None,
    ):
        """Returns successes and 304; raises OrdersError for everything else.

        _request_timeout: for all attempts together, if less than `total_timeout`.
        """
        settings = self._settings
        headers = urllib3.HTTPHeaderDict(header_params or {})
        encoded = None if body is None else _encode(body).encode()
        # A POST with a key is safe to retry: the service recognizes the key.
        safe = method in _IDEMPOTENT or "Idempotency-Key" in headers
        total = min(settings.total_timeout, _request_timeout or settings.total_timeout)
        deadline = time.monotonic() + total
        attempt = 0
        while True:
            attempt += 1
            for name, value in settings.credentials().items():
                headers[name] = value
            until = min(deadline, time.monotonic() + settings.timeout)
            try:
                return self._send(method, url, headers, encoded, until, attempt)
            except OrdersError as error:
                gone = isinstance(error, ApiError) and error.status == 404
                if method == "DELETE" and attempt > 1 and gone:
                    # An earlier attempt deleted it, and the response was lost.
                    return Answer(204, {}, b"")
                pause = _pause(attempt, error, settings)
                last = attempt >= settings.max_attempts or time.monotonic() + pause >= deadline
                if last or not safe or not error.transient:
                    raise
            time.sleep(pause)

    def _send(self, method, url, headers, body, until, attempt) -> Answer:
        allowed = max(until - time.monotonic(), 0.001)
        late = TimedOut(f"no response within {allowed:.3f} s", attempt)
        with _our_errors(late):
            response = self._pool.request(
                method,
                url,
                headers=headers,
                body=body,
                timeout=urllib3.Timeout(total=allowed),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            # In pieces, because urllib3's time-out applies to each read and not to the whole body.
            data = bytearray()
            while piece := response.read1(65536):
                data += piece
                if time.monotonic() > until:
                    response.close()
                    raise late
            response.release_conn()
        if response.status >= 400:
            raise ApiError(response.status, response.headers, bytes(data), attempt)
        kind = response.headers.get("Content-Type", "no content type")
        if data and "json" not in kind:
            raise Unreadable(f"expected JSON, got {kind}", attempt)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status, headers, bytes(data))

    def stream(
        self, path: str, headers: Mapping[str, str], silence: float, attempt: int
    ) -> Iterator[bytes]:
        """The pieces of a stream of server-sent events; one attempt. Raises OrdersError.

        silence: how long to wait for the next piece
        """
        with _our_errors(TimedOut(f"no data within {silence:g} s", attempt)):
            response = self._pool.request(
                "GET",
                self.configuration.host + path,
                headers={**self.default_headers, **headers, **self._settings.credentials()},
                timeout=urllib3.Timeout(connect=self._settings.timeout, read=silence),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            with closing(response):
                if response.status >= 400:
                    raise ApiError(response.status, response.headers, response.read(), attempt)
                kind = response.headers.get("Content-Type", "no content type")
                if not kind.startswith("text/event-stream"):
                    raise Unreadable(f"expected text/event-stream, got {kind}", attempt)
                while piece := response.read1(65536):
                    yield piece

    def pause(self, attempt: int, error: OrdersError | None) -> float:
        """How long to wait before the next attempt."""
        return _pause(attempt, error, self._settings)

    def sanitize_for_serialization(self, obj):
        # The generated code would convert it to a string.
        return obj if isinstance(obj, Decimal) else super().sanitize_for_serialization(obj)

    def deserialize(self, response_text, response_type, content_type):
        # The generated code would parse numbers as floats.
        data = json.loads(response_text, parse_float=Decimal)
        return self._ApiClient__deserialize(data, response_type)


@contextmanager
def _our_errors(late: TimedOut) -> Iterator[None]:
    try:
        yield
    except HTTPError as error:
        # urllib3 classifies a refused connection as a time-out.
        if isinstance(error, TimeoutError) and not isinstance(error, NewConnectionError):
            raise late from error
        raise ConnectionFailed(f"the connection failed: {error}", late.attempts) from error


def _pause(attempt: int, error: OrdersError | None, settings: Settings) -> float:
    grown = min(settings.first_pause * 2 ** min(attempt - 1, 20), settings.longest_pause)
    asked = error.retry_after if isinstance(error, ApiError) else None
    return max(asked or 0.0, grown * random.uniform(0.5, 1.0))


def _encode(value: Any) -> str:
    """Encodes JSON with exact decimals; the standard library would need floats."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        members = (f"{json.dumps(name)}:{_encode(member)}" for name, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_encode, value)) + "]"
    return json.dumps(value)
