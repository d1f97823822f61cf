import { words } from '../format';

const TONES: Record<string, string> = {
    pending: 'info',
    processing: 'info',
    running: 'info',
    created: 'info',
    authorized: 'info',
    reserved: 'info',
    completed: 'good',
    captured: 'good',
    dispatched: 'good',
    shipped: 'good',
    delivered: 'good',
    up: 'good',
    enabled: 'good',
    valid: 'good',
    declined: 'bad',
    failed: 'bad',
    failing: 'warn',
    down: 'bad',
    unavailable: 'warn',
    returned: 'warn',
    attention: 'warn',
    decision: 'warn',
    disabled: 'warn',
    terminated: 'bad',
    timed_out: 'bad',
};

/** A state as a word in a colour; states that a later contract adds are grey. */
export function Badge({ state }: { state: string }) {
    return <span class={`badge ${(Object.hasOwn(TONES, state) && TONES[state]) || 'neutral'}`}>{words(state)}</span>;
}
