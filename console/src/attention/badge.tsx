import { useEffect } from 'preact/hooks';
import { subscribe } from '../feed';
import { useInterval } from '../load';
import { countOf, readReport, report } from './report';

const REFRESH_MS = 30_000;
const COLLECT_MS = 1_000;
const RELEVANT = new Set(['attention_required', 'attention_resolved', 'retry_requested']);

/** How many things need attention; nothing when there are none. */
export function AttentionBadge() {
    useEffect(() => {
        // It may be that of an earlier caller.
        report.value = undefined;
        void readReport();
        let timer: ReturnType<typeof setTimeout> | undefined;
        const unsubscribe = subscribe({
            onEvent: ({ type }) => {
                if (RELEVANT.has(type)) {
                    clearTimeout(timer);
                    timer = setTimeout(readReport, COLLECT_MS);
                }
            },
            onReset: () => void readReport(),
        });
        return () => {
            clearTimeout(timer);
            unsubscribe();
        };
    }, []);
    useInterval(readReport, REFRESH_MS);
    const count = report.value ? countOf(report.value) : 0;
    return count > 0 ? <span class="count">{count}</span> : null;
}
