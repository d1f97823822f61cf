import { AdministrationApi, EventsApi, HealthApi, OrdersApi, WebhookEndpointsApi } from './apis/index.js';
import { NotFinished, OrdersError } from './errors.js';
import { follow, type FollowOptions } from './feed.js';
import type {
    CancellationOutcome,
    CreateOrderRequest,
    DecisionAnswer,
    Event,
    Order,
    OrderEvent,
    OrderStatus,
    PaymentStatus,
    ShipmentStatus,
    UpdateOrderRequest,
} from './models/index.js';
import { type ApiResponse, Configuration, ResponseError } from './runtime.js';
import { resilientFetch, sleep, type TransportSettings } from './transport.js';

export type OrdersClientOptions = Partial<TransportSettings>;

const DEFAULTS: TransportSettings = {
    timeoutMs: 15_000,
    totalTimeoutMs: 60_000,
    maxAttempts: 5,
    firstPauseMs: 200,
    longestPauseMs: 10_000,
    headers: {},
    fetch: (...request) => fetch(...request),
};

/** An order and its version. */
export interface OrderVersion {
    order: Order;
    /** The ETag, for `ifMatch` and `ifNoneMatch`. */
    etag: string;
}

/** An order created by this call, or by an earlier one with the same key (`replayed`). */
export interface CreatedOrder extends OrderVersion {
    replayed: boolean;
}

/** An order with the answer of this call, or of an earlier one with the same key (`replayed`). */
export interface DecidedOrder extends OrderVersion {
    replayed: boolean;
}

/** An order that is `cancelled`, or becomes so once everything is undone (`requested`). */
export interface OrderCancellation extends OrderVersion {
    outcome: CancellationOutcome;
}

export interface CallOptions {
    signal?: AbortSignal;
}

export interface OrdersFilter {
    status?: OrderStatus[];
    customerId?: number;
    paymentStatus?: PaymentStatus[];
    shipmentStatus?: ShipmentStatus[];
    needsAttention?: boolean;
    createdFrom?: Date;
    createdBefore?: Date;
    minAmount?: number;
    maxAmount?: number;
    /** Orders per request, 1 to 1000. */
    pageSize?: number;
}

/**
 * A client of the Order Processing API. Requests are retried where that is safe; every error is an
 * `OrdersError`.
 */
export class OrdersClient {
    /** Every operation of the contract, with the same time-outs, retries and errors. */
    readonly api: OrdersApi;
    readonly feed: EventsApi;
    readonly webhooks: WebhookEndpointsApi;
    readonly administration: AdministrationApi;
    readonly health: HealthApi;
    private readonly baseUrl: string;
    private readonly settings: TransportSettings;

    constructor(baseUrl: string, options: OrdersClientOptions = {}) {
        if (options.apiKey !== undefined && options.accessToken !== undefined) {
            throw new TypeError('set either apiKey or accessToken, not both');
        }
        this.baseUrl = baseUrl.replace(/\/+$/, '');
        this.settings = { ...DEFAULTS, ...options };
        const configuration = new Configuration({
            basePath: this.baseUrl,
            fetchApi: resilientFetch(this.settings),
            // Otherwise the generated code would wrap our errors.
            middleware: [{ onError: async ({ error }) => { throw error; } }],
        });
        this.api = new OrdersApi(configuration);
        this.feed = new EventsApi(configuration);
        this.webhooks = new WebhookEndpointsApi(configuration);
        this.administration = new AdministrationApi(configuration);
        this.health = new HealthApi(configuration);
    }

    /**
     * Creates one order, even if the request has to be sent several times. Pass your own key to be
     * able to repeat the call after a crash.
     */
    async createOrder(
        order: CreateOrderRequest,
        { idempotencyKey = crypto.randomUUID(), ...call }: CallOptions & { idempotencyKey?: string } = {},
    ): Promise<CreatedOrder> {
        const response = await this.api.createOrderRaw({ createOrderRequest: order, idempotencyKey }, call);
        return { ...(await versioned(response)), replayed: isReplay(response) };
    }

    async getOrder(id: number, options?: CallOptions): Promise<OrderVersion>;
    /** Returns `undefined` when the order is still at the version of `ifNoneMatch`. */
    async getOrder(id: number, options: CallOptions & { ifNoneMatch?: string }): Promise<OrderVersion | undefined>;
    async getOrder(
        id: number,
        { ifNoneMatch, ...call }: CallOptions & { ifNoneMatch?: string } = {},
    ): Promise<OrderVersion | undefined> {
        try {
            return await versioned(await this.api.getOrderRaw({ id, ifNoneMatch }, call));
        } catch (error) {
            if (error instanceof ResponseError && error.response.status === 304) {
                return undefined;
            }
            throw error;
        }
    }

    /** Updates the fields set in `change`; with `ifMatch`, only if the order is at that version. */
    async updateOrder(
        id: number,
        change: UpdateOrderRequest,
        { ifMatch, ...call }: CallOptions & { ifMatch?: string } = {},
    ): Promise<OrderVersion> {
        return versioned(await this.api.updateOrderRaw({ id, updateOrderRequest: change, ifMatch }, call));
    }

