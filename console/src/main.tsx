import { render } from 'preact';
import './style/index.css';
import { followLinks } from './router';
import { startSession } from './session';
import { App } from './shell/app';
import { applyTheme } from './theme';

applyTheme();
followLinks();
void startSession();
render(<App />, document.getElementById('app')!);
