import { formatShortTime, formatTime } from '../format';

/** A time; a short one has its year in its title. */
export function Time({ at, isShort = false }: { at: Date | undefined; isShort?: boolean }) {
    if (!at) {
        return <span class="muted">–</span>;
    }
    return (
        <time
            dateTime={Number.isNaN(at.getTime()) ? undefined : at.toISOString()}
            title={isShort ? formatTime(at) : undefined}
        >
            {isShort ? formatShortTime(at) : formatTime(at)}
        </time>
    );
}
