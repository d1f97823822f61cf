import type { Order, OrderVersion } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { words } from '../format';
import { navigate, to } from '../router';
import { may } from '../session';
import { Section } from '../ui/page';
import { type Action, CANCEL, change, decide, DELETE, RETRY } from './actions';
import { ActionDialog } from './action-dialog';
import { AmountDialog } from './amount-dialog';

interface ActionButtonsProps {
    version: OrderVersion;
    /** Whether something waits to be sent to Temporal. */
    hasIntents: boolean;
    onChange: () => void;
}

/** What the caller may do with the order in its state. */
export function ActionButtons({ version, hasIntents, onChange }: ActionButtonsProps) {
    const [open, setOpen] = useState<{ action: Action | 'amount'; seen: OrderVersion }>();
    const { order } = version;
    const start = (action: Action | 'amount') => () => setOpen({ action, seen: version });
    const close = () => setOpen(undefined);
    const actions = possibleActions(order, hasIntents);
    const mayChangeAmount = may('orders:write') && order.status === 'pending' && !order.items;
    if (actions.length === 0 && !mayChangeAmount && !open) {
        return null;
    }
    return (
        <Section title="Actions">
            <div class="buttons">
                {actions.map((action) => (
                    <button
                        key={action.title}
                        type="button"
                        class={action.isDangerous ? 'danger' : undefined}
                        onClick={start(action)}
                    >
                        {action.title}
                    </button>
                ))}
                {mayChangeAmount && (
                    <button type="button" onClick={start('amount')}>
                        Change the amount
                    </button>
                )}
            </div>
            {open?.action === 'amount' && (
                <AmountDialog
                    amount={order.totalAmount}
                    onClose={close}
                    onChosen={(action) => setOpen({ action, seen: open.seen })}
                />
            )}
            {open && open.action !== 'amount' && (
                <ActionDialog
                    action={open.action}
                    seen={open.seen}
                    onClose={close}
                    onDone={() => (open.action === DELETE ? navigate(to('')) : onChange())}
                    onUnknown={() => {
                        close();
                        onChange();
                    }}
                />
            )}
        </Section>
    );
}

function possibleActions(order: Order, hasIntents: boolean): Action[] {
    const actions: Action[] = [];
    const hasEnded = ['completed', 'cancelled'].includes(order.status);
    const isOnItsWay = order.shipment !== undefined && !['created', 'cancelled'].includes(order.shipment.status);
    if (may('orders:write')) {
        order.decision?.options.forEach((answer) => actions.push(decide(answer)));
        order.allowedTransitions
            .filter((status) => status !== 'cancelled')
            .forEach((status) =>
                actions.push(change(`Set to ${words(status)}`, `The status becomes ${words(status)}.`, { status })),
            );
    }
    if (may('orders:admin') && (order.attention || hasIntents)) {
        actions.push(RETRY);
    }
    if (may('orders:write') && !hasEnded && !isOnItsWay && !order.cancellationReason) {
        actions.push(CANCEL);
    }
    if (may('orders:admin') && (hasEnded || !order.items)) {
        actions.push(DELETE);
    }
    return actions;
}
