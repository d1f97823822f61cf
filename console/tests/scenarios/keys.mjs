import { check, confirm, dialogOf } from '../test.mjs';

export async function keys(test) {
    const page = await test.open('keys');
    await page.getByRole('button', { name: 'New key' }).click();
    await dialogOf(page).getByLabel('Name').fill('a shop');
    await dialogOf(page).getByLabel('orders:write').check();
    await dialogOf(page).getByLabel('Customer').fill('42');
    await dialogOf(page).getByRole('button', { name: 'Create' }).click();
    const field = page.getByLabel('API key', { exact: true });
    const key = await field.inputValue();
    await confirm(page, 'I have kept it');
    check(!(await page.content()).includes(key), 'the key is shown only once');
    await test.picture(page, 'keys');

    const row = page.getByRole('row').filter({ hasText: 'a shop' });
    await row.getByRole('button', { name: 'Replace' }).first().click();
    await dialogOf(page).getByRole('button', { name: 'Replace' }).click();
    check((await field.inputValue()) !== key, 'the new key is another one');
    await confirm(page, 'I have kept it');
    await row.nth(1).getByRole('button', { name: 'Revoke' }).click();
    await confirm(page, 'Revoke');
    await row.getByText('revoked').waitFor();
}
