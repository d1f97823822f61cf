import type { OrderEventData } from 'order-processing-sdk';
import { formatAmount, formatTime } from '../format';

export interface FieldValue {
    field: string;
    value: string;
}

export interface FieldChange {
    field: string;
    before: string;
    after: string;
}

/** An order, or what an event changes of it. */
type Fields = Omit<OrderEventData, 'answer' | 'reason'>;

/** They follow from other fields. */
const DERIVED = new Set(['updatedAt', 'allowedTransitions']);

/** The fields that differ between two versions of an order. */
export function changesBetween(before: Fields, after: Fields): FieldChange[] {
    const old = new Map(flatten(readable(before)));
    const now = new Map(flatten(readable(after)));
    return [...new Set([...old.keys(), ...now.keys()])]
        .map((field) => ({ field, before: old.get(field) ?? '–', after: now.get(field) ?? '–' }))
        .filter(({ before, after }) => before !== after);
}

/** All fields with their values, as text. */
export function describeFields(fields: Fields): FieldValue[] {
    return flatten(readable(fields)).map(([field, value]) => ({ field, value }));
}

/** Items as one line each, and unavailable ones by their names. */
function readable({ items, decision, ...others }: Fields): object {
    return {
        ...others,
        item: items?.map(({ sku, quantity, unitPrice, status }) => `${quantity} × ${sku} at ${formatAmount(unitPrice)}, ${status}`),
        decision: decision && {
            options: decision.options.join(', '),
            unavailableItems: decision.unavailableItems.map((index) => items?.[index]?.sku ?? index + 1).join(', '),
            deadline: decision.deadline,
        },
    };
}

function flatten(value: unknown, name = ''): [string, string][] {
    if (value === undefined || value === null) {
        return [];
    }
    if (typeof value === 'object' && !(value instanceof Date)) {
        return Object.entries(value)
            .filter(([key]) => !DERIVED.has(key))
            .flatMap(([key, child]) => flatten(child, Array.isArray(value) ? `${name} ${Number(key) + 1}` : join(name, key)));
    }
    return [[name, text(value, name)]];
}

/** `payment` and `capturedAmount` as `payment, captured amount`. */
function join(parent: string, key: string): string {
    const words = key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
    return parent ? `${parent}, ${words}` : words;
}

function text(value: unknown, name: string): string {
    if (value instanceof Date) {
        return formatTime(value);
    }
    return typeof value === 'number' && name.endsWith('amount') ? formatAmount(value) : String(value);
}
