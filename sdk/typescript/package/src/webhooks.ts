import { type WebhookPayload, WebhookPayloadFromJSON } from './models/index.js';

/** What is wrong; `invalid_secret` is your mistake, not the sender's. */
export type WebhookErrorKind =
    | 'invalid_header'
    | 'invalid_signature'
    | 'timestamp_too_old'
    | 'timestamp_too_new'
    | 'invalid_payload'
    | 'invalid_secret';

/** A request that is not, or not provably, a recent webhook of the service. */
export class WebhookError extends Error {
    override name = 'WebhookError';

    constructor(readonly kind: WebhookErrorKind, message: string, options?: ErrorOptions) {
        super(message, options);
    }
}

/** The headers of a request, of `fetch` or of Node.js. */
export type WebhookHeaders = Headers | Record<string, string | string[] | undefined>;

export interface WebhookOptions {
    /** How much the time stamp may differ from the clock. Default: 5 minutes. */
    toleranceMs?: number;
    /** The current time in milliseconds since 1970. */
    clock?: () => number;
}

type Bytes = Uint8Array<ArrayBuffer>;
type Check = (version: string, signature: Bytes, signed: Bytes) => Promise<boolean>;

/** The least number of bytes of a secret, as the standard says. */
const SHORTEST = 24;

/**
 * Returns what was sent, if one of the secrets has signed it as Standard Webhooks 1.0.0 describes; otherwise
 * throws a `WebhookError`.
 *
 * @param body The body of the request, unchanged.
 * @param secrets `whsec_…`, or the public key `whpk_…`; both the old and the new one while you replace one.
 */
export async function verifyWebhook(
    body: string | Uint8Array,
    headers: WebhookHeaders,
    secrets: string | readonly string[],
    { toleranceMs = 300_000, clock = Date.now }: WebhookOptions = {},
): Promise<WebhookPayload> {
    const checks = await Promise.all([secrets].flat().map(checkBy));
    if (checks.length === 0) {
        throw new WebhookError('invalid_secret', 'there is no secret');
    }
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => header(headers, `webhook-${name}`));
    if (!id || !signatures || !/^\d{1,15}$/.test(timestamp ?? '')) {
        const message = 'webhook-id, webhook-timestamp or webhook-signature is missing or malformed';
        throw new WebhookError('invalid_header', message);
    }
    const encoder = new TextEncoder();
    const content = typeof body === 'string' ? encoder.encode(body) : body;
    const start = encoder.encode(`${id}.${timestamp}.`);
    const signed = new Uint8Array(start.length + content.length);
    signed.set(start);
    signed.set(content, start.length);
    if (!(await isSigned(signatures, signed, checks))) {
        throw new WebhookError('invalid_signature', 'no signature is by one of the secrets');
    }
    const age = clock() - Number(timestamp) * 1000;
    if (age > toleranceMs) {
        throw new WebhookError('timestamp_too_old', `sent ${age} ms ago`);
    }
    if (age < -toleranceMs) {
        throw new WebhookError('timestamp_too_new', `sent ${-age} ms in the future`);
    }
    try {
        const payload = WebhookPayloadFromJSON(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(content)));
        if (typeof payload.type === 'string' && payload.timestamp instanceof Date) {
            return payload;
        }
    } catch (cause) {
        throw new WebhookError('invalid_payload', 'the body is not JSON of the contract', { cause });
    }
    throw new WebhookError('invalid_payload', 'the body does not match the contract');
}

async function isSigned(signatures: string, signed: Bytes, checks: Check[]): Promise<boolean> {
    for (const signature of signatures.split(' ')) {
        const [version = '', encoded = ''] = signature.split(',', 2);
        const bytes = decoded(encoded);
        for (const check of checks) {
            if (bytes && (await check(version, bytes, signed))) {
                return true;
            }
        }
    }
    return false;
}

/** `verify` of the platform compares in constant time. */
async function checkBy(secret: string): Promise<Check> {
    const [, kind, encoded = ''] = /^(whsec|whpk)_(.*)$/.exec(secret) ?? [];
    const bytes = decoded(encoded);
    if (kind === 'whsec' && bytes && bytes.length >= SHORTEST) {
        const algorithm = { name: 'HMAC', hash: 'SHA-256' };
        const key = await crypto.subtle.importKey('raw', bytes, algorithm, false, ['verify']);
        return async (version, signature, signed) =>
            version === 'v1' && crypto.subtle.verify('HMAC', key, signature, signed);
    }
    if (kind === 'whpk' && bytes && bytes.length === 32) {
        const key = await crypto.subtle.importKey('raw', bytes, 'Ed25519', false, ['verify']);
        return async (version, signature, signed) =>
            version === 'v1a' && crypto.subtle.verify('Ed25519', key, signature, signed);
    }
    // Without the secret itself: messages are logged.
    throw new WebhookError('invalid_secret', 'a secret is neither whsec_… nor whpk_…');
}

function header(headers: WebhookHeaders, name: string): string | undefined {
    if (headers instanceof Headers) {
        return headers.get(name) ?? undefined;
    }
    const value = Object.entries(headers).find(([each]) => each.toLowerCase() === name)?.[1];
    return Array.isArray(value) ? value.join(' ') : value;
}

function decoded(base64: string): Bytes | undefined {
    try {
        return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    } catch {
        return undefined;
    }
}
