import type { ComponentChildren, Key } from 'preact';

interface TableProps<T> {
    label: string;
    columns: [name: string, cell: (row: T) => ComponentChildren][];
    rows: readonly T[];
    keyOf: (row: T, index: number) => Key;
    empty: string;
}

/** A table; on a phone, each row is a card. */
export function Table<T>({ label, columns, rows, keyOf, empty }: TableProps<T>) {
    if (rows.length === 0) {
        return <p class="muted">{empty}</p>;
    }
    return (
        <table class="table" aria-label={label}>
            <thead>
                <tr>
                    {columns.map(([name]) => (
                        <th key={name} scope="col">
                            {name}
                        </th>
                    ))}
                </tr>
            </thead>
            <tbody>
                {rows.map((row, index) => (
                    <tr key={keyOf(row, index)}>
                        {columns.map(([name, cell]) => (
                            <td key={name} data-label={name}>
                                {cell(row)}
                            </td>
                        ))}
                    </tr>
                ))}
            </tbody>
        </table>
    );
}
