import type { Readiness, Statistics, StatisticsPoint } from 'order-processing-sdk';
import { useCallback } from 'preact/hooks';
import { formatNumber, words } from '../format';
import { useInterval, useLoad } from '../load';
import { client, impatientClient } from '../session';
import { Badge } from '../ui/badge';
import { Loading } from '../ui/loading';
import { Page, Section } from '../ui/page';
import { Table } from '../ui/table';
import { Chart } from './chart';

const REFRESH_MS = 15_000;

type Measurement = Exclude<keyof StatisticsPoint, 'at'>;

const CHARTS: { title: string; unit: string; series: [name: string, of: Measurement][] }[] = [
    { title: 'Requests', unit: '', series: [['requests', 'requests'], ['errors', 'errors']] },
    { title: 'Duration', unit: ' ms', series: [['median', 'latencyP50Ms'], ['99th percentile', 'latencyP99Ms']] },
    { title: 'Orders', unit: '', series: [['created', 'created'], ['completed', 'completed']] },
    { title: 'Backlog', unit: '', series: [['to be sent to Temporal', 'backlog']] },
    { title: 'Drift', unit: '', series: [['differing orders', 'drift']] },
    { title: 'Attention', unit: '', series: [['orders with a failing step', 'attention']] },
    { title: 'Webhooks', unit: '', series: [['delivered', 'deliveries'], ['failed', 'failedDeliveries']] },
];

export function HealthPage() {
    const statistics = useLoad((signal) => client().administration.getStatistics({ signal }), []);
    const readiness = useLoad((signal) => impatientClient().health.getReadiness({ signal }), []);
    const refresh = useCallback(() => {
        void statistics.reload();
        void readiness.reload();
    }, [statistics.reload, readiness.reload]);
    useInterval(refresh, REFRESH_MS);
    return (
        <Page title="Health">
            <Section title="Dependencies">
                <Loading of={readiness}>{(readiness) => <Dependencies readiness={readiness} />}</Loading>
            </Section>
            <Loading of={statistics}>{(statistics) => <Measurements statistics={statistics} />}</Loading>
        </Page>
    );
}

function Dependencies({ readiness }: { readiness: Readiness }) {
    return (
        <Table
            label="Dependencies"
            rows={readiness.dependencies}
            keyOf={({ name }) => name}
            empty="None."
            columns={[
                ['Name', ({ name }) => name],
                ['State', ({ status }) => <Badge state={status} />],
                ['Requests need it', ({ required }) => (required ? 'yes' : 'no')],
                ['Consequence', ({ detail }) => detail ?? '–'],
            ]}
        />
    );
}

function Measurements({ statistics: { processes, partners, points } }: { statistics: Statistics }) {
    return (
        <>
            <Section title="Partners in the last five minutes">
                <Table
                    label="Partners"
                    rows={partners}
                    keyOf={({ partner }) => partner}
                    empty="None."
                    columns={[
                        ['Partner', ({ partner }) => words(partner)],
                        ['State', ({ state }) => <Badge state={state} />],
                        ['Calls', ({ calls }) => formatNumber(calls)],
                        ['Failed', ({ failures }) => formatNumber(failures)],
                    ]}
                />
            </Section>
            <Section title="The last hour, by the minute">
                <p>
                    Measured by {formatNumber(processes)} {processes === 1 ? 'process' : 'processes'}.
                </p>
                {points.length === 0 ? (
                    <p class="muted">There are no measurements yet.</p>
                ) : (
                    <div class="charts">
                        {CHARTS.map(({ title, unit, series }) => (
                            <Chart
                                key={title}
                                title={title}
                                unit={unit}
                                times={points.map(({ at }) => at)}
                                series={series.map(([name, of]) => ({ name, values: points.map((point) => point[of]) }))}
                            />
                        ))}
                    </div>
                )}
            </Section>
        </>
    );
}
