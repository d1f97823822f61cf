import { EventsReset, OrdersError, Unreadable } from './errors.js';
import { type Event, EventFromJSON, type FeedStart, type OrderEventType } from './models/index.js';
import { pauseAfter, sleep, streamOnce, type TransportSettings } from './transport.js';

export interface FollowOptions {
    /** Only events after this position. */
    after?: number;
    /** Where to begin without a position; by default with the oldest event. */
    start?: FeedStart;
    types?: OrderEventType[];
    orderId?: number;
    customerId?: number;
    /** How long the stream may send nothing before it is opened again. Default: 45 s. */
    silenceMs?: number;
    /** Called when the stream is open, and when it has to be opened again. */
    onConnection?: (connected: boolean) => void;
    signal?: AbortSignal;
}

interface Message {
    id: number | undefined;
    name: string;
    data: string;
}

/** The greatest size of an event, so that a faulty stream does not fill the memory. */
const LARGEST = 1 << 20;
/** `setTimeout` does not wait at all if a faulty `Retry-After` asks for more than 24 days. */
const LONGEST_PAUSE_MS = 86_400_000;

/** See `OrdersClient.follow`. */
export async function* follow(
    settings: TransportSettings,
    baseUrl: string,
    { after, start, types = [], orderId, customerId, silenceMs = 45_000, onConnection, signal }: FollowOptions,
): AsyncGenerator<Event> {
    const query = new URLSearchParams(types.map((type) => ['type', type]));
    for (const [name, value] of Object.entries({ start, order_id: orderId, customer_id: customerId })) {
        if (value !== undefined) {
            query.set(name, String(value));
        }
    }
    const url = `${baseUrl}/events?${query}`;
    let last = after;
    for (let attempt = 1; ; attempt++) {
        const headers: Record<string, string> = { Accept: 'text/event-stream' };
        if (last !== undefined) {
            headers['Last-Event-ID'] = String(last);
        }
        let failure: OrdersError | undefined;
        let connected = false;
        try {
            for await (const message of messages(streamOnce(settings, url, headers, silenceMs, attempt, signal))) {
                attempt = 0;
                if (!connected) {
                    connected = true;
                    onConnection?.(true);
                }
                const event = readEvent(message);
                const position = event ? event.position : message.id;
                if (position === undefined || (last !== undefined && position <= last)) {
                    continue;
                }
                last = position;
                if (event) {
                    yield event;
                }
            }
        } catch (error) {
            if (!(error instanceof OrdersError && error.transient)) {
                throw error;
            }
            failure = error;
        }
        onConnection?.(false);
        await sleep(Math.min(pauseAfter(Math.max(attempt, 1), failure, settings), LONGEST_PAUSE_MS), signal);
    }
}

/** The event; nothing for a heartbeat, and for what a later contract adds. */
function readEvent({ name, data }: Message): Event | undefined {
    const isReset = name === 'reset';
    if (!isReset && (data === '' || !['', 'message'].includes(name))) {
        return undefined;
    }
    let value: Event | { position: number };
    try {
        value = isReset ? JSON.parse(data) : EventFromJSON(JSON.parse(data));
        if (!Number.isSafeInteger(value.position)) {
            throw new TypeError('there is no position');
        }
    } catch (cause) {
        throw new Unreadable(`expected an event, got ${data.slice(0, 200)}`, 1, { cause });
    }
    if (isReset) {
        throw new EventsReset(value.position);
    }
    return value as Event;
}

/** Parses server-sent events (HTML standard, section 9.2.6). An incomplete one at the end is dropped. */
async function* messages(pieces: AsyncIterable<string>): AsyncGenerator<Message> {
    const empty = { id: undefined, name: '', data: '' };
    let message: Message = { ...empty };
    for await (const line of lines(pieces)) {
        const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
        if (field === 'event') {
            message.name = value;
        } else if (field === 'data') {
            message.data += (message.data && '\n') + value;
        } else if (field === 'id' && /^\d+$/.test(value) && Number.isSafeInteger(Number(value))) {
            message.id = Number(value);
        }
        checkSize(message.data);
        if (line === '') {
            yield message;
            message = { ...empty };
        }
    }
}

async function* lines(pieces: AsyncIterable<string>): AsyncGenerator<string> {
    let line = '';
    let afterReturn = false;
    for await (const piece of pieces) {
        const rest = afterReturn && piece.startsWith('\n') ? piece.slice(1) : piece;
        afterReturn = piece.endsWith('\r');
        const [first = '', ...others] = rest.split(/\r\n|\r|\n/);
        line += first;
        for (const other of others) {
            yield line;
            line = other;
        }
        checkSize(line);
    }
}

function checkSize(text: string): void {
    if (text.length > LARGEST) {
        throw new Unreadable('an event is too large', 1);
    }
}
