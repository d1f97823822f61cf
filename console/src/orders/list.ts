import { signal } from '@preact/signals';
import { linkedPage, type OrdersClient } from 'order-processing-sdk';
import { hasStatus } from '../errors';
import { type Filter, matches } from './filter';
import { type Row, toRow } from './row';

const PAGE_SIZE = 100;
/** Pages farther away than this from what is visible give their rows back. */
const KEPT_AROUND = 4;
/** Up to this many changed orders are read one by one; for more of them, their pages are read. */
const READ_ONE_BY_ONE = 5;
/** From this many new orders on, the list is read anew when it is at its top, and stops counting when it is not. */
export const MOST_NEW = 500;

interface Page {
    /** Where the page begins; absent for the first one. */
    cursor: string | undefined;
    /** The smallest id that was in the page when it was first read: the next page begins below it. */
    last: number;
    count: number;
    /** Absent while the page is too far away from what is visible. */
    rows: Row[] | undefined;
}

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
    private pages: Page[] = [];
    private next: string | undefined;
    private isComplete = false;
    private running = new AbortController();
    private reading = new Map<Page | 'first' | 'next', Promise<void>>();
    private readonly newerIds = new Set<number>();

    constructor(
        private readonly client: OrdersClient,
        readonly filter: Filter,
    ) {}

    isOf(client: OrdersClient): boolean {
        return client === this.client;
    }

    get count(): number {
        return this.pages.reduce((sum, page) => sum + page.count, 0);
    }

    get hasAll(): boolean {
        return this.isComplete;
    }

    /** Reads the newest orders and forgets the others. */
    async reload(): Promise<void> {
        this.running.abort();
        this.running = new AbortController();
        this.reading.clear();
        await this.start('first', async (signal) => {
            const { rows, next } = await this.read(undefined, signal);
            this.pages = [];
            this.newerIds.clear();
            this.append(undefined, rows, next);
        });
    }

    /** Goes on after an error. */
    async retry(): Promise<void> {
        if (this.pages.length === 0) {
            await this.reload();
        } else {
            this.error.value = undefined;
            this.version.value++;
        }
    }

    stop(): void {
        this.running.abort();
    }

    rowAt(index: number): Row | undefined {
        for (const page of this.pages) {
            if (index < page.count) {
                return page.rows?.[index];
            }
            index -= page.count;
        }
        return undefined;
    }

    /** Reads what is missing between two indexes, and beyond the end; forgets what is far away. */
    show(from: number, to: number): void {
        if (this.error.peek() !== undefined) {
            return;
        }
        let start = 0;
        const isVisible = this.pages.map((page) => {
            const visible = start <= to && start + page.count >= from;
            start += page.count;
            return visible;
        });
        const first = isVisible.indexOf(true);
        const last = isVisible.lastIndexOf(true);
        this.pages.forEach((page, index) => {
            if (isVisible[index] && !page.rows) {
                void this.start(page, (signal) => this.readAgain(page, signal));
            } else if (index > 0 && (index < first - KEPT_AROUND || index > last + KEPT_AROUND)) {
                page.rows = undefined;
            }
        });
        if (to >= start && !this.isComplete && this.pages.length > 0) {
            void this.start('next', async (signal) => {
                const cursor = this.next;
                const { rows, next } = await this.read(cursor, signal);
                this.append(cursor, rows, next);
            });
        }
    }

    /** Reads changed orders. New ones are put on top, or only counted if the top is not visible. */
    async refresh(ids: ReadonlySet<number>, isTopVisible: boolean): Promise<void> {
        const signal = this.running.signal;
        // They may have been read before the change and arrive after it.
        await Promise.all(this.reading.values());
        await this.guard(signal, async () => {
            if (ids.size <= READ_ONE_BY_ONE) {
                await Promise.all([...ids].map((id) => this.refreshOne(id, isTopVisible, signal)));
            } else {
                await this.refreshPages(ids, isTopVisible, signal);
            }
        });
        if (isTopVisible && (this.pages[0]?.count ?? 0) > 2 * PAGE_SIZE) {
            await this.reload();
        }
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
        const changed = new Set([...ids].map((id) => this.pageOf(id)).filter((page) => page?.rows));
        const [head] = this.pages;
        if (head) {
            changed.add(head);
        }
        for (const page of changed) {
            await this.readAgain(page!, signal, isTopVisible);
        }
    }

    private async readAgain(page: Page, signal: AbortSignal, isTopVisible = false): Promise<void> {
        const rows: Row[] = [];
        let cursor = page.cursor;
        let isWhole = false;
        do {
            const read = await this.read(cursor, signal);
            rows.push(...read.rows);
            cursor = read.next;
            isWhole = cursor === undefined || (rows.at(-1)?.id ?? 0) <= page.last;
        } while (!isWhole && rows.length < MOST_NEW);
        const newest = page === this.pages[0] && page.rows?.[0] ? page.rows[0].id : Infinity;
        const newer = rows.filter(({ id }) => id > newest);
        if (!isWhole && isTopVisible) {
            return this.reload();
        }
        if (isWhole) {
            this.fill(page, rows.filter(({ id }) => id >= page.last && id <= newest));
        }
        newer.forEach((row) => this.place(row, isTopVisible));
    }

    private place(row: Row, isTopVisible: boolean): void {
        const [head] = this.pages;
        if (head?.rows?.[0] && row.id > head.rows[0].id && !isTopVisible) {
            this.newerIds.add(row.id);
            return;
        }
        const page = this.pageOf(row.id);
        if (page?.rows) {
            const others = page.rows.filter(({ id }) => id !== row.id);
            const index = others.findIndex(({ id }) => id < row.id);
            this.fill(page, others.toSpliced(index < 0 ? others.length : index, 0, row));
        }
    }

    private remove(id: number): void {
        this.newerIds.delete(id);
        const page = this.pageOf(id);
        if (page?.rows) {
            this.fill(page, page.rows.filter((row) => row.id !== id));
        }
    }

    private pageOf(id: number): Page | undefined {
        return this.pages.find((page) => id >= page.last) ?? (this.isComplete ? this.pages.at(-1) : undefined);
    }

    private append(cursor: string | undefined, rows: Row[], next: string | undefined): void {
        this.pages.push({ cursor, last: rows.at(-1)?.id ?? 0, count: rows.length, rows });
        this.next = next;
        this.isComplete = next === undefined;
    }

    private fill(page: Page, rows: Row[]): void {
        page.rows = rows;
        page.count = rows.length;
    }

    private async read(cursor: string | undefined, signal: AbortSignal): Promise<{ rows: Row[]; next: string | undefined }> {
        const page = await this.client.api.listOrdersRaw({ ...this.filter, limit: PAGE_SIZE, cursor }, { signal });
        const rows = (await page.value()).map(toRow);
        return { rows, next: linkedPage(page, 'next')?.get('cursor') ?? undefined };
    }

    /** Reads something unless that is in progress. */
    private start(what: Page | 'first' | 'next', read: (signal: AbortSignal) => Promise<void>): Promise<void> {
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

    private async guard(signal: AbortSignal, action: () => Promise<void>): Promise<void> {
        try {
            await action();
            if (!signal.aborted) {
                this.error.value = undefined;
            }
        } catch (error) {
            if (!signal.aborted) {
                this.error.value = error;
            }
        }
        if (!signal.aborted) {
            this.newer.value = this.newerIds.size;
            this.version.value++;
        }
    }
}
