import { check, checkEqual, linkTo } from '../test.mjs';

const entriesOf = (page) => page.getByRole('navigation').getByRole('link').allTextContents();

export async function signIn(test) {
    if (!test.config.keys) {
        return;
    }
    const page = await test.openSignedOut('health');
    await test.picture(page, 'sign in');
    await page.getByLabel('API key or access token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('does not accept this credential').waitFor();
    const request = page.waitForRequest('**/caller');
    await page.getByLabel('API key or access token').fill('aaaa.bbbb.cccc');
    await page.getByRole('button', { name: 'Sign in' }).click();
    checkEqual((await request).headers().authorization, 'Bearer aaaa.bbbb.cccc', 'how an access token is sent');
    await test.signIn(page, 'admin');
    // The place is kept.
    await page.getByRole('heading', { name: 'Health', level: 1 }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Health', level: 1 }).waitFor();
    const stored = await page.evaluate(() => Object.values(localStorage).join());
    check(!stored.includes(test.config.keys.admin), 'the key is not in the local storage');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('API key or access token').waitFor();
    checkEqual(await page.evaluate(() => Object.values(sessionStorage).filter((value) => value.startsWith('ok_'))), [], 'stored keys');
}

export async function readOnly(test) {
    if (!test.config.keys) {
        return;
    }
    const id = await test.createUndecided();
    const page = await test.open('', { as: 'read' });
    checkEqual(await entriesOf(page), ['Orders'], 'entries of the navigation');
    await linkTo(page, id).click();
    await page.getByRole('heading', { name: 'Timeline' }).waitFor();
    await page.getByText('It waits for a decision').waitFor();
    checkEqual(await page.getByRole('heading', { name: 'Actions' }).count(), 0, 'actions of a caller who may only read');
    checkEqual(await page.getByRole('heading', { name: 'Processing' }).count(), 0, 'processing for a caller who is no operator');
    await page.goto(test.url('keys'));
    await page.getByText('This page needs the scope').waitFor();
}

export async function customer(test) {
    if (!test.config.keys) {
        return;
    }
    const { customerId } = test.config;
    const own = await test.createOrder({ customer_id: customerId });
    const other = await test.createOrder({ customer_id: customerId + 1 });
    const page = await test.open('', { as: 'customer' });
    await page.getByText(`customer ${customerId}`).waitFor();
    await linkTo(page, own).waitFor();
    checkEqual(await linkTo(page, other).count(), 0, 'orders of another customer');
    await page.goto(test.url(`orders/${other}`));
    await page.getByText(`There is no order ${other}`).waitFor();
    await page.goto(test.url('orders/new'));
    checkEqual(await page.getByLabel('Customer').inputValue(), String(customerId), 'the customer of a new order');
}

export async function endingKey(test) {
    if (!test.config.keys) {
        return;
    }
    const page = await test.open('?status=completed', { as: 'ending' });
    await page.locator('#orders a').first().waitFor();
    await test.ask('expire-key');
    await page.getByText('You have been signed out').waitFor();
    await test.signIn(page, 'admin');
    await page.locator('#orders a').first().waitFor();
    checkEqual(new URL(page.url()).search, '?status=completed', 'the place after signing in again');
}
