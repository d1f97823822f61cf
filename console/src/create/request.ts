import type { CreateOrderRequest } from 'order-processing-sdk';
import { cents } from '../format';

export interface ItemInput {
    sku: string;
    quantity: string;
    unitPrice: string;
}

/** What the form contains; kept in the tab until the order is created. */
export interface OrderInput {
    customerId: string;
    hasItems: boolean;
    amount: string;
    items: ItemInput[];
    name: string;
    street: string;
    postalCode: string;
    city: string;
    country: string;
}

const STORED = 'console.new-order';

export const EMPTY_ITEM: ItemInput = { sku: '', quantity: '1', unitPrice: '' };

const EMPTY: OrderInput = {
    customerId: '',
    hasItems: true,
    amount: '',
    items: [EMPTY_ITEM],
    name: '',
    street: '',
    postalCode: '',
    city: '',
    country: '',
};

export function storedInput(customerId: number | undefined): OrderInput {
    const stored = sessionStorage.getItem(STORED);
    return stored ? JSON.parse(stored) : { ...EMPTY, customerId: customerId?.toString() ?? '' };
}

export function storeInput(input: OrderInput): void {
    sessionStorage.setItem(STORED, JSON.stringify(input));
}

export function forgetInput(): void {
    sessionStorage.removeItem(STORED);
}

/** The sum of the items in cents. */
export function sumOf(items: ItemInput[]): number {
    return items.reduce((sum, { quantity, unitPrice }) => sum + Number(quantity) * cents(Number(unitPrice)), 0);
}

export function toRequest(input: OrderInput): CreateOrderRequest {
    const customerId = Number(input.customerId);
    if (!input.hasItems) {
        return { customerId, totalAmount: Number(input.amount) };
    }
    const { name, street, postalCode, city, country } = input;
    return {
        customerId,
        totalAmount: sumOf(input.items) / 100,
        items: input.items.map(({ sku, quantity, unitPrice }) => ({
            sku,
            quantity: Number(quantity),
            unitPrice: Number(unitPrice),
        })),
        shippingAddress: { name, street, postalCode, city, country: country.toUpperCase() },
    };
}
