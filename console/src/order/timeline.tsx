import type { OrderEvent } from 'order-processing-sdk';
import { useRef } from 'preact/hooks';
import { feedReady } from '../feed';
import { formatDuration, words } from '../format';
import { useLoad } from '../load';
import { client } from '../session';
import { Loading } from '../ui/loading';
import { Section } from '../ui/page';
import { Time } from '../ui/time';
import { describeFields } from './changes';
import { useOrderEvents } from './use-order';

const PAGE_SIZE = 1_000;

export function Timeline({ id }: { id: number }) {
    const known = useRef<OrderEvent[]>([]);
    const events = useLoad(
        async (signal) => {
            await feedReady();
            const after = known.current.at(-1)?.sequence ?? 0;
            known.current = [...known.current, ...(await readEvents(id, after, signal))];
            return known.current;
        },
        [id],
    );
    useOrderEvents(id, events.reload);
    return (
        <Section title="Timeline">
            <Loading of={events}>
                {(events) => (
                    <ol class="timeline">
                        {events.map((event, index) => (
                            <Entry key={event.sequence} event={event} previous={events[index - 1]} />
                        ))}
                    </ol>
                )}
            </Loading>
        </Section>
    );
}

function Entry({ event, previous }: { event: OrderEvent; previous: OrderEvent | undefined }) {
    const changes = describeFields(event.data);
    return (
        <li>
            <div>
                <strong>{words(event.type)}</strong> <span class="muted">by {words(event.actor)}</span>
            </div>
            <div class="small">
                <Time at={event.occurredAt} />
                {previous && (
                    <span class="muted">
                        {' '}
                        after {formatDuration(event.occurredAt.getTime() - previous.occurredAt.getTime())}
                    </span>
                )}
            </div>
            {changes.length > 0 && (
                <ul class="changes small">
                    {changes.map(({ field, value }) => (
                        <li key={field}>
                            {field}: {value}
                        </li>
                    ))}
                </ul>
            )}
        </li>
    );
}

async function readEvents(id: number, after: number, signal: AbortSignal): Promise<OrderEvent[]> {
    const read: OrderEvent[] = [];
    for (let last = after, isWhole = false; !isWhole; ) {
        const page = await client().api.listOrderEvents({ id, after: last, limit: PAGE_SIZE }, { signal });
        read.push(...page);
        last = page.at(-1)?.sequence ?? last;
        isWhole = page.length < PAGE_SIZE;
    }
    return read;
}
