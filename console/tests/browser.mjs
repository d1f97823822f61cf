import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

/** Starts $CHROME, or Chromium from the path. */
export function startBrowser() {
    const names = ['chromium', 'chromium-browser', 'google-chrome', 'chrome'];
    const folders = (process.env.PATH ?? '').split(delimiter);
    const found = folders.flatMap((folder) => names.map((name) => join(folder, name))).find(existsSync);
    const executablePath = process.env.CHROME ?? found;
    if (!executablePath) {
        throw new Error('there is no browser: set CHROME');
    }
    // A container's root has no sandbox.
    return chromium.launch({ executablePath, args: ['--no-sandbox', '--enable-precise-memory-info'] });
}
