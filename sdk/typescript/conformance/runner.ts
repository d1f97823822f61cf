import { readFileSync } from 'node:fs';
import {
    ApiError,
    ConnectionFailed,
    instanceOfOrderStatus,
    NotFinished,
    type Order,
    OrdersClient,
    OrderEventType,
    OrderStatus,
    TimedOut,
    Unreadable,
} from 'order-processing-sdk';
import { administrationChecks } from './administration.js';
import { type Check, create, equal, fails } from './common.js';
import { eventChecks } from './events.js';
import { itemChecks } from './items.js';

interface Scenario {
    name: string;
    url: string;
    customer_id: number;
    client: {
        timeout_ms?: number;
        total_timeout_ms?: number;
        max_attempts?: number;
        api_key?: string;
        access_token?: string;
    };
    snippet: boolean;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
    const found: T[] = [];
    for await (const item of items) {
        found.push(item);
    }
    return found;
}

async function inPages(client: OrdersClient, customerId: number): Promise<void> {
    const ids: number[] = [];
    for (let count = 0; count < 5; count++) {
        ids.unshift(await create(client, customerId));
    }
    const found = await all(client.orders({ customerId, pageSize: 2 }));
    equal(found.map(({ id }) => id), ids);
}

/** Does not compile unless every known status has a case. */
function told(status: OrderStatus): string {
    if (!instanceOfOrderStatus(status)) {
        return `unknown: ${status}`;
    }
    switch (status) {
        case 'pending':
        case 'processing':
            return 'open';
        case 'completed':
        case 'cancelled':
            return 'final';
    }
}

