import type { WebhookEndpoint } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { navigate, to } from '../router';
import { client } from '../session';
import { FormDialog } from '../ui/dialog';
import { announce } from '../ui/message';
import { Section } from '../ui/page';
import { SecretDialog } from '../ui/secret';
import { EditDialog } from './edit-dialog';
import { ReplayDialog } from './replay-dialog';
import { TestDialog } from './test-dialog';

export interface EndpointDialogProps {
    endpoint: WebhookEndpoint;
    onClose: () => void;
    onUnknown: () => void;
    onChange: (endpoint: WebhookEndpoint) => void;
}

interface EndpointActionsProps {
    endpoint: WebhookEndpoint;
    onChange: (endpoint: WebhookEndpoint) => void;
    onUnknown: () => Promise<void>;
}

type Name = 'edit' | 'switch' | 'test' | 'replay' | 'rotate' | 'delete';

export function EndpointActions({ endpoint, onChange, onUnknown }: EndpointActionsProps) {
    const [open, setOpen] = useState<Name>();
    const [secret, setSecret] = useState<string>();
    const close = () => setOpen(undefined);
    const dialog: EndpointDialogProps = {
        endpoint,
        onClose: close,
        onChange,
        onUnknown: () => {
            close();
            void onUnknown();
        },
    };
    const buttons: [Name, string][] = [
        ['edit', 'Edit'],
        ['switch', endpoint.enabled ? 'Disable' : 'Enable'],
        ['test', 'Send a test event'],
        ['replay', 'Send events again'],
        ['rotate', 'Replace the secret'],
        ['delete', 'Delete'],
    ];
    return (
        <Section title="Actions">
            <div class="buttons">
                {buttons.map(([name, label]) => (
                    <button key={name} type="button" class={name === 'delete' ? 'danger' : undefined} onClick={() => setOpen(name)}>
                        {label}
                    </button>
                ))}
            </div>
            {open === 'edit' && <EditDialog {...dialog} />}
            {open === 'switch' && <SwitchDialog {...dialog} />}
            {open === 'test' && <TestDialog {...dialog} />}
            {open === 'replay' && <ReplayDialog {...dialog} />}
            {open === 'rotate' && <RotateDialog {...dialog} onSecret={setSecret} />}
            {open === 'delete' && <DeleteDialog {...dialog} />}
            {secret && (
                <SecretDialog title="The new secret" label="Secret" secret={secret} onClose={() => setSecret(undefined)} />
            )}
        </Section>
    );
}

function SwitchDialog({ endpoint: { id, enabled }, onChange, ...dialog }: EndpointDialogProps) {
    const label = enabled ? 'Disable' : 'Enable';
    return (
        <FormDialog
            {...dialog}
            title={`${label} the endpoint`}
            submitLabel={label}
            onSubmit={async () => {
                onChange(await client().webhooks.updateWebhook({ id, updateWebhookRequest: { enabled: !enabled } }));
                announce(`The endpoint is ${enabled ? 'disabled' : 'enabled'}`);
            }}
        >
            <p>{enabled ? 'No event is sent until it is enabled again.' : 'Events are sent again, from where they ended.'}</p>
        </FormDialog>
    );
}

interface RotateDialogProps extends EndpointDialogProps {
    onSecret: (secret: string) => void;
}

function RotateDialog({ endpoint: { id }, onChange, onSecret, ...dialog }: RotateDialogProps) {
    return (
        <FormDialog
            {...dialog}
            title="Replace the secret"
            submitLabel="Replace"
            isDangerous
            onSubmit={async () => {
                const { secret, ...endpoint } = await client().webhooks.rotateWebhookSecret({ id });
                onChange(endpoint);
                if (secret) {
                    onSecret(secret);
                }
            }}
        >
            <p>Events are signed with the old one as well for a day, so that the receiver can be changed in the meantime.</p>
        </FormDialog>
    );
}

function DeleteDialog({ endpoint: { id }, onClose, onUnknown }: EndpointDialogProps) {
    return (
        <FormDialog
            title="Delete the endpoint"
            submitLabel="Delete"
            isDangerous
            onClose={onClose}
            onUnknown={onUnknown}
            onSubmit={async () => {
                await client().webhooks.deleteWebhook({ id });
                announce(`Endpoint ${id} is deleted`);
                navigate(to('webhooks'));
            }}
        >
            <p>What it has not received is not sent any more, and the list of its deliveries is removed.</p>
        </FormDialog>
    );
}
