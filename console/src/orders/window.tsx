import { useEffect, useRef, useState } from 'preact/hooks';
import type { OrderList } from './list';
import { OrderRow } from './order-row';

/** Rows that are rendered beyond the visible ones. */
const BEYOND = 12;
/** The window moves in steps, so that most scroll events change nothing. */
const STEP = 8;

const COLUMNS = ['Order', 'Customer', 'Status', 'Payment', 'Shipment', 'Amount', 'Created', 'Updated'];

/** The rows that are visible; empty space stands for the others. Each row has the same height. */
export function OrderWindow({ list }: { list: OrderList }) {
    const body = useRef<HTMLTableSectionElement>(null);
    const rowHeight = useRef(44);
    const [first, setFirst] = useState(0);
    const [size, setSize] = useState(40);
    // Rendered again when the list changes.
    const version = list.version.value;
    const count = list.count;
    const from = Math.min(first, Math.max(0, count - size));
    const to = Math.min(from + size, count);

    useEffect(() => {
        let frame = 0;
        const measure = () => {
            frame = 0;
            const row = body.current?.querySelector<HTMLElement>('tr[aria-rowindex]');
            rowHeight.current = row?.offsetHeight || rowHeight.current;
            const above = -(body.current?.getBoundingClientRect().top ?? 0) / rowHeight.current - BEYOND;
            setFirst(Math.max(0, Math.floor(above / STEP) * STEP));
            setSize(Math.ceil(window.innerHeight / rowHeight.current) + 2 * BEYOND + STEP);
        };
        const schedule = () => (frame ||= requestAnimationFrame(measure));
        measure();
        window.addEventListener('scroll', schedule, { passive: true });
        window.addEventListener('resize', schedule);
        return () => {
            cancelAnimationFrame(frame);
            window.removeEventListener('scroll', schedule);
            window.removeEventListener('resize', schedule);
        };
    }, [list]);
    useEffect(() => list.show(from, first + size), [list, version, from, first, size]);

    const indexes = Array.from({ length: to - from }, (_, offset) => from + offset);
    return (
        <table id="orders" class="orders" aria-label="Orders" aria-rowcount={list.hasAll ? count + 1 : -1}>
            <thead>
                <tr aria-rowindex={1}>
                    {COLUMNS.map((name) => (
                        <th key={name} scope="col" class={name.toLowerCase()}>
                            {name}
                        </th>
                    ))}
                </tr>
            </thead>
            <tbody ref={body}>
                <Space rows={from} height={rowHeight.current} />
                {indexes.map((index) => {
                    const row = list.rowAt(index);
                    return <OrderRow key={row?.id ?? `index ${index}`} index={index} row={row} />;
                })}
                <Space rows={count - to} height={rowHeight.current} />
            </tbody>
        </table>
    );
}

function Space({ rows, height }: { rows: number; height: number }) {
    return (
        <tr aria-hidden="true" class="space">
            <td colSpan={COLUMNS.length} ref={(cell) => cell?.style.setProperty('height', `${rows * height}px`)} />
        </tr>
    );
}
