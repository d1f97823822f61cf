import type { AttentionReport, StuckOrder, WebhookDelivery } from 'order-processing-sdk';
import { useEffect, useState } from 'preact/hooks';
import { formatNumber, words } from '../format';
import { to } from '../router';
import { client } from '../session';
import { MendButton } from './mend-button';
import { Page, Section } from '../ui/page';
import { Problem } from '../ui/problem';
import { Table } from '../ui/table';
import { Time } from '../ui/time';
import { countOf, readReport, report, reportError } from './report';

export function AttentionPage() {
    const [isBusy, setBusy] = useState(false);
    const refresh = async () => {
        setBusy(true);
        await readReport();
        setBusy(false);
    };
    useEffect(() => void readReport(), []);
    const current = report.value;
    return (
        <Page
            title="Needs attention"
            actions={
                <button type="button" disabled={isBusy} onClick={refresh}>
                    Refresh
                </button>
            }
        >
            <Problem error={reportError.value} />
            {current && countOf(current) === 0 && <p>Nothing needs attention.</p>}
            {current && <Report report={current} />}
        </Page>
    );
}

function Report({ report: { orders, intents, deliveries, webhooks, drift, books } }: { report: AttentionReport }) {
    return (
        <>
            <Section title="Orders with a failing step">
                <Table<StuckOrder>
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
                        [
                            'Mend',
                            ({ orderId }) => (
                                <MendButton label="Retry now" subject={`order ${orderId}`} mend={() => client().retryOrder(orderId)} />
                            ),
                        ],
                    ]}
                />
            </Section>
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
                        [
                            'Mend',
                            ({ orderId }) => (
                                <MendButton label="Send now" subject={`order ${orderId}`} mend={() => client().retryOrder(orderId)} />
                            ),
                        ],
                    ]}
                />
            </Section>
            <Section title="Webhook deliveries given up">
                <Table<WebhookDelivery>
                    label="Webhook deliveries given up"
                    rows={deliveries}
                    keyOf={({ id }) => id}
                    empty="None."
                    columns={[
                        ['Delivery', ({ id }) => id],
                        ['Endpoint', ({ webhookId }) => <a href={to(`webhooks/${webhookId}`)}>{webhookId}</a>],
                        ['Order', ({ orderId }) => <OrderLink id={orderId} />],
                        ['Why', ({ error, responseStatus }) => error ?? (responseStatus && `HTTP ${responseStatus}`) ?? '–'],
                        ['Since', ({ createdAt }) => <Time at={createdAt} />],
                        [
                            'Mend',
                            ({ id, webhookId }) => (
                                <MendButton
                                    label="Send again"
                                    subject={`delivery ${id}`}
                                    mend={() => client().webhooks.retryWebhookDelivery({ id: webhookId, deliveryId: id })}
                                />
                            ),
                        ],
                    ]}
                />
            </Section>
            <Section title="Webhook endpoints disabled by the service">
                <Table
                    label="Webhook endpoints disabled by the service"
                    rows={webhooks}
                    keyOf={({ id }) => id}
                    empty="None."
                    columns={[
                        ['Endpoint', ({ id }) => <a href={to(`webhooks/${id}`)}>{id}</a>],
                        ['URL', ({ url }) => url],
                        ['Why', ({ disabledReason }) => disabledReason ?? '–'],
                        ['Since', ({ updatedAt }) => <Time at={updatedAt} />],
                        [
                            'Mend',
                            ({ id }) => (
                                <MendButton
                                    label="Enable"
                                    subject={`endpoint ${id}`}
                                    mend={() => client().webhooks.updateWebhook({ id, updateWebhookRequest: { enabled: true } })}
                                />
                            ),
                        ],
                    ]}
                />
            </Section>
            <Section title="Orders that differ from their workflows">
                <p>
                    {formatNumber(drift.orders)} of {formatNumber(drift.compared)} orders differed in the last round
                    {drift.finishedAt && (
                        <>
                            , which ended on <Time at={drift.finishedAt} />
                        </>
                    )}
                    . The reconciler repairs them by itself; there is nothing to do unless the number stays.
                </p>
            </Section>
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
        </>
    );
}

function OrderLink({ id }: { id: number }) {
    return <a href={to(`orders/${id}`)}>{id}</a>;
}
