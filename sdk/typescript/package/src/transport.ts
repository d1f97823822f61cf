import { ApiError, ConnectionFailed, type OrdersError, TimedOut, Unreadable } from './errors.js';
import { VERSION } from './version.js';

export interface TransportSettings {
    /** Time-out of one attempt, including the response body. */
    timeoutMs: number;
    /** Time-out of all attempts and the pauses between them. */
    totalTimeoutMs: number;
    maxAttempts: number;
    /** The pause after the first attempt. It doubles each time, and is shortened at random by up to half. */
    firstPauseMs: number;
    longestPauseMs: number;
    /** Sent with every request. */
    headers: Record<string, string>;
    /** An API key issued by the operator of the service. */
    apiKey?: string | undefined;
    /** An access token, or a function called for each attempt that returns one. Excludes `apiKey`. */
    accessToken?: string | (() => string | Promise<string>) | undefined;
    fetch: typeof fetch;
}

const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** A `fetch` that retries where that is safe. It returns successes and 304, and throws everything else. */
export function resilientFetch(settings: TransportSettings): typeof fetch {
    return async (input, init = {}) => {
        const headers = new Headers({
            'User-Agent': `order-processing-sdk-typescript/${VERSION}`,
            ...settings.headers,
        });
        new Headers(init.headers).forEach((value, name) => headers.set(name, value));
        const method = init.method ?? 'GET';
        // A POST with a key is safe to retry: the service recognizes the key.
        const safe = IDEMPOTENT.has(method) || headers.has('Idempotency-Key');
        const deadline = Date.now() + settings.totalTimeoutMs;
        for (let attempt = 1; ; attempt++) {
            await authorize(headers, settings);
            const timeout = Math.max(0, Math.min(settings.timeoutMs, deadline - Date.now()));
            // No redirects: credentials must not be sent elsewhere.
            const sent = { ...init, headers, redirect: 'error' as const };
            const outcome = await send(settings.fetch, input, sent, timeout, attempt);
            if (outcome instanceof Response) {
                return outcome;
            }
            if (method === 'DELETE' && attempt > 1 && outcome instanceof ApiError && outcome.status === 404) {
                // An earlier attempt deleted it, and the response was lost.
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
        // Read the body here, so that a truncated or late one is retried as well.
        const body = await response.text();
        if (response.status >= 400) {
            return new ApiError(response, body, attempt);
        }
        const type = response.headers.get('Content-Type') ?? 'no content type';
        if (body !== '' && !type.includes('json')) {
            return new Unreadable(`expected JSON, got ${type}`, attempt);
        }
        const empty = response.status === 204 || response.status === 304;
        return new Response(empty ? null : body, response);
    } catch (error) {
        init.signal?.throwIfAborted();
        return timeout.aborted
            ? new TimedOut(`no response within ${timeoutMs} ms`, attempt, { cause: error })
            : new ConnectionFailed('the connection failed', attempt, { cause: error });
    }
}

function pauseAfter(attempt: number, error: OrdersError, settings: TransportSettings): number {
    const grown = Math.min(settings.firstPauseMs * 2 ** (attempt - 1), settings.longestPauseMs);
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
    return Math.max(asked, grown * (1 - Math.random() / 2));
}

/** Rejects early, with the signal's reason, when the signal is aborted. */
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
