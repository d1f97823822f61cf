"""The public client, a layer above the generated one."""

from __future__ import annotations

import random
import re
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Callable, Iterator, Literal, Mapping
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from order_processing_sdk.api.administration_api import AdministrationApi
from order_processing_sdk.api.events_api import EventsApi
from order_processing_sdk.api.health_api import HealthApi
from order_processing_sdk.api.orders_api import OrdersApi
from order_processing_sdk.api.webhook_endpoints_api import WebhookEndpointsApi
from order_processing_sdk.api_response import ApiResponse
from order_processing_sdk.errors import NotFinished, OrdersError
from order_processing_sdk.exceptions import ApiException
from order_processing_sdk.feed import follow
from order_processing_sdk.models.cancellation_outcome import CancellationOutcome
from order_processing_sdk.models.create_order_request import CreateOrderRequest
from order_processing_sdk.models.decide_order_request import DecideOrderRequest
from order_processing_sdk.models.decision_answer import DecisionAnswer
from order_processing_sdk.models.event import Event
from order_processing_sdk.models.feed_start import FeedStart
from order_processing_sdk.models.order import Order
from order_processing_sdk.models.order_event import OrderEvent
from order_processing_sdk.models.order_event_type import OrderEventType
from order_processing_sdk.models.order_status import OrderStatus
from order_processing_sdk.models.payment_status import PaymentStatus
from order_processing_sdk.models.shipment_status import ShipmentStatus
from order_processing_sdk.models.update_order_request import UpdateOrderRequest
from order_processing_sdk.transport import ResilientApiClient, Settings


@dataclass(frozen=True)
class OrderVersion:
    """An order and the ETag of its version, for `if_match` and `if_none_match`."""

    order: Order
    etag: str


@dataclass(frozen=True)
class CreatedOrder(OrderVersion):
    """A created order. `replayed`: an earlier call with the same key created it."""

    replayed: bool


@dataclass(frozen=True)
class DecidedOrder(OrderVersion):
    """An order with its answer. `replayed`: an earlier call with the same key gave it."""

    replayed: bool


@dataclass(frozen=True)
class OrderCancellation(OrderVersion):
    """An order that is `cancelled`, or becomes so once everything is undone (`requested`)."""

    outcome: CancellationOutcome


