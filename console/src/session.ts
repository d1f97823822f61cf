import { computed, signal } from '@preact/signals';
import { ApiError, type CallerInfo, OrdersClient, type OrdersClientOptions, type Scope } from 'order-processing-sdk';
import { to } from './router';

interface Settings {
    authentication: boolean;
    sample_orders: boolean;
}

type Session =
    | { name: 'starting' }
    | { name: 'failed'; error: unknown }
    | { name: 'signed-out'; reason?: string }
    | { name: 'signed-in'; caller: CallerInfo; credential: string | undefined; client: OrdersClient };

const STORED = 'console.credential';
const JWT = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export const settings = signal<Settings>({ authentication: true, sample_orders: false });
export const session = signal<Session>({ name: 'starting' });
export const caller = computed(() => (session.value.name === 'signed-in' ? session.value.caller : undefined));

export async function startSession(): Promise<void> {
    session.value = { name: 'starting' };
    try {
        const response = await fetch(to('settings.json'));
        if (!response.ok) {
            throw new Error(`the settings of the console cannot be read: HTTP ${response.status}`);
        }
        settings.value = await response.json();
        const stored = sessionStorage.getItem(STORED) ?? undefined;
        if (settings.value.authentication && stored === undefined) {
            session.value = { name: 'signed-out' };
        } else {
            await signIn(stored);
        }
    } catch (error) {
        session.value = isUnauthorized(error)
            ? { name: 'signed-out', reason: explain(error) }
            : { name: 'failed', error };
    }
}

/** Signs in with an API key or an access token, or with nothing if the service asks for nothing. */
export async function signIn(credential: string | undefined): Promise<void> {
    const client = connect(credential);
    const caller = await client.administration.getCaller();
    if (credential !== undefined) {
        sessionStorage.setItem(STORED, credential);
    }
    session.value = { name: 'signed-in', caller, credential, client };
}

/** Ends the session and forgets what the tab has kept for it. */
export function signOut(): void {
    sessionStorage.clear();
    session.value = { name: 'signed-out' };
}

/** The service does not accept the credential any more. What else the tab has kept is there after the next sign-in. */
function expire(): void {
    sessionStorage.removeItem(STORED);
    session.value = { name: 'signed-out', reason: 'the credential has expired or was revoked' };
}

/** The client of the signed-in caller; pages exist only while there is one. */
export function client(): OrdersClient {
    const current = session.peek();
    if (current.name !== 'signed-in') {
        throw new Error('nobody is signed in');
    }
    return current.client;
}

/** A client that reports an unready service at once instead of waiting for it. */
export function impatientClient(): OrdersClient {
    const current = session.peek();
    return connect(current.name === 'signed-in' ? current.credential : undefined, { maxAttempts: 1 });
}

export function may(scope: Scope): boolean {
    const scopes = caller.value?.scopes ?? [];
    return scopes.includes(scope) || scopes.includes('orders:admin');
}

export function isUnauthorized(error: unknown): boolean {
    return error instanceof ApiError && error.status === 401;
}

function explain(error: unknown): string {
    return (error instanceof ApiError && error.detail) || 'the credential is not valid any more';
}

function connect(credential: string | undefined, options: OrdersClientOptions = {}): OrdersClient {
    const isMine = () => session.peek().name === 'signed-in' && (sessionStorage.getItem(STORED) ?? undefined) === credential;
    return new OrdersClient(window.location.origin, {
        ...(credential === undefined ? {} : JWT.test(credential) ? { accessToken: credential } : { apiKey: credential }),
        ...options,
        fetch: async (...request) => {
            const response = await fetch(...request);
            // A late response to an earlier credential does not end the session of the current one.
            if (response.status === 401 && isMine()) {
                expire();
            }
            return response;
        },
    });
}
