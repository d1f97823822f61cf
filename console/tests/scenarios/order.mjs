import { ADDRESS, check, checkEqual, confirm, dialogOf, sees, TEA } from '../test.mjs';

export async function change(test) {
    await test.ask('hold');
    const id = await test.createOrder();
    const page = await test.open(`orders/${id}`);
    await page.getByRole('button', { name: 'Change the amount' }).click();
    await dialogOf(page).getByLabel('Amount').fill('17.25');
    await dialogOf(page).getByRole('button', { name: 'Continue' }).click();
    await dialogOf(page).getByText('from 99.95 to 17.25').waitFor();
    await confirm(page, 'Change the amount');
    await sees(page, 'State', '17.25');
    await sees(page, 'Timeline', 'total amount: 17.25');
    await page.getByRole('button', { name: 'Set to processing' }).click();
    await confirm(page, 'Set to processing');
    await sees(page, 'State', 'processing');
    await test.ask('release');
    // Nobody has reloaded the page.
    await sees(page, 'State', 'The order is completed');
    await test.picture(page, 'order');
}

export async function decision(test) {
    const id = await test.createUndecided();
    const page = await test.open(`orders/${id}`);
    await sees(page, 'State', 'SOLD-OUT-CUP');
    await sees(page, 'Timeline', 'decision requested');
    await test.picture(page, 'decision', { fullPage: true });
    await page.getByRole('button', { name: 'Deliver the available items' }).click();
    await test.picture(page, 'dialog');
    await confirm(page, 'Deliver');
    await sees(page, 'Timeline', 'decision made');
    await sees(page, 'Items, payment, shipment', 'authorized');

    const refused = await test.createUndecided();
    await page.goto(test.url(`orders/${refused}`));
    await page.getByRole('button', { name: 'Cancel instead of delivering a part' }).click();
    await confirm(page, 'Cancel the order');
    await sees(page, 'State', 'decision cancel');
}

export async function cancellation(test) {
    const id = await test.createOrder({
        total_amount: 80,
        items: [TEA],
        shipping_address: { ...ADDRESS, city: 'Stuck' },
    });
    const page = await test.open(`orders/${id}`);
    await sees(page, 'Timeline', 'shipment created');
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.keyboard.press('Escape');
    await dialogOf(page).waitFor({ state: 'hidden' });
    const focused = await page.evaluate(() => document.activeElement.textContent);
    checkEqual(focused, 'Cancel the order', 'the focus after the dialog');
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await confirm(page, 'Cancel the order');
    await sees(page, 'State', 'customer request');
    await sees(page, 'State', 'The order is cancelled');
}

export async function deletion(test) {
    const id = await test.createOrder();
    const page = await test.open(`orders/${id}`);
    await page.getByRole('button', { name: 'Delete the order' }).waitFor();
    await test.until(async () => (await test.api('GET', `/orders/${id}`)).status === 'completed', 'completed');
    await sees(page, 'State', 'The order is completed');
    await page.getByRole('button', { name: 'Delete the order' }).click();
    await confirm(page, 'Delete the order');
    await page.getByText(`Order ${id} is deleted`).waitFor();
    await page.waitForURL(test.url());
    await page.goto(test.url(`orders/${id}`));
    await page.getByText(`There is no order ${id}`).waitFor();
}

/** Two browsers change one order: the second one sees what the first one has changed. */
export async function conflict(test) {
    const id = await test.createUndecided();
    const [first, second] = [await test.open(`orders/${id}`), await test.open(`orders/${id}`)];
    await first.getByRole('button', { name: 'Cancel the order' }).click();
    await second.getByRole('button', { name: 'Deliver the available items' }).click();
    await confirm(second, 'Deliver');

    await dialogOf(first).getByRole('button', { name: 'Cancel the order' }).click();
    await dialogOf(first).getByText('The order has changed meanwhile').waitFor();
    const changed = await dialogOf(first).getByRole('row', { name: 'SOLD-OUT-CUP at' }).textContent();
    check(/unavailable.*cancelled/.test(changed), `what has changed: ${changed}`);
    await test.picture(first, 'conflict');
    // The order may change again, until its parcel waits for the carrier.
    const again = dialogOf(first).getByRole('button', { name: 'Cancel the order anyway' });
    await test.until(async () => {
        await again.click({ timeout: 2_000 }).catch(() => undefined);
        return (await dialogOf(first).count()) === 0;
    }, 'the order is cancelled after all');
    await sees(first, 'State', 'The order is cancelled');
}

/** No response arrives: nobody knows whether the change was made, until the order is looked at again. */
export async function unknownOutcome(test) {
    const id = await test.createUndecided();
    const page = await test.open(`orders/${id}`);
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.route('**/cancellation', async (route) => {
        await route.fetch();
        await route.abort('connectionreset');
    });
    await dialogOf(page).getByRole('button', { name: 'Cancel the order' }).click();
    await dialogOf(page).getByText('It is not known whether the change was made').waitFor();
    await dialogOf(page).getByRole('button', { name: 'Look at it again' }).click();
    await sees(page, 'State', 'customer request');
}
