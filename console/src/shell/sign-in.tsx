import { useState } from 'preact/hooks';
import { isUnauthorized, signIn } from '../session';
import { Field } from '../ui/field';
import { Problem } from '../ui/problem';

export function SignIn({ reason }: { reason: string | undefined }) {
    const [credential, setCredential] = useState('');
    const [isBusy, setBusy] = useState(false);
    const [error, setError] = useState<unknown>();
    const submit = async (event: Event) => {
        event.preventDefault();
        setBusy(true);
        setError(undefined);
        try {
            await signIn(credential.trim());
        } catch (error) {
            setError(error);
            setBusy(false);
        }
    };
    return (
        <main id="main" class="narrow">
            <h1>Orders console</h1>
            <p>Sign in with an API key or an access token. It is kept in this tab only, until you close it.</p>
            {reason && error === undefined && (
                <p class="problem" role="alert">
                    You have been signed out: {reason}. Sign in to go on where you were.
                </p>
            )}
            <form class="card" onSubmit={submit}>
                <Field
                    label="API key or access token"
                    type="password"
                    autoComplete="off"
                    spellcheck={false}
                    required
                    value={credential}
                    onValue={setCredential}
                />
                {isUnauthorized(error) ? (
                    <p class="problem" role="alert">
                        The service does not accept this credential.
                    </p>
                ) : (
                    <Problem error={error} />
                )}
                <button type="submit" class="primary" disabled={isBusy}>
                    {isBusy ? 'Signing in …' : 'Sign in'}
                </button>
            </form>
        </main>
    );
}
