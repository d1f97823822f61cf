import { linkedPage, type WebhookEndpoint } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { words } from '../format';
import { useLoad } from '../load';
import { navigate, to } from '../router';
import { client, may } from '../session';
import { Badge } from '../ui/badge';
import { Loading } from '../ui/loading';
import { Page, Section } from '../ui/page';
import { SecretDialog } from '../ui/secret';
import { Table } from '../ui/table';
import { CreateEndpointDialog } from './create-dialog';

const PAGE_SIZE = 100;

export function WebhooksPage() {
    const endpoints = useLoad(readAll, []);
    const [isCreating, setCreating] = useState(false);
    const [created, setCreated] = useState<WebhookEndpoint>();
    const open = (endpoint: WebhookEndpoint) => navigate(to(`webhooks/${endpoint.id}`));
    return (
        <Page
            title="Webhooks"
            actions={
                may('webhooks:write') && (
                    <button type="button" class="primary" onClick={() => setCreating(true)}>
                        New endpoint
                    </button>
                )
            }
        >
            <Section title="Endpoints">
                <Loading of={endpoints}>
                    {(rows) => (
                        <Table<WebhookEndpoint>
                            label="Endpoints"
                            rows={rows}
                            keyOf={({ id }) => id}
                            empty="There are no endpoints."
                            columns={[
                                ['Endpoint', ({ id }) => <a href={to(`webhooks/${id}`)}>{id}</a>],
                                ['URL', ({ url }) => url],
                                ['Description', ({ description }) => description ?? '–'],
                                ['Events', ({ eventTypes }) => eventTypes.map(words).join(', ') || 'all'],
                                ['Customer', ({ customerId }) => customerId ?? 'all'],
                                ['State', ({ enabled }) => <Badge state={enabled ? 'enabled' : 'disabled'} />],
                            ]}
                        />
                    )}
                </Loading>
            </Section>
            {isCreating && (
                <CreateEndpointDialog
                    onClose={() => setCreating(false)}
                    onUnknown={endpoints.reload}
                    onCreated={(endpoint) => (endpoint.secret ? setCreated(endpoint) : open(endpoint))}
                />
            )}
            {created?.secret && (
                <SecretDialog
                    title="The secret of the endpoint"
                    label="Secret"
                    secret={created.secret}
                    onClose={() => open(created)}
                />
            )}
        </Page>
    );
}

async function readAll(signal: AbortSignal): Promise<WebhookEndpoint[]> {
    const all: WebhookEndpoint[] = [];
    for (let after: string | null | undefined = '0'; after; ) {
        const page = await client().webhooks.listWebhooksRaw({ after: Number(after), limit: PAGE_SIZE }, { signal });
        all.push(...(await page.value()));
        after = linkedPage(page, 'next')?.get('after');
    }
    return all;
}
