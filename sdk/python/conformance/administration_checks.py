"""The scenarios of operators: filters of the list, processing, and API keys."""

import time
from decimal import Decimal
from functools import partial

from order_processing_sdk import (
    ApiError,
    CreateApiKeyRequest,
    CreateWebhookRequest,
    OrderEventType,
    OrdersClient,
    OrderWorkflowStatus,
    PaymentStatus,
    RotateApiKeyRequest,
    Scope,
    ShipmentStatus,
    linked_page,
)

from common import create, equal, fails
from item_checks import until, with_items

#: An address where nothing listens.
NOWHERE = "http://127.0.0.1:1/"


def checks(url):
    """The scenarios by name; the URL is for clients with other credentials."""
    return {
        "every_filter": every_filter,
        "processing": processing,
        "api_key": partial(api_key, url),
    }


def ids(orders):
    return [order.id for order in orders]


def eventually(call):
    """Waits until the call returns something."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if found := call():
            return found
        time.sleep(0.1)
    raise AssertionError("it does not happen")


def every_filter(client, customer):
    plain = create(client, customer)
    stuck = with_items(client, customer, cents="93")
    until(client, stuck.id, lambda order: order.attention)
    filters = {
        "payment_status": [PaymentStatus.AUTHORIZED],
        "shipment_status": [ShipmentStatus.DISPATCHED],
        "needs_attention": True,
        "created_from": stuck.created_at,
        "max_amount": Decimal("99.93"),
    }
    for name, value in filters.items():
        equal(ids(client.orders(customer_id=customer, **{name: value})), [stuck.id])
    both = client.orders(customer_id=customer, **filters, min_amount=Decimal("99.93"))
    equal(ids(both), [stuck.id])
    for name, value in (
        ("needs_attention", False),
        ("created_before", stuck.created_at),
        ("min_amount", Decimal("99.94")),
    ):
        equal(ids(client.orders(customer_id=customer, **{name: value})), [plain])

    page = partial(client.api.list_orders_with_http_info, customer_id=customer, limit=1)
    first = page()
    equal(linked_page(first, "prev"), None)
    second = page(cursor=linked_page(first, "next")["cursor"])
    equal(ids(second.data), [plain])
    back = page(cursor=linked_page(second, "prev")["cursor"])
    equal(ids(back.data), [stuck.id])


def processing(client, customer):
    caller = client.administration.get_caller()
    equal((caller.name[:4], caller.scopes), ("key:", [Scope.ORDERS_ADMIN]))
    equal(caller.customer_id, None)
    request = CreateWebhookRequest(url=NOWHERE, customer_id=customer)
    endpoint = client.webhooks.create_webhook(request)
    made = with_items(client, customer, cents="93").id
    delivery = eventually(lambda: client.api.list_order_deliveries(made))[-1]
    equal((delivery.webhook_id, delivery.order_id), (endpoint.id, made))
    equal(delivery.event_type, OrderEventType.CREATED)
    client.webhooks.delete_webhook(endpoint.id)
    until(client, made, lambda order: order.attention)
    report = client.administration.get_attention_report()
    codes = [stuck.attention.code for stuck in report.orders if stuck.order_id == made]
    equal(codes, ["over_capture"])
    seen = client.api.get_order_processing(made)
    equal((seen.temporal_available, seen.workflow.id), (True, f"order-{made}"))
    equal(seen.workflow.status, OrderWorkflowStatus.RUNNING)
    partners = [each.partner for each in client.administration.get_statistics().partners]
    equal(sorted(partners), ["inventory", "payment", "shipping"])


def api_key(url, client, customer):
    scopes = [Scope.ORDERS_READ, Scope.ORDERS_WRITE]
    request = CreateApiKeyRequest(name="shop", scopes=scopes, customer_id=customer)
    created = client.administration.create_api_key(request)
    key = created.info.id
    shop = OrdersClient(url, api_key=created.key)
    made = create(shop, customer)
    caller = shop.administration.get_caller()
    equal((caller.name, caller.scopes, caller.customer_id), (f"key:{key}", scopes, customer))
    equal(fails(ApiError, shop.administration.list_api_keys).status, 403)

    replacement = client.administration.rotate_api_key(key, RotateApiKeyRequest())
    equal(replacement.info.client_id, created.info.client_id)
    renewed = OrdersClient(url, api_key=replacement.key)
    equal(renewed.get_order(made).order.id, made)

    revoked = client.administration.revoke_api_key(key)
    equal((revoked.id, revoked.revoked_at is None), (key, False))

    def refusal():
        try:
            shop.get_order(made)
        except ApiError as error:
            return error

    refused = eventually(refusal)
    equal((refused.status, refused.code), (401, "unauthorized"))
    equal(renewed.get_order(made).order.id, made)
    valid = [each.id for each in client.administration.list_api_keys() if not each.revoked_at]
    equal((key in valid, replacement.info.id in valid), (False, True))
