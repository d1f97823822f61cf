import { signal } from '@preact/signals';
import { linkedPage, type OrdersClient } from 'order-processing-sdk';
import { hasStatus } from '../errors';
import { type Filter, matches } from './filter';
import { type Page, Pages } from './pages';
import { type Row, toRow } from './row';

const PAGE_SIZE = 100;
/** Up to this many changed orders are read one by one; for more of them, their pages are read. */
const READ_ONE_BY_ONE = 5;
/** From this many new orders on, the list is read anew when it is at its top, and stops counting when it is not. */
export const MOST_NEW = 500;

/**
 * The orders that a filter selects, the newest first, as far as they have been read. Only the pages near the visible
 * ones are kept in memory; the others are read again when they become visible.
 */
export class OrderList {
    /** Changes whenever something else is to be shown. */
    readonly version = signal(0);
    readonly error = signal<unknown>();
    /** How many newer orders the service has than the list shows. */
    readonly newer = signal(0);
    private pages = new Pages();
    private running = new AbortController();
    private readonly reading = new Map<Page | 'first' | 'next', Promise<boolean>>();
    private readonly newerIds = new Set<number>();

    constructor(
        private readonly client: OrdersClient,
        readonly filter: Filter,
    ) {}

    isOf(client: OrdersClient): boolean {
        return client === this.client;
    }

    get count(): number {
        return this.pages.count;
    }

    get hasAll(): boolean {
        return this.pages.isWhole;
    }

    rowAt(index: number): Row | undefined {
        return this.pages.rowAt(index);
    }

    /** Reads the newest orders and forgets the others. Returns whether it succeeded. */
    reload(): Promise<boolean> {
        this.running.abort();
        this.running = new AbortController();
        this.reading.clear();
        return this.start('first', async (signal) => {
            const { rows, next } = await this.read(undefined, signal);
            this.pages = new Pages();
            this.newerIds.clear();
            this.pages.append(undefined, rows, next);
        });
    }

    /** Goes on after an error. */
    async retry(): Promise<void> {
        if (this.pages.isEmpty) {
            await this.reload();
        } else {
            this.error.value = undefined;
            this.version.value++;
        }
    }

    stop(): void {
        this.running.abort();
    }

    /** Reads what is missing between two indexes, and beyond the end; forgets what is far away. */
    show(from: number, to: number): void {
        if (this.error.peek() !== undefined || this.pages.isEmpty) {
            return;
        }
        for (const page of this.pages.keepAround(from, to)) {
            void this.start(page, (signal) => this.readAgain(page, signal, false));
        }
        const cursor = this.pages.next;
        if (to >= this.count && cursor !== undefined) {
            void this.start('next', async (signal) => {
                const { rows, next } = await this.read(cursor, signal);
                this.pages.append(cursor, rows, next);
            });
        }
    }

    /**
     * Reads changed orders. New ones are put on top, or only counted if the top is not visible. Returns whether it
     * succeeded.
     */
    async refresh(ids: ReadonlySet<number>, isTopVisible: boolean): Promise<boolean> {
        const signal = this.running.signal;
        // They may have been read before the change and arrive after it.
        await Promise.all(this.reading.values());
        const isTooLong = isTopVisible && (this.pages.head?.count ?? 0) > 2 * PAGE_SIZE;
        if (this.pages.isEmpty || isTooLong) {
            return this.reload();
        }
        return this.guard(signal, async () => {
            if (ids.size <= READ_ONE_BY_ONE) {
                await Promise.all([...ids].map((id) => this.refreshOne(id, isTopVisible, signal)));
            } else {
                await this.refreshPages(ids, isTopVisible, signal);
            }
        });
    }

    private async refreshOne(id: number, isTopVisible: boolean, signal: AbortSignal): Promise<void> {
        try {
            const row = toRow((await this.client.getOrder(id, { signal })).order);
            if (matches(this.filter, row)) {
                this.place(row, isTopVisible);
            } else {
                this.remove(id);
            }
        } catch (error) {
            if (!hasStatus(error, 404)) {
                throw error;
            }
            this.remove(id);
        }
    }

    private async refreshPages(ids: ReadonlySet<number>, isTopVisible: boolean, signal: AbortSignal): Promise<void> {
        const changed = new Set([this.pages.head, ...[...ids].map((id) => this.pages.pageOf(id))]);
        for (const page of changed) {
            if (page?.rows) {
                await this.readAgain(page, signal, isTopVisible);
            }
        }
    }

    private async readAgain(page: Page, signal: AbortSignal, isTopVisible: boolean): Promise<void> {
        const rows: Row[] = [];
        let cursor = page.cursor;
        let isWhole = false;
        do {
            const read = await this.read(cursor, signal);
            rows.push(...read.rows);
            cursor = read.next;
            isWhole = cursor === undefined || (rows.at(-1)?.id ?? 0) <= page.last;
        } while (!isWhole && rows.length < MOST_NEW);
        if (!isWhole && isTopVisible) {
            await this.reload();
            return;
        }
        const newest = this.pages.newest;
        if (isWhole) {
            this.pages.fill(page, rows.filter(({ id }) => id >= page.last && id <= newest));
        }
        rows.filter(({ id }) => id > newest).forEach((row) => this.place(row, isTopVisible));
    }

    private place(row: Row, isTopVisible: boolean): void {
        if (row.id > this.pages.newest && !isTopVisible) {
            this.newerIds.add(row.id);
        } else {
            this.pages.place(row);
        }
    }

    private remove(id: number): void {
        this.newerIds.delete(id);
        this.pages.remove(id);
    }

    private async read(cursor: string | undefined, signal: AbortSignal): Promise<{ rows: Row[]; next: string | undefined }> {
        const page = await this.client.api.listOrdersRaw({ ...this.filter, limit: PAGE_SIZE, cursor }, { signal });
        const rows = (await page.value()).map(toRow);
        return { rows, next: linkedPage(page, 'next')?.get('cursor') ?? undefined };
    }

    /** Reads something unless that is in progress. */
    private start(what: Page | 'first' | 'next', read: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
        const running = this.reading.get(what);
        if (running) {
            return running;
        }
        const signal = this.running.signal;
        const done = this.guard(signal, () => read(signal)).finally(() => {
            if (this.reading.get(what) === done) {
                this.reading.delete(what);
            }
        });
        this.reading.set(what, done);
        return done;
    }

    /** Shows what an action has changed, or why it failed; nothing if it was ended. */
    private async guard(signal: AbortSignal, action: () => Promise<void>): Promise<boolean> {
        let error: unknown;
        try {
            await action();
        } catch (reason) {
            error = reason;
        }
        if (!signal.aborted) {
            this.error.value = error;
            this.newer.value = this.newerIds.size;
            this.version.value++;
        }
        return error === undefined;
    }
}
