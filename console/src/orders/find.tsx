import { useState } from 'preact/hooks';
import { navigate, to } from '../router';

export function FindOrder() {
    const [id, setId] = useState('');
    const submit = (event: Event) => {
        event.preventDefault();
        navigate(to(`orders/${Number(id)}`));
    };
    return (
        <form role="search" class="find" onSubmit={submit}>
            <input
                type="text"
                inputMode="numeric"
                pattern="[0-9]{1,16}"
                title="a number"
                required
                aria-label="Order id"
                placeholder="Order id"
                value={id}
                onInput={(event) => setId(event.currentTarget.value.trim())}
            />
            <button type="submit">Open</button>
        </form>
    );
}
