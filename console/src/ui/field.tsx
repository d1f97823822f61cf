import { useId } from 'preact/hooks';

interface FieldProps {
    label: string;
    value: string | number;
    hint?: string;
    type?: 'text' | 'password' | 'number' | 'url' | 'datetime-local';
    required?: boolean;
    disabled?: boolean;
    min?: string | number;
    max?: string | number;
    step?: string;
    maxLength?: number;
    pattern?: string;
    /** What the pattern means. */
    title?: string;
    autoComplete?: 'off';
    spellcheck?: boolean;
    /** Called with each change. */
    onValue?: (value: string) => void;
    /** Called when the change is finished. */
    onDone?: (value: string) => void;
}

export function Field({ label, hint, onValue, onDone, ...input }: FieldProps) {
    const id = useId();
    return (
        <div class="field">
            <label for={id}>{label}</label>
            <input
                // The types of Preact distinguish inputs by one literal type.
                {...(input as { type: 'text' })}
                id={id}
                aria-describedby={hint ? `${id}-hint` : undefined}
                onInput={(event) => onValue?.(event.currentTarget.value)}
                onChange={(event) => onDone?.(event.currentTarget.value)}
            />
            {hint && (
                <p class="hint" id={`${id}-hint`}>
                    {hint}
                </p>
            )}
        </div>
    );
}

interface SelectProps {
    label: string;
    value: string;
    options: readonly [value: string, label: string][];
    onValue: (value: string) => void;
}

export function Select({ label, value, options, onValue }: SelectProps) {
    const id = useId();
    return (
        <div class="field">
            <label for={id}>{label}</label>
            <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value)}>
                {options.map(([value, label]) => (
                    <option key={value} value={value}>
                        {label}
                    </option>
                ))}
            </select>
        </div>
    );
}

interface ChoicesProps<T extends string> {
    label: string;
    options: readonly T[];
    chosen: readonly T[];
    name: (option: T) => string;
    onChange: (chosen: T[]) => void;
}

/** Some of several values. */
export function Choices<T extends string>({ label, options, chosen, name, onChange }: ChoicesProps<T>) {
    const toggle = (option: T, isOn: boolean) =>
        onChange(options.filter((each) => (each === option ? isOn : chosen.includes(each))));
    return (
        <fieldset class="choices">
            <legend>{label}</legend>
            {options.map((option) => (
                <label key={option} class="choice">
                    <input
                        type="checkbox"
                        checked={chosen.includes(option)}
                        onChange={(event) => toggle(option, event.currentTarget.checked)}
                    />
                    {name(option)}
                </label>
            ))}
        </fieldset>
    );
}
