import { checkEqual } from '../test.mjs';

/** What becomes of the sample orders. */
const EXPECTED = ['completed', 'captured', 'declined', 'decision', 'dispatched', 'created'];

export async function welcome(test) {
    const page = await test.open();
    await page.getByRole('heading', { name: 'There are no orders yet' }).waitFor();
    await test.picture(page, 'welcome');
    const samples = await page.locator('h3 ~ ul li').count();
    await page.getByRole('button', { name: 'Create sample orders' }).click();
    await page.getByRole('table', { name: 'Orders' }).waitFor();
    for (const state of EXPECTED) {
        await page.locator('#orders .badge', { hasText: state }).first().waitFor();
    }
    const rows = await page.locator('#orders tbody tr[aria-rowindex]').count();
    checkEqual(rows, samples, 'sample orders');
    await test.picture(page, 'orders');
}
