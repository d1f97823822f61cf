import { checkEqual } from '../test.mjs';

async function fillAmount(page, customer, amount) {
    await page.getByLabel('Customer').fill(customer);
    await page.getByLabel('Kind').selectOption('amount');
    await page.getByLabel('Amount').fill(amount);
}

export async function newOrder(test) {
    const page = await test.open();
    await page.getByRole('link', { name: 'New order' }).click();
    await page.getByLabel('Customer').fill('5150');
    await page.getByLabel('Article').fill('TEA-100');
    await page.getByLabel('Quantity').fill('3');
    await page.getByLabel('Unit price').fill('0.1');
    await page.getByRole('button', { name: 'Add an item' }).click();
    const second = page.getByRole('group', { name: 'Item 2' });
    await second.getByLabel('Article').fill('CUP-1');
    await second.getByLabel('Unit price').fill('19.95');
    await page.getByText('Sum: 20.25').waitFor();
    await test.picture(page, 'new order');
    await page.reload();
    checkEqual(await page.getByRole('group', { name: 'Item 2' }).getByLabel('Article').inputValue(), 'CUP-1', 'after a reload');
    for (const [label, value] of [['Name', 'Ada'], ['Street and number', 'Street 1'], ['Postal code', '12345'], ['City', 'Stuck'], ['Country', 'de']]) {
        await page.getByLabel(label).fill(value);
    }
    await page.getByRole('button', { name: 'Create the order' }).click();
    await page.getByRole('heading', { name: 'Items, payment, shipment' }).waitFor();
    await page.getByText('CUP-1').first().waitFor();

    // A violation that only the service finds.
    await page.goto(test.url('orders/new'));
    await fillAmount(page, '0', '1');
    await page.getByLabel('Customer').evaluate((input) => input.removeAttribute('min'));
    await page.getByRole('button', { name: 'Create the order' }).click();
    await page.getByRole('alert').getByText('/customer_id').waitFor();
    await page.getByRole('alert').getByText(/^Request /).waitFor();
}

/** The response is lost, the page is reloaded, and the order is created again: there is one order. */
export async function lostResponse(test) {
    const page = await test.open('orders/new');
    const isCreation = (route) => route.request().method() === 'POST';
    await page.route('**/orders', async (route) => {
        if (!isCreation(route)) {
            return route.fallback();
        }
        await route.fetch();
        await route.abort('connectionreset');
    });
    await fillAmount(page, '5151', '51.5');
    await page.getByRole('button', { name: 'Create the order' }).click();
    await page.getByText('It is not known whether the change was made').waitFor();
    await page.unroute('**/orders');
    await page.reload();
    await page.getByRole('button', { name: 'Create the order' }).click();
    await page.getByText('had been created already').waitFor();
    const orders = await test.api('GET', '/orders?customer_id=5151');
    checkEqual(orders.length, 1, 'created orders');
}