class OrdersClient:
    """A client of the Order Processing API. Threads may share it.

    Requests are retried where that is safe; every error is an `OrdersError`. Times are in seconds:
    `timeout` for one attempt, `total_timeout` for all of them. Credentials are an `api_key` or an
    `access_token`; the latter is a string, or a function that is called for each attempt. `api`, `feed`,
    `webhooks`, `administration` and `health` provide every operation of the contract, with the same
    time-outs, retries and errors.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float = Settings.timeout,
        total_timeout: float = Settings.total_timeout,
        max_attempts: int = Settings.max_attempts,
        first_pause: float = Settings.first_pause,
        longest_pause: float = Settings.longest_pause,
        headers: Mapping[str, str] | None = None,
        api_key: str | None = None,
        access_token: str | Callable[[], str] | None = None,
        pool: urllib3.PoolManager | None = None,
    ) -> None:
        settings = Settings(
            timeout,
            total_timeout,
            max_attempts,
            first_pause,
            longest_pause,
            headers or {},
            api_key,
            access_token,
        )
        client = ResilientApiClient(base_url, settings, pool)
        self._client = client
        self.api = OrdersApi(client)
        self.feed = EventsApi(client)
        self.webhooks = WebhookEndpointsApi(client)
        self.administration = AdministrationApi(client)
        self.health = HealthApi(client)

    def create_order(
        self, order: CreateOrderRequest, *, idempotency_key: str | None = None
    ) -> CreatedOrder:
        """Creates one order, even if the request has to be sent several times.

        Pass your own key to be able to repeat the call after a crash.
        """
        response = self.api.create_order_with_http_info(
            order, idempotency_key=idempotency_key or str(uuid.uuid4())
        )
        return CreatedOrder(response.data, _header(response, "etag"), _is_replay(response))

    def get_order(
        self, order_id: int, *, if_none_match: str | None = None, total_timeout: float | None = None
    ) -> OrderVersion | None:
        """Returns the order; None when it is still at the version of `if_none_match`."""
        try:
            response = self.api.get_order_with_http_info(
                order_id, if_none_match=if_none_match, _request_timeout=total_timeout
            )
        except ApiException as error:
            if error.status == 304:
                return None
            raise
        return _versioned(response)

    def update_order(
        self, order_id: int, change: UpdateOrderRequest, *, if_match: str | None = None
    ) -> OrderVersion:
        """Updates the fields set in `change`; with `if_match`, only if at that version."""
        return _versioned(
            self.api.update_order_with_http_info(order_id, change, if_match=if_match)
        )

    def delete_order(self, order_id: int, *, if_match: str | None = None) -> None:
        """Deletes the order; with `if_match`, only if it is at that version."""
        self.api.delete_order(order_id, if_match=if_match)

    def decide_order(
        self,
        order_id: int,
        answer: DecisionAnswer,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> DecidedOrder:
        """Answers the question in `decision`, even if the request has to be sent several times.

        With `if_match`, only if the order is at that version. Pass your own key to be able to repeat the
        call after a crash.
        """
        response = self.api.decide_order_with_http_info(
            order_id,
            DecideOrderRequest(answer=answer),
            if_match=if_match,
            idempotency_key=idempotency_key or str(uuid.uuid4()),
        )
        return DecidedOrder(response.data, _header(response, "etag"), _is_replay(response))

    def cancel_order(self, order_id: int, *, if_match: str | None = None) -> OrderCancellation:
        """Cancels the order, until it is dispatched; with `if_match`, only if it is at that version.

        Repeating it changes nothing.
        """
        response = self.api.cancel_order_with_http_info(order_id, if_match=if_match)
        etag = _header(response, "etag")
        return OrderCancellation(response.data.order, etag, response.data.outcome)

    def retry_order(self, order_id: int, *, if_match: str | None = None) -> OrderVersion:
        """Retries the step in `attention` now. Needs the scope `orders:admin`."""
        return _versioned(self.api.retry_order_with_http_info(order_id, if_match=if_match))

    def orders(
        self,
        *,
        status: list[OrderStatus] | None = None,
        customer_id: int | None = None,
        payment_status: list[PaymentStatus] | None = None,
        shipment_status: list[ShipmentStatus] | None = None,
        needs_attention: bool | None = None,
        created_from: datetime | None = None,
        created_before: datetime | None = None,
        min_amount: Decimal | None = None,
        max_amount: Decimal | None = None,
        page_size: int | None = None,
    ) -> Iterator[Order]:
        """Iterates over all matching orders, newest first. Pages are fetched on demand.

        Times need a time zone.
        """
        return _all_pages(
            lambda query: self.api.list_orders_with_http_info(
                limit=page_size,
                cursor=query.get("cursor"),
                status=status,
                customer_id=customer_id,
                payment_status=payment_status,
                shipment_status=shipment_status,
                needs_attention=needs_attention,
                created_from=created_from,
                created_before=created_before,
                min_amount=min_amount,
                max_amount=max_amount,
            )
        )

    def events(self, order_id: int, *, page_size: int | None = None) -> Iterator[OrderEvent]:
        """Iterates over the order's events, oldest first. Pages are fetched on demand."""
        return _all_pages(
            lambda query: self.api.list_order_events_with_http_info(
                order_id, limit=page_size, after=int(query.get("after", 0))
            )
        )

    def follow(
        self,
        *,
        after: int | None = None,
        start: FeedStart | None = None,
        types: list[OrderEventType] | None = None,
        order_id: int | None = None,
        customer_id: int | None = None,
        silence: float = 45.0,
    ) -> Iterator[Event]:
        """Iterates over the events of all orders, oldest first, and waits for new ones without end.

        Begins after the position `after`, or where `start` says. Each event comes once, in order. Connects
        again after any interruption, also when nothing was received for `silence` seconds. Raises
        EventsReset when events are missing, and OrdersError when the service refuses.
        """
        query = [("type", str(each)) for each in types or ()]
        for name, value in (("start", start), ("order_id", order_id), ("customer_id", customer_id)):
            if value is not None:
                query.append((name, str(value)))
        return follow(self._client, f"/events?{urlencode(query)}", after, silence)

    def wait_until_finished(self, order_id: int, timeout: float) -> OrderVersion:
        """Waits until the order is completed or cancelled, and returns it.

        Continues through outages of the service. Raises NotFinished after `timeout` seconds.
        """
        deadline = time.monotonic() + timeout
        seen: OrderVersion | None = None
        cause: OrdersError | None = None
        pause = 0.1
        while (left := deadline - time.monotonic()) > 0:
            try:
                etag = seen.etag if seen else None
                seen = self.get_order(order_id, if_none_match=etag, total_timeout=left) or seen
            except OrdersError as error:
                if not error.transient:
                    raise
                cause = error
            if seen and seen.order.status in (OrderStatus.COMPLETED, OrderStatus.CANCELLED):
                return seen
            left = deadline - time.monotonic()
            time.sleep(max(0.0, min(left, pause * random.uniform(0.5, 1.0))))
            pause = min(pause * 1.5, 5.0)
        raise NotFinished(order_id, seen) from cause


def _versioned(response: ApiResponse[Order]) -> OrderVersion:
    return OrderVersion(response.data, _header(response, "etag"))


def _header(response: ApiResponse[Any], name: str) -> str:
    return (response.headers or {}).get(name, "")


def _is_replay(response: ApiResponse[Any]) -> bool:
    return _header(response, "idempotent-replayed") == "true"


def _all_pages(fetch: Callable[[Mapping[str, str]], ApiResponse[Any]]) -> Iterator[Any]:
    query: Mapping[str, str] | None = {}
    while query is not None:
        page = fetch(query)
        yield from page.data
        query = linked_page(page, "next")


def linked_page(
    page: ApiResponse[Any], relation: Literal["next", "prev"]
) -> Mapping[str, str] | None:
    """The query of the next or previous page (RFC 8288); None if there is none.

    The path is ignored: a gateway may have changed it.
    """
    link = _header(page, "link")
    target = re.search(rf'<([^>]*)>\s*;[^,<]*\brel="?{relation}"?', link)
    if target is None:
        return None
    return {name: values[0] for name, values in parse_qs(urlsplit(target[1]).query).items()}
