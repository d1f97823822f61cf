import { createInterface } from 'node:readline';

const input = createInterface({ input: process.stdin });
const lines = input[Symbol.asyncIterator]();

/** Has the server's side do something, and returns its answer. */
export async function ask(what, parameters = {}) {
    console.log(JSON.stringify({ ask: what, ...parameters }));
    const { value, done } = await lines.next();
    if (done) {
        throw new Error(`there is no answer to ${what}`);
    }
    return JSON.parse(value || '{}');
}

export function stopAsking() {
    input.close();
}
