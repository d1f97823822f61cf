import { signal } from '@preact/signals';
import type { AttentionReport } from 'order-processing-sdk';
import { client } from '../session';

/** The report as last read; the navigation and the page show the same one. */
export const report = signal<AttentionReport | undefined>(undefined);
export const reportError = signal<unknown>();

export async function readReport(): Promise<void> {
    try {
        report.value = await client().administration.getAttentionReport();
        reportError.value = undefined;
    } catch (error) {
        reportError.value = error;
    }
}

/** How many things need attention. */
export function countOf({ orders, intents, deliveries, webhooks, drift, books }: AttentionReport): number {
    const drifting = [drift.orders, ...books.map((book) => book.drift)].filter((drift) => drift > 0);
    return orders.length + intents.length + deliveries.length + webhooks.length + drifting.length;
}
