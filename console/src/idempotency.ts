import { isOutcomeUnknown } from './errors';

/**
 * Calls `send` with a key that stays the same until there is an answer, also after a reload: repeating it does not
 * do it twice.
 */
export async function once<T>(action: string, send: (idempotencyKey: string) => Promise<T>): Promise<T> {
    const stored = `console.key.${action}`;
    const key = sessionStorage.getItem(stored) ?? newKey();
    sessionStorage.setItem(stored, key);
    try {
        const answer = await send(key);
        sessionStorage.removeItem(stored);
        return answer;
    } catch (error) {
        if (!isOutcomeUnknown(error)) {
            sessionStorage.removeItem(stored);
        }
        throw error;
    }
}

/** Not `crypto.randomUUID`, which exists only in secure contexts. */
export function newKey(): string {
    return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
