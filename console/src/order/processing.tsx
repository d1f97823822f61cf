import type { OrderIntent, OrderProcessing, OrderWorkflow } from 'order-processing-sdk';
import { webUrl, words } from '../format';
import type { Loaded } from '../load';
import { Badge } from '../ui/badge';
import { Facts } from '../ui/facts';
import { Icon } from '../ui/icon';
import { Loading } from '../ui/loading';
import { Section } from '../ui/page';
import { Table } from '../ui/table';
import { Time } from '../ui/time';

export function Processing({ of: processing }: { of: Loaded<OrderProcessing> }) {
    return (
        <Section title="Processing">
            <Loading of={processing}>
                {({ temporalAvailable, workflow, intents }) => (
                    <>
                        {!temporalAvailable && <p class="problem">Temporal does not respond at the moment.</p>}
                        {workflow ? <Workflow workflow={workflow} /> : <p class="muted">Temporal has no workflow of it.</p>}
                        {intents.length > 0 && <Intents intents={intents} />}
                    </>
                )}
            </Loading>
        </Section>
    );
}

function Workflow({ workflow }: { workflow: OrderWorkflow }) {
    const url = webUrl(workflow.url);
    return (
        <>
            <Facts
                of={[
                    ['State', <Badge state={workflow.status} />],
                    ['Started', workflow.startedAt && <Time at={workflow.startedAt} />],
                    ['Ended', workflow.endedAt && <Time at={workflow.endedAt} />],
                    [
                        'Workflow',
                        url ? (
                            <a href={url} target="_blank" rel="noopener noreferrer">
                                {workflow.id} <Icon name="external" />
                                <span class="hidden"> (Temporal, in a new tab)</span>
                            </a>
                        ) : (
                            workflow.id
                        ),
                    ],
                ]}
            />
            <h3>Steps in progress</h3>
            <Table
                label="Steps in progress"
                rows={workflow.steps}
                keyOf={(_, index) => index}
                empty="No step is in progress."
                columns={[
                    ['Step', ({ name }) => words(name)],
                    ['Attempt', ({ attempts }) => attempts],
                    ['Last error', ({ lastError }) => lastError ?? '–'],
                    ['Last attempt', ({ lastAttemptAt }) => <Time at={lastAttemptAt} />],
                    ['Next attempt', ({ nextAttemptAt }) => <Time at={nextAttemptAt} />],
                ]}
            />
        </>
    );
}

function Intents({ intents }: { intents: OrderIntent[] }) {
    return (
        <>
            <h3>To be sent to Temporal</h3>
            <Table
                label="To be sent to Temporal"
                rows={intents}
                keyOf={(_, index) => index}
                empty=""
                columns={[
                    ['Action', ({ action }) => words(action)],
                    ['Attempts', ({ attempts }) => attempts],
                    ['Last error', ({ lastError }) => lastError ?? '–'],
                    ['Next attempt', ({ nextAttemptAt }) => <Time at={nextAttemptAt} />],
                ]}
            />
        </>
    );
}
