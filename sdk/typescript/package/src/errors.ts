import { type Problem, ProblemFromJSON } from './models/Problem.js';
import type { Violation } from './models/Violation.js';
import type { OrderVersion } from './client.js';

/** Whatever this package throws, an aborted `signal` apart. */
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

    /** Whether the same may succeed later. */
    get transient(): boolean {
        return true;
    }
}

/** The service answered with an error. */
export class ApiError extends OrdersError {
    override name = 'ApiError';
    /** The HTTP status. */
    readonly status: number;
    /** The stable name of the problem; absent when the answer was no problem document. */
    readonly code: string | undefined;
    /** The kind of problem in words. */
    readonly title: string;
    /** What happened this time, for people. */
    readonly detail: string | undefined;
    /** Quote it when you ask for help. */
    readonly requestId: string | undefined;
    /** Everything that is wrong with the request. */
    readonly violations: readonly Violation[];
    /** How many seconds the service asks to wait. */
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

/** The service could not be reached, or the connection ended before its answer did. */
export class ConnectionFailed extends OrdersError {
    override name = 'ConnectionFailed';
}

/** The service did not answer in time. */
export class TimedOut extends OrdersError {
    override name = 'TimedOut';
}

/** The answer is not what the contract says, some proxy's page for instance. */
export class Unreadable extends OrdersError {
    override name = 'Unreadable';

    override get transient(): boolean {
        return false;
    }
}

/** The order was not finished when the time to wait was over. */
export class NotFinished extends OrdersError {
    override name = 'NotFinished';

    constructor(
        id: number,
        /** The order as it was seen last, if it was seen at all. */
        readonly lastSeen: OrderVersion | undefined,
        options?: ErrorOptions,
    ) {
        super(`order ${id} did not finish in time, it was seen ${lastSeen?.order.status ?? 'never'}`, 1, options);
    }
}

function readProblem(body: string): Problem | undefined {
    try {
        const problem = JSON.parse(body);
        return typeof problem?.code === 'string' ? ProblemFromJSON(problem) : undefined;
    } catch {
        return undefined; // some proxy's page
    }
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function readRetryAfter(value: string | null): number | undefined {
    if (value === null) {
        return undefined;
    }
    const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
    return Number.isNaN(seconds) ? undefined : Math.max(0, seconds);
}
