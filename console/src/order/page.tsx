import type { OrderProcessing, OrderVersion } from 'order-processing-sdk';
import { useCallback } from 'preact/hooks';
import { hasStatus } from '../errors';
import { type Loaded, useInterval, useLoad } from '../load';
import { to } from '../router';
import { client, may } from '../session';
import { OrderDeliveries } from '../webhooks/order-deliveries';
import { Loading } from '../ui/loading';
import { Page } from '../ui/page';
import { ActionButtons } from './action-buttons';
import { Delivery, Summary } from './details';
import { Processing } from './processing';
import { Timeline } from './timeline';
import { useOrder } from './use-order';

const PROCESSING_MS = 5_000;

export function OrderPage({ id }: { id: number }) {
    const order = useOrder(id);
    return (
        <Page title={`Order ${id}`} actions={<a href={to('')}>All orders</a>}>
            {hasStatus(order.error, 404) ? (
                <>
                    <p class="problem">{order.value ? 'The order was deleted.' : `There is no order ${id}.`}</p>
                    {order.value && <Timeline id={id} />}
                </>
            ) : (
                <Loading of={order}>{(version) => <Shown id={id} version={version} reload={order.reload} />}</Loading>
            )}
        </Page>
    );
}

function Shown({ id, version, reload }: { id: number; version: OrderVersion; reload: () => Promise<void> }) {
    const { order } = version;
    const isAdmin = may('orders:admin');
    const processing = useProcessing(id, isAdmin && order.status !== 'completed' && order.status !== 'cancelled');
    return (
        <div class="columns">
            <div>
                <Summary order={order} />
                <ActionButtons
                    version={version}
                    hasIntents={processing.value?.intents.some(({ attempts }) => attempts > 0) ?? false}
                    onChange={reload}
                />
                <Delivery order={order} />
                {isAdmin && <Processing of={processing} />}
                {may('webhooks:read') && <OrderDeliveries orderId={id} />}
            </div>
            <Timeline id={id} />
        </div>
    );
}

/** Read once for an order that has ended, and again and again for one in progress. */
function useProcessing(id: number, isOpen: boolean): Loaded<OrderProcessing> {
    const isAdmin = may('orders:admin');
    const processing = useLoad<OrderProcessing>(
        async (signal) =>
            isAdmin ? client().api.getOrderProcessing({ id }, { signal }) : { temporalAvailable: true, intents: [] },
        [id, isAdmin, isOpen],
    );
    const refresh = useCallback(() => isOpen && processing.reload(), [isOpen, processing.reload]);
    useInterval(refresh, PROCESSING_MS);
    return processing;
}
