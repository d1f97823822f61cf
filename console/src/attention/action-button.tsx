import { useState } from 'preact/hooks';
import { FormDialog } from '../ui/dialog';
import { announce } from '../ui/message';
import { readReport } from './report';

interface ActionButtonProps {
    label: string;
    /** What the action is about. */
    subject: string;
    action: () => Promise<unknown>;
}

export function ActionButton({ label, subject, action }: ActionButtonProps) {
    const [isOpen, setOpen] = useState(false);
    const close = () => setOpen(false);
    return (
        <>
            <button type="button" aria-label={`${label}: ${subject}`} onClick={() => setOpen(true)}>
                {label}
            </button>
            {isOpen && (
                <FormDialog
                    title={`${label}: ${subject}`}
                    submitLabel={label}
                    onClose={close}
                    onUnknown={() => {
                        close();
                        void readReport();
                    }}
                    onSubmit={async () => {
                        await action();
                        announce(`Done: ${subject}`);
                        await readReport();
                    }}
                >
                    <p>It appears here again if it goes on failing.</p>
                </FormDialog>
            )}
        </>
    );
}
