import { type CreatedApiKey, Scope } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { client } from '../session';
import { FormDialog } from '../ui/dialog';
import { Choices, Field } from '../ui/field';

const DAY_SECONDS = 86_400;

interface CreateKeyDialogProps {
    onClose: () => void;
    onUnknown: () => void;
    onCreated: (created: CreatedApiKey) => void;
}

export function CreateKeyDialog({ onClose, onUnknown, onCreated }: CreateKeyDialogProps) {
    const [name, setName] = useState('');
    const [scopes, setScopes] = useState<Scope[]>([Scope.OrdersRead]);
    const [customerId, setCustomerId] = useState('');
    const [days, setDays] = useState('90');
    return (
        <FormDialog
            title="New key"
            submitLabel="Create"
            onClose={onClose}
            onUnknown={onUnknown}
            onSubmit={async () => {
                const created = await client().administration.createApiKey({
                    createApiKeyRequest: {
                        name,
                        scopes,
                        customerId: customerId ? Number(customerId) : undefined,
                        expiresInSeconds: days ? Number(days) * DAY_SECONDS : undefined,
                    },
                });
                onCreated(created);
                return 'stay';
            }}
        >
            <Field label="Name" required maxLength={100} hint="What it is for" value={name} onValue={setName} />
            <Choices label="Scopes" options={Object.values(Scope)} chosen={scopes} name={(scope) => scope} onChange={setScopes} />
            <Field
                label="Customer"
                type="number"
                min="1"
                hint="Empty: not bound to a customer"
                value={customerId}
                onValue={setCustomerId}
            />
            <Field
                label="Days until it expires"
                type="number"
                min="1"
                max="36500"
                hint="Empty: valid until it is revoked"
                value={days}
                onValue={setDays}
            />
        </FormDialog>
    );
}
