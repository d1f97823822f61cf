import { feedReady } from '../feed';
import { client } from '../session';
import { readFilter } from './filter';
import { LiveUpdates } from './live';
import { OrderList } from './list';

interface ShownList {
    query: string;
    list: OrderList;
    updates: LiveUpdates;
}

/** The list that was shown last, so that the way back from an order leads to the same place. */
let last: ShownList | undefined;

/** The list for the query of the page's URL. */
export function listFor(query: string): ShownList {
    if (last?.query === query && last.list.isOf(client())) {
        return last;
    }
    last?.updates.stop();
    last?.list.stop();
    const list = new OrderList(client(), readFilter(new URLSearchParams(query)));
    last = { query, list, updates: new LiveUpdates(list, () => window.scrollY < window.innerHeight / 2) };
    void feedReady().then(() => list.reload());
    return last;
}
