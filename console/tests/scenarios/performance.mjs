import { check } from '../test.mjs';

const SLOWDOWN = 4;
const USABLE_MS = 1_000;
const ORDERS = 10_000;
const MOST_NODES = 3_000;
const MOST_HEAP = 40e6;
const SLOW_FRAME_MS = 100;

/** The first page is usable within a second on a slow computer. */
export async function firstPage(test) {
    await test.createOrder();
    const page = await test.open();
    await page.locator('#orders a').first().waitFor();
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWDOWN });
    await page.addInitScript(() => {
        const observer = new MutationObserver(() => {
            if (document.querySelector('#orders a')) {
                window.usableAfter = performance.now();
                observer.disconnect();
            }
        });
        observer.observe(document, { childList: true, subtree: true });
    });
    const times = [];
    // Other programs use the computer as well: the best one counts.
    for (let count = 0; count < 5; count++) {
        await session.send('Network.clearBrowserCache');
        await page.reload();
        await page.waitForFunction(() => window.usableAfter);
        times.push(Math.round(await page.evaluate(() => window.usableAfter)));
    }
    test.figures.usable_ms = times;
    check(Math.min(...times) <= USABLE_MS, `usable after ${times} ms`);
}

/** Ten thousand orders are read into the list; it stays small, and scrolling stays smooth. */
export async function tenThousandOrders(test) {
    await test.ask('load', { orders: ORDERS });
    const page = await test.open();
    const table = page.getByRole('table', { name: 'Orders' });
    await table.waitFor();
    await page.evaluate(() => {
        window.frames_ = [];
        let last = performance.now();
        const note = (now) => {
            window.frames_.push(now - last);
            last = now;
            requestAnimationFrame(note);
        };
        requestAnimationFrame(note);
    });
    await page.mouse.move(600, 500);
    while ((await table.getAttribute('aria-rowcount')) === '-1') {
        await page.mouse.wheel(0, 4_000);
        await page.waitForTimeout(30);
    }
    const loaded = Number(await table.getAttribute('aria-rowcount'));
    check(loaded > ORDERS, `${loaded} orders are in the list`);
    // Back, through pages that were given back.
    for (let count = 0; count < 100; count++) {
        await page.mouse.wheel(0, -1_500);
        await page.waitForTimeout(16);
    }
    const frames = (await page.evaluate(() => window.frames_)).sort((one, other) => one - other);
    const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    const at = (share) => Math.round(frames[Math.floor(frames.length * share)]);
    Object.assign(test.figures, { loaded, nodes, heap: usedSize, frame_median_ms: at(0.5), frame_p95_ms: at(0.95) });
    check(nodes <= MOST_NODES, `${nodes} elements`);
    check(usedSize <= MOST_HEAP, `${usedSize} bytes of memory`);
    check(at(0.95) <= SLOW_FRAME_MS, `5 % of the frames take ${at(0.95)} ms or more`);
    await page.locator('#orders a').first().waitFor();
}
