import { describeError } from '../errors';

/** What went wrong; nothing without an error. */
export function Problem({ error, isUnknown = false }: { error: unknown; isUnknown?: boolean }) {
    if (error === undefined) {
        return null;
    }
    const { title, detail, violations, requestId } = describeError(error);
    return (
        <div class="problem" role="alert">
            <strong>{isUnknown ? 'It is not known whether the change was made' : title}</strong>
            {detail && <p>{detail}</p>}
            {violations.length > 0 && (
                <ul>
                    {violations.map(({ pointer, detail }) => (
                        <li key={pointer + detail}>
                            <code>{pointer}</code>: {detail}
                        </li>
                    ))}
                </ul>
            )}
            {requestId && (
                <p class="small">
                    Request <code>{requestId}</code>
                </p>
            )}
        </div>
    );
}
