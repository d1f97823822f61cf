import { Field } from '../ui/field';
import { EMPTY_ITEM, type ItemInput } from './request';

const MOST = 100;

export function ItemFields({ items, onChange }: { items: ItemInput[]; onChange: (items: ItemInput[]) => void }) {
    return (
        <fieldset>
            <legend>Items</legend>
            {items.map((item, index) => {
                const change = (changed: Partial<ItemInput>) => onChange(items.with(index, { ...item, ...changed }));
                return (
                    <div key={index} class="item" role="group" aria-label={`Item ${index + 1}`}>
                        <Field
                            label="Article"
                            required
                            maxLength={64}
                            pattern="[!-~]+"
                            title="letters, digits and signs, no spaces"
                            value={item.sku}
                            onValue={(sku) => change({ sku })}
                        />
                        <Field
                            label="Quantity"
                            type="number"
                            required
                            min="1"
                            max="10000"
                            value={item.quantity}
                            onValue={(quantity) => change({ quantity })}
                        />
                        <Field
                            label="Unit price"
                            type="number"
                            required
                            min="0"
                            step="0.01"
                            value={item.unitPrice}
                            onValue={(unitPrice) => change({ unitPrice })}
                        />
                        <button
                            type="button"
                            disabled={items.length === 1}
                            aria-label={`Remove item ${index + 1}`}
                            onClick={() => onChange(items.toSpliced(index, 1))}
                        >
                            Remove
                        </button>
                    </div>
                );
            })}
            <button type="button" disabled={items.length === MOST} onClick={() => onChange([...items, EMPTY_ITEM])}>
                Add an item
            </button>
        </fieldset>
    );
}
