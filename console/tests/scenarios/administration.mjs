import { check, confirm, linkTo, sees } from '../test.mjs';

export async function attention(test) {
    const page = await test.open('attention');
    const { order } = await test.ask('stuck-order');
    const section = page.locator('section').filter({ hasText: 'Orders with a failing step' });
    await linkTo(section, order).waitFor();
    check(Number(await page.locator('nav .count').textContent()) > 0, 'the navigation shows a number');
    await sees(page, 'Books of the partners', 'The reconciler repairs them');
    await test.picture(page, 'attention', { fullPage: true });
    await page.goto(test.url('?needs_attention=true'));
    await linkTo(page, order).click();
    await sees(page, 'State', 'Needs attention');
    await test.picture(page, 'stuck order', { fullPage: true });
    await page.getByRole('link', { name: 'Needs attention' }).click();
    await test.ask('mend');
    await page.getByRole('button', { name: `Retry now: order ${order}` }).click();
    await confirm(page, 'Retry now');
    await linkTo(section, order).waitFor({ state: 'detached' });
}

export async function health(test) {
    const page = await test.open('health');
    await sees(page, 'Dependencies', 'database');
    await sees(page, 'Partners in the last five minutes', 'payment');
    // Each process stores its measurements four times a minute.
    await page.getByText('Values of Requests').click();
    await page.getByRole('table', { name: 'Requests' }).getByRole('row').nth(1).waitFor();
    await test.picture(page, 'health', { fullPage: true });
}
