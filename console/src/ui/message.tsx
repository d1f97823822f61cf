import { signal } from '@preact/signals';

const SHOWN_MS = 6_000;
const message = signal('');
let timer: ReturnType<typeof setTimeout> | undefined;

/** Shows a short message, which screen readers announce. */
export function announce(text: string): void {
    message.value = text;
    clearTimeout(timer);
    timer = setTimeout(() => (message.value = ''), SHOWN_MS);
}

export function Message() {
    return (
        <div class="message" role="status" aria-live="polite">
            {message.value && <p>{message.value}</p>}
        </div>
    );
}
