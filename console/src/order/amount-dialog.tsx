import { useState } from 'preact/hooks';
import { formatAmount } from '../format';
import { Field } from '../ui/field';
import { FormDialog } from '../ui/dialog';
import { type Action, change } from './actions';

interface AmountDialogProps {
    amount: number;
    onClose: () => void;
    onChosen: (action: Action) => void;
}

/** Asks for the amount; the change itself is confirmed afterwards, with the old and the new one. */
export function AmountDialog({ amount, onClose, onChosen }: AmountDialogProps) {
    const [value, setValue] = useState(amount.toFixed(2));
    const submit = async () => {
        const totalAmount = Number(value);
        const consequence = `The amount changes from ${formatAmount(amount)} to ${formatAmount(totalAmount)}.`;
        onChosen(change('Change the amount', consequence, { totalAmount }));
        return 'stay' as const;
    };
    return (
        <FormDialog title="Change the amount" submitLabel="Continue" onSubmit={submit} onClose={onClose}>
            <Field
                label="Amount"
                type="number"
                min="0"
                max="99999999.99"
                step="0.01"
                required
                value={value}
                onValue={setValue}
            />
        </FormDialog>
    );
}
