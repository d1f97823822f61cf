import type { ComponentChildren } from 'preact';

/** Names with their values; those without a value are left out. */
export function Facts({ of: facts }: { of: [string, ComponentChildren][] }) {
    return (
        <dl class="facts">
            {facts
                .filter(([, value]) => value !== undefined && value !== '')
                .map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
        </dl>
    );
}
