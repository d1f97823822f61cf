import { useEffect } from 'preact/hooks';
import type { OrderVersion } from 'order-processing-sdk';
import { feedReady, subscribe } from '../feed';
import { type Loaded, useLoad } from '../load';
import { client } from '../session';

/** The order, kept up to date with the feed. */
export function useOrder(id: number): Loaded<OrderVersion> {
    const order = useLoad(
        async (signal) => {
            await feedReady();
            return client().getOrder(id, { signal });
        },
        [id],
    );
    useOrderEvents(id, order.reload);
    return order;
}

/** Changes of an order within this time are one change. */
const COLLECT_MS = 200;

export function useOrderEvents(id: number, onChange: () => void): void {
    useEffect(() => {
        let timer: ReturnType<typeof setTimeout> | undefined;
        const schedule = () => {
            timer ??= setTimeout(() => {
                timer = undefined;
                onChange();
            }, COLLECT_MS);
        };
        const unsubscribe = subscribe({
            onEvent: (event) => {
                if (event.orderId === id) {
                    schedule();
                }
            },
            onReset: schedule,
        });
        return () => {
            clearTimeout(timer);
            unsubscribe();
        };
    }, [id, onChange]);
}
