import type { CreateOrderRequest } from 'order-processing-sdk';

interface Sample {
    /** What happens to the order. */
    title: string;
    order: Omit<CreateOrderRequest, 'customerId'>;
}

const tea = { sku: 'TEA-100', quantity: 2, unitPrice: 40 };
const address = { name: 'Ada Example', street: 'Example Street 1', postalCode: '12345', city: 'Exampleville', country: 'DE' };

/** Orders whose values mean something to the sandboxes of the partners. */
export const SAMPLES: Sample[] = [
    { title: 'without items: completed after a while', order: { totalAmount: 99.95 } },
    { title: 'paid and dispatched', order: { totalAmount: 80, items: [tea], shippingAddress: address } },
    {
        title: 'payment declined',
        order: { totalAmount: 12.91, items: [{ sku: 'CUP-1', quantity: 1, unitPrice: 12.91 }], shippingAddress: address },
    },
    {
        title: 'an item is unavailable: waits for a decision',
        order: {
            totalAmount: 99.95,
            items: [tea, { sku: 'SOLD-OUT-CUP', quantity: 1, unitPrice: 19.95 }],
            shippingAddress: address,
        },
    },
    {
        title: 'address not served: cancelled',
        order: { totalAmount: 80, items: [tea], shippingAddress: { ...address, country: 'XX' } },
    },
    {
        title: 'stuck: the payment fails for 90 seconds, and needs attention after 60',
        order: { totalAmount: 39.94, items: [{ sku: 'TEA-100', quantity: 1, unitPrice: 39.94 }], shippingAddress: address },
    },
    {
        title: 'stuck: the carrier does not take the parcel',
        order: { totalAmount: 80, items: [tea], shippingAddress: { ...address, city: 'Stuck' } },
    },
    {
        title: 'returned by the carrier',
        order: { totalAmount: 80, items: [tea], shippingAddress: { ...address, city: 'Returned' } },
    },
];
