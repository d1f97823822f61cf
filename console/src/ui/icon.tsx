const PATHS = {
    external: 'M9 3h4v4M13 3 7 9M11 9v4H3V5h4',
    theme: 'M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12',
    search: 'M7 3a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM10 10l4 4',
    plus: 'M8 3v10M3 8h10',
    refresh: 'M13 8a5 5 0 1 1-1.5-3.5L13 6M13 2v4H9',
};

export function Icon({ name }: { name: keyof typeof PATHS }) {
    return (
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d={PATHS[name]} />
        </svg>
    );
}
