import { linkedPage, type WebhookDelivery, type ApiResponse } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { words } from '../format';
import { useLoad } from '../load';
import { to } from '../router';
import { client, may } from '../session';
import { Badge } from '../ui/badge';
import { FormDialog } from '../ui/dialog';
import { Loading } from '../ui/loading';
import { announce } from '../ui/message';
import { Table } from '../ui/table';
import { Time } from '../ui/time';

interface DeliveriesProps {
    /** Reads the page below a delivery. */
    read: (before: number | undefined, signal: AbortSignal) => Promise<ApiResponse<WebhookDelivery[]>>;
    /** When one of these changes, the newest page is read. */
    inputs: unknown[];
    isOfOneEndpoint: boolean;
}

/** Deliveries, from the newest to the oldest, page by page. */
export function Deliveries({ read, inputs, isOfOneEndpoint }: DeliveriesProps) {
    const [before, setBefore] = useState<(number | undefined)[]>([undefined]);
    const [resent, setResent] = useState<WebhookDelivery>();
    const page = useLoad(
        async (signal) => {
            const response = await read(before.at(-1), signal);
            return { rows: await response.value(), next: linkedPage(response, 'next')?.get('before') };
        },
        [...inputs, before],
    );
    return (
        <Loading of={page}>
            {({ rows, next }) => (
                <>
                    <Table<WebhookDelivery>
                        label="Deliveries"
                        rows={rows}
                        keyOf={({ id }) => id}
                        empty="None."
                        columns={[
                            ['Delivery', ({ id }) => id],
                            isOfOneEndpoint
                                ? ['Order', ({ orderId }) => <a href={to(`orders/${orderId}`)}>{orderId}</a>]
                                : ['Endpoint', ({ webhookId }) => <a href={to(`webhooks/${webhookId}`)}>{webhookId}</a>],
                            ['Event', ({ eventType }) => words(eventType)],
                            ['State', ({ status }) => <Badge state={status} />],
                            ['Attempts', ({ attempts }) => attempts],
                            ['Result', ({ error, responseStatus }) => error ?? responseStatus ?? '–'],
                            ['Last attempt', ({ lastAttemptAt }) => <Time at={lastAttemptAt} />],
                            ['Next attempt', ({ nextAttemptAt }) => <Time at={nextAttemptAt} />],
                            [
                                'Action',
                                (delivery) =>
                                    may('webhooks:write') && (
                                        <button
                                            type="button"
                                            aria-label={`Send again: delivery ${delivery.id}`}
                                            onClick={() => setResent(delivery)}
                                        >
                                            Send again
                                        </button>
                                    ),
                            ],
                        ]}
                    />
                    <div class="buttons">
                        {before.length > 1 && (
                            <button type="button" onClick={() => setBefore(before.slice(0, -1))}>
                                Newer
                            </button>
                        )}
                        {next && (
                            <button type="button" onClick={() => setBefore([...before, Number(next)])}>
                                Older
                            </button>
                        )}
                        <button type="button" onClick={page.reload}>
                            Refresh
                        </button>
                    </div>
                    {resent && (
                        <ResendDialog delivery={resent} onClose={() => setResent(undefined)} onSent={page.reload} />
                    )}
                </>
            )}
        </Loading>
    );
}

interface ResendDialogProps {
    delivery: WebhookDelivery;
    onClose: () => void;
    onSent: () => Promise<void>;
}

function ResendDialog({ delivery: { id, webhookId, status }, onClose, onSent }: ResendDialogProps) {
    return (
        <FormDialog
            title="Send again"
            submitLabel="Send again"
            onClose={onClose}
            onUnknown={() => {
                onClose();
                void onSent();
            }}
            onSubmit={async () => {
                await client().webhooks.retryWebhookDelivery({ id: webhookId, deliveryId: id });
                announce('The delivery is sent again');
                await onSent();
            }}
        >
            <p>
                Delivery {id} to endpoint {webhookId} is sent at once.
                {status === 'delivered' && ' The receiver has it already and gets it once more, with the same webhook-id.'}
            </p>
        </FormDialog>
    );
}
