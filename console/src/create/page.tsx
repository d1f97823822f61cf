import { useEffect, useState } from 'preact/hooks';
import { isOutcomeUnknown } from '../errors';
import { formatAmount } from '../format';
import { once } from '../idempotency';
import { navigate, to } from '../router';
import { caller, client } from '../session';
import { Field, Select } from '../ui/field';
import { announce } from '../ui/message';
import { Page } from '../ui/page';
import { Problem } from '../ui/problem';
import { ItemFields } from './items';
import { forgetInput, type OrderInput, storedInput, storeInput, sumOf, toRequest } from './request';

export function CreatePage() {
    const ownCustomer = caller.value?.customerId;
    const [input, setInput] = useState(() => storedInput(ownCustomer));
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>();
    useEffect(() => storeInput(input), [input]);
    const change = (changed: Partial<OrderInput>) => setInput((input) => ({ ...input, ...changed }));
    const field = (name: 'customerId' | 'amount' | 'name' | 'street' | 'postalCode' | 'city' | 'country') => ({
        required: true,
        value: input[name],
        onValue: (value: string) => change({ [name]: value }),
    });
    const isUnknown = isOutcomeUnknown(error);

    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setError(undefined);
        try {
            const { order, replayed } = await once('create-order', (idempotencyKey) =>
                client().createOrder(toRequest(input), { idempotencyKey }),
            );
            forgetInput();
            announce(replayed ? `Order ${order.id} had been created already` : `Order ${order.id} is created`);
            navigate(to(`orders/${order.id}`));
        } catch (error) {
            setError(error);
            setBusy(false);
        }
    };
    return (
        <Page title="New order">
            <form class="card form" onSubmit={submit}>
                <Field label="Customer" type="number" min="1" step="1" disabled={ownCustomer !== undefined} {...field('customerId')} />
                <Select
                    label="Kind"
                    value={input.hasItems ? 'items' : 'amount'}
                    options={[
                        ['items', 'Items to deliver'],
                        ['amount', 'Only an amount'],
                    ]}
                    onValue={(value) => change({ hasItems: value === 'items' })}
                />
                {input.hasItems ? (
                    <>
                        <ItemFields items={input.items} onChange={(items) => change({ items })} />
                        <p>
                            Sum: <output>{formatAmount(sumOf(input.items) / 100)}</output>
                        </p>
                        <h2>Address</h2>
                        <Field label="Name" maxLength={100} autoComplete="off" {...field('name')} />
                        <Field label="Street and number" maxLength={200} autoComplete="off" {...field('street')} />
                        <Field label="Postal code" maxLength={20} autoComplete="off" {...field('postalCode')} />
                        <Field label="City" maxLength={100} autoComplete="off" {...field('city')} />
                        <Field label="Country" pattern="[A-Za-z]{2}" title="two letters" hint="Two letters, such as DE" {...field('country')} />
                    </>
                ) : (
                    <Field label="Amount" type="number" min="0" max="99999999.99" step="0.01" {...field('amount')} />
                )}
                <Problem error={error} isUnknown={isUnknown} />
                {isUnknown && <p>Create it again without changes: it is not created twice.</p>}
                <div class="buttons">
                    <button type="submit" class="primary" disabled={isBusy}>
                        {isBusy ? 'Creating …' : 'Create the order'}
                    </button>
                </div>
            </form>
        </Page>
    );
}
