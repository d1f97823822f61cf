import { useState } from 'preact/hooks';
import { FormDialog } from '../ui/dialog';
import { announce } from '../ui/message';
import { readReport } from './report';

interface MendButtonProps {
    label: string;
    /** What is mended. */
    subject: string;
    mend: () => Promise<unknown>;
}

export function MendButton({ label, subject, mend }: MendButtonProps) {
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
                        await mend();
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
