import { client } from '../session';
import { Section } from '../ui/page';
import { Deliveries } from './deliveries';

const PAGE_SIZE = 20;

export function OrderDeliveries({ orderId }: { orderId: number }) {
    return (
        <Section title="Webhook deliveries">
            <Deliveries
                isOfOneEndpoint={false}
                inputs={[orderId]}
                read={(before, signal) =>
                    client().api.listOrderDeliveriesRaw({ id: orderId, before, limit: PAGE_SIZE }, { signal })
                }
            />
        </Section>
    );
}
