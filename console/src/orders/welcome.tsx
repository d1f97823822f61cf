import { useState } from 'preact/hooks';
import { once } from '../idempotency';
import { to } from '../router';
import { caller, client, may, settings } from '../session';
import { announce } from '../ui/message';
import { Section } from '../ui/page';
import { Problem } from '../ui/problem';
import { SAMPLES } from './samples';

/** The customer of sample orders, unless the caller is one. */
const CUSTOMER = 42;

/** Shown while there is no order at all. */
export function Welcome() {
    const maySample = settings.value.sample_orders && may('orders:write');
    return (
        <Section title="There are no orders yet">
            <p>
                New orders appear here by themselves, and every change is visible at once. Open an order to see what
                has happened to it, what comes next, and what you can do about it.
            </p>
            <ul>
                <li>Filter the list; the address of the page contains the filter, so that you can share it.</li>
                {may('orders:admin') && (
                    <>
                        <li>
                            <a href={to('attention')}>Needs attention</a> shows what does not proceed by itself.
                        </li>
                        <li>
                            <a href={to('health')}>Health</a> shows the last hour of the service and its partners.
                        </li>
                    </>
                )}
            </ul>
            {maySample && <SampleOrders />}
        </Section>
    );
}

function SampleOrders() {
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>();
    const create = async () => {
        setBusy(true);
        setError(undefined);
        const customerId = caller.peek()?.customerId ?? CUSTOMER;
        try {
            for (const [index, { order }] of SAMPLES.entries()) {
                await once(`sample-${index}`, (idempotencyKey) =>
                    client().createOrder({ customerId, ...order }, { idempotencyKey }),
                );
            }
            announce(`${SAMPLES.length} sample orders created`);
        } catch (error) {
            // The first order has replaced this part of the page by the list.
            announce('Not all sample orders could be created');
            setError(error);
        }
        setBusy(false);
    };
    return (
        <>
            <h3>Sample orders</h3>
            <p>The partners are sandboxes here. These orders show what can happen:</p>
            <ul>
                {SAMPLES.map(({ title }) => (
                    <li key={title}>{title}</li>
                ))}
            </ul>
            <button type="button" class="primary" disabled={isBusy} onClick={create}>
                {isBusy ? 'Creating …' : 'Create sample orders'}
            </button>
            <Problem error={error} />
        </>
    );
}
