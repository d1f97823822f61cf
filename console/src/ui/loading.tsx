import type { ComponentChildren } from 'preact';
import type { Loaded } from '../load';
import { Problem } from './problem';

/** The children once the value is there; above them, why it could not be read again. */
export function Loading<T>({ of: loaded, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
    return (
        <>
            {loaded.error !== undefined && (
                <>
                    <Problem error={loaded.error} />
                    <p>
                        <button type="button" onClick={loaded.reload}>
                            Try again
                        </button>
                    </p>
                </>
            )}
            {loaded.value !== undefined && children(loaded.value)}
            {loaded.value === undefined && loaded.error === undefined && <p class="muted">Loading …</p>}
        </>
    );
}