    /** Deletes the order; with `ifMatch`, only if it is at that version. */
    async deleteOrder(id: number, { ifMatch, ...call }: CallOptions & { ifMatch?: string } = {}): Promise<void> {
        await this.api.deleteOrder({ id, ifMatch }, call);
    }

    /**
     * Answers the question in `decision` of an order, even if the request has to be sent several times;
     * with `ifMatch`, only if the order is at that version.
     */
    async decideOrder(
        id: number,
        answer: DecisionAnswer,
        {
            ifMatch,
            idempotencyKey = crypto.randomUUID(),
            ...call
        }: CallOptions & { ifMatch?: string; idempotencyKey?: string } = {},
    ): Promise<DecidedOrder> {
        const request = { id, decideOrderRequest: { answer }, ifMatch, idempotencyKey };
        const response = await this.api.decideOrderRaw(request, call);
        return { ...(await versioned(response)), replayed: isReplay(response) };
    }

    /**
     * Cancels the order, until it is dispatched; with `ifMatch`, only if it is at that version. Repeating
     * it changes nothing.
     */
    async cancelOrder(
        id: number,
        { ifMatch, ...call }: CallOptions & { ifMatch?: string } = {},
    ): Promise<OrderCancellation> {
        const response = await this.api.cancelOrderRaw({ id, ifMatch }, call);
        return { ...(await response.value()), etag: etagOf(response) };
    }

    /** Retries the step in `attention` of the order now. Needs the scope `orders:admin`. */
    async retryOrder(id: number, { ifMatch, ...call }: CallOptions & { ifMatch?: string } = {}): Promise<OrderVersion> {
        return versioned(await this.api.retryOrderRaw({ id, ifMatch }, call));
    }

    /** Iterates over all matching orders, newest first. Pages are fetched on demand. */
    async *orders({ pageSize, ...filter }: OrdersFilter = {}, call: CallOptions = {}): AsyncGenerator<Order> {
        let next: URLSearchParams | undefined = new URLSearchParams();
        while (next) {
            const cursor = next.get('cursor') ?? undefined;
            const page: ApiResponse<Order[]> = await this.api.listOrdersRaw({ ...filter, limit: pageSize, cursor }, call);
            yield* await page.value();
            next = linkedPage(page, 'next');
        }
    }

    /** Iterates over the order's events, oldest first. Pages are fetched on demand. */
    async *events(
        id: number,
        { pageSize, ...call }: CallOptions & { pageSize?: number } = {},
    ): AsyncGenerator<OrderEvent> {
        let next: URLSearchParams | undefined = new URLSearchParams();
        while (next) {
            const after = Number(next.get('after') ?? 0);
            const page: ApiResponse<OrderEvent[]> = await this.api.listOrderEventsRaw({ id, limit: pageSize, after }, call);
            yield* await page.value();
            next = linkedPage(page, 'next');
        }
    }

    /**
     * Iterates over the events of all orders, oldest first, and waits for new ones without end. Each event comes
     * once, in order. Connects again after any interruption. Throws `EventsReset` when events are missing, and
     * another `OrdersError` when the service refuses.
     */
    follow(options: FollowOptions = {}): AsyncGenerator<Event> {
        return follow(this.settings, this.baseUrl, options);
    }

    /**
     * Waits until the order is completed or cancelled, and returns it. Continues through outages of
     * the service; throws `NotFinished` after the time-out.
     */
    async waitUntilFinished(id: number, timeoutMs: number, { signal }: CallOptions = {}): Promise<OrderVersion> {
        const over = AbortSignal.timeout(timeoutMs);
        const call = { signal: signal ? AbortSignal.any([signal, over]) : over };
        let seen: OrderVersion | undefined;
        let cause: unknown;
        try {
            for (let pause = 100; ; pause = Math.min(pause * 1.5, 5_000)) {
                try {
                    seen = (await this.getOrder(id, { ...call, ifNoneMatch: seen?.etag })) ?? seen;
                } catch (error) {
                    if (!(error instanceof OrdersError && error.transient)) {
                        throw error;
                    }
                    cause = error;
                }
                if (seen?.order.status === 'completed' || seen?.order.status === 'cancelled') {
                    return seen;
                }
                await sleep(pause * (1 - Math.random() / 2), call.signal);
            }
        } catch (error) {
            throw over.aborted && !signal?.aborted ? new NotFinished(id, seen, { cause }) : error;
        }
    }
}

async function versioned(response: ApiResponse<Order>): Promise<OrderVersion> {
    return { order: await response.value(), etag: etagOf(response) };
}

function etagOf(response: ApiResponse<unknown>): string {
    return response.raw.headers.get('ETag') ?? '';
}

function isReplay(response: ApiResponse<unknown>): boolean {
    return response.raw.headers.get('Idempotent-Replayed') === 'true';
}

/** The query of the next or previous page (RFC 8288). The path is ignored: a gateway may have changed it. */
export function linkedPage(page: ApiResponse<unknown>, relation: 'next' | 'prev'): URLSearchParams | undefined {
    const link = page.raw.headers.get('Link') ?? '';
    const target = new RegExp(`<([^>]*)>\\s*;[^,<]*\\brel="?${relation}"?`).exec(link)?.[1];
    return target === undefined ? undefined : new URL(target, 'http://service').searchParams;
}
