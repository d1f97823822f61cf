import { formatNumber, formatTime } from '../format';

export interface Series {
    name: string;
    values: (number | undefined)[];
}

interface ChartProps {
    title: string;
    unit: string;
    times: Date[];
    /** The first one is drawn in the main colour. */
    series: Series[];
}

const WIDTH = 300;
const HEIGHT = 72;
const MINUTE_MS = 60_000;

/** A small line chart with its summary as text, and its values as a table. */
export function Chart({ title, unit, times, series }: ChartProps) {
    const highest = Math.max(1, ...series.flatMap(({ values }) => values.map((value) => value ?? 0)));
    const end = times.at(-1)?.getTime() ?? 0;
    const point = (index: number, value: number) => {
        const age = (end - times[index]!.getTime()) / MINUTE_MS;
        return `${(WIDTH * (1 - age / 60)).toFixed(1)},${(HEIGHT * (1 - value / highest)).toFixed(1)}`;
    };
    return (
        <figure class="chart">
            <figcaption>
                <strong>{title}</strong>
                {series.map(({ name, values }, index) => (
                    <span key={name} class={`series-${index}`}>
                        {name} {summary(values, unit)}
                    </span>
                ))}
            </figcaption>
            <svg viewBox={`-2 -2 ${WIDTH + 4} ${HEIGHT + 4}`} preserveAspectRatio="none" aria-hidden="true">
                <path class="axis" d={`M0 ${HEIGHT}H${WIDTH}M0 0H${WIDTH}`} />
                {series.map(({ name, values }, index) => (
                    <path key={name} class={`series-${index}`} d={line(times, values, point)} />
                ))}
            </svg>
            <details>
                <summary>Values of {title}</summary>
                <table aria-label={title}>
                    <thead>
                        <tr>
                            <th scope="col">Minute</th>
                            {series.map(({ name }) => (
                                <th key={name} scope="col">
                                    {name}
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {times.map((time, index) => (
                            <tr key={time.getTime()}>
                                <td>{formatTime(time)}</td>
                                {series.map(({ name, values }) => (
                                    <td key={name}>{values[index] === undefined ? '–' : formatNumber(values[index])}</td>
                                ))}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </details>
        </figure>
    );
}

function summary(values: (number | undefined)[], unit: string): string {
    const known = values.filter((value) => value !== undefined);
    const last = known.at(-1);
    return last === undefined ? 'no values' : `now ${formatNumber(last)}${unit}, most ${formatNumber(Math.max(...known))}${unit}`;
}

/** The line is interrupted where a minute or its value is missing. */
function line(times: Date[], values: (number | undefined)[], point: (index: number, value: number) => string): string {
    let path = '';
    let previous: number | undefined;
    values.forEach((value, index) => {
        if (value === undefined) {
            return;
        }
        const time = times[index]!.getTime();
        const isConnected = previous !== undefined && time - previous < 1.5 * MINUTE_MS;
        // A line of no length shows a single value as a dot.
        path += isConnected ? `L${point(index, value)}` : `M${point(index, value)}h0`;
        previous = time;
    });
    return path;
}
