import { useRef, useState } from 'preact/hooks';
import { client } from '../session';
import { Dialog } from '../ui/dialog';
import { Problem } from '../ui/problem';
import { formatCount } from '../format';
import { CSV_HEADER, csvLine } from './csv';
import type { Filter } from './filter';

const PAGE_SIZE = 500;
/** Spreadsheets take a file for UTF-8 only with this mark. */
const BYTE_ORDER_MARK = '\ufeff';

export function ExportButton({ filter }: { filter: Filter }) {
    const [isOpen, setOpen] = useState(false);
    return (
        <>
            <button type="button" onClick={() => setOpen(true)}>
                Export
            </button>
            {isOpen && <ExportDialog filter={filter} onClose={() => setOpen(false)} />}
        </>
    );
}

function ExportDialog({ filter, onClose }: { filter: Filter; onClose: () => void }) {
    const running = useRef<AbortController>(null);
    const [count, setCount] = useState<number>();
    const [isDone, setDone] = useState(false);
    const [error, setError] = useState<unknown>();
    const start = async () => {
        const { signal } = (running.current = new AbortController());
        setError(undefined);
        setCount(0);
        try {
            const file = await readAll(filter, signal, setCount);
            save(file, `orders-${new Date().toISOString().slice(0, 10)}.csv`);
            setDone(true);
        } catch (error) {
            if (!signal.aborted) {
                setError(error);
                setCount(undefined);
            }
        }
    };
    const close = () => {
        running.current?.abort();
        onClose();
    };
    return (
        <Dialog title="Export orders as CSV" onClose={close}>
            <p>All orders that the filter selects, in one file.</p>
            <p role="status">{count !== undefined && `${formatCount(count, 'order')} ${isDone ? 'saved' : 'read'}`}</p>
            <Problem error={error} />
            <div class="buttons">
                <button type="button" onClick={close}>
                    {isDone ? 'Close' : 'Cancel'}
                </button>
                {!isDone && (
                    <button type="button" class="primary" disabled={count !== undefined} onClick={start}>
                        Start
                    </button>
                )}
            </div>
        </Dialog>
    );
}

/** Each page becomes a part of a blob, which the browser may keep outside of its memory. */
async function readAll(filter: Filter, signal: AbortSignal, onProgress: (count: number) => void): Promise<Blob> {
    const parts = [new Blob([BYTE_ORDER_MARK, CSV_HEADER])];
    let lines: string[] = [];
    let count = 0;
    const finishPart = () => {
        parts.push(new Blob(lines));
        lines = [];
        onProgress(count);
    };
    for await (const order of client().orders({ ...filter, pageSize: PAGE_SIZE }, { signal })) {
        lines.push(csvLine(order));
        count++;
        if (lines.length === PAGE_SIZE) {
            finishPart();
        }
    }
    finishPart();
    return new Blob(parts, { type: 'text/csv;charset=utf-8' });
}

function save(file: Blob, name: string): void {
    const url = URL.createObjectURL(file);
    const link = Object.assign(document.createElement('a'), { href: url, download: name });
    link.click();
    // The download reads the blob after the click.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
