import type { BookDrift, Drift, OrderIntent, StuckOrder, WebhookDelivery, WebhookEndpoint } from 'order-processing-sdk';
import { formatNumber, words } from '../format';
import { to } from '../router';
import { client } from '../session';
import { Section } from '../ui/page';
import { Table } from '../ui/table';
import { Time } from '../ui/time';
import { ActionButton } from './action-button';

export function StuckOrders({ orders }: { orders: StuckOrder[] }) {
    return (
        <Section title="Orders with a failing step">
            <Table
                label="Orders with a failing step"
                rows={orders}
                keyOf={({ orderId }) => orderId}
                empty="None."
                columns={[
                    ['Order', ({ orderId }) => <OrderLink id={orderId} />],
                    ['Customer', ({ customerId }) => customerId],
                    ['Step', ({ attention }) => words(attention.step)],
                    ['Why', ({ attention }) => words(attention.code)],
                    ['Since', ({ attention }) => <Time at={attention.since} />],
                    ['Action', ({ orderId }) => <RetryButton label="Retry now" id={orderId} />],
                ]}
            />
        </Section>
    );
}

export function Intents({ intents }: { intents: OrderIntent[] }) {
    return (
        <Section title="Refused by Temporal">
            <Table
                label="Refused by Temporal"
                rows={intents}
                keyOf={({ orderId, action }) => `${orderId} ${action}`}
                empty="None."
                columns={[
                    ['Order', ({ orderId }) => <OrderLink id={orderId} />],
                    ['Action', ({ action }) => words(action)],
                    ['Attempts', ({ attempts }) => attempts],
                    ['Why', ({ lastError }) => lastError ?? '–'],
                    ['Since', ({ createdAt }) => <Time at={createdAt} />],
                    ['Next attempt', ({ nextAttemptAt }) => <Time at={nextAttemptAt} />],
                    ['Action', ({ orderId }) => <RetryButton label="Send now" id={orderId} />],
                ]}
            />
        </Section>
    );
}

export function Deliveries({ deliveries }: { deliveries: WebhookDelivery[] }) {
    return (
        <Section title="Webhook deliveries given up">
            <Table
                label="Webhook deliveries given up"
                rows={deliveries}
                keyOf={({ id }) => id}
                empty="None."
                columns={[
                    ['Delivery', ({ id }) => id],
                    ['Endpoint', ({ webhookId }) => <EndpointLink id={webhookId} />],
                    ['Order', ({ orderId }) => <OrderLink id={orderId} />],
                    ['Why', ({ error, responseStatus }) => error ?? (responseStatus && `HTTP ${responseStatus}`) ?? '–'],
                    ['Since', ({ createdAt }) => <Time at={createdAt} />],
                    [
                        'Action',
                        ({ id, webhookId }) => (
                            <ActionButton
                                label="Send again"
                                subject={`delivery ${id}`}
                                action={() => client().webhooks.retryWebhookDelivery({ id: webhookId, deliveryId: id })}
                            />
                        ),
                    ],
                ]}
            />
        </Section>
    );
}

export function Endpoints({ endpoints }: { endpoints: WebhookEndpoint[] }) {
    return (
        <Section title="Webhook endpoints disabled by the service">
            <Table
                label="Webhook endpoints disabled by the service"
                rows={endpoints}
                keyOf={({ id }) => id}
                empty="None."
                columns={[
                    ['Endpoint', ({ id }) => <EndpointLink id={id} />],
                    ['URL', ({ url }) => url],
                    ['Why', ({ disabledReason }) => disabledReason ?? '–'],
                    ['Since', ({ updatedAt }) => <Time at={updatedAt} />],
                    [
                        'Action',
                        ({ id }) => (
                            <ActionButton
                                label="Enable"
                                subject={`endpoint ${id}`}
                                action={() => client().webhooks.updateWebhook({ id, updateWebhookRequest: { enabled: true } })}
                            />
                        ),
                    ],
                ]}
            />
        </Section>
    );
}

export function DifferingOrders({ drift: { orders, compared, finishedAt } }: { drift: Drift }) {
    return (
        <Section title="Orders that differ from their workflows">
            <p>
                {formatNumber(orders)} of {formatNumber(compared)} orders differed in the last round
                {finishedAt && (
                    <>
                        , which ended on <Time at={finishedAt} />
                    </>
                )}
                . The reconciler repairs them by itself; there is nothing to do unless the number stays.
            </p>
        </Section>
    );
}

export function Books({ books }: { books: BookDrift[] }) {
    return (
        <Section title="Books of the partners">
            <p>Operations in a partner's books that contradict their orders. The reconciler repairs them by itself.</p>
            <Table
                label="Books of the partners"
                rows={books}
                keyOf={({ partner }) => partner}
                empty="No book was compared yet."
                columns={[
                    ['Partner', ({ partner }) => partner],
                    ['Contradictions', ({ drift }) => formatNumber(drift)],
                    ['Compared', ({ passedAt }) => <Time at={passedAt} />],
                ]}
            />
        </Section>
    );
}

function RetryButton({ label, id }: { label: string; id: number }) {
    return <ActionButton label={label} subject={`order ${id}`} action={() => client().retryOrder(id)} />;
}

function OrderLink({ id }: { id: number }) {
    return <a href={to(`orders/${id}`)}>{id}</a>;
}

function EndpointLink({ id }: { id: number }) {
    return <a href={to(`webhooks/${id}`)}>{id}</a>;
}
