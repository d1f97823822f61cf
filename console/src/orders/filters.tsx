import { OrderStatus, PaymentStatus, ShipmentStatus } from 'order-processing-sdk';
import { words } from '../format';
import { navigate, to } from '../router';
import { Choices, Field, Select } from '../ui/field';
import { type Filter, writeFilter } from './filter';

export function Filters({ filter }: { filter: Filter }) {
    const change = (changed: Filter) => {
        const query = writeFilter({ ...filter, ...changed });
        navigate(to('') + (query && `?${query}`), { replace: true });
    };
    const active = new Set(new URLSearchParams(writeFilter(filter)).keys()).size;
    const number = (value: string) => (value === '' ? undefined : Number(value));
    const date = (value: string) => (value === '' ? undefined : new Date(value));
    return (
        <details class="filters card" open={active > 0}>
            <summary>Filters{active > 0 && ` (${active})`}</summary>
            <div class="filter-fields">
                <Choices
                    label="Status"
                    options={Object.values(OrderStatus)}
                    chosen={filter.status ?? []}
                    name={words}
                    onChange={(status) => change({ status })}
                />
                <Choices
                    label="Payment"
                    options={Object.values(PaymentStatus)}
                    chosen={filter.paymentStatus ?? []}
                    name={words}
                    onChange={(paymentStatus) => change({ paymentStatus })}
                />
                <Choices
                    label="Shipment"
                    options={Object.values(ShipmentStatus)}
                    chosen={filter.shipmentStatus ?? []}
                    name={words}
                    onChange={(shipmentStatus) => change({ shipmentStatus })}
                />
                <Select
                    label="Needs attention"
                    value={String(filter.needsAttention ?? '')}
                    options={[
                        ['', 'any'],
                        ['true', 'yes'],
                        ['false', 'no'],
                    ]}
                    onValue={(value) => change({ needsAttention: value === '' ? undefined : value === 'true' })}
                />
                <Field
                    label="Customer"
                    type="number"
                    min="1"
                    step="1"
                    value={filter.customerId ?? ''}
                    onDone={(value) => change({ customerId: number(value) })}
                />
                <Field
                    label="Created from"
                    type="datetime-local"
                    value={localTime(filter.createdFrom)}
                    onDone={(value) => change({ createdFrom: date(value) })}
                />
                <Field
                    label="Created before"
                    type="datetime-local"
                    value={localTime(filter.createdBefore)}
                    onDone={(value) => change({ createdBefore: date(value) })}
                />
                <Field
                    label="Smallest amount"
                    type="number"
                    min="0"
                    step="0.01"
                    value={filter.minAmount ?? ''}
                    onDone={(value) => change({ minAmount: number(value) })}
                />
                <Field
                    label="Greatest amount"
                    type="number"
                    min="0"
                    step="0.01"
                    value={filter.maxAmount ?? ''}
                    onDone={(value) => change({ maxAmount: number(value) })}
                />
            </div>
            {active > 0 && (
                <p>
                    <a href={to('')}>Remove all filters</a>
                </p>
            )}
        </details>
    );
}

/** The value of a `datetime-local` field, which is in the time zone of the browser. */
function localTime(date: Date | undefined): string {
    return date ? new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : '';
}
