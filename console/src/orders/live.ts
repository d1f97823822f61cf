import { subscribe } from '../feed';
import type { OrderList } from './list';

/** Changes within this time are read together. */
const COLLECT_MS = 500;
/** How long to wait after a failure. */
const RETRY_MS = 5_000;

/** Keeps a list up to date with the feed while the list is shown; meanwhile it only notes what has changed. */
export class LiveUpdates {
    private changed = new Set<number>();
    private isShown = false;
    private isBusy = false;
    private readonly unsubscribe: () => void;

    constructor(
        private readonly list: OrderList,
        private readonly isTopVisible: () => boolean,
    ) {
        this.unsubscribe = subscribe({
            onEvent: (event) => {
                if ([undefined, event.customerId].includes(list.filter.customerId)) {
                    this.changed.add(event.orderId);
                    void this.flush();
                }
            },
            onReset: () => void list.reload(),
        });
    }

    show(isShown: boolean): void {
        this.isShown = isShown;
        void this.flush();
    }

    stop(): void {
        this.isShown = false;
        this.unsubscribe();
    }

    /** While the service is slow, more changes are collected. */
    private async flush(): Promise<void> {
        if (this.isBusy) {
            return;
        }
        this.isBusy = true;
        while (this.isShown && this.changed.size > 0) {
            await pause(COLLECT_MS);
            const ids = this.changed;
            this.changed = new Set();
            if (!(await this.list.refresh(ids, this.isTopVisible()))) {
                ids.forEach((id) => this.changed.add(id));
                await pause(RETRY_MS);
            }
        }
        this.isBusy = false;
    }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
