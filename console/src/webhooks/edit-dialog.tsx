import { useState } from 'preact/hooks';
import { client } from '../session';
import { FormDialog } from '../ui/dialog';
import { Field } from '../ui/field';
import { announce } from '../ui/message';
import type { EndpointDialogProps } from './endpoint-actions';
import { EventTypes, UrlField } from './fields';

export function EditDialog({ endpoint, onChange, ...dialog }: EndpointDialogProps) {
    const [url, setUrl] = useState(endpoint.url);
    const [description, setDescription] = useState(endpoint.description ?? '');
    const [eventTypes, setEventTypes] = useState(endpoint.eventTypes);
    return (
        <FormDialog
            {...dialog}
            title="Edit the endpoint"
            submitLabel="Save"
            onSubmit={async () => {
                const updateWebhookRequest = { url, description, eventTypes };
                onChange(await client().webhooks.updateWebhook({ id: endpoint.id, updateWebhookRequest }));
                announce('The endpoint is changed');
            }}
        >
            <UrlField value={url} onValue={setUrl} />
            <Field label="Description" maxLength={200} value={description} onValue={setDescription} />
            <EventTypes chosen={eventTypes} onChange={setEventTypes} />
        </FormDialog>
    );
}
