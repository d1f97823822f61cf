import { type Connection, connection } from '../feed';
import { path, to } from '../router';
import { caller, may, settings, signOut } from '../session';
import { type Theme, theme } from '../theme';
import { AttentionBadge } from '../attention/badge';

const CONNECTION: Record<Connection, string> = {
    connecting: 'connecting',
    live: 'live',
    reconnecting: 'reconnecting',
    paused: 'paused',
    stopped: 'not live',
};

export function Header() {
    return (
        <header class="bar">
            <a class="brand" href={to('')}>
                Console
            </a>
            <nav aria-label="Pages">
                <ul>
                    {may('orders:read') && <Entry name="" label="Orders" />}
                    {may('orders:admin') && <Entry name="attention" label="Needs attention" />}
                    {may('orders:admin') && <Entry name="health" label="Health" />}
                    {may('webhooks:read') && <Entry name="webhooks" label="Webhooks" />}
                    {may('orders:admin') && <Entry name="keys" label="API keys" />}
                </ul>
            </nav>
            <div class="bar-end">
                {may('orders:read') && (
                    <span class={`connection ${connection.value}`} role="status">
                        {CONNECTION[connection.value]}
                    </span>
                )}
                <select
                    aria-label="Colours"
                    value={theme.value}
                    onChange={(event) => (theme.value = event.currentTarget.value as Theme)}
                >
                    <option value="system">System</option>
                    <option value="light">Light</option>
                    <option value="dark">Dark</option>
                </select>
                <Caller />
            </div>
        </header>
    );
}

function Entry({ name, label }: { name: string; label: string }) {
    const [current = ''] = path.value.split('/');
    const isCurrent = current === name || (name === '' && current === 'orders');
    return (
        <li>
            <a href={to(name)} aria-current={isCurrent ? 'page' : undefined}>
                {label}
                {name === 'attention' && <AttentionBadge />}
            </a>
        </li>
    );
}

function Caller() {
    const { name, scopes, customerId } = caller.value!;
    return (
        <span class="caller">
            <span title={scopes.join(' ')}>
                {name}
                {customerId !== undefined && `, customer ${customerId}`}
            </span>
            {settings.value.authentication && (
                <button type="button" onClick={signOut}>
                    Sign out
                </button>
            )}
        </span>
    );
}
