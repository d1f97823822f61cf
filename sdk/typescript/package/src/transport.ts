import { ApiError, ConnectionFailed, type OrdersError, TimedOut, Unreadable } from './errors.js';
import { VERSION } from './version.js';

export interface TransportSettings {
    /** For one attempt, its answer's body included. */
    timeoutMs: number;
    /** For all attempts and the pauses between them. */
    totalTimeoutMs: number;
    maxAttempts: number;
    /** The pause after the first attempt; each later one is twice as long, less up to a half at random. */
    firstPauseMs: number;
    longestPauseMs: number;
    /** Sent with every request. */
    headers: Record<string, string>;
    /** A key that the operator of the service has made for you. */
    apiKey?: string | undefined;
    /** An access token, or what gives one: it is called for each attempt. In place of `apiKey`. */
    accessToken?: string | (() => string | Promise<string>) | undefined;
    fetch: typeof fetch;
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A `fetch` that tries again where that is safe. It gives successes and 304; all else it throws. */
export function resilientFetch(settings: TransportSettings): typeof fetch {
    return async (input, init = {}) => {
        const headers = new Headers({
            'User-Agent': `order-processing-sdk-typescript/${VERSION}`,
            ...settings.headers,
        });
        new Headers(init.headers).forEach((value, name) => headers.set(name, value));
        const method = init.method ?? 'GET';
        // A POST is safe because the service knows its key again.
        const safe = IDEMPOTENT.has(method) || headers.has('Idempotency-Key');
        const deadline = Date.now() + settings.totalTimeoutMs;
        for (let attempt = 1; ; attempt++) {
            await authorize(headers, settings);
            const timeout = Math.max(0, Math.min(settings.timeoutMs, deadline - Date.now()));
            // Credentials go nowhere else.
            const sent = { ...init, headers, redirect: 'error' as const };
            const outcome = await send(settings.fetch, input, sent, timeout, attempt);
            if (outcome instanceof Response) {
                return outcome;
            }
            if (method === 'DELETE' && attempt > 1 && outcome instanceof ApiError && outcome.status === 404) {
                // An earlier attempt did it, and its answer was lost.
                return new Response(null, { status: 204 });
            }
            const pause = pauseAfter(attempt, outcome, settings);
            const last = attempt >= settings.maxAttempts || Date.now() + pause >= deadline;
            if (last || !safe || !outcome.transient) {
                throw outcome;
            }
            await sleep(pause, init.signal);
        }
    };
}

async function authorize(headers: Headers, { apiKey, accessToken }: TransportSettings): Promise<void> {
    if (apiKey !== undefined) {
        headers.set('X-API-Key', apiKey);
    }
    if (accessToken !== undefined) {
        const token = typeof accessToken === 'string' ? accessToken : await accessToken();
        headers.set('Authorization', `Bearer ${token}`);
    }
}

async function send(
    fetchOnce: typeof fetch,
    input: Parameters<typeof fetch>[0],
    init: RequestInit,
    timeoutMs: number,
    attempt: number,
): Promise<Response | OrdersError> {
    const timeout = AbortSignal.timeout(timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    try {
        const response = await fetchOnce(input, { ...init, signal });
        // Read here, so that a body that is cut or late is tried again like the rest.
        const body = await response.text();
        if (response.status >= 400) {
            return new ApiError(response, body, attempt);
        }
        const type = response.headers.get('Content-Type') ?? 'nothing';
        if (body !== '' && !type.includes('json')) {
            return new Unreadable(`expected JSON, got ${type}`, attempt);
        }
        const empty = response.status === 204 || response.status === 304;
        return new Response(empty ? null : body, response);
    } catch (error) {
        init.signal?.throwIfAborted();
        return timeout.aborted
            ? new TimedOut(`no answer within ${timeoutMs} ms`, attempt, { cause: error })
            : new ConnectionFailed('the connection failed', attempt, { cause: error });
    }
}

function pauseAfter(attempt: number, error: OrdersError, settings: TransportSettings): number {
    const grown = Math.min(settings.firstPauseMs * 2 ** (attempt - 1), settings.longestPauseMs);
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
    return Math.max(asked, grown * (1 - Math.random() / 2));
}

/** Ends early, with the signal's reason, when it is aborted. */
export function sleep(ms: number, signal?: AbortSignal | null): Promise<void> {
    return new Promise((resolve, reject) => {
        const aborted = () => {
            clearTimeout(timer);
            reject(signal?.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener('abort', aborted);
            resolve();
        }, ms);
        if (signal?.aborted) {
            aborted();
        }
        signal?.addEventListener('abort', aborted, { once: true });
    });
}
