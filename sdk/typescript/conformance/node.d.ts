// Types for the parts of Node.js used here, to avoid a dependency on its types package.
declare const process: { argv: string[]; env: Record<string, string | undefined> };
declare module 'node:fs' {
    export function readFileSync(path: string, encoding: 'utf8'): string;
}
