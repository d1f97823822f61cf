import type { DecisionAnswer, Order, UpdateOrderRequest } from 'order-processing-sdk';
import { once } from '../idempotency';
import { client } from '../session';

/** A change of an order, which is asked for before it is made. */
export interface Action {
    title: string;
    consequence: string;
    label: string;
    isDangerous: boolean;
    /** Makes the change if the order still has this version; returns what is then announced. */
    run: (order: Order, ifMatch: string) => Promise<string>;
    /** Whether a lost response is made good by the order as it is now. */
    isDone?: (order: Order) => boolean;
}

export function change(title: string, consequence: string, update: UpdateOrderRequest): Action {
    return {
        title,
        consequence,
        label: title,
        isDangerous: false,
        run: async ({ id }, ifMatch) => {
            await client().updateOrder(id, update, { ifMatch });
            return 'The order is changed';
        },
        isDone: (order) =>
            [undefined, order.status].includes(update.status) && [undefined, order.totalAmount].includes(update.totalAmount),
    };
}

export const CANCEL: Action = {
    title: 'Cancel the order',
    consequence: 'What was reserved, authorized and shipped for it is undone. This cannot be taken back.',
    label: 'Cancel the order',
    isDangerous: true,
    run: async ({ id }, ifMatch) => {
        const { outcome } = await client().cancelOrder(id, { ifMatch });
        return outcome === 'cancelled' ? 'The order is cancelled' : 'The cancellation is requested';
    },
};

export const RETRY: Action = {
    title: 'Retry the step now',
    consequence: 'The step is retried at once instead of after its delay. The order shows it again if it goes on failing.',
    label: 'Retry now',
    isDangerous: false,
    run: async ({ id }, ifMatch) => {
        await client().retryOrder(id, { ifMatch });
        return 'The step is retried';
    },
};

export const DELETE: Action = {
    title: 'Delete the order',
    consequence: 'The order is removed for ever and its workflow ends. Its events remain.',
    label: 'Delete the order',
    isDangerous: true,
    run: async ({ id }, ifMatch) => {
        await client().deleteOrder(id, { ifMatch });
        return `Order ${id} is deleted`;
    },
};

export function decide(answer: DecisionAnswer): Action {
    const accepts = answer === 'accept_available';
    return {
        title: accepts ? 'Deliver the available items' : 'Cancel instead of delivering a part',
        consequence: accepts
            ? 'The unavailable items are left out; the customer pays for the others only.'
            : 'Nothing is delivered, and what is reserved is released.',
        label: accepts ? 'Deliver' : 'Cancel the order',
        isDangerous: !accepts,
        run: async ({ id }, ifMatch) => {
            await once(`decide-${id}-${answer}`, (idempotencyKey) =>
                client().decideOrder(id, answer, { ifMatch, idempotencyKey }),
            );
            return 'The answer is given';
        },
    };
}
