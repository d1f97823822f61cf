import { useRef } from 'preact/hooks';
import { announce } from './message';
import { Dialog } from './dialog';

interface SecretProps {
    title: string;
    label: string;
    secret: string;
    onClose: () => void;
}

/** Shows a secret that the service will not show again. */
export function SecretDialog({ title, label, secret, onClose }: SecretProps) {
    const field = useRef<HTMLInputElement>(null);
    const copy = async () => {
        field.current?.select();
        try {
            await navigator.clipboard.writeText(secret);
            announce('Copied');
        } catch {
            // Without a secure context there is no clipboard; the text is selected.
            announce('Press Ctrl+C to copy the selected text');
        }
    };
    return (
        <Dialog title={title} onClose={onClose}>
            <p>It is shown only now. Keep it in a safe place.</p>
            <input ref={field} class="secret" readOnly value={secret} aria-label={label} />
            <div class="buttons">
                <button type="button" onClick={copy}>
                    Copy
                </button>
                <button type="button" class="primary" onClick={onClose}>
                    I have kept it
                </button>
            </div>
        </Dialog>
    );
}
