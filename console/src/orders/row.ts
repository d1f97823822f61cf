import type { Order } from 'order-processing-sdk';

/** What the list shows of an order: without its items, so that many fit into the memory. */
export interface Row {
    id: number;
    customerId: number;
    status: string;
    payment: string | undefined;
    shipment: string | undefined;
    amount: number;
    createdAt: Date;
    updatedAt: Date;
    /** The step that needs attention. */
    attention: string | undefined;
    hasDecision: boolean;
}

export function toRow(order: Order): Row {
    return {
        id: order.id,
        customerId: order.customerId,
        status: order.status,
        payment: order.payment?.status,
        shipment: order.shipment?.status,
        amount: order.totalAmount,
        createdAt: order.createdAt,
        updatedAt: order.updatedAt,
        attention: order.attention?.step,
        hasDecision: order.decision !== undefined,
    };
}
