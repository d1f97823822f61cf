"""The exceptions of this package."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Mapping

from order_processing_sdk.models.violation import Violation

if TYPE_CHECKING:
    from order_processing_sdk.client import OrderVersion


class OrdersError(Exception):
    """Base class of all errors. `attempts`: how often the request was sent."""

    def __init__(self, message: str, attempts: int) -> None:
        super().__init__(message)
        self.attempts = attempts

    @property
    def transient(self) -> bool:
        """Whether the same call may succeed later."""
        return True


class ApiError(OrdersError):
    """The service returned an error response.

    status: the HTTP status
    code: the stable name of the problem; None when the response was not a problem document
    title, detail: the kind of problem, and a description of this occurrence
    request_id: quote it when you ask for support
    violations: all violations of the contract in the request
    retry_after: the number of seconds that the service asks to wait
    """

    def __init__(
        self, status: int, headers: Mapping[str, str], body: bytes, attempts: int
    ) -> None:
        problem = _problem(body)
        self.status = status
        self.code: str | None = problem.get("code")
        self.title: str = problem.get("title", f"HTTP {status}")
        self.detail: str | None = problem.get("detail")
        self.request_id: str | None = problem.get("request_id") or headers.get("X-Request-Id")
        self.violations = [
            Violation.model_validate(violation) for violation in problem.get("errors", [])
        ]
        self.retry_after = _retry_after(headers.get("Retry-After"))
        said = (str(status), self.code or self.title, self.detail)
        super().__init__(" ".join(filter(None, said)), attempts)

    @property
    def transient(self) -> bool:
        return self.status in (408, 429, 503, 504)


class ConnectionFailed(OrdersError):
    """The service could not be reached, or the connection ended before the response did."""


class TimedOut(OrdersError):
    """The service did not respond in time."""


class Unreadable(OrdersError):
    """The response does not match the contract, for example a proxy's error page."""

    @property
    def transient(self) -> bool:
        return False


class NotFinished(OrdersError):
    """The order did not finish before the time-out.

    last_seen: the order as last read; None if it could not be read
    """

    def __init__(self, order_id: int, last_seen: OrderVersion | None) -> None:
        seen = last_seen.order.status.value if last_seen else "unknown"
        super().__init__(f"order {order_id} did not finish in time, last status: {seen}", 1)
        self.last_seen = last_seen


class EventsReset(OrdersError):
    """The events after the last position are no longer, or not yet, available.

    Read the orders again, then follow the events after `position`.
    """

    def __init__(self, position: int) -> None:
        super().__init__(f"the events up to position {position} are not available", 1)
        self.position = position

    @property
    def transient(self) -> bool:
        return False


def _problem(body: bytes) -> dict[str, Any]:
    try:
        problem = json.loads(body)
    except ValueError:
        return {}  # for example a proxy's error page
    known = isinstance(problem, dict) and isinstance(problem.get("code"), str)
    return problem if known else {}


def _retry_after(value: str | None) -> float | None:
    """Parses seconds or a date (RFC 9110, section 10.2.3)."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (then - datetime.now(timezone.utc)).total_seconds())
