"""The scenarios with items, decisions, cancellations and retries."""

import time
import uuid
from datetime import datetime, timezone
from decimal import Decimal

from common import create, equal, fails
from order_processing_sdk import (
    Address,
    ApiError,
    CancellationOutcome,
    CancellationReason,
    CreateOrderRequest,
    DecisionAnswer,
    ItemStatus,
    NewOrderItem,
    OrderStatus,
    OrderStep,
    PaymentStatus,
    ShipmentStatus,
)


def with_items(client, customer, sku="CUP-1", cents="95", city="Exampleville", total=None):
    """Orders TEA-100 twice and another article, for 99 and some cents; returns the order."""
    items = [
        NewOrderItem(sku=sku, quantity=quantity, unit_price=Decimal(price))
        for sku, quantity, price in [("TEA-100", 2, "40"), (sku, 1, f"19.{cents}")]
    ]
    address = Address(
        name="Ada Example", street="Example Street 1", postal_code="12345", city=city, country="DE"
    )
    request = CreateOrderRequest(
        customer_id=customer,
        total_amount=Decimal(total or f"99.{cents}"),
        items=items,
        shipping_address=address,
    )
    return client.create_order(request).order


def until(client, made, wanted):
    """Reads the order until it is as wanted."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        seen = client.get_order(made)
        if wanted(seen.order):
            return seen
        time.sleep(0.1)
    raise AssertionError(f"order {made} does not get there")


def finish(client, made, status):
    finished = client.wait_until_finished(made, 60).order
    equal(finished.status, status)
    return finished


def statuses(order):
    return [item.status for item in order.items]


def items(client, customer):
    created = with_items(client, customer)
    equal(statuses(created), [ItemStatus.PENDING] * 2)
    equal([(item.sku, item.quantity) for item in created.items], [("TEA-100", 2), ("CUP-1", 1)])
    equal(created.items[1].unit_price, Decimal("19.95"))
    done = finish(client, created.id, OrderStatus.COMPLETED)
    equal(statuses(done), [ItemStatus.SHIPPED] * 2)
    paid = (done.payment.status, done.payment.captured_amount)
    equal(paid, (PaymentStatus.CAPTURED, Decimal("99.95")))
    equal(done.shipment.status, ShipmentStatus.DISPATCHED)


def contradiction(client, customer):
    error = fails(ApiError, with_items, client, customer, total="100")
    equal((error.status, error.code), (400, "invalid_request"))
    equal([violation.pointer for violation in error.violations], ["/total_amount"])


def decision(client, customer):
    made = with_items(client, customer, sku="SOLD-OUT-1").id
    asking = until(client, made, lambda order: order.decision)
    asked = asking.order.decision
    equal((asked.unavailable_items, asked.options[0]), ([1], DecisionAnswer.ACCEPT_AVAILABLE))
    equal(asked.deadline > datetime.now(timezone.utc), True)
    decided = client.decide_order(made, DecisionAnswer.ACCEPT_AVAILABLE, if_match=asking.etag)
    equal((decided.replayed, decided.order.decision), (True, None))
    done = finish(client, made, OrderStatus.COMPLETED)
    equal(statuses(done), [ItemStatus.SHIPPED, ItemStatus.CANCELLED])
    equal(done.payment.captured_amount, Decimal("80"))


def decision_replayed(client, customer):
    made = with_items(client, customer, sku="SOLD-OUT-1").id
    until(client, made, lambda order: order.decision)
    key = f"decision-{uuid.uuid4()}"
    first = client.decide_order(made, DecisionAnswer.CANCEL, idempotency_key=key)
    second = client.decide_order(made, DecisionAnswer.CANCEL, idempotency_key=key)
    equal((first.replayed, second.replayed), (False, True))
    accept = DecisionAnswer.ACCEPT_AVAILABLE
    error = fails(ApiError, client.decide_order, made, accept, idempotency_key=key)
    equal((error.status, error.code), (422, "idempotency_key_reused"))
    done = finish(client, made, OrderStatus.CANCELLED)
    equal(done.cancellation_reason, CancellationReason.DECISION_CANCEL)


def nothing_asked(client, customer):
    made = create(client, customer)
    error = fails(ApiError, client.decide_order, made, DecisionAnswer.CANCEL)
    equal((error.status, error.code), (409, "nothing_asked"))


def cancellation(client, customer):
    made = with_items(client, customer, city="Stuck").id
    until(client, made, lambda order: order.shipment)
    asked = client.cancel_order(made)
    equal((asked.outcome, asked.order.id), (CancellationOutcome.REQUESTED, made))
    equal(len(asked.etag) > 2, True)
    done = finish(client, made, OrderStatus.CANCELLED)
    equal(done.cancellation_reason, CancellationReason.CUSTOMER_REQUEST)
    equal(done.payment.status, PaymentStatus.VOIDED)


def cancellation_at_once(client, customer):
    done = client.cancel_order(create(client, customer))
    equal((done.outcome, done.order.status), (CancellationOutcome.CANCELLED, OrderStatus.CANCELLED))


def cancellation_too_late(client, customer):
    made = with_items(client, customer).id
    finish(client, made, OrderStatus.COMPLETED)
    error = fails(ApiError, client.cancel_order, made)
    equal((error.status, error.code, error.attempts), (409, "order_ended", 1))


def retry(client, customer):
    made = with_items(client, customer, cents="93").id
    stuck = until(client, made, lambda order: order.attention).order.attention
    equal((stuck.step, stuck.code), (OrderStep.CAPTURE, "over_capture"))
    equal(client.retry_order(made).order.id, made)
    finish(client, made, OrderStatus.COMPLETED)
    error = fails(ApiError, client.retry_order, made)
    equal((error.status, error.code), (409, "nothing_to_retry"))


def retry_forbidden(client, customer):
    equal(fails(ApiError, client.retry_order, 1).status, 403)
