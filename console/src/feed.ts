import { signal } from '@preact/signals';
import { type Event, EventsReset, type OrdersClient } from 'order-processing-sdk';

export type Connection = 'connecting' | 'live' | 'reconnecting' | 'paused' | 'stopped';

interface Listener {
    onEvent(event: Event): void;
    /** Events are missing: read again what is shown. */
    onReset(): void;
}

/** A stream ends regularly and is open again at once: that is not worth a message. */
const UNNOTICED_MS = 1_000;
const RETRY_MS = 3_000;
/** Pages do not wait longer for the feed before they read what they show. */
const READY_MS = 2_000;

export const connection = signal<Connection>('connecting');

const listeners = new Set<Listener>();
let ready: Promise<void> = Promise.resolve();

export function subscribe(listener: Listener): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
}

/** What is read after this misses nothing: later changes are events. */
export function feedReady(): Promise<void> {
    return ready;
}

/** Follows the events of all orders until the returned function is called. */
export function startFeed(client: OrdersClient): () => void {
    const stopped = new AbortController();
    const position = Promise.race([latestPosition(client), pause(READY_MS)]).catch(() => undefined);
    ready = position.then(() => undefined);
    void run(client, position, stopped.signal);
    return () => stopped.abort();
}

async function run(client: OrdersClient, first: Promise<number | void>, stopped: AbortSignal): Promise<void> {
    const show = connectionDisplay(stopped);
    let after = (await first) ?? undefined;
    while (!stopped.aborted) {
        await untilVisible(stopped, () => show('paused'));
        const hidden = whileVisible();
        try {
            if (after === undefined) {
                after = await latestPosition(client);
                // What they have read may be older.
                listeners.forEach((listener) => listener.onReset());
            }
            const signal = AbortSignal.any([stopped, hidden]);
            const onConnection = (connected: boolean) => show(connected ? 'live' : 'reconnecting');
            for await (const event of client.follow({ after, signal, onConnection })) {
                after = event.position;
                listeners.forEach((listener) => listener.onEvent(event));
            }
        } catch (error) {
            if (error instanceof EventsReset) {
                after = error.position;
                listeners.forEach((listener) => listener.onReset());
            } else if (!hidden.aborted && !stopped.aborted) {
                show('stopped');
                await pause(RETRY_MS);
            }
        }
    }
}

async function latestPosition(client: OrdersClient): Promise<number> {
    const page = await client.feed.listEventsRaw({ start: 'latest', limit: 1 });
    return Number(page.raw.headers.get('Events-Position'));
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function connectionDisplay(stopped: AbortSignal): (state: Connection) => void {
    let wanted: Connection = 'connecting';
    const set = () => {
        if (!stopped.aborted) {
            connection.value = wanted;
        }
    };
    return (state) => {
        const wasLive = wanted === 'live';
        wanted = state;
        if (state === 'reconnecting') {
            // By then it may be live again.
            setTimeout(set, wasLive ? UNNOTICED_MS : 0);
        } else {
            set();
        }
    };
}

/**
 * A hidden tab needs no stream, and a browser opens only six connections to a server over HTTP/1.1: with one stream
 * per tab, the seventh tab would wait for ever.
 */
async function untilVisible(stopped: AbortSignal, onWait: () => void): Promise<void> {
    while (document.hidden && !stopped.aborted) {
        onWait();
        await new Promise((resolve) => {
            document.addEventListener('visibilitychange', resolve, { once: true });
            stopped.addEventListener('abort', resolve, { once: true });
        });
    }
}

function whileVisible(): AbortSignal {
    const hidden = new AbortController();
    const check = () => {
        if (document.hidden) {
            document.removeEventListener('visibilitychange', check);
            hidden.abort();
        }
    };
    document.addEventListener('visibilitychange', check);
    return hidden.signal;
}
