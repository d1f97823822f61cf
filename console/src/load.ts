import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Loaded<T> {
    /** The last value; it stays while it is read again, and when that fails. */
    value: T | undefined;
    error: unknown;
    reload: () => Promise<void>;
    set: (value: T) => void;
}

/** Reads something when the component appears, when an input changes, and on demand. */
export function useLoad<T>(load: (signal: AbortSignal) => Promise<T>, inputs: readonly unknown[]): Loaded<T> {
    const [state, setState] = useState<{ value?: T; error?: unknown }>({});
    const running = useRef<AbortController>(null);
    const reload = useCallback(async () => {
        running.current?.abort();
        const mine = (running.current = new AbortController());
        try {
            const value = await load(mine.signal);
            if (!mine.signal.aborted) {
                setState({ value });
            }
        } catch (error) {
            if (!mine.signal.aborted) {
                setState(({ value }) => ({ value, error }));
            }
        }
    }, inputs);
    useEffect(() => {
        void reload();
        return () => running.current?.abort();
    }, [reload]);
    const set = useCallback((value: T) => {
        running.current?.abort();
        setState({ value });
    }, []);
    return { value: state.value, error: state.error, reload, set };
}

/** Calls `action` regularly while the tab is visible. */
export function useInterval(action: () => unknown, ms: number): void {
    useEffect(() => {
        const timer = setInterval(() => document.hidden || action(), ms);
        return () => clearInterval(timer);
    }, [action, ms]);
}
