import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';

interface PageProps {
    title: string;
    actions?: ComponentChildren;
    children: ComponentChildren;
}

export function Page({ title, actions, children }: PageProps) {
    useEffect(() => {
        document.title = `${title} – Orders console`;
    }, [title]);
    return (
        <>
            <header class="page-header">
                <h1>{title}</h1>
                {actions && <div class="buttons">{actions}</div>}
            </header>
            {children}
        </>
    );
}

interface SectionProps {
    title: string;
    actions?: ComponentChildren;
    children: ComponentChildren;
}

export function Section({ title, actions, children }: SectionProps) {
    return (
        <section class="card">
            <header>
                <h2>{title}</h2>
                {actions}
            </header>
            {children}
        </section>
    );
}
