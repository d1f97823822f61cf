import { readFile } from 'node:fs/promises';
import { ADDRESS, check, checkEqual, linkTo, rowOf, TEA } from '../test.mjs';

export async function filters(test) {
    const wanted = await test.createOrder({ customer_id: 4711, total_amount: 12.5 });
    const cheaper = await test.createOrder({ customer_id: 4711, total_amount: 2.5 });
    const page = await test.open();
    await page.getByText('Filters').click();
    await page.getByLabel('Customer').fill('4711');
    await page.getByLabel('Customer').press('Tab');
    await page.getByLabel('Smallest amount').fill('10');
    await page.getByLabel('Smallest amount').press('Tab');
    await linkTo(page, wanted).waitFor();
    await linkTo(page, cheaper).waitFor({ state: 'detached' });
    const filtered = new URL(page.url()).searchParams;
    checkEqual([filtered.get('customer_id'), filtered.get('min_amount')], ['4711', '10'], 'the filter in the URL');
    await page.reload();
    await linkTo(page, wanted).waitFor();
    checkEqual(await page.getByLabel('Customer').inputValue(), '4711', 'the filter after a reload');

    await page.goto(test.url('?customer_id=4711&created_before=2000-01-01T00:00:00Z'));
    await page.getByText('No order matches the filters').waitFor();
    await page.goto(test.url('?customer_id=4711&status=pending&status=processing&status=completed&needs_attention=false'));
    await linkTo(page, cheaper).waitFor();
    await page.getByRole('link', { name: 'Remove all filters' }).click();
    await page.waitForURL(test.url());
}

export async function search(test) {
    const id = await test.createOrder();
    const page = await test.open();
    await page.getByLabel('Order id').fill(String(id));
    await page.getByLabel('Order id').press('Enter');
    await page.getByRole('heading', { name: `Order ${id}` }).waitFor();
    await page.getByRole('link', { name: 'All orders' }).click();
    await page.getByLabel('Order id').fill('999999999');
    await page.getByLabel('Order id').press('Enter');
    await page.getByText('There is no order 999999999').waitFor();
}

/** New and changed orders appear by themselves, and what does not match the filter any more disappears. */
export async function live(test) {
    const page = await test.open();
    await page.getByText('live', { exact: true }).waitFor();
    const id = await test.createOrder();
    await linkTo(page, id).waitFor();
    await rowOf(page, id).getByText('completed').waitFor();
    // So many that their pages are read, and not each of them.
    const many = await Promise.all(Array.from({ length: 15 }, () => test.createOrder()));
    for (const one of many) {
        await rowOf(page, one).getByText('completed').waitFor();
    }

    await page.goto(test.url('?status=pending&status=processing'));
    const next = await test.createOrder();
    await linkTo(page, next).waitFor();
    await linkTo(page, next).waitFor({ state: 'detached' });
}

/** Orders that arrive while the list is scrolled do not move it; the way back from an order leads to the same place. */
export async function newOrdersWhileScrolled(test) {
    await test.ask('load', { orders: 500 });
    const page = await test.open();
    await page.getByText('live', { exact: true }).waitFor();
    await page.locator('#orders a').nth(15).waitFor();
    await page.mouse.wheel(0, 3_000);
    await page.waitForFunction(() => window.scrollY > 2_000);
    const link = page.locator('#orders a').nth(25);
    const shown = await link.textContent();
    const id = await test.createOrder();
    await page.getByRole('button', { name: '1 new order' }).waitFor();

    await linkTo(page, shown).click();
    await page.getByRole('heading', { name: `Order ${shown}` }).waitFor();
    await page.goBack();
    await linkTo(page, shown).waitFor();
    check((await page.evaluate(() => window.scrollY)) > 2_000, 'the list is where it was');

    await page.getByRole('button', { name: '1 new order' }).click();
    await linkTo(page, id).waitFor();
}

export async function csvExport(test) {
    const id = await test.createOrder({
        customer_id: 815,
        total_amount: 80,
        items: [{ ...TEA, sku: '=1+1,"x"' }],
        shipping_address: { ...ADDRESS, city: 'Stuck' },
    });
    const page = await test.open('?customer_id=815');
    await page.route('**/orders?*', async (route) => {
        const response = await route.fetch();
        const [order] = await response.json();
        order.shipment = { status: 'created', carrier: 'Post, "fast"', tracking: '=HYPERLINK("http://evil.example")' };
        await route.fulfill({ response, json: [order] });
    });
    await page.getByRole('button', { name: 'Export' }).click();
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Start' }).click();
    const text = await readFile(await (await download).path(), 'utf8');
    await page.getByText('1 order saved').waitFor();
    const [header, line] = text.split('\r\n');
    check(header.startsWith('\ufeffid,customer_id,status,total_amount'), header);
    check(line.startsWith(`${id},815,`), line);
    check(line.includes('"2 x =1+1,""x"" ('), `quoted: ${line}`);
    const [carrier, tracking] = ['"Post, ""fast"""', `"'=HYPERLINK(""http://evil.example"")"`];
    check(line.includes(`,${carrier},${tracking},`), `no formula: ${line}`);
}
