import type { AttentionReport } from 'order-processing-sdk';
import { useEffect, useState } from 'preact/hooks';
import { Page } from '../ui/page';
import { Problem } from '../ui/problem';
import { Books, Deliveries, DifferingOrders, Endpoints, Intents, StuckOrders } from './groups';
import { countOf, readReport, report, reportError } from './report';

export function AttentionPage() {
    const [isBusy, setBusy] = useState(false);
    const refresh = async () => {
        setBusy(true);
        await readReport();
        setBusy(false);
    };
    useEffect(() => void readReport(), []);
    return (
        <Page
            title="Needs attention"
            actions={
                <button type="button" disabled={isBusy} onClick={refresh}>
                    Refresh
                </button>
            }
        >
            <Problem error={reportError.value} />
            {report.value && <Report report={report.value} />}
        </Page>
    );
}

function Report({ report }: { report: AttentionReport }) {
    return (
        <>
            {countOf(report) === 0 && <p>Nothing needs attention.</p>}
            <StuckOrders orders={report.orders} />
            <Intents intents={report.intents} />
            <Deliveries deliveries={report.deliveries} />
            <Endpoints endpoints={report.webhooks} />
            <DifferingOrders drift={report.drift} />
            <Books books={report.books} />
        </>
    );
}
