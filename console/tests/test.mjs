import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** How long a page may take on a busy machine. */
const PATIENCE_MS = 90_000;
const WIDE = { width: 1280, height: 800 };
/** What browsers write about each failed request, which is expected. */
const FAILED_REQUEST = /^Failed to load resource: /;

/** What a scenario works with: pages whose faults are collected, and the API. */
export class Test {
    /** Measurements, for the report. */
    figures = {};
    #contexts = [];
    #faults = [];

    constructor(config, browser, ask) {
        this.config = config;
        this.browser = browser;
        this.ask = ask;
    }

    url(path = '') {
        return new URL(`/console/${path}`, this.config.url).href;
    }

    /** Opens a page as the owner of a key, in a browser profile of its own. */
    async open(path = '', { as = 'admin', options = {} } = {}) {
        const page = await this.openSignedOut(path, options);
        await this.signIn(page, as);
        return page;
    }

    async openSignedOut(path = '', options = {}) {
        const context = await this.browser.newContext({ viewport: WIDE, locale: 'en-GB', ...options });
        this.#contexts.push(context);
        const page = await context.newPage();
        page.setDefaultTimeout(PATIENCE_MS);
        this.#watch(page);
        await page.goto(this.url(path));
        return page;
    }

    async signIn(page, as) {
        if (this.config.keys) {
            await page.getByLabel('API key or access token').fill(this.config.keys[as]);
            await page.getByRole('button', { name: 'Sign in' }).click();
        }
        await page.getByRole('navigation').waitFor();
    }

    #watch(page) {
        const host = new URL(this.config.url).host;
        page.on('pageerror', (error) => this.#faults.push(`exception: ${error.stack}`));
        page.on('console', (message) => {
            if (['error', 'warning'].includes(message.type()) && !FAILED_REQUEST.test(message.text())) {
                this.#faults.push(`console: ${message.text()}`);
            }
        });
        page.on('request', (request) => {
            const url = new URL(request.url());
            if (['http:', 'https:', 'ws:', 'wss:'].includes(url.protocol) && url.host !== host) {
                this.#faults.push(`request to another host: ${url}`);
            }
        });
        page.on('dialog', (dialog) => {
            this.#faults.push(`a script has run: ${dialog.message()}`);
            void dialog.dismiss();
        });
    }

    addFault(fault) {
        this.#faults.push(fault);
    }

    /** Fails if a page has violated its policy, asked another host, or thrown something. */
    checkGuards() {
        check(this.#faults.length === 0, this.#faults.join('\n'));
    }

    /** Calls the API as the owner of a key; returns the body of the response. */
    async api(method, path, body, { as = 'admin' } = {}) {
        const response = await fetch(new URL(path, this.config.url), {
            method,
            headers: {
                'Content-Type': 'application/json',
                ...(this.config.keys && { 'X-API-Key': this.config.keys[as] }),
            },
            body: body && JSON.stringify(body),
        });
        const text = await response.text();
        check(response.ok, `${method} ${path}: ${response.status} ${text}`);
        return text ? JSON.parse(text) : undefined;
    }

    /** Creates an order and returns its id. */
    async createOrder(order = {}) {
        const created = await this.api('POST', '/orders', { customer_id: 42, total_amount: 99.95, ...order });
        return created.id;
    }

    /** An order that waits for a decision, and whose parcel is not dispatched. */
    async createUndecided() {
        const id = await this.createOrder({
            items: [TEA, { sku: 'SOLD-OUT-CUP', quantity: 1, unit_price: 19.95 }],
            shipping_address: { ...ADDRESS, city: 'Stuck' },
        });
        await this.until(async () => (await this.api('GET', `/orders/${id}`)).decision, `order ${id} asks for a decision`);
        return id;
    }

    async until(isTrue, what, ms = PATIENCE_MS) {
        const deadline = Date.now() + ms;
        while (!(await isTrue())) {
            check(Date.now() < deadline, `not within ${ms} ms: ${what}`);
            await new Promise((resolve) => setTimeout(resolve, 200));
        }
    }

    async picture(page, name, options = {}) {
        if (this.config.screenshots) {
            mkdirSync(this.config.screenshots, { recursive: true });
            await page.screenshot({ path: join(this.config.screenshots, `${name}.png`), ...options });
        }
    }

    /** Pictures of all pages, for a failure. */
    async takePicture(name) {
        const pages = this.#contexts.flatMap((context) => context.pages());
        for (const [index, page] of pages.entries()) {
            await this.picture(page, `${name} ${index + 1}`, { timeout: 5_000 }).catch(() => undefined);
        }
    }

    async end() {
        const pages = this.#contexts.flatMap((context) => context.pages());
        // Requests may be in progress.
        await Promise.all(pages.map((page) => page.unrouteAll({ behavior: 'ignoreErrors' })));
        await Promise.all(this.#contexts.map((context) => context.close()));
    }
}

export const TEA = { sku: 'TEA-100', quantity: 2, unit_price: 40 };

export const ADDRESS = {
    name: 'Ada Example',
    street: 'Example Street 1',
    postal_code: '12345',
    city: 'Exampleville',
    country: 'DE',
};

export function check(isTrue, message) {
    if (!isTrue) {
        throw new Error(message);
    }
}

export function checkEqual(actual, expected, what) {
    const [left, right] = [actual, expected].map((value) => JSON.stringify(value));
    check(left === right, `${what}: expected ${right}, got ${left}`);
}

/** The link to an order, and the row of the list that it is in. */
export const linkTo = (page, id) => page.getByRole('link', { name: String(id), exact: true });
export const rowOf = (page, id) => page.locator('#orders tr').filter({ has: linkTo(page, id) });

/** The dialog that is open. */
export const dialogOf = (page) => page.getByRole('dialog');

/** Confirms the open dialog, and waits until it is closed. */
export async function confirm(page, label) {
    await dialogOf(page).getByRole('button', { name: label, exact: true }).click();
    await dialogOf(page).waitFor({ state: 'hidden' });
}

/** Waits for text in the part of the page with this heading. */
export async function sees(page, heading, text, options) {
    const section = page.locator('section').filter({ has: page.getByRole('heading', { name: heading, exact: true }) });
    await section.getByText(text).first().waitFor(options);
}
