import { ApiError, linkedPage, type Order, OrdersClient, type OrdersFilter, Scope } from 'order-processing-sdk';
import { type Check, create, equal, fails } from './common.js';
import { until, withItems } from './items.js';

/** An address where nothing listens. */
const NOWHERE = 'http://127.0.0.1:1/';

async function listed(client: OrdersClient, filter: OrdersFilter): Promise<number[]> {
    const ids: number[] = [];
    for await (const { id } of client.orders(filter)) {
        ids.push(id);
    }
    return ids;
}

/** Waits until the call returns something. */
async function eventually<T>(call: () => Promise<T | undefined>): Promise<T> {
    for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((done) => setTimeout(done, 100))) {
        const found = await call();
        if (found !== undefined) {
            return found;
        }
    }
    throw new Error('it does not happen');
}

export const administrationChecks: Record<string, Check> = {
    async every_filter(client, customerId) {
        const plain = await create(client, customerId);
        const stuck = await withItems(client, customerId, { cents: 93 });
        const needsAttention = ({ attention }: Order) => attention;
        const { createdAt } = (await until(client, stuck.id, needsAttention)).order;
        const filters: OrdersFilter = {
            paymentStatus: ['authorized'],
            shipmentStatus: ['dispatched'],
            needsAttention: true,
            createdFrom: createdAt,
            maxAmount: 99.93,
        };
        for (const [name, value] of Object.entries(filters)) {
            equal(await listed(client, { customerId, [name]: value }), [stuck.id]);
        }
        equal(await listed(client, { customerId, ...filters, minAmount: 99.93 }), [stuck.id]);
        for (const filter of [{ needsAttention: false }, { createdBefore: createdAt }, { minAmount: 99.94 }]) {
            equal(await listed(client, { customerId, ...filter }), [plain]);
        }

        const page = { customerId, limit: 1 };
        const first = await client.api.listOrdersRaw(page);
        equal(linkedPage(first, 'prev'), undefined);
        const second = await client.api.listOrdersRaw({ ...page, cursor: linkedPage(first, 'next')?.get('cursor') ?? '' });
        equal((await second.value()).map(({ id }) => id), [plain]);
        const back = await client.api.listOrders({ ...page, cursor: linkedPage(second, 'prev')?.get('cursor') ?? '' });
        equal(back.map(({ id }) => id), [stuck.id]);
    },

    async processing(client, customerId) {
        const { name, scopes, customerId: only } = await client.administration.getCaller();
        equal([name.startsWith('key:'), scopes, only], [true, ['orders:admin'], undefined]);
        const endpoint = await client.webhooks.createWebhook({ createWebhookRequest: { url: NOWHERE, customerId } });
        const { id } = await withItems(client, customerId, { cents: 93 });
        const delivery = await eventually(async () => (await client.api.listOrderDeliveries({ id })).at(-1));
        equal([delivery.webhookId, delivery.orderId, delivery.eventType], [endpoint.id, id, 'created']);
        await client.webhooks.deleteWebhook({ id: endpoint.id });
        await until(client, id, ({ attention }) => attention);
        const { orders } = await client.administration.getAttentionReport();
        equal(orders.find(({ orderId }) => orderId === id)?.attention.code, 'over_capture');
        const { temporalAvailable, workflow } = await client.api.getOrderProcessing({ id });
        equal([temporalAvailable, workflow?.id, workflow?.status], [true, `order-${id}`, 'running']);
        const { partners } = await client.administration.getStatistics();
        equal(partners.map(({ partner }) => partner).sort(), ['inventory', 'payment', 'shipping']);
    },

    async api_key(client, customerId, url) {
        const createApiKeyRequest = { name: 'shop', scopes: [Scope.OrdersRead, Scope.OrdersWrite], customerId };
        const { key, info } = await client.administration.createApiKey({ createApiKeyRequest });
        const shop = new OrdersClient(url, { apiKey: key });
        const order = await create(shop, customerId);
        const caller = await shop.administration.getCaller();
        equal([caller.name, caller.scopes, caller.customerId], [`key:${info.id}`, info.scopes, customerId]);
        equal((await fails(ApiError, shop.administration.listApiKeys())).status, 403);

        const replacement = await client.administration.rotateApiKey({ id: info.id, rotateApiKeyRequest: {} });
        equal(replacement.info.clientId, info.clientId);
        const renewed = new OrdersClient(url, { apiKey: replacement.key });
        equal((await renewed.getOrder(order)).order.id, order);

        equal((await client.administration.revokeApiKey({ id: info.id })).revokedAt instanceof Date, true);
        const refusal = await eventually(() => shop.getOrder(order).then(() => undefined, (error) => error));
        equal([refusal.status, refusal.code], [401, 'unauthorized']);
        equal((await renewed.getOrder(order)).order.id, order);
        const keys = await client.administration.listApiKeys();
        const valid = keys.filter(({ revokedAt }) => revokedAt === undefined).map(({ id }) => id);
        equal([valid.includes(info.id), valid.includes(replacement.info.id)], [false, true]);
    },
};
