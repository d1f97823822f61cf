import { readFileSync } from 'node:fs';
import {
    ApiError,
    type Event,
    EventsReset,
    type OrdersClient,
    verifyWebhook as verify,
    WebhookError,
    type WebhookHeaders,
    type WebhookPayload,
} from 'order-processing-sdk';
import { type Check, create, equal, fails } from './common.js';

interface Webhook {
    what: string;
    secrets: string[];
    /** In seconds. */
    now: number;
    headers: Record<string, string>;
    body: string;
    gives: string;
}

async function take(events: AsyncIterable<Event>, count: number): Promise<Event[]> {
    const found: Event[] = [];
    for await (const event of events) {
        if (found.push(event) === count) {
            break;
        }
    }
    return found;
}

async function first(events: AsyncIterable<Event>): Promise<Event> {
    const [event] = await take(events, 1);
    return event!;
}

function change(client: OrdersClient, id: number, totalAmount: number): Promise<unknown> {
    return client.updateOrder(id, { totalAmount });
}

function webhooks(name: string): Webhook[] {
    return JSON.parse(readFileSync('webhooks.json', 'utf8'))[name];
}

async function given({ body, headers, secrets, now }: Webhook): Promise<string> {
    try {
        const { type, data } = await verify(new TextEncoder().encode(body), headers, secrets, { clock: () => now * 1000 });
        if (!data) {
            return type;
        }
        equal([data.data.totalAmount, data.data.reason], [1234567.89, 'Größe geändert ✓']);
        return `${type} ${data.position} ${data.type}`;
    } catch (error) {
        if (error instanceof WebhookError) {
            return error.kind;
        }
        throw error;
    }
}

async function all(name: string): Promise<void> {
    for (const webhook of webhooks(name)) {
        equal([webhook.what, await given(webhook)], [webhook.what, webhook.gives]);
    }
}

export const eventChecks: Record<string, Check> = {
    async follow_feed(client, customerId) {
        const made = [await create(client, customerId), await create(client, customerId)];
        await change(client, made[0]!, 12.34);
        const seen: Event[] = [];
        for await (const event of client.follow()) {
            seen.push(event);
            if (seen.length === 3) {
                made.push(await create(client, customerId));
            }
            if (seen.length === 4) {
                break;
            }
        }
        const expected = [['created', made[0]], ['created', made[1]], ['updated', made[0]], ['created', made[2]]];
        equal(seen.map(({ type, orderId }) => [type, orderId]), expected);
        const positions = seen.map(({ position }) => position);
        equal(positions, [...new Set(positions)].sort((a, b) => a - b));
        equal(seen.map(({ sequence }) => sequence), [1, 1, 2, 1]);
        equal(seen.slice(1, 3).map(({ data }) => data.totalAmount), [99.95, 12.34]);
        equal([...new Set(seen.map((event) => `${event.customerId} ${event.actor}`))], [`${customerId} client`]);
        equal(seen[0]!.occurredAt instanceof Date, true);
    },

    async follow_latest(client, customerId) {
        await create(client, customerId);
        await first(client.follow());
        const later = new Promise((done) => setTimeout(done, 1_000)).then(() => create(client, customerId));
        const event = await first(client.follow({ start: 'latest' }));
        equal(event.orderId, await later);
    },

    async follow_filtered(client, customerId) {
        const orderId = await create(client, customerId);
        await change(client, await create(client, customerId), 3);
        await change(client, orderId, 4);
        const filters = { types: ['updated'], orderId, customerId };
        const event = await first(client.follow(filters));
        equal([event.orderId, event.sequence], [orderId, 2]);
        await change(client, orderId, 5);
        const next = await first(client.follow({ ...filters, after: event.position }));
        equal([next.orderId, next.sequence], [orderId, 3]);
    },

    async follow_later(client, customerId) {
        const [id, other] = [await create(client, customerId), await create(client, customerId)];
        await change(client, id, 3);
        const seen = await take(client.follow(), 3);
        equal(seen.map(({ type, orderId }) => [type, orderId]), [['imported', id], ['imported', other], ['updated', id]]);
    },

    async follow_silent(client, customerId) {
        const id = await create(client, customerId);
        equal((await first(client.follow({ silenceMs: 1_500 }))).orderId, id);
        // An aborted signal ends the iteration, as it ends any other call.
        const waiting = client.follow({ start: 'latest', signal: AbortSignal.abort('stop') }).next();
        equal(await waiting.catch((reason: unknown) => reason), 'stop');
    },

    async follow_reset(client, customerId) {
        const { position } = await fails(EventsReset, client.follow({ after: 4_000_000_000_000 }).next());
        const id = await create(client, customerId);
        const event = await first(client.follow({ after: position }));
        equal([event.orderId, event.position > position], [id, true]);
    },

    async follow_refused(client, customerId) {
        const stranger = await fails(ApiError, client.follow({ customerId: customerId + 1 }).next());
        equal([stranger.status, stranger.code, stranger.attempts], [403, 'customer_not_allowed', 1]);
        const gone = await fails(ApiError, client.follow().next());
        equal([gone.status, gone.code, gone.attempts], [410, 'injected', 1]);
        const page = await fails(ApiError, client.feed.listEvents({ after: 4_000_000_000_000 }));
        equal([page.status, page.code], [410, 'position_unknown']);
    },

    async webhook_verified() {
        await all('webhook_verified');
        const { body, headers, secrets, now, gives } = webhooks('webhook_verified')[0]!;
        const payload = await verify(body, new Headers(headers), secrets[0]!, { clock: () => now * 1000 });
        equal(`${payload.type} ${payload.data?.position} ${payload.data?.type}`, gives);
    },

    async webhook_rejected() {
        await all('webhook_rejected');
    },

    async webhook_repeated() {
        const deliveries = webhooks('webhook_repeated');
        const { secrets, now } = deliveries[0]!;
        const handled = new Set<unknown>();
        const positions: unknown[] = [];
        const handle = async ({ data }: WebhookPayload) => positions.push(data?.position);
        const verifyWebhook = (body: Uint8Array, headers: WebhookHeaders, secrets: string[]) =>
            verify(body, headers, secrets, { clock: () => now * 1000 });

        async function receive(body: Uint8Array, headers: Record<string, string>): Promise<void> {
            const payload = await verifyWebhook(body, headers, secrets); // WebhookError: respond with 400
            if (!handled.has(headers['webhook-id'])) { // the same for each repetition
                await handle(payload);
                handled.add(headers['webhook-id']);
            }
        }

        for (const { body, headers } of deliveries) {
            await receive(new TextEncoder().encode(body), headers);
        }
        equal(positions, [4711, 4713, 4712]);
    },
};
