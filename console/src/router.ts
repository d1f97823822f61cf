import { computed, signal } from '@preact/signals';

export const BASE = '/console/';

/** Where the application is. Everything that a page shows again after a reload is in here. */
export const place = signal(new URL(window.location.href));

/** The path below the base, without a slash at its end. */
export const path = computed(() => place.value.pathname.slice(BASE.length).replace(/\/+$/, ''));

export function to(below: string): string {
    return BASE + below;
}

export function navigate(url: string, { replace = false } = {}): void {
    const target = new URL(url, window.location.href);
    if (replace) {
        history.replaceState(history.state, '', target);
    } else {
        history.replaceState({ scroll: window.scrollY }, '');
        history.pushState(null, '', target);
    }
    const isOtherPage = target.pathname !== place.value.pathname;
    place.value = target;
    if (isOtherPage) {
        window.scrollTo(0, 0);
        requestAnimationFrame(() => document.getElementById('main')?.focus({ preventScroll: true }));
    }
}

/** Makes links to the console's own pages change the page without loading the application again. */
export function followLinks(): void {
    history.scrollRestoration = 'manual';
    window.addEventListener('popstate', (event) => {
        place.value = new URL(window.location.href);
        // After the page has its height.
        requestAnimationFrame(() => window.scrollTo(0, event.state?.scroll ?? 0));
    });
    document.addEventListener('click', (event) => {
        const link = event.target instanceof Element ? event.target.closest('a') : null;
        const isPlain = event.button === 0 && !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
        if (!link || !isPlain || event.defaultPrevented || link.target || link.hasAttribute('download')) {
            return;
        }
        if (link.origin === window.location.origin && link.pathname.startsWith(BASE) && !link.hash) {
            event.preventDefault();
            navigate(link.href);
        }
    });
}
