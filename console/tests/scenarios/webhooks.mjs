import { check, confirm, dialogOf, linkTo, sees } from '../test.mjs';

export async function webhooks(test) {
    const receiver = test.config.receiver;
    const page = await test.open('webhooks');
    await page.getByRole('button', { name: 'New endpoint' }).click();
    await dialogOf(page).getByLabel('URL').fill(`${receiver}/ok`);
    await dialogOf(page).getByLabel('Description').fill('the shop');
    await dialogOf(page).getByRole('button', { name: 'Create' }).click();
    const secret = await page.getByLabel('Secret', { exact: true }).inputValue();
    check(secret.startsWith('whsec_'), 'the secret is shown');
    await confirm(page, 'I have kept it');
    await sees(page, 'Endpoint', 'the shop');
    check(!(await page.content()).includes(secret), 'the secret is shown only once');

    await page.getByRole('button', { name: 'Send a test event' }).click();
    await dialogOf(page).getByRole('button', { name: 'Send', exact: true }).click();
    await dialogOf(page).getByText('received', { exact: true }).waitFor();
    await dialogOf(page).getByRole('button', { name: 'Close' }).click();

    const id = await test.createOrder();
    await test.until(async () => {
        await page.getByRole('button', { name: 'Refresh' }).click();
        return linkTo(page, id).first().isVisible();
    }, 'the delivery is listed');
    await page.getByRole('checkbox', { name: 'delivered' }).check();
    await page.waitForURL(/status=delivered/);
    await page.getByRole('button', { name: /^Send again: delivery/ }).first().click();
    await confirm(page, 'Send again');
    await test.picture(page, 'webhook endpoint', { fullPage: true });

    await page.getByRole('button', { name: 'Edit' }).click();
    await dialogOf(page).getByLabel('Description').fill('the other shop');
    await confirm(page, 'Save');
    await sees(page, 'Endpoint', 'the other shop');
    await page.getByRole('button', { name: 'Send events again' }).click();
    await dialogOf(page).getByLabel('After position').fill('0');
    await confirm(page, 'Send again');
    await page.getByRole('button', { name: 'Replace the secret' }).click();
    await dialogOf(page).getByRole('button', { name: 'Replace' }).click();
    await page.getByLabel('Secret', { exact: true }).waitFor();
    await confirm(page, 'I have kept it');
    await page.getByRole('button', { name: 'Disable' }).click();
    await confirm(page, 'Disable');
    await sees(page, 'Endpoint', 'disabled');
    await page.getByRole('button', { name: 'Enable' }).click();
    await confirm(page, 'Enable');

    await page.goto(test.url(`orders/${id}`));
    await sees(page, 'Webhook deliveries', 'created');
    await page.goBack();
    await page.getByRole('button', { name: 'Delete' }).click();
    await confirm(page, 'Delete');
    await page.waitForURL(test.url('webhooks'));

    await disabledByTheService(test, page);
}

/** An endpoint that responds with 410 is disabled; it is enabled again where all that needs attention is. */
async function disabledByTheService(test, page) {
    const endpoint = await test.api('POST', '/webhooks', { url: `${test.config.receiver}/gone` });
    await test.createOrder();
    await test.until(async () => !(await test.api('GET', `/webhooks/${endpoint.id}`)).enabled, 'the endpoint is disabled');
    // It is mended; otherwise the next event would disable it again.
    await test.api('PUT', `/webhooks/${endpoint.id}`, { url: `${test.config.receiver}/ok` });
    await page.goto(test.url('attention'));
    await page.getByRole('button', { name: `Enable: endpoint ${endpoint.id}` }).click();
    await confirm(page, 'Enable');
    await page.getByRole('button', { name: `Enable: endpoint ${endpoint.id}` }).waitFor({ state: 'detached' });
    await test.api('DELETE', `/webhooks/${endpoint.id}`);
    await page.goto(test.url('webhooks'));
    await page.getByRole('heading', { name: 'Endpoints' }).waitFor();
    await test.picture(page, 'webhooks');
}
