import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { isOutcomeUnknown } from '../errors';
import { Problem } from './problem';

interface DialogProps {
    title: string;
    onClose: () => void;
    children: ComponentChildren;
}

/** A modal dialog; it is open as long as it is rendered. */
export function Dialog({ title, onClose, children }: DialogProps) {
    const element = useRef<HTMLDialogElement>(null);
    const id = useId();
    useLayoutEffect(() => {
        const dialog = element.current!;
        dialog.showModal();
        // Gives the focus back.
        return () => dialog.close();
    }, []);
    return (
        <dialog
            ref={element}
            aria-labelledby={id}
            onCancel={(event) => {
                event.preventDefault();
                onClose();
            }}
        >
            <h2 id={id}>{title}</h2>
            {children}
        </dialog>
    );
}

interface FormDialogProps extends DialogProps {
    submitLabel: string;
    isDangerous?: boolean;
    /** Makes the change. The dialog closes afterwards, unless it returns `stay`. */
    onSubmit: () => Promise<'stay' | void>;
    /** Called instead of `onClose` when it is unknown whether the change was made. */
    onUnknown?: () => void;
}

/** Asks before a change is made, makes it, and shows why it failed. */
export function FormDialog(props: FormDialogProps) {
    const { title, onClose, children, submitLabel, isDangerous, onSubmit, onUnknown } = props;
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>();
    const isUnknown = onUnknown !== undefined && isOutcomeUnknown(error);
    const close = isUnknown ? onUnknown : onClose;
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setError(undefined);
        try {
            if ((await onSubmit()) !== 'stay') {
                onClose();
                return;
            }
        } catch (error) {
            setError(error);
        }
        setBusy(false);
    };
    return (
        <Dialog title={title} onClose={close}>
            <form onSubmit={submit}>
                {children}
                <Problem error={error} isUnknown={isUnknown} />
                <div class="buttons">
                    <button type="button" onClick={close}>
                        {isUnknown ? 'Look at it again' : 'Close'}
                    </button>
                    {/* Not again before somebody has looked whether it was made. */}
                    {!isUnknown && (
                        <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={isBusy}>
                            {isBusy ? 'Sending …' : submitLabel}
                        </button>
                    )}
                </div>
            </form>
        </Dialog>
    );
}
