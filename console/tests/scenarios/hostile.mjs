import { check, checkEqual, dialogOf } from '../test.mjs';

const SCRIPT = '<img src="//evil.example/x" onerror="alert(1)"><script>alert(2)</script>';
const SCRIPT_URL = 'javascript:alert(3)';
const NOW = new Date().toISOString();

/** What a service that has just been started does not have yet. */
const CONTENTS = {
    '/attention': {
        orders: [{ order_id: 1, customer_id: 1, attention: { step: '', code: '', since: NOW } }],
        intents: [intent()],
        deliveries: [
            { id: 1, webhook_id: 1, position: 1, order_id: 1, event_type: '', status: '', attempts: 1, error: '', created_at: NOW },
        ],
        webhooks: [
            {
                id: 1, url: '', description: '', event_types: [''], enabled: false, disabled_reason: '', signature: '',
                position: 1, created_at: NOW, updated_at: NOW,
            },
        ],
        drift: { orders: 0, compared: 0 },
        books: [{ partner: '', drift: 0 }],
    },
    '/statistics': { processes: 1, points: [], partners: [{ partner: '', state: '', calls: 1, failures: 0 }] },
    '/api-keys': [{ id: 1, name: '', hint: '', scopes: [''], client_id: 1, created_at: NOW }],
    '/processing': {
        temporal_available: true,
        workflow: { id: '', run_id: '', status: '', url: '', steps: [{ name: '', attempts: 1, last_error: '' }] },
        intents: [intent()],
    },
};

function intent() {
    return { order_id: 1, action: '', attempts: 1, last_error: '', created_at: NOW, next_attempt_at: NOW };
}

const DATE = /^\d{4}-\d{2}-\d{2}T/;

/** Every text that the service may send is one that would run or load something if it was not rendered as text. */
export async function hostileText(test) {
    const order = await test.createUndecided();
    const endpoint = await test.api('POST', '/webhooks', { url: `${test.config.receiver}/ok`, description: 'x' });
    await test.createOrder();
    const page = await test.open();
    await page.route(/\/(orders|attention|statistics|webhooks|api-keys|readyz)\b/, poisonResponse);

    for (const [path, heading] of [
        ['', 'Orders'],
        [`orders/${order}`, 'Timeline'],
        ['attention', 'Books of the partners'],
        ['health', 'Dependencies'],
        ['webhooks', 'Endpoints'],
        [`webhooks/${endpoint.id}`, 'Deliveries'],
        ['keys', 'Keys'],
    ]) {
        await page.goto(test.url(path));
        await page.getByRole('heading', { name: heading, exact: true }).waitFor();
        await page.getByText('<img src=').first().waitFor();
        await checkHarmless(page, path);
    }
    await page.goto(test.url(`orders/${order}`));
    await page.getByRole('button', { name: 'Cancel the order' }).first().click();
    await page.route('**/cancellation', (route) =>
        route.fulfill({ status: 409, json: poison({ type: '', title: '', status: 409, code: '', detail: '', request_id: '' }) }),
    );
    await dialogOf(page).getByRole('button', { name: 'Cancel the order' }).click();
    await dialogOf(page).getByRole('alert').getByText('<img src=').first().waitFor();
    await checkHarmless(page, 'a problem');

    const query = encodeURIComponent(SCRIPT);
    await page.goto(test.url(`?status=${query}&customer_id=${query}`));
    await checkHarmless(page, 'a query');
    await page.goto(test.url(`orders/${query}`));
    await page.getByText('There is no such page').waitFor();
    await test.api('DELETE', `/webhooks/${endpoint.id}`);
}

async function poisonResponse(route) {
    const request = route.request();
    if (request.resourceType() === 'document' || request.url().includes('/console/')) {
        return route.fallback();
    }
    const contents = Object.entries(CONTENTS).find(([end]) => new URL(request.url()).pathname.endsWith(end))?.[1];
    if (contents) {
        return route.fulfill({ json: poison(contents) });
    }
    const response = await route.fetch();
    await route.fulfill({ response, json: poison(await response.json()) });
}

function poison(value, key) {
    if (Array.isArray(value)) {
        return value.map((child) => poison(child, key));
    }
    if (value !== null && typeof value === 'object') {
        return Object.fromEntries(Object.entries(value).map(([name, child]) => [name, poison(child, name)]));
    }
    if (typeof value !== 'string' || DATE.test(value)) {
        return value;
    }
    return key === 'url' ? SCRIPT_URL : SCRIPT;
}

async function checkHarmless(page, where) {
    checkEqual(await page.locator('#app img, #app script, #app iframe').count(), 0, `elements made of text on ${where}`);
    const links = await page.locator('a').evaluateAll((all) => all.map((link) => link.href));
    check(links.every((href) => /^https?:/.test(href)), `links on ${where}: ${links}`);
}
