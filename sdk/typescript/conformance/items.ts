import { ApiError, type Order, type OrdersClient, type OrderStatus, type OrderVersion } from 'order-processing-sdk';
import { type Check, create, equal, fails } from './common.js';

/** Orders TEA-100 twice and another article, for 99 and some cents. */
export async function withItems(
    client: OrdersClient,
    customerId: number,
    { sku = 'CUP-1', cents = 95, city = 'Exampleville', totalAmount = Number(`99.${cents}`) } = {},
): Promise<Order> {
    const items = [
        { sku: 'TEA-100', quantity: 2, unitPrice: 40 },
        { sku, quantity: 1, unitPrice: Number(`19.${cents}`) },
    ];
    const shippingAddress = {
        name: 'Ada Example', street: 'Example Street 1', postalCode: '12345', city, country: 'DE',
    };
    return (await client.createOrder({ customerId, totalAmount, items, shippingAddress })).order;
}

/** Reads the order until it is as wanted. */
export async function until(client: OrdersClient, id: number, wanted: (order: Order) => unknown): Promise<OrderVersion> {
    for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
        const seen = await client.getOrder(id);
        if (wanted(seen.order)) {
            return seen;
        }
    }
    throw new Error(`order ${id} does not get there`);
}

async function finish(client: OrdersClient, id: number, status: OrderStatus): Promise<Order> {
    const { order } = await client.waitUntilFinished(id, 60_000);
    equal(order.status, status);
    return order;
}

function statuses(order: Order): string[] {
    return (order.items ?? []).map(({ status }) => status);
}

export const itemChecks: Record<string, Check> = {
    async items(client, customerId) {
        const created = await withItems(client, customerId);
        equal(statuses(created), ['pending', 'pending']);
        equal(created.items?.map(({ sku, quantity, unitPrice }) => [sku, quantity, unitPrice]), [['TEA-100', 2, 40], ['CUP-1', 1, 19.95]]);
        const done = await finish(client, created.id, 'completed');
        equal(statuses(done), ['shipped', 'shipped']);
        equal([done.payment?.status, done.payment?.capturedAmount], ['captured', 99.95]);
        equal(done.shipment?.status, 'dispatched');
    },

    async contradiction(client, customerId) {
        const error = await fails(ApiError, withItems(client, customerId, { totalAmount: 100 }));
        equal([error.status, error.code], [400, 'invalid_request']);
        equal(error.violations.map(({ pointer }) => pointer), ['/total_amount']);
    },

    async decision(client, customerId) {
        const { id } = await withItems(client, customerId, { sku: 'SOLD-OUT-1' });
        const { order, etag } = await until(client, id, ({ decision }) => decision);
        equal([order.decision?.unavailableItems, order.decision?.options[0]], [[1], 'accept_available']);
        equal((order.decision?.deadline.getTime() ?? 0) > Date.now(), true);
        const decided = await client.decideOrder(id, 'accept_available', { ifMatch: etag });
        equal([decided.replayed, decided.order.decision === undefined], [true, true]);
        const done = await finish(client, id, 'completed');
        equal([statuses(done), done.payment?.capturedAmount], [['shipped', 'cancelled'], 80]);
    },

    async decision_replayed(client, customerId) {
        const { id } = await withItems(client, customerId, { sku: 'SOLD-OUT-1' });
        await until(client, id, ({ decision }) => decision);
        const options = { idempotencyKey: `decision-${crypto.randomUUID()}` };
        const first = await client.decideOrder(id, 'cancel', options);
        const second = await client.decideOrder(id, 'cancel', options);
        equal([first.replayed, second.replayed], [false, true]);
        const error = await fails(ApiError, client.decideOrder(id, 'accept_available', options));
        equal([error.status, error.code], [422, 'idempotency_key_reused']);
        equal((await finish(client, id, 'cancelled')).cancellationReason, 'decision_cancel');
    },

    async nothing_asked(client, customerId) {
        const error = await fails(ApiError, client.decideOrder(await create(client, customerId), 'cancel'));
        equal([error.status, error.code], [409, 'nothing_asked']);
    },

    async cancellation(client, customerId) {
        const { id } = await withItems(client, customerId, { city: 'Stuck' });
        await until(client, id, ({ shipment }) => shipment);
        const asked = await client.cancelOrder(id);
        equal([asked.outcome, asked.order.id, asked.etag.length > 2], ['requested', id, true]);
        const done = await finish(client, id, 'cancelled');
        equal([done.cancellationReason, done.payment?.status], ['customer_request', 'voided']);
    },

    async cancellation_at_once(client, customerId) {
        const { outcome, order } = await client.cancelOrder(await create(client, customerId));
        equal([outcome, order.status], ['cancelled', 'cancelled']);
    },

    async cancellation_too_late(client, customerId) {
        const { id } = await withItems(client, customerId);
        await finish(client, id, 'completed');
        const error = await fails(ApiError, client.cancelOrder(id));
        equal([error.status, error.code, error.attempts], [409, 'order_ended', 1]);
    },

    async retry(client, customerId) {
        const { id } = await withItems(client, customerId, { cents: 93 });
        const { order } = await until(client, id, ({ attention }) => attention);
        equal([order.attention?.step, order.attention?.code], ['capture', 'over_capture']);
        equal((await client.retryOrder(id)).order.id, id);
        await finish(client, id, 'completed');
        const error = await fails(ApiError, client.retryOrder(id));
        equal([error.status, error.code], [409, 'nothing_to_retry']);
    },

    async retry_forbidden(client) {
        equal((await fails(ApiError, client.retryOrder(1))).status, 403);
    },
};
