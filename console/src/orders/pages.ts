import type { Row } from './row';

export interface Page {
    /** Where the page begins; absent for the first one. */
    cursor: string | undefined;
    /** The smallest id that was in the page when it was first read: the next page begins below it. */
    last: number;
    count: number;
    /** Absent while the page is too far away from what is visible. */
    rows: Row[] | undefined;
}

/** Pages farther away than this from what is visible give their rows back. */
const KEPT_AROUND = 4;

/** What has been read of a list, in its sequence: pages, of which some have given their rows back. */
export class Pages {
    /** Where the list goes on; absent at its end. */
    next: string | undefined;
    private readonly pages: Page[] = [];

    get isEmpty(): boolean {
        return this.pages.length === 0;
    }

    get isWhole(): boolean {
        return !this.isEmpty && this.next === undefined;
    }

    /** How many rows have been read. */
    get count(): number {
        return this.pages.reduce((sum, page) => sum + page.count, 0);
    }

    /** The first page, which always keeps its rows. */
    get head(): Page | undefined {
        return this.pages[0];
    }

    /** The greatest id; without one, no order is newer. */
    get newest(): number {
        return this.head?.rows?.[0]?.id ?? Infinity;
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

    /** The page that an order is in, or would be. */
    pageOf(id: number): Page | undefined {
        return this.pages.find((page) => id >= page.last) ?? (this.isWhole ? this.pages.at(-1) : undefined);
    }

    append(cursor: string | undefined, rows: Row[], next: string | undefined): void {
        this.pages.push({ cursor, last: rows.at(-1)?.id ?? 0, count: rows.length, rows });
        this.next = next;
    }

    fill(page: Page, rows: Row[]): void {
        page.rows = rows;
        page.count = rows.length;
    }

    /** Adds or replaces a row. */
    place(row: Row): void {
        const page = this.pageOf(row.id);
        if (page?.rows) {
            const others = page.rows.filter(({ id }) => id !== row.id);
            const index = others.findIndex(({ id }) => id < row.id);
            this.fill(page, others.toSpliced(index < 0 ? others.length : index, 0, row));
        }
    }

    remove(id: number): void {
        const page = this.pageOf(id);
        if (page?.rows) {
            this.fill(page, page.rows.filter((row) => row.id !== id));
        }
    }

    /** The pages between two indexes that lack their rows. Pages that are far away from there give theirs back. */
    keepAround(from: number, to: number): Page[] {
        let start = 0;
        const isVisible = this.pages.map((page) => {
            const visible = start <= to && start + page.count >= from;
            start += page.count;
            return visible;
        });
        const [first, last] = [isVisible.indexOf(true), isVisible.lastIndexOf(true)];
        this.pages.forEach((page, index) => {
            if (index > 0 && (index < first - KEPT_AROUND || index > last + KEPT_AROUND)) {
                page.rows = undefined;
            }
        });
        return this.pages.filter((page, index) => isVisible[index] && !page.rows);
    }
}
