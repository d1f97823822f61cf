import type { ApiKeyInfo, CreatedApiKey } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { client } from '../session';
import { FormDialog } from '../ui/dialog';
import { Field } from '../ui/field';
import { announce } from '../ui/message';

const HOUR_SECONDS = 3_600;

interface KeyDialogProps {
    of: ApiKeyInfo;
    onClose: () => void;
    onUnknown: () => void;
}

export function RotateDialog({ of: { id, name }, onCreated, ...dialog }: KeyDialogProps & { onCreated: (created: CreatedApiKey) => void }) {
    const [hours, setHours] = useState('24');
    return (
        <FormDialog
            {...dialog}
            title={`Replace key ${id}`}
            submitLabel="Replace"
            onSubmit={async () => {
                const rotateApiKeyRequest = { overlapSeconds: Number(hours) * HOUR_SECONDS };
                onCreated(await client().administration.rotateApiKey({ id, rotateApiKeyRequest }));
                return 'stay';
            }}
        >
            <p>A new key for “{name}” is created. The old one stays valid for a while.</p>
            <Field label="Hours that the old key stays valid" type="number" required min="0" max="8760" value={hours} onValue={setHours} />
        </FormDialog>
    );
}

export function RevokeDialog({ of: { id, name }, onRevoked, ...dialog }: KeyDialogProps & { onRevoked: () => void }) {
    return (
        <FormDialog
            {...dialog}
            title={`Revoke key ${id}`}
            submitLabel="Revoke"
            isDangerous
            onSubmit={async () => {
                await client().administration.revokeApiKey({ id });
                announce(`Key ${id} is revoked`);
                onRevoked();
                return 'stay';
            }}
        >
            <p>Requests with the key of “{name}” are rejected from now on. This cannot be taken back.</p>
        </FormDialog>
    );
}
