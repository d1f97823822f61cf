import { OrderEventType } from 'order-processing-sdk';
import { words } from '../format';
import { Choices, Field } from '../ui/field';

export function UrlField({ value, onValue }: { value: string; onValue: (value: string) => void }) {
    return <Field label="URL" type="url" required pattern="https?://.+" maxLength={2000} value={value} onValue={onValue} />;
}

interface EventTypesProps {
    chosen: OrderEventType[];
    onChange: (chosen: OrderEventType[]) => void;
}

export function EventTypes({ chosen, onChange }: EventTypesProps) {
    const known: OrderEventType[] = Object.values(OrderEventType);
    // Types that a later contract adds stay chosen.
    const options = [...known, ...chosen.filter((type) => !known.includes(type))];
    return (
        <Choices label="Only these events (none chosen: all)" options={options} chosen={chosen} name={words} onChange={onChange} />
    );
}
