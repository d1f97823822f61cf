import type { ComponentType } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import type { Scope } from 'order-processing-sdk';
import { AttentionPage } from '../attention/page';
import { CreatePage } from '../create/page';
import { HealthPage } from '../health/page';
import { KeysPage } from '../keys/page';
import { OrderPage } from '../order/page';
import { OrdersPage } from '../orders/page';
import { path, to } from '../router';
import { may } from '../session';
import { Page } from '../ui/page';
import { Problem } from '../ui/problem';
import { EndpointPage } from '../webhooks/endpoint';
import { WebhooksPage } from '../webhooks/page';

interface Route {
    pattern: RegExp;
    scope: Scope;
    page: ComponentType<{ id: number }>;
}

const ROUTES: Route[] = [
    { pattern: /^$/, scope: 'orders:read', page: OrdersPage },
    { pattern: /^orders\/new$/, scope: 'orders:write', page: CreatePage },
    { pattern: /^orders\/(\d{1,16})$/, scope: 'orders:read', page: OrderPage },
    { pattern: /^attention$/, scope: 'orders:admin', page: AttentionPage },
    { pattern: /^health$/, scope: 'orders:admin', page: HealthPage },
    { pattern: /^webhooks$/, scope: 'webhooks:read', page: WebhooksPage },
    { pattern: /^webhooks\/(\d{1,16})$/, scope: 'webhooks:read', page: EndpointPage },
    { pattern: /^keys$/, scope: 'orders:admin', page: KeysPage },
];

export function CurrentPage() {
    const current = path.value;
    const [error] = useErrorBoundary();
    const route = ROUTES.find(({ pattern }) => pattern.test(current));
    if (error !== undefined) {
        return (
            <Page title="This page has failed">
                <Problem error={error} />
                <button type="button" onClick={() => window.location.reload()}>
                    Load the console again
                </button>
            </Page>
        );
    }
    if (!route) {
        return (
            <Page title="Not found">
                <p>
                    There is no such page. <a href={to('')}>Go to the orders</a>
                </p>
            </Page>
        );
    }
    if (!may(route.scope)) {
        return (
            <Page title="Not permitted">
                <p>
                    This page needs the scope <code>{route.scope}</code>.
                </p>
            </Page>
        );
    }
    const Shown = route.page;
    return <Shown id={Number(route.pattern.exec(current)?.[1])} />;
}
