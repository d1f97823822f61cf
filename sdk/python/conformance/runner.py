"""Runs the scenarios of sdk/conformance/scenarios.json, by name, with the installed package."""

import json
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from order_processing_sdk import (
    ApiError,
    ConnectionFailed,
    CreateOrderRequest,
    NotFinished,
    OrderEventType,
    OrdersClient,
    OrderStatus,
    TimedOut,
    Unreadable,
    UpdateOrderRequest,
)

import administration_checks
import event_checks
import item_checks
from common import create, equal, fails, order

MISSING = 4_000_000_000_000
CANCELLED = UpdateOrderRequest(status=OrderStatus.CANCELLED)


def create_and_read(client, customer):
    created = client.create_order(order(customer))
    equal((created.order.customer_id, created.order.status), (customer, OrderStatus.PENDING))
    equal((created.order.total_amount, created.replayed), (Decimal("99.95"), False))
    age = datetime.now(timezone.utc) - created.order.created_at
    equal((created.etag, abs(age) < timedelta(minutes=1)), ('"1"', True))
    read = client.get_order(created.order.id)
    equal((read.order, read.etag), (created.order, created.etag))


def exact_amounts(client, customer):
    for text in ("0.00", "0.01", "0.10", "0.29", "19.99", "1234567.89", "99999999.99"):
        amount = client.create_order(order(customer, text)).order.total_amount
        equal((type(amount), f"{amount:.2f}", amount), (Decimal, text, Decimal(text)))


def not_found(client, customer):
    error = fails(ApiError, client.get_order, MISSING)
    equal((error.status, error.code, error.title), (404, "order_not_found", "Not Found"))
    equal((error.attempts, error.violations, error.retry_after), (1, [], None))
    equal((str(MISSING) in error.detail, len(error.request_id) > 8), (True, True))


def every_violation(client, customer):
    error = fails(ApiError, client.create_order, order(0, "0.001"))
    equal((error.status, error.code), (400, "invalid_request"))
    pointers = [violation.pointer for violation in error.violations]
    equal(pointers, ["/customer_id", "/total_amount"])
    equal(error.violations[0].detail, "0 is less than the minimum of 1")


def conflict(client, customer):
    made = create(client, customer)
    equal(client.update_order(made, CANCELLED).order.status, OrderStatus.CANCELLED)
    completed = UpdateOrderRequest(status=OrderStatus.COMPLETED)
    error = fails(ApiError, client.update_order, made, completed)
    equal((error.status, error.code), (409, "transition_not_allowed"))


def stale_version(client, customer):
    first = client.create_order(order(customer))
    made = first.order.id
    change = UpdateOrderRequest(total_amount=Decimal("2.5"))
    second = client.update_order(made, change, if_match=first.etag)
    equal(second.order.total_amount, Decimal("2.5"))
    error = fails(ApiError, client.update_order, made, change, if_match=first.etag)
    equal((error.status, error.code), (412, "version_mismatch"))
    change = UpdateOrderRequest(status=OrderStatus.PROCESSING)
    third = client.update_order(made, change, if_match=second.etag)
    equal(client.get_order(made, if_none_match=third.etag), None)


def own_key(client, customer):
    key = f"own-{uuid.uuid4()}"
    first = client.create_order(order(customer), idempotency_key=key)
    second = client.create_order(order(customer), idempotency_key=key)
    equal((first.replayed, second.replayed, second.order), (False, True, first.order))


def key_reused(client, customer):
    key = f"own-{uuid.uuid4()}"
    client.create_order(order(customer, "7"), idempotency_key=key)
    error = fails(ApiError, client.create_order, order(customer, "8"), idempotency_key=key)
    equal((error.status, error.code), (422, "idempotency_key_reused"))


def not_a_problem(client, customer):
    error = fails(ApiError, client.get_order, 1)
    equal((error.status, error.code, error.attempts), (502, None, 1))


def unreadable(client, customer):
    equal(fails(Unreadable, client.get_order, 1).attempts, 1)


def retry_503(client, customer):
    create(client, customer)


def retry_429(client, customer):
    client.get_order(create(client, customer))


def retry_without_hint(client, customer):
    client.get_order(create(client, customer))


def unkeyed_post(client, customer):
    error = fails(ApiError, client.api.create_order, order(customer))
    equal((error.status, error.attempts), (503, 1))


def dropped_before(client, customer):
    create(client, customer)


def replayed(client, customer):
    equal(client.create_order(order(customer)).replayed, True)


dropped_after = cut_answer = slow_answer = slow_body = replayed


def attempts_end(client, customer):
    error = fails(ApiError, client.get_order, 1)
    said = (error.status, error.code, error.retry_after, error.attempts)
    equal(said, (503, "injected", 1, 3))
    equal(error.request_id, "request-of-the-proxy")


def hint_too_late(client, customer):
    begun = time.monotonic()
    error = fails(ApiError, client.get_order, 1)
    equal((error.status, error.retry_after, error.attempts), (503, 60, 1))
    equal(time.monotonic() - begun < 3, True)


def total_timeout(client, customer):
    begun = time.monotonic()
    error = fails(TimedOut, client.get_order, 1)
    equal((error.attempts, 3.9 <= time.monotonic() - begun < 7), (2, True))


