import { accessibility, phone } from './accessibility.mjs';
import { attention, health } from './administration.mjs';
import { customer, endingKey, readOnly, signIn } from './callers.mjs';
import { hostileText } from './hostile.mjs';
import { keys } from './keys.mjs';
import { newOrder, lostResponse } from './new-order.mjs';
import { conflict, cancellation, change, decision, deletion, unknownOutcome } from './order.mjs';
import { csvExport, filters, live, newOrdersWhileScrolled, search } from './orders.mjs';
import { firstPage, tenThousandOrders } from './performance.mjs';
import { hiddenTab, reset, restart } from './restart.mjs';
import { webhooks } from './webhooks.mjs';
import { welcome } from './welcome.mjs';

/** In this sequence: the first one needs a service without orders, the last ones fill it. */
export const scenarios = {
    welcome,
    'sign in': signIn,
    'read only': readOnly,
    customer,
    filters,
    search,
    live,
    'csv export': csvExport,
    'new order': newOrder,
    'lost response': lostResponse,
    change,
    decision,
    cancellation,
    deletion,
    conflict,
    'unknown outcome': unknownOutcome,
    attention,
    health,
    webhooks,
    keys,
    'hostile text': hostileText,
    accessibility,
    phone,
    restart,
    'hidden tab': hiddenTab,
    reset,
    'first page': firstPage,
    'ten thousand orders': tenThousandOrders,
    'new orders while scrolled': newOrdersWhileScrolled,
    'ending key': endingKey,
};

/** Those that measure times. */
export const timed = ['first page', 'ten thousand orders'];
