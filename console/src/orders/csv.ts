import type { Order } from 'order-processing-sdk';

const COLUMNS: [name: string, value: (order: Order) => string | number | undefined][] = [
    ['id', ({ id }) => id],
    ['customer_id', ({ customerId }) => customerId],
    ['status', ({ status }) => status],
    ['total_amount', ({ totalAmount }) => totalAmount.toFixed(2)],
    ['created_at', ({ createdAt }) => createdAt.toISOString()],
    ['updated_at', ({ updatedAt }) => updatedAt.toISOString()],
    ['items', ({ items }) => items?.map(({ quantity, sku, status }) => `${quantity} x ${sku} (${status})`).join('; ')],
    ['payment_status', ({ payment }) => payment?.status],
    ['captured_amount', ({ payment }) => payment?.capturedAmount.toFixed(2)],
    ['refunded_amount', ({ payment }) => payment?.refundedAmount.toFixed(2)],
    ['shipment_status', ({ shipment }) => shipment?.status],
    ['carrier', ({ shipment }) => shipment?.carrier],
    ['tracking', ({ shipment }) => shipment?.tracking],
    ['cancellation_reason', ({ cancellationReason }) => cancellationReason],
    ['attention_step', ({ attention }) => attention?.step],
    ['attention_code', ({ attention }) => attention?.code],
];

export const CSV_HEADER = line(COLUMNS.map(([name]) => name));

export function csvLine(order: Order): string {
    return line(COLUMNS.map(([, value]) => value(order) ?? ''));
}

function line(values: (string | number)[]): string {
    return `${values.map(cell).join(',')}\r\n`;
}

/** RFC 4180. A spreadsheet would take text that begins like a formula for one; the apostrophe prevents that. */
function cell(value: string | number): string {
    const text = typeof value === 'string' && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
