import { type Problem, ProblemFromJSON } from './models/Problem.js';
import type { Violation } from './models/Violation.js';
import type { OrderVersion } from './client.js';

/** Base class of everything that this package throws, except for an aborted `signal`. */
export class OrdersError extends Error {
    override name = 'OrdersError';

    constructor(
        message: string,
        /** How often the request was sent. */
        readonly attempts: number,
        options?: ErrorOptions,
    ) {
        super(message, options);
    }

    /** Whether the same call may succeed later. */
    get transient(): boolean {
        return true;
    }
}

/** The service returned an error response. */
export class ApiError extends OrdersError {
    override name = 'ApiError';
    /** The HTTP status. */
    readonly status: number;
    /** The stable name of the problem; absent when the response was not a problem document. */
    readonly code: string | undefined;
    /** The kind of problem. */
    readonly title: string;
    /** A description of this occurrence. */
    readonly detail: string | undefined;
    /** Quote it when you ask for support. */
    readonly requestId: string | undefined;
    /** All violations of the contract in the request. */
    readonly violations: readonly Violation[];
    /** The number of seconds that the service asks to wait. */
    readonly retryAfter: number | undefined;

    constructor(response: Response, body: string, attempts: number) {
        const problem = readProblem(body);
        const title = problem?.title ?? (response.statusText || `HTTP ${response.status}`);
        super([response.status, problem?.code ?? title, problem?.detail].filter(Boolean).join(' '), attempts);
        this.status = response.status;
        this.code = problem?.code;
        this.title = title;
        this.detail = problem?.detail;
        this.requestId = problem?.requestId ?? response.headers.get('X-Request-Id') ?? undefined;
        this.violations = problem?.errors ?? [];
        this.retryAfter = readRetryAfter(response.headers.get('Retry-After'));
    }

    override get transient(): boolean {
        return [408, 429, 503, 504].includes(this.status);
    }
}

/** The service could not be reached, or the connection ended before the response did. */
export class ConnectionFailed extends OrdersError {
    override name = 'ConnectionFailed';
}

/** The service did not respond in time. */
export class TimedOut extends OrdersError {
    override name = 'TimedOut';
}

/** The response does not match the contract, for example a proxy's error page. */
export class Unreadable extends OrdersError {
    override name = 'Unreadable';

    override get transient(): boolean {
        return false;
    }
}

/** The order did not finish before the time-out. */
export class NotFinished extends OrdersError {
    override name = 'NotFinished';

    constructor(
        id: number,
        /** The order as last read; absent if it could not be read. */
        readonly lastSeen: OrderVersion | undefined,
        options?: ErrorOptions,
    ) {
        super(`order ${id} did not finish in time, last status: ${lastSeen?.order.status ?? 'unknown'}`, 1, options);
    }
}

/**
 * The events after the last position are no longer, or not yet, available. Read the orders again, then follow
 * the events after `position`.
 */
export class EventsReset extends OrdersError {
    override name = 'EventsReset';

    constructor(readonly position: number) {
        super(`the events up to position ${position} are not available`, 1);
    }

    override get transient(): boolean {
        return false;
    }
}

function readProblem(body: string): Problem | undefined {
    try {
        const problem = JSON.parse(body);
        return typeof problem?.code === 'string' ? ProblemFromJSON(problem) : undefined;
    } catch {
        return undefined; // for example a proxy's error page
    }
}

/** Parses seconds or a date (RFC 9110, section 10.2.3). */
function readRetryAfter(value: string | null): number | undefined {
    if (value === null) {
        return undefined;
    }
    const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
    return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
