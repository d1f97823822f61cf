import { useEffect } from 'preact/hooks';
import { formatCount } from '../format';
import { place, to } from '../router';
import { may } from '../session';
import { Icon } from '../ui/icon';
import { Page } from '../ui/page';
import { Problem } from '../ui/problem';
import { ExportButton } from './export';
import { Filters } from './filters';
import { FindOrder } from './find';
import { MOST_NEW, type OrderList } from './list';
import { listFor } from './store';
import { Welcome } from './welcome';
import { OrderWindow } from './window';

export function OrdersPage() {
    const query = place.value.searchParams.toString();
    const { list, updates } = listFor(query);
    useEffect(() => {
        updates.show(true);
        return () => updates.show(false);
    }, [updates]);
    return (
        <Page
            title="Orders"
            actions={
                <>
                    <FindOrder />
                    <ExportButton filter={list.filter} />
                    {may('orders:write') && (
                        <a class="button primary" href={to('orders/new')}>
                            <Icon name="plus" /> New order
                        </a>
                    )}
                </>
            }
        >
            <Filters filter={list.filter} />
            <NewerOrders list={list} />
            <Orders key={query} list={list} isFiltered={query !== ''} />
        </Page>
    );
}

function NewerOrders({ list }: { list: OrderList }) {
    const count = list.newer.value;
    const show = () => {
        window.scrollTo(0, 0);
        void list.reload();
    };
    return (
        <div class="newer" role="status">
            {count > 0 && (
                <button type="button" class="primary" onClick={show}>
                    {count < MOST_NEW ? formatCount(count, 'new order') : `${MOST_NEW} or more new orders`}
                </button>
            )}
        </div>
    );
}

function Orders({ list, isFiltered }: { list: OrderList; isFiltered: boolean }) {
    const error = list.error.value;
    const isRead = list.version.value > 0;
    const isEmpty = isRead && error === undefined && list.count === 0;
    return (
        <>
            {list.count > 0 && <OrderWindow list={list} />}
            {isEmpty && (isFiltered ? <p class="muted">No order matches the filters.</p> : <Welcome />)}
            {!isRead && <p class="muted">Loading …</p>}
            {error !== undefined && (
                <>
                    <Problem error={error} />
                    <button type="button" onClick={() => list.retry()}>
                        Try again
                    </button>
                </>
            )}
        </>
    );
}
