// Runs the browser tests: node console/tests/run.mjs '{"url": …, "keys": {…}, "screenshots": DIR, "only": [NAME, …]}'
//
// url          where the service answers; it has no orders yet, and its partners are sandboxes
// keys         API keys: `admin`, `read` (orders:read), `customer` (orders:read and orders:write, bound to
//              `customerId`), `ending` (orders:admin, ended by `expire-key`); absent if the service asks for nothing
// customerId   the customer of that key
// receiver     a URL that accepts webhooks: `/ok` responds with 204, `/fail` with 500, `/gone` with 410
// screenshots  a folder for pictures of the pages
// only         the names of some scenarios, to run no others
// timed        true: those that measure times, which other programs disturb; false: the others; absent: both
//
// Prints a line of JSON for each scenario, and exits with 1 if one has failed. For what only the server's side can do,
// it prints {"ask": …} and waits for a line of JSON on stdin:
//
// restart        restart the service; answer when it responds again
// load           store `orders` completed orders
// expire-key     end the key `ending`
// stuck-order    make a step of an order fail until it shows `attention`: {"order": ID}
// mend           let that step succeed
// hold, release  let no workflow proceed, and let them proceed again

import { scenarios, timed } from './scenarios/index.mjs';
import { startBrowser } from './browser.mjs';
import { Test } from './test.mjs';
import { ask, stopAsking } from './ask.mjs';

/** Long enough for a busy machine. */
const SCENARIO_MS = 400_000;

const config = JSON.parse(process.argv[2] ?? process.env.CONSOLE_TEST ?? '{}');
const browser = await startBrowser();
let failed = 0;
for (const [scenario, run] of Object.entries(scenarios)) {
    if (config.only && !config.only.includes(scenario)) {
        continue;
    }
    if ([true, false].includes(config.timed) && config.timed !== timed.includes(scenario)) {
        continue;
    }
    const test = new Test(config, browser, ask);
    // For example in a handler of requests, after the service went away.
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', (error) => test.addFault(error.stack));
    const began = Date.now();
    let timer;
    const late = new Promise((_, reject) => {
        timer = setTimeout(() => reject(new Error(`it took more than ${SCENARIO_MS} ms`)), SCENARIO_MS);
    });
    try {
        await Promise.race([run(test), late]);
        test.checkGuards();
        report({ scenario, ok: true, ms: Date.now() - began, ...test.figures });
    } catch (error) {
        failed++;
        await test.takePicture(`failed ${scenario}`);
        report({ scenario, ok: false, ms: Date.now() - began, ...test.figures, error: error.stack ?? String(error) });
    }
    clearTimeout(timer);
    await test.end();
}
await browser.close();
stopAsking();
process.exit(failed > 0 ? 1 : 0);

function report(result) {
    console.log(JSON.stringify(result));
}