def access_token(client, customer):
    create(client, customer)


def wrong_key(client, customer):
    error = fails(ApiError, client.get_order, 1)
    equal((error.status, error.code, error.attempts), (401, "unauthorized", 1))


def another_customer(client, customer):
    order = CreateOrderRequest(customer_id=customer + 1, total_amount=Decimal(1))
    error = fails(ApiError, client.create_order, order)
    equal((error.status, error.code), (403, "customer_not_allowed"))


def nobody_there(client, customer):
    equal(fails(ConnectionFailed, client.get_order, 1).attempts, 2)


def update_retried(client, customer):
    changed = client.update_order(create(client, customer), CANCELLED)
    equal(changed.order.status, OrderStatus.CANCELLED)


def update_ambiguous(client, customer):
    made = client.create_order(order(customer))
    error = fails(
        ApiError, client.update_order, made.order.id, CANCELLED, if_match=made.etag
    )
    equal((error.status, error.attempts), (412, 2))


def delete_retried(client, customer):
    client.delete_order(create(client, customer))


def delete_missing(client, customer):
    equal(fails(ApiError, client.delete_order, MISSING).status, 404)


def pages(client, customer):
    made = [create(client, customer) for _ in range(5)]
    found = [each.id for each in client.orders(customer_id=customer, page_size=2)]
    equal(found, made[::-1])


gateway = pages


def filtered(client, customer):
    pending, cancelled, completed = (create(client, customer) for _ in range(3))
    client.update_order(cancelled, CANCELLED)
    client.update_order(completed, UpdateOrderRequest(status=OrderStatus.COMPLETED))

    def found(*status):
        return [each.id for each in client.orders(customer_id=customer, status=list(status))]

    equal(found(OrderStatus.PENDING, OrderStatus.CANCELLED), [cancelled, pending])
    equal(found(OrderStatus.COMPLETED), [completed])


def history(client, customer):
    made = create(client, customer)
    client.update_order(made, UpdateOrderRequest(total_amount=Decimal("12.34")))
    events = list(client.events(made, page_size=1))
    told = [(event.sequence, event.type, event.actor) for event in events]
    equal(told, [(1, "created", "client"), (2, "updated", "client")])
    amounts = [event.data.total_amount for event in events]
    equal(amounts, [Decimal("99.95"), Decimal("12.34")])


def wait(client, customer):
    finished = client.wait_until_finished(create(client, customer), 60)
    equal(finished.order.status, OrderStatus.COMPLETED)


wait_through = wait


def wait_in_vain(client, customer, timeout=1.5, limit=5.0):
    made = create(client, customer)
    begun = time.monotonic()
    error = fails(NotFinished, client.wait_until_finished, made, timeout)
    equal(error.last_seen.order.status, OrderStatus.PENDING)
    equal(time.monotonic() - begun < limit, True)


def wait_slow(client, customer):
    wait_in_vain(client, customer, 2.5, 6.0)


def new_enum_values(client, customer):
    made = client.create_order(order(customer)).order
    status = made.status
    equal((status, str(status), f"{status}", status.value), ("on_hold",) * 4)
    equal((status.is_known, status in list(OrderStatus), status == OrderStatus.PENDING), (False,) * 3)
    equal((OrderStatus.PENDING.is_known, OrderStatus("on_hold") == status), (True, True))
    equal(repr(status), "<OrderStatus.UNRECOGNIZED: 'on_hold'>")
    equal(json.loads(made.to_json())["status"], "on_hold")
    found = client.orders(customer_id=customer, status=[status])
    equal([each.id for each in found], [made.id])
    changed = client.update_order(made.id, UpdateOrderRequest(status=status))
    equal(changed.order.status, status)
    event = next(iter(client.events(made.id)))
    equal((event.type, event.type == OrderEventType.CREATED, event.actor), ("imported", False, "client"))


def new_field(client, customer):
    equal(client.get_order(create(client, customer)).order.customer_id, customer)


def run(scenario):
    settings = scenario["client"]
    client = OrdersClient(
        scenario["url"],
        timeout=settings.get("timeout_ms", 10_000) / 1000,
        total_timeout=settings.get("total_timeout_ms", 30_000) / 1000,
        max_attempts=settings.get("max_attempts", 5),
        first_pause=0.05,
        api_key=settings.get("api_key"),
        access_token=(lambda: settings["access_token"]) if "access_token" in settings else None,
    )
    name = scenario["name"]
    try:
        others = vars(item_checks) | vars(event_checks)
        others |= administration_checks.checks(scenario["url"])
        check = globals().get(name) or others[name]
        check(client, scenario["customer_id"])
        return f"ok {name}"
    except Exception as error:
        return f"failed {name}: {type(error).__name__}: {' '.join(str(error).split())}"


with open(sys.argv[1], encoding="utf-8") as file:
    scenarios = [scenario for scenario in json.load(file) if not scenario["snippet"]]
# Concurrently: they spend most of their time waiting.
with ThreadPoolExecutor(len(scenarios)) as pool:
    print(*pool.map(run, scenarios), sep="\n")
