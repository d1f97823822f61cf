import { useState } from 'preact/hooks';
import { client } from '../session';
import { FormDialog } from '../ui/dialog';
import { Field } from '../ui/field';
import { announce } from '../ui/message';
import type { EndpointDialogProps } from './endpoint-actions';

export function ReplayDialog({ endpoint: { id, position }, onChange, ...dialog }: EndpointDialogProps) {
    const [after, setAfter] = useState(String(position));
    return (
        <FormDialog
            {...dialog}
            title="Send events again"
            submitLabel="Send again"
            onSubmit={async () => {
                onChange(await client().webhooks.replayWebhook({ id, replayWebhookRequest: { after: Number(after) } }));
                announce(`The events after position ${after} are sent again`);
            }}
        >
            <p>All events after a position are sent, also those that the receiver has. The endpoint is at {position}.</p>
            <Field label="After position" type="number" required min="0" max={position} value={after} onValue={setAfter} />
        </FormDialog>
    );
}
