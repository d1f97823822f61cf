"""The scenarios that follow events and receive webhooks."""

import json
import threading
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Mapping

from order_processing_sdk import (
    ApiError,
    EventsReset,
    FeedStart,
    OrderEventActor,
    OrderEventType,
    UpdateOrderRequest,
    WebhookError,
    WebhookPayload,
)
from order_processing_sdk import verify_webhook as verify

from common import create, equal, fails

MISSING = 4_000_000_000_000
CREATED, UPDATED = OrderEventType.CREATED, OrderEventType.UPDATED


def change(client, order_id, amount):
    client.update_order(order_id, UpdateOrderRequest(total_amount=Decimal(amount)))


def first(events):
    event = next(events)
    events.close()
    return event


def told(events, count):
    return [(event.type, event.order_id) for event in islice(events, count)]


def follow_feed(client, customer):
    made = [create(client, customer) for _ in range(2)]
    change(client, made[0], "12.34")
    seen = []
    for event in client.follow():
        seen.append(event)
        if len(seen) == 3:
            made.append(create(client, customer))
        if len(seen) == 4:
            break
    expected = [(CREATED, made[0]), (CREATED, made[1]), (UPDATED, made[0]), (CREATED, made[2])]
    equal([(event.type, event.order_id) for event in seen], expected)
    positions = [event.position for event in seen]
    equal(positions, sorted(set(positions)))
    equal([event.sequence for event in seen], [1, 1, 2, 1])
    amounts = [event.data.total_amount for event in seen[1:3]]
    equal(amounts, [Decimal("99.95"), Decimal("12.34")])
    equal({(event.customer_id, event.actor) for event in seen}, {(customer, OrderEventActor.CLIENT)})


def follow_latest(client, customer):
    create(client, customer)
    first(client.follow())
    made = []
    later = threading.Timer(1, lambda: made.append(create(client, customer)))
    later.start()
    event = first(client.follow(start=FeedStart.LATEST))
    later.join()
    equal([event.order_id], made)


def follow_filtered(client, customer):
    made, other = create(client, customer), create(client, customer)
    change(client, other, "3")
    change(client, made, "4")
    filters = {"types": [UPDATED], "order_id": made, "customer_id": customer}
    event = first(client.follow(**filters))
    equal((event.order_id, event.sequence), (made, 2))
    change(client, made, "5")
    event = first(client.follow(**filters, after=event.position))
    equal((event.order_id, event.sequence), (made, 3))


def follow_later(client, customer):
    made, other = create(client, customer), create(client, customer)
    change(client, made, "3")
    expected = [("imported", made), ("imported", other), ("updated", made)]
    equal(told(client.follow(), 3), expected)


def follow_silent(client, customer):
    made = create(client, customer)
    equal(first(client.follow(silence=1.5)).order_id, made)


def follow_reset(client, customer):
    reset = fails(EventsReset, next, client.follow(after=MISSING))
    made = create(client, customer)
    event = first(client.follow(after=reset.position))
    equal((event.order_id, event.position > reset.position), (made, True))


def follow_refused(client, customer):
    error = fails(ApiError, next, client.follow(customer_id=customer + 1))
    equal((error.status, error.code, error.attempts), (403, "customer_not_allowed", 1))
    error = fails(ApiError, next, client.follow())
    equal((error.status, error.code, error.attempts), (410, "injected", 1))
    error = fails(ApiError, client.feed.list_events, after=MISSING)
    equal((error.status, error.code), (410, "position_unknown"))


def webhooks(name):
    with open("webhooks.json", encoding="utf-8") as file:
        return json.load(file)[name]


def given(webhook):
    try:
        payload = verify(
            webhook["body"].encode(), webhook["headers"], webhook["secrets"], clock=lambda: webhook["now"]
        )
    except WebhookError as error:
        return error.kind
    event = payload.data
    if event:
        equal(event.data.total_amount, Decimal("1234567.89"))
        equal(event.data.reason, "Größe geändert ✓")
    return f"{payload.type} {event.position} {event.type}" if event else payload.type


def webhook_verified(_client, _customer):
    for webhook in webhooks("webhook_verified"):
        equal((webhook["what"], given(webhook)), (webhook["what"], webhook["gives"]))
    test = webhooks("webhook_verified")[0]
    # With the real time, and one secret.
    error = fails(WebhookError, verify, b"{}", test["headers"], test["secrets"][0])
    equal(error.kind, "invalid_signature")


def webhook_rejected(_client, _customer):
    for webhook in webhooks("webhook_rejected"):
        equal((webhook["what"], given(webhook)), (webhook["what"], webhook["gives"]))


def webhook_repeated(_client, _customer):
    deliveries = webhooks("webhook_repeated")
    verify_webhook = partial(verify, clock=lambda: deliveries[0]["now"])
    secrets, positions, handled = deliveries[0]["secrets"], [], set()

    def handle(payload: WebhookPayload) -> None:
        positions.append(payload.data.position)

    def receive(body: bytes, headers: Mapping[str, str]) -> None:
        payload = verify_webhook(body, headers, secrets)  # WebhookError: respond with 400
        if headers["webhook-id"] not in handled:  # the same for each repetition
            handle(payload)
            handled.add(headers["webhook-id"])

    for delivery in deliveries:
        receive(delivery["body"].encode(), delivery["headers"])
    equal(positions, [4711, 4713, 4712])
