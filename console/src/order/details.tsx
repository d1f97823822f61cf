import type { Order } from 'order-processing-sdk';
import { cents, formatAmount, words } from '../format';
import { Badge } from '../ui/badge';
import { Facts } from '../ui/facts';
import { Section } from '../ui/page';
import { Table } from '../ui/table';
import { Time } from '../ui/time';
import { whatIsNext } from './next';

export function Summary({ order }: { order: Order }) {
    return (
        <Section title="State">
            <Facts
                of={[
                    ['Status', <Badge state={order.status} />],
                    ['Amount', formatAmount(order.totalAmount)],
                    ['Customer', order.customerId],
                    ['Created', <Time at={order.createdAt} />],
                    ['Updated', <Time at={order.updatedAt} />],
                    ['Cancelled because', order.cancellationReason && words(order.cancellationReason)],
                ]}
            />
            {order.attention && (
                <div class="problem">
                    <strong>Needs attention</strong>
                    <p>
                        The step {words(order.attention.step)} has failed since <Time at={order.attention.since} />:{' '}
                        {words(order.attention.code)}
                    </p>
                </div>
            )}
            {order.decision && (
                <div class="problem">
                    <strong>Waits for a decision until </strong>
                    <Time at={order.decision.deadline} />
                    <p>Unavailable: {order.decision.unavailableItems.map((index) => order.items?.[index]?.sku).join(', ')}</p>
                </div>
            )}
            <h3>Next</h3>
            {whatIsNext(order).map((sentence) => (
                <p key={sentence}>{sentence}</p>
            ))}
        </Section>
    );
}

export function Delivery({ order }: { order: Order }) {
    if (!order.items) {
        return null;
    }
    const { payment, shipment } = order;
    return (
        <Section title="Items, payment, shipment">
            <Table
                label="Items"
                rows={order.items}
                keyOf={(_, index) => index}
                empty=""
                columns={[
                    ['Article', ({ sku }) => sku],
                    ['Quantity', ({ quantity }) => quantity],
                    ['Unit price', ({ unitPrice }) => formatAmount(unitPrice)],
                    ['Sum', ({ quantity, unitPrice }) => formatAmount((quantity * cents(unitPrice)) / 100)],
                    ['State', ({ status }) => <Badge state={status} />],
                ]}
            />
            <Facts
                of={[
                    ['Payment', payment ? <Badge state={payment.status} /> : 'none yet'],
                    ['Authorized', payment && formatAmount(payment.authorizedAmount)],
                    ['Captured', payment && formatAmount(payment.capturedAmount)],
                    ['Refunded', payment && formatAmount(payment.refundedAmount)],
                    ['Shipment', shipment ? <Badge state={shipment.status} /> : 'none yet'],
                    ['Carrier', shipment?.carrier],
                    ['Tracking', shipment?.tracking],
                ]}
            />
        </Section>
    );
}
