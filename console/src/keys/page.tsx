import type { ApiKeyInfo, CreatedApiKey } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { useLoad } from '../load';
import { client } from '../session';
import { Badge } from '../ui/badge';
import { Loading } from '../ui/loading';
import { Page, Section } from '../ui/page';
import { SecretDialog } from '../ui/secret';
import { Table } from '../ui/table';
import { Time } from '../ui/time';
import { CreateKeyDialog } from './create-dialog';
import { RevokeDialog, RotateDialog } from './change-dialogs';

type Open = { name: 'create' } | { name: 'rotate' | 'revoke'; key: ApiKeyInfo } | { name: 'show'; created: CreatedApiKey };

export function KeysPage() {
    const keys = useLoad((signal) => client().administration.listApiKeys({ signal }), []);
    const [open, setOpen] = useState<Open>();
    const close = () => setOpen(undefined);
    const reload = () => {
        close();
        void keys.reload();
    };
    const show = (created: CreatedApiKey) => {
        setOpen({ name: 'show', created });
        void keys.reload();
    };
    return (
        <Page
            title="API keys"
            actions={
                <button type="button" class="primary" onClick={() => setOpen({ name: 'create' })}>
                    New key
                </button>
            }
        >
            <Section title="Keys">
                <Loading of={keys}>
                    {(rows) => (
                        <Table<ApiKeyInfo>
                            label="Keys"
                            rows={rows}
                            keyOf={({ id }) => id}
                            empty="There are no keys."
                            columns={[
                                ['Key', ({ id }) => id],
                                ['Name', ({ name }) => name],
                                ['Begins with', ({ hint }) => <code>{hint}…</code>],
                                ['Scopes', ({ scopes }) => scopes.join(', ')],
                                ['Customer', ({ customerId }) => customerId ?? 'all'],
                                ['State', (key) => <Badge state={stateOf(key)} />],
                                ['Created', ({ createdAt }) => <Time at={createdAt} />],
                                ['Expires', ({ expiresAt }) => <Time at={expiresAt} />],
                                ['Last used', ({ lastUsedAt }) => <Time at={lastUsedAt} />],
                                ['Action', (key) => stateOf(key) === 'valid' && <KeyButtons of={key} onOpen={setOpen} />],
                            ]}
                        />
                    )}
                </Loading>
            </Section>
            {open?.name === 'create' && <CreateKeyDialog onClose={close} onUnknown={reload} onCreated={show} />}
            {open?.name === 'rotate' && <RotateDialog of={open.key} onClose={close} onUnknown={reload} onCreated={show} />}
            {open?.name === 'revoke' && <RevokeDialog of={open.key} onClose={close} onUnknown={reload} onRevoked={reload} />}
            {open?.name === 'show' && <SecretDialog title="The new key" label="API key" secret={open.created.key} onClose={close} />}
        </Page>
    );
}

function KeyButtons({ of: key, onOpen }: { of: ApiKeyInfo; onOpen: (open: Open) => void }) {
    return (
        <div class="buttons">
            <button type="button" aria-label={`Replace: key ${key.id}`} onClick={() => onOpen({ name: 'rotate', key })}>
                Replace
            </button>
            <button
                type="button"
                class="danger"
                aria-label={`Revoke: key ${key.id}`}
                onClick={() => onOpen({ name: 'revoke', key })}
            >
                Revoke
            </button>
        </div>
    );
}

function stateOf({ revokedAt, expiresAt }: ApiKeyInfo): string {
    if (revokedAt) {
        return 'revoked';
    }
    return expiresAt && expiresAt.getTime() <= Date.now() ? 'expired' : 'valid';
}
