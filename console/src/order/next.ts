import type { Order } from 'order-processing-sdk';
import { formatTime, words } from '../format';

/** What may happen to the order next, as sentences. */
export function whatIsNext(order: Order): string[] {
    if (order.status === 'cancelled') {
        return ['The order is cancelled; nothing more happens.'];
    }
    const next: string[] = [];
    if (order.attention) {
        next.push(`The step ${words(order.attention.step)} goes on being retried until it succeeds.`);
    }
    if (order.decision) {
        const deadline = formatTime(order.decision.deadline);
        next.push(`It waits for a decision. Without one it is cancelled on ${deadline}.`);
    } else if (order.cancellationReason) {
        next.push('It is being cancelled: what was done for it is undone, unless the parcel is dispatched before.');
    } else if (order.items) {
        next.push(nextOfItems(order));
    } else if (order.allowedTransitions.length > 0) {
        next.push(`Its workflow continues by itself. It can become ${order.allowedTransitions.map(words).join(' or ')}.`);
    } else {
        next.push('The order is completed; nothing more happens.');
    }
    return next;
}

function nextOfItems({ items = [], payment, shipment, status }: Order): string {
    switch (shipment?.status) {
        case 'created':
            return 'The carrier takes the parcel; then the payment is captured.';
        case 'dispatched':
            return status === 'completed' ? 'The parcel is on its way.' : 'The payment is captured, and the parcel is delivered.';
        case 'delivered':
            return 'The parcel is delivered; nothing more happens.';
        case 'returned':
            return 'The parcel came back: the payment is refunded, and the order is cancelled.';
    }
    if (payment?.status === 'authorized') {
        return 'Its parcel is going to be created.';
    }
    return items.some((item) => item.status === 'reserved')
        ? 'Its payment is going to be authorized, and then its parcel created.'
        : 'Its items are going to be reserved, and then its payment authorized.';
}
