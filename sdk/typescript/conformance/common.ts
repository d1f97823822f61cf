import type { OrdersClient, OrdersError } from 'order-processing-sdk';

export type Check = (client: OrdersClient, customerId: number, url: string) => Promise<void>;

export function equal(actual: unknown, expected: unknown): void {
    const [said, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (said !== wanted) {
        throw new Error(`expected ${wanted}, got ${said}`);
    }
}

export async function fails<E extends OrdersError>(kind: abstract new (...args: never[]) => E, call: Promise<unknown>): Promise<E> {
    let result: unknown;
    try {
        result = await call;
    } catch (error) {
        if (error instanceof kind) {
            return error;
        }
        throw error;
    }
    throw new Error(`expected ${kind.name}, got ${JSON.stringify(result)}`);
}

/** Creates an order and returns its id. */
export async function create(client: OrdersClient, customerId: number): Promise<number> {
    return (await client.createOrder({ customerId, totalAmount: 99.95 })).order.id;
}
