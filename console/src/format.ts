const money = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const time = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium', hourCycle: 'h23' });
const shortTime = new Intl.DateTimeFormat(undefined, {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
});
const count = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export const formatAmount = (amount: number): string => money.format(amount);
export const formatNumber = (value: number): string => count.format(value);

/** `1 order`, `2 orders`. */
export const formatCount = (value: number, noun: string): string =>
    `${formatNumber(value)} ${noun}${value === 1 ? '' : 's'}`;

/** Never fails: the date may be invalid. */
export const formatTime = (date: Date): string => (Number.isNaN(date.getTime()) ? 'unknown' : time.format(date));
export const formatShortTime = (date: Date): string =>
    Number.isNaN(date.getTime()) ? 'unknown' : shortTime.format(date);

/** The value of an enum, such as `decision_made`. */
export const words = (value: string): string => value.replaceAll('_', ' ');

export function formatDuration(ms: number): string {
    if (ms < 1_000) {
        return `${Math.round(ms)} ms`;
    }
    const seconds = ms / 1_000;
    if (seconds < 60) {
        return `${seconds.toFixed(1)} s`;
    }
    const minutes = seconds / 60;
    if (minutes < 60) {
        return `${Math.floor(minutes)} min ${Math.floor(seconds % 60)} s`;
    }
    const hours = minutes / 60;
    return hours < 48 ? `${Math.floor(hours)} h ${Math.floor(minutes % 60)} min` : `${Math.floor(hours / 24)} days`;
}

/** The URL if a browser may open it: text from the API may be `javascript:…`. */
export function webUrl(text: string | undefined): string | undefined {
    try {
        const url = new URL(text ?? '');
        return ['http:', 'https:'].includes(url.protocol) ? url.href : undefined;
    } catch {
        return undefined;
    }
}

/** A cent is exact, a sum of numbers with decimals is not. */
export const cents = (amount: number): number => Math.round(amount * 100);
