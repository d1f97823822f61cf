import { Component } from 'preact';
import { formatAmount } from '../format';
import { to } from '../router';
import { Badge } from '../ui/badge';
import { Time } from '../ui/time';
import type { Row } from './row';

interface OrderRowProps {
    index: number;
    /** Absent while it is read. */
    row: Row | undefined;
}

export class OrderRow extends Component<OrderRowProps> {
    override shouldComponentUpdate(next: OrderRowProps): boolean {
        return next.row !== this.props.row || next.index !== this.props.index;
    }

    override render({ index, row }: OrderRowProps) {
        if (!row) {
            return (
                <tr aria-rowindex={index + 2}>
                    <td colSpan={8} class="muted">
                        Loading …
                    </td>
                </tr>
            );
        }
        return (
            <tr aria-rowindex={index + 2}>
                <td>
                    <a href={to(`orders/${row.id}`)}>{row.id}</a>
                </td>
                <td data-label="Customer">{row.customerId}</td>
                <td class="status">
                    <Badge state={row.status} /> {row.attention && <Badge state="attention" />}{' '}
                    {row.hasDecision && <Badge state="decision" />}
                </td>
                <td data-label="Payment">{row.payment && <Badge state={row.payment} />}</td>
                <td data-label="Shipment">{row.shipment && <Badge state={row.shipment} />}</td>
                <td class="amount">{formatAmount(row.amount)}</td>
                <td data-label="Created">
                    <Time at={row.createdAt} isShort />
                </td>
                <td data-label="Updated">
                    <Time at={row.updatedAt} isShort />
                </td>
            </tr>
        );
    }
}
