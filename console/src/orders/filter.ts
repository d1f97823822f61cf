import { OrderStatus, type OrdersFilter, PaymentStatus, ShipmentStatus } from 'order-processing-sdk';
import { cents } from '../format';
import type { Row } from './row';

export type Filter = Omit<OrdersFilter, 'pageSize'>;

/** The filter in the query of the page's URL; what is not valid is ignored. */
export function readFilter(query: URLSearchParams): Filter {
    const some = <T extends string>(name: string, known: Record<string, T>) => {
        const values = Object.values(known).filter((value) => query.getAll(name).includes(value));
        return values.length > 0 ? values : undefined;
    };
    const number = (name: string, isValid: (value: number) => boolean) => {
        const value = Number(query.get(name) || NaN);
        return isValid(value) ? value : undefined;
    };
    const date = (name: string) => {
        const value = new Date(query.get(name) ?? '');
        return Number.isNaN(value.getTime()) ? undefined : value;
    };
    const isAmount = (value: number) => value >= 0 && value <= 99_999_999.99;
    const attention = query.get('needs_attention');
    return {
        status: some('status', OrderStatus),
        customerId: number('customer_id', (value) => Number.isSafeInteger(value) && value > 0),
        paymentStatus: some('payment_status', PaymentStatus),
        shipmentStatus: some('shipment_status', ShipmentStatus),
        needsAttention: attention === 'true' ? true : attention === 'false' ? false : undefined,
        createdFrom: date('created_from'),
        createdBefore: date('created_before'),
        minAmount: number('min_amount', isAmount),
        maxAmount: number('max_amount', isAmount),
    };
}

export function writeFilter(filter: Filter): string {
    const query = new URLSearchParams();
    const add = (name: string, values: readonly unknown[]) =>
        values.filter((value) => value !== undefined).forEach((value) => query.append(name, String(value)));
    add('status', filter.status ?? []);
    add('customer_id', [filter.customerId]);
    add('payment_status', filter.paymentStatus ?? []);
    add('shipment_status', filter.shipmentStatus ?? []);
    add('needs_attention', [filter.needsAttention]);
    add('created_from', [filter.createdFrom?.toISOString()]);
    add('created_before', [filter.createdBefore?.toISOString()]);
    add('min_amount', [filter.minAmount]);
    add('max_amount', [filter.maxAmount]);
    return query.toString();
}

/** Whether the filter selects the order, as the service would decide. */
export function matches(filter: Filter, row: Row): boolean {
    const isOne = (wanted: string[] | undefined, value: string | undefined) =>
        wanted === undefined || (value !== undefined && wanted.includes(value));
    const isWithin = (value: number, from: number | undefined, to: number | undefined) =>
        value >= (from ?? -Infinity) && value <= (to ?? Infinity);
    return (
        isOne(filter.status, row.status) &&
        isOne(filter.paymentStatus, row.payment) &&
        isOne(filter.shipmentStatus, row.shipment) &&
        [undefined, row.customerId].includes(filter.customerId) &&
        [undefined, row.attention !== undefined].includes(filter.needsAttention) &&
        (filter.createdFrom === undefined || row.createdAt >= filter.createdFrom) &&
        (filter.createdBefore === undefined || row.createdAt < filter.createdBefore) &&
        isWithin(cents(row.amount), filter.minAmount && cents(filter.minAmount), filter.maxAmount && cents(filter.maxAmount))
    );
}
