import type { OrderEventType, WebhookEndpoint } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { caller, client } from '../session';
import { FormDialog } from '../ui/dialog';
import { Field, Select } from '../ui/field';
import { EventTypes, UrlField } from './fields';

interface CreateEndpointDialogProps {
    onClose: () => void;
    onCreated: (endpoint: WebhookEndpoint) => void;
    onUnknown: () => Promise<void>;
}

export function CreateEndpointDialog({ onClose, onCreated, onUnknown }: CreateEndpointDialogProps) {
    const [url, setUrl] = useState('');
    const [description, setDescription] = useState('');
    const [eventTypes, setEventTypes] = useState<OrderEventType[]>([]);
    const [customerId, setCustomerId] = useState('');
    const [signature, setSignature] = useState('hmac_sha256');
    const [start, setStart] = useState('latest');
    const isBound = caller.value?.customerId !== undefined;
    return (
        <FormDialog
            title="New endpoint"
            submitLabel="Create"
            onClose={onClose}
            onUnknown={() => {
                onClose();
                void onUnknown();
            }}
            onSubmit={async () => {
                const endpoint = await client().webhooks.createWebhook({
                    createWebhookRequest: {
                        url,
                        description: description || undefined,
                        eventTypes,
                        customerId: customerId ? Number(customerId) : undefined,
                        signature,
                        start,
                    },
                });
                onCreated(endpoint);
            }}
        >
            <UrlField value={url} onValue={setUrl} />
            <Field label="Description" maxLength={200} value={description} onValue={setDescription} />
            {!isBound && (
                <Field
                    label="Customer"
                    type="number"
                    min="1"
                    hint="Empty: the orders of all customers"
                    value={customerId}
                    onValue={setCustomerId}
                />
            )}
            <Select
                label="Signature"
                value={signature}
                options={[
                    ['hmac_sha256', 'shared secret (HMAC-SHA256)'],
                    ['ed25519', 'public key (Ed25519)'],
                ]}
                onValue={setSignature}
            />
            <Select
                label="Begin with"
                value={start}
                options={[
                    ['latest', 'the next event'],
                    ['earliest', 'the oldest event'],
                ]}
                onValue={setStart}
            />
            <EventTypes chosen={eventTypes} onChange={setEventTypes} />
        </FormDialog>
    );
}
