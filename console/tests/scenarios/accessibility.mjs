import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { check, checkEqual, dialogOf } from '../test.mjs';

const PHONE = { width: 375, height: 700 };

/** Every page, and dialogs on them: the name, the path, and what to wait for. */
async function pagesOf(test) {
    const undecided = await test.createUndecided();
    const endpoint = await test.api('POST', '/webhooks', { url: `${test.config.receiver}/ok` });
    const open = (name) => async (page) => {
        await page.getByRole('button', { name }).first().click();
        await dialogOf(page).waitFor();
    };
    return [
        ['orders', '', async (page) => page.locator('#orders a').first().waitFor()],
        ['filters', '?status=pending&status=processing', async (page) => page.getByLabel('Smallest amount').waitFor()],
        ['order', `orders/${undecided}`, async (page) => page.getByText('decision requested').first().waitFor()],
        ['order dialog', `orders/${undecided}`, open('Cancel the order')],
        ['new order', 'orders/new', async (page) => page.getByLabel('Article').waitFor()],
        ['attention', 'attention', async (page) => page.getByRole('heading', { name: 'Books of the partners' }).waitFor()],
        ['health', 'health', async (page) => page.getByText('The last hour').waitFor()],
        ['webhooks', 'webhooks', async (page) => page.getByRole('table').waitFor()],
        ['webhooks dialog', 'webhooks', open('New endpoint')],
        ['webhook endpoint', `webhooks/${endpoint.id}`, async (page) => page.getByText('Refresh').waitFor()],
        ['keys', 'keys', async (page) => page.getByRole('heading', { name: 'Keys', exact: true }).waitFor()],
        ['keys dialog', 'keys', open('New key')],
        ['no page', 'nowhere', async (page) => page.getByText('There is no such page').waitFor()],
    ];
}

export async function accessibility(test) {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const pages = await pagesOf(test);
    const findings = [];
    const page = await test.open();
    for (const theme of ['light', 'dark']) {
        await page.getByLabel('Colours').selectOption(theme);
        for (const [name, path, prepare] of pages) {
            await page.goto(test.url(path));
            await prepare(page);
            findings.push(...(await violationsOn(page, axe)).map((finding) => `${name} (${theme}): ${finding}`));
            await test.picture(page, `${theme} ${name}`);
        }
    }
    if (test.config.keys) {
        const signIn = await test.openSignedOut();
        await signIn.getByLabel('API key or access token').waitFor();
        findings.push(...(await violationsOn(signIn, axe)));
    }
    check(findings.length === 0, findings.join('\n'));
    await keyboard(test);
}

async function violationsOn(page, axe) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => window.axe.run());
    return violations.map(({ id, nodes }) => `${id} ${nodes.map(({ html }) => html).join(' ')}`);
}

/** The first key leads to a link that skips the navigation, and the focus follows a change of the page. */
async function keyboard(test) {
    const page = await test.open();
    await page.locator('#orders a').first().waitFor();
    await page.locator('body').press('Tab');
    checkEqual(await page.evaluate(() => document.activeElement.textContent), 'Skip to the content', 'the first focus');
    await page.getByRole('link', { name: 'Health' }).press('Enter');
    await page.getByRole('heading', { name: 'Health', level: 1 }).waitFor();
    checkEqual(await page.evaluate(() => document.activeElement.id), 'main', 'the focus on another page');
}

/** On a phone, no page is wider than the screen. */
export async function phone(test) {
    const pages = await pagesOf(test);
    const page = await test.open('', { options: { viewport: PHONE, hasTouch: true, isMobile: true } });
    for (const [name, path, prepare] of pages) {
        await page.goto(test.url(path));
        await prepare(page);
        const width = await page.evaluate(() => document.documentElement.scrollWidth);
        checkEqual(width, PHONE.width, `the width of ${name}`);
        await test.picture(page, `phone ${name}`);
    }
}
