import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// The service, for `npm run dev`.
const service = process.env.ORDERS_URL ?? 'http://127.0.0.1:8080';
const operations = ['orders', 'events', 'webhooks', 'caller', 'attention', 'statistics', 'api-keys', 'readyz'];

export default defineConfig({
    base: '/console/',
    resolve: {
        alias: {
            'order-processing-sdk': fileURLToPath(
                new URL('../target/sdk/typescript/source/dist/index.js', import.meta.url),
            ),
        },
    },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
        target: 'es2023',
        outDir: '../target/console',
        emptyOutDir: true,
        cssCodeSplit: false,
        // The policy of the server allows scripts and styles from files only.
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        reportCompressedSize: false,
        license: { fileName: 'licenses.md' },
    },
    server: {
        proxy: Object.fromEntries(
            ['/console/settings.json', ...operations.map((name) => `^/${name}(/|$|\\?)`)].map((path) => [path, service]),
        ),
    },
});
