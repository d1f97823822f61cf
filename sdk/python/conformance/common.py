"""What the checks of all scenarios use."""

from decimal import Decimal

from order_processing_sdk import CreateOrderRequest


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def fails(kind, call, *args, **options):
    try:
        result = call(*args, **options)
    except kind as error:
        return error
    raise AssertionError(f"expected {kind.__name__}, got {result!r}")


def order(customer, amount="99.95"):
    return CreateOrderRequest(customer_id=customer, total_amount=Decimal(amount))


def create(client, customer):
    """Creates an order and returns its id."""
    return client.create_order(order(customer)).order.id
