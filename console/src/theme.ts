import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';

const STORED = 'console.theme';

export const theme = signal<Theme>((localStorage.getItem(STORED) as Theme | null) ?? 'system');

export function applyTheme(): void {
    effect(() => {
        document.documentElement.dataset.theme = theme.value;
        localStorage.setItem(STORED, theme.value);
    });
}
