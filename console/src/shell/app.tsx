import { path } from '../router';
import { session, startSession } from '../session';
import { Message } from '../ui/message';
import { Problem } from '../ui/problem';
import { Header } from './header';
import { CurrentPage } from './pages';
import { SignIn } from './sign-in';

export function App() {
    const current = session.value;
    return (
        <>
            {current.name === 'signed-in' && <SignedIn key={current.caller.name} />}
            {current.name === 'signed-out' && <SignIn reason={current.reason} />}
            {current.name === 'failed' && (
                <main id="main" class="narrow">
                    <h1>Orders console</h1>
                    <Problem error={current.error} />
                    <button type="button" onClick={startSession}>
                        Try again
                    </button>
                </main>
            )}
            <Message />
        </>
    );
}

function SignedIn() {
    return (
        <>
            <a class="skip" href="#main">
                Skip to the content
            </a>
            <Header />
            <main id="main" tabIndex={-1}>
                <CurrentPage key={path.value} />
            </main>
        </>
    );
}
