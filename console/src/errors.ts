import { ApiError, ConnectionFailed, type OrdersError, TimedOut, type Violation } from 'order-processing-sdk';

export interface ErrorDescription {
    title: string;
    detail: string | undefined;
    violations: readonly Violation[];
    requestId: string | undefined;
}

export function describeError(error: unknown): ErrorDescription {
    if (error instanceof ApiError) {
        const { title, detail, violations, requestId } = error;
        return { title, detail, violations, requestId };
    }
    const title = isLost(error) ? 'The service does not answer' : 'Something failed';
    const detail = error instanceof Error ? error.message : String(error);
    return { title, detail, violations: [], requestId: undefined };
}

/** Whether a change may have been made although it failed. After a 503 nothing was changed. */
export function isOutcomeUnknown(error: unknown): boolean {
    return isLost(error) || (error instanceof ApiError && error.status >= 500 && error.status !== 503);
}

export function hasStatus(error: unknown, status: number): error is ApiError {
    return error instanceof ApiError && error.status === status;
}

function isLost(error: unknown): error is OrdersError {
    return error instanceof ConnectionFailed || error instanceof TimedOut;
}