const checks: Record<string, Check> = {
    ...administrationChecks,
    ...eventChecks,
    ...itemChecks,

    async create_and_read(client, customerId) {
        const created = await client.createOrder({ customerId, totalAmount: 99.95 });
        equal([created.order.customerId, created.order.status, created.order.totalAmount], [customerId, 'pending', 99.95]);
        equal([created.replayed, created.etag], [false, '"1"']);
        equal(Math.abs(created.order.createdAt.getTime() - Date.now()) < 60_000, true);
        const { order, etag } = await client.getOrder(created.order.id);
        equal([order, etag], [created.order, created.etag]);
    },

    async exact_amounts(client, customerId) {
        for (const text of ['0.00', '0.01', '0.10', '0.29', '19.99', '1234567.89', '99999999.99']) {
            const { order } = await client.createOrder({ customerId, totalAmount: Number(text) });
            equal(order.totalAmount.toFixed(2), text);
            equal(order.totalAmount, Number(text));
        }
    },

    async not_found(client) {
        const error = await fails(ApiError, client.getOrder(4_000_000_000_000));
        equal([error.status, error.code, error.title], [404, 'order_not_found', 'Not Found']);
        equal([error.attempts, error.violations, error.retryAfter], [1, [], undefined]);
        equal([error.detail?.includes('4000000000000'), (error.requestId ?? '').length > 8], [true, true]);
    },

    async every_violation(client) {
        const error = await fails(ApiError, client.createOrder({ customerId: 0, totalAmount: 0.001 }));
        equal([error.status, error.code], [400, 'invalid_request']);
        equal(error.violations.map(({ pointer }) => pointer), ['/customer_id', '/total_amount']);
        equal(error.violations[0]?.detail, '0 is less than the minimum of 1');
    },

    async conflict(client, customerId) {
        const id = await create(client, customerId);
        equal((await client.updateOrder(id, { status: 'cancelled' })).order.status, 'cancelled');
        const error = await fails(ApiError, client.updateOrder(id, { status: 'completed' }));
        equal([error.status, error.code], [409, 'transition_not_allowed']);
    },

    async stale_version(client, customerId) {
        const first = await client.createOrder({ customerId, totalAmount: 1 });
        const { id } = first.order;
        const second = await client.updateOrder(id, { totalAmount: 2.5 }, { ifMatch: first.etag });
        equal(second.order.totalAmount, 2.5);
        const error = await fails(ApiError, client.updateOrder(id, { totalAmount: 3 }, { ifMatch: first.etag }));
        equal([error.status, error.code], [412, 'version_mismatch']);
        const third = await client.updateOrder(id, { status: 'processing' }, { ifMatch: second.etag });
        equal(await client.getOrder(id, { ifNoneMatch: third.etag }), undefined);
    },

    async own_key(client, customerId) {
        const options = { idempotencyKey: `own-${crypto.randomUUID()}` };
        const first = await client.createOrder({ customerId, totalAmount: 7 }, options);
        const second = await client.createOrder({ customerId, totalAmount: 7 }, options);
        equal([first.replayed, second.replayed, second.order], [false, true, first.order]);
    },

    async key_reused(client, customerId) {
        const options = { idempotencyKey: `own-${crypto.randomUUID()}` };
        await client.createOrder({ customerId, totalAmount: 7 }, options);
        const error = await fails(ApiError, client.createOrder({ customerId, totalAmount: 8 }, options));
        equal([error.status, error.code], [422, 'idempotency_key_reused']);
    },

    async not_a_problem(client) {
        const error = await fails(ApiError, client.getOrder(1));
        equal([error.status, error.code, error.attempts], [502, undefined, 1]);
    },

    async unreadable(client) {
        equal((await fails(Unreadable, client.getOrder(1))).attempts, 1);
    },

    async retry_503(client, customerId) {
        await create(client, customerId);
    },

    async retry_429(client, customerId) {
        await client.getOrder(await create(client, customerId));
    },

    async retry_without_hint(client, customerId) {
        await client.getOrder(await create(client, customerId));
    },

    async unkeyed_post(client, customerId) {
        const request = { createOrderRequest: { customerId, totalAmount: 1 } };
        const error = await fails(ApiError, client.api.createOrder(request));
        equal([error.status, error.attempts], [503, 1]);
    },

    async dropped_before(client, customerId) {
        await create(client, customerId);
    },

    async dropped_after(client, customerId) {
        equal((await client.createOrder({ customerId, totalAmount: 1 })).replayed, true);
    },

    async cut_answer(client, customerId) {
        equal((await client.createOrder({ customerId, totalAmount: 1 })).replayed, true);
    },

    async slow_answer(client, customerId) {
        equal((await client.createOrder({ customerId, totalAmount: 1 })).replayed, true);
    },

    async slow_body(client, customerId) {
        equal((await client.createOrder({ customerId, totalAmount: 1 })).replayed, true);
    },

    async attempts_end(client) {
        const error = await fails(ApiError, client.getOrder(1));
        equal([error.status, error.code, error.retryAfter, error.attempts], [503, 'injected', 1, 3]);
        equal(error.requestId, 'request-of-the-proxy');
    },

    async hint_too_late(client) {
        const begun = Date.now();
        const error = await fails(ApiError, client.getOrder(1));
        equal([error.status, error.retryAfter, error.attempts], [503, 60, 1]);
        equal(Date.now() - begun < 3_000, true);
    },

    async total_timeout(client) {
        const begun = Date.now();
        const error = await fails(TimedOut, client.getOrder(1));
        const taken = Date.now() - begun;
        equal([error.attempts, taken >= 3_900, taken < 7_000], [2, true, true]);
    },

    async nobody_there(client) {
        equal((await fails(ConnectionFailed, client.getOrder(1))).attempts, 2);
    },

    async update_retried(client, customerId) {
        const id = await create(client, customerId);
        equal((await client.updateOrder(id, { status: 'cancelled' })).order.status, 'cancelled');
    },

    async update_ambiguous(client, customerId) {
        const { order, etag } = await client.createOrder({ customerId, totalAmount: 1 });
        const change = client.updateOrder(order.id, { status: 'cancelled' }, { ifMatch: etag });
        const error = await fails(ApiError, change);
        equal([error.status, error.attempts], [412, 2]);
    },

    async delete_retried(client, customerId) {
        await client.deleteOrder(await create(client, customerId));
    },

    async delete_missing(client) {
        equal((await fails(ApiError, client.deleteOrder(4_000_000_000_000))).status, 404);
    },

    pages: inPages,
    gateway: inPages,

    async filtered(client, customerId) {
        const pending = await create(client, customerId);
        const cancelled = await create(client, customerId);
        const completed = await create(client, customerId);
        await client.updateOrder(cancelled, { status: 'cancelled' });
        await client.updateOrder(completed, { status: 'completed' });
        const ids = (orders: Order[]) => orders.map(({ id }) => id);
        const both: OrderStatus[] = ['pending', 'cancelled'];
        equal(ids(await all(client.orders({ customerId, status: both }))), [cancelled, pending]);
        equal(ids(await all(client.orders({ customerId, status: ['completed'] }))), [completed]);
    },

    async history(client, customerId) {
        const id = await create(client, customerId);
        await client.updateOrder(id, { totalAmount: 12.34 });
        const events = await all(client.events(id, { pageSize: 1 }));
        equal(events.map(({ sequence, type, actor }) => [sequence, type, actor]), [[1, 'created', 'client'], [2, 'updated', 'client']]);
        equal(events.map(({ data }) => data.totalAmount), [99.95, 12.34]);
    },

    async wait(client, customerId) {
        const finished = await client.waitUntilFinished(await create(client, customerId), 60_000);
        equal(finished.order.status, 'completed');
    },

    async wait_through(client, customerId) {
        const finished = await client.waitUntilFinished(await create(client, customerId), 60_000);
        equal(finished.order.status, 'completed');
    },

    async wait_in_vain(client, customerId) {
        const id = await create(client, customerId);
        const begun = Date.now();
        const error = await fails(NotFinished, client.waitUntilFinished(id, 1_500));
        equal([error.lastSeen?.order.status, Date.now() - begun < 5_000], ['pending', true]);
    },

    async wait_slow(client, customerId) {
        const id = await create(client, customerId);
        const begun = Date.now();
        const error = await fails(NotFinished, client.waitUntilFinished(id, 2_500));
        equal([error.lastSeen?.order.status, Date.now() - begun < 6_000], ['pending', true]);
    },

    async access_token(client, customerId) {
        await create(client, customerId);
    },

    async wrong_key(client) {
        const error = await fails(ApiError, client.getOrder(1));
        equal([error.status, error.code, error.attempts], [401, 'unauthorized', 1]);
    },

    async another_customer(client, customerId) {
        const error = await fails(ApiError, client.createOrder({ customerId: customerId + 1, totalAmount: 1 }));
        equal([error.status, error.code], [403, 'customer_not_allowed']);
    },

    async new_enum_values(client, customerId) {
        const { order } = await client.createOrder({ customerId, totalAmount: 99.95 });
        equal([order.status, told(order.status), told(OrderStatus.Pending)], ['on_hold', 'unknown: on_hold', 'open']);
        const found = await all(client.orders({ customerId, status: [order.status] }));
        equal(found.map(({ id }) => id), [order.id]);
        equal((await client.updateOrder(order.id, { status: order.status })).order.status, 'on_hold');
        const [event] = await all(client.events(order.id));
        equal([event?.type, event?.type === OrderEventType.Created, event?.actor], ['imported', false, 'client']);
    },

    async new_field(client, customerId) {
        equal((await client.getOrder(await create(client, customerId))).order.customerId, customerId);
    },
};

async function run({ name, url, customer_id, client }: Scenario): Promise<void> {
    const options = {
        timeoutMs: client.timeout_ms ?? 10_000,
        totalTimeoutMs: client.total_timeout_ms ?? 30_000,
        maxAttempts: client.max_attempts ?? 5,
        firstPauseMs: 50,
        apiKey: client.api_key,
        accessToken: client.access_token === undefined ? undefined : async () => client.access_token ?? '',
    };
    try {
        const check = checks[name];
        if (!check) {
            throw new Error('there is no such check');
        }
        await check(new OrdersClient(url, options), customer_id, url);
        console.log(`ok ${name}`);
    } catch (error) {
        console.log(`failed ${name}: ${String(error).replaceAll('\n', ' ')}`);
    }
}

const scenarios: Scenario[] = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
// Concurrently: they spend most of their time waiting.
await Promise.all(scenarios.filter(({ snippet }) => !snippet).map(run));
