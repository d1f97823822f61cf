const PATHS = {
    external: 'M9 3h4v4M13 3 7 9M11 9v4H3V5h4',
    plus: 'M8 3v10M3 8h10',
};

export function Icon({ name }: { name: keyof typeof PATHS }) {
    return (
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
            <path d={PATHS[name]} />
        </svg>
    );
}
