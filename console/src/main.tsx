import { effect } from '@preact/signals';
import { render } from 'preact';
import './style/index.css';
import { startFeed } from './feed';
import { followLinks } from './router';
import { may, session, startSession } from './session';
import { App } from './shell/app';
import { applyTheme } from './theme';

applyTheme();
followLinks();
// Before a page is rendered: what it reads must not miss an event.
effect(() => {
    const current = session.value;
    return current.name === 'signed-in' && may('orders:read') ? startFeed(current.client) : undefined;
});
void startSession();
render(<App />, document.getElementById('app')!);
