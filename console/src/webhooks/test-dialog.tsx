import type { WebhookTestResult } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { formatDuration } from '../format';
import { client } from '../session';
import { FormDialog } from '../ui/dialog';
import { Facts } from '../ui/facts';
import type { EndpointDialogProps } from './endpoint-actions';

export function TestDialog({ endpoint: { id }, onClose }: EndpointDialogProps) {
    const [result, setResult] = useState<WebhookTestResult>();
    return (
        <FormDialog
            title="Send a test event"
            submitLabel={result ? 'Send another' : 'Send'}
            onClose={onClose}
            onSubmit={async () => {
                setResult(undefined);
                setResult(await client().webhooks.testWebhook({ id }));
                return 'stay';
            }}
        >
            <p>A payload of type “test” is sent at once. It is not repeated.</p>
            {result && (
                <div role="status">
                    <Facts
                        of={[
                            ['Result', result.delivered ? 'received' : 'not received'],
                            ['HTTP status', result.responseStatus],
                            ['Error', result.error],
                            ['Duration', formatDuration(result.durationMs)],
                        ]}
                    />
                </div>
            )}
        </FormDialog>
    );
}
