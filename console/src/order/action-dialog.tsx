import type { OrderVersion } from 'order-processing-sdk';
import { useState } from 'preact/hooks';
import { hasStatus } from '../errors';
import { client } from '../session';
import { FormDialog } from '../ui/dialog';
import { announce } from '../ui/message';
import type { Action } from './actions';
import { changesBetween, type FieldChange } from './changes';

interface ActionDialogProps {
    action: Action;
    /** The version that the user has seen. */
    seen: OrderVersion;
    onClose: () => void;
    onDone: () => void;
    onUnknown: () => void;
}

/** Asks, then makes the change to the version that the user has seen. If it is another by now, shows what differs. */
export function ActionDialog({ action, seen, onClose, onDone, onUnknown }: ActionDialogProps) {
    const [version, setVersion] = useState(seen);
    const [changes, setChanges] = useState<FieldChange[]>();
    const finish = (message: string) => {
        announce(message);
        onDone();
    };
    const submit = async () => {
        try {
            finish(await action.run(version.order, version.etag));
        } catch (error) {
            if (!hasStatus(error, 412)) {
                throw error;
            }
            const current = await client().getOrder(seen.order.id);
            // The first attempt made the change, and its response was lost.
            if (error.attempts > 1 && action.isDone?.(current.order)) {
                return finish('The order is changed');
            }
            setChanges(changesBetween(version.order, current.order));
            setVersion(current);
            return 'stay';
        }
    };
    return (
        <FormDialog
            title={action.title}
            submitLabel={changes ? `${action.label} anyway` : action.label}
            isDangerous={action.isDangerous}
            onSubmit={submit}
            onClose={onClose}
            onUnknown={onUnknown}
        >
            <p>
                Order {seen.order.id}. {action.consequence}
            </p>
            {changes && <Conflict changes={changes} />}
        </FormDialog>
    );
}

function Conflict({ changes }: { changes: FieldChange[] }) {
    return (
        <div class="problem" role="alert">
            <strong>The order has changed meanwhile. Nothing was done.</strong>
            <table aria-label="What has changed">
                <thead>
                    <tr>
                        <th scope="col">Field</th>
                        <th scope="col">Before</th>
                        <th scope="col">Now</th>
                    </tr>
                </thead>
                <tbody>
                    {changes.map(({ field, before, after }) => (
                        <tr key={field}>
                            <td>{field}</td>
                            <td>{before}</td>
                            <td>{after}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
