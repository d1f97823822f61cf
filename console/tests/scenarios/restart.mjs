import { check, linkTo, rowOf } from '../test.mjs';

/** The service is restarted while a page is open: it connects again and misses nothing. */
export async function restart(test) {
    const page = await openLive(test);
    await page.evaluate(() => {
        window.seen = [];
        const element = document.querySelector('.connection');
        const note = () => window.seen.push(element.textContent);
        new MutationObserver(note).observe(element, { childList: true, characterData: true, subtree: true });
    });
    await test.ask('restart');
    // Their events may be written before the page is connected again.
    const ids = [];
    for (let count = 0; count < 3; count++) {
        ids.push(await test.createOrder());
    }
    await page.getByText('live', { exact: true }).waitFor();
    for (const id of ids) {
        await rowOf(page, id).getByText('completed').waitFor();
    }
    // Only a page that was not loaded again has it.
    test.figures.connection = await page.evaluate(() => window.seen);
}

/** A tab that is not visible has no stream; when it is visible again, nothing is missing. */
export async function hiddenTab(test) {
    const page = await openLive(test);
    await setHidden(page, true);
    await page.getByText('paused', { exact: true }).waitFor();
    // A read that began before may still return the order that is created next.
    await page.waitForLoadState('networkidle');
    const id = await test.createOrder();
    await page.waitForTimeout(2_000);
    check((await linkTo(page, id).count()) === 0, 'a hidden tab is not kept up to date');
    await setHidden(page, false);
    await linkTo(page, id).waitFor();
}

/** The service has lost events: the list is read again. */
export async function reset(test) {
    const page = await test.open('?status=completed');
    await page.locator('#orders a').first().waitFor();
    let isSent = false;
    await page.route('**/events?*', async (route) => {
        if (isSent || route.request().headers().accept !== 'text/event-stream') {
            return route.fallback();
        }
        isSent = true;
        const body = 'event: reset\ndata: {"position": 999999999}\n\n';
        await route.fulfill({ contentType: 'text/event-stream', body });
    });
    const isList = (request) => new URL(request.url()).pathname === '/orders';
    const read = page.waitForRequest(isList);
    await setHidden(page, true);
    await setHidden(page, false);
    await read;
    check(isSent, 'the reset was sent');
}

async function openLive(test) {
    const page = await test.open();
    await page.getByText('live', { exact: true }).waitFor();
    return page;
}

async function setHidden(page, isHidden) {
    await page.evaluate((isHidden) => {
        Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
}
