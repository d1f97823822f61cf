import { ApiError, ConnectionFailed, OrdersError, TimedOut, Unreadable } from './errors.js';
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
        const headers = standardHeaders(settings);
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

function standardHeaders(settings: TransportSettings): Headers {
    return new Headers({ 'User-Agent': `order-processing-sdk-typescript/${VERSION}`, ...settings.headers });
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

/** The text of a stream of server-sent events in pieces; one attempt. It may be silent for `silenceMs`. */
export async function* streamOnce(
    settings: TransportSettings,
    url: string,
    extra: Record<string, string>,
    silenceMs: number,
    attempt: number,
    caller?: AbortSignal,
): AsyncGenerator<string> {
    const headers = standardHeaders(settings);
    Object.entries(extra).forEach(([name, value]) => headers.set(name, value));
    await authorize(headers, settings);
    const ended = new AbortController();
    const signal = caller ? AbortSignal.any([caller, ended.signal]) : ended.signal;
    // Only while it waits for data: the caller may be slow.
    const within = async <T>(data: Promise<T>): Promise<T> => {
        const timer = setTimeout(() => ended.abort(), silenceMs);
        return data.finally(() => clearTimeout(timer));
    };
    try {
        // A redirect is not followed, and is no lost connection either.
        const response = await within(settings.fetch(url, { headers, redirect: 'manual', signal }));
        if (response.status >= 400) {
            throw new ApiError(response, await within(response.text()), attempt);
        }
        const type = response.headers.get('Content-Type') ?? 'no content type';
        if (!response.body || !type.startsWith('text/event-stream')) {
            throw new Unreadable(`expected text/event-stream, got ${type}`, attempt);
        }
        const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
        for (let read = await within(reader.read()); !read.done; read = await within(reader.read())) {
            yield read.value;
        }
    } catch (error) {
        caller?.throwIfAborted();
        if (error instanceof OrdersError) {
            throw error;
        }
        throw ended.signal.aborted
            ? new TimedOut(`no data within ${silenceMs} ms`, attempt, { cause: error })
            : new ConnectionFailed('the connection failed', attempt, { cause: error });
    } finally {
        ended.abort();
    }
}

/** How long to wait before the next attempt. */
export function pauseAfter(attempt: number, error: OrdersError | undefined, settings: TransportSettings): number {
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
