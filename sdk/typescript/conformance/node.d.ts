// The little of Node.js that is used here; its types are a package that nothing else needs.
declare const process: { argv: string[]; env: Record<string, string | undefined> };
declare module 'node:fs' {
    export function readFileSync(path: string, encoding: 'utf8'): string;
}
