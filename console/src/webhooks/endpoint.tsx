import { WebhookDeliveryStatus, type WebhookEndpoint } from 'order-processing-sdk';
import { words } from '../format';
import { useLoad } from '../load';
import { navigate, place, to } from '../router';
import { client, may } from '../session';
import { Badge } from '../ui/badge';
import { Facts } from '../ui/facts';
import { Choices } from '../ui/field';
import { Loading } from '../ui/loading';
import { Page, Section } from '../ui/page';
import { Time } from '../ui/time';
import { Deliveries } from './deliveries';
import { EndpointActions } from './endpoint-actions';

const PAGE_SIZE = 50;

export function EndpointPage({ id }: { id: number }) {
    const endpoint = useLoad((signal) => client().webhooks.getWebhook({ id }, { signal }), [id]);
    return (
        <Page title={`Webhook endpoint ${id}`} actions={<a href={to('webhooks')}>All endpoints</a>}>
            <Loading of={endpoint}>
                {(value) => (
                    <>
                        <Details endpoint={value} />
                        {may('webhooks:write') && (
                            <EndpointActions endpoint={value} onChange={endpoint.set} onUnknown={endpoint.reload} />
                        )}
                        <EndpointDeliveries id={id} />
                    </>
                )}
            </Loading>
        </Page>
    );
}

function Details({ endpoint }: { endpoint: WebhookEndpoint }) {
    return (
        <Section title="Endpoint">
            <Facts
                of={[
                    ['State', <Badge state={endpoint.enabled ? 'enabled' : 'disabled'} />],
                    ['Disabled because', endpoint.disabledReason],
                    // Not a link: it is made for events, not for people.
                    ['URL', <code>{endpoint.url}</code>],
                    ['Description', endpoint.description],
                    ['Events', endpoint.eventTypes.map(words).join(', ') || 'all'],
                    ['Customer', endpoint.customerId ?? 'all'],
                    ['Signature', words(endpoint.signature)],
                    ['Public key', endpoint.publicKey && <code>{endpoint.publicKey}</code>],
                    ['Position', endpoint.position],
                    ['Created', <Time at={endpoint.createdAt} />],
                    ['Updated', <Time at={endpoint.updatedAt} />],
                ]}
            />
        </Section>
    );
}

/** The filter is in the URL. */
function EndpointDeliveries({ id }: { id: number }) {
    const options = Object.values(WebhookDeliveryStatus);
    const status = options.filter((status) => place.value.searchParams.getAll('status').includes(status));
    const filter = status.map((status) => `status=${status}`).join('&');
    return (
        <Section title="Deliveries">
            <Choices
                label="State"
                options={options}
                chosen={status}
                name={words}
                onChange={(chosen) =>
                    navigate(`${to(`webhooks/${id}`)}?${new URLSearchParams(chosen.map((status) => ['status', status]))}`, {
                        replace: true,
                    })
                }
            />
            <Deliveries
                key={filter}
                isOfOneEndpoint
                inputs={[id, filter]}
                read={(before, signal) =>
                    client().webhooks.listWebhookDeliveriesRaw(
                        { id, before, status: status.length > 0 ? status : undefined, limit: PAGE_SIZE },
                        { signal },
                    )
                }
            />
        </Section>
    );
}
