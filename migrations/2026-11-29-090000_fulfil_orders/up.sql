-- Orders with items. `fulfilment` is the state of their steps, in the contract's format; NULL for an order
-- without items. The address is personal: it is in no event and in no workflow.
ALTER TABLE orders
    ADD COLUMN fulfilment JSONB,
    ADD COLUMN shipping_address JSONB;

-- The steps of orders with items. Every existing event satisfies the new constraint, as it satisfied the
-- narrower one; the next migration validates it without blocking writes.
ALTER TABLE order_events
    -- Replaced by a wider one in the same statement.
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT order_events_type_check,
    ADD CONSTRAINT order_events_type_check CHECK (type IN (
        'created', 'updated', 'restarted', 'deleted', 'items_reserved', 'items_unavailable',
        'decision_requested', 'decision_made', 'cancellation_requested', 'cancellation_refused',
        'items_released', 'payment_authorized', 'payment_declined', 'payment_captured', 'payment_voided',
        'payment_refunded', 'shipment_created', 'shipment_refused', 'shipment_dispatched',
        'shipment_delivered', 'shipment_returned', 'shipment_cancelled', 'attention_required',
        'attention_resolved', 'retry_requested')) NOT VALID;

-- `fulfil` and `refulfil` start the workflow of an order with items: a dispatcher of the previous version
-- leaves them for one that knows them. `wake` tells a workflow that its order has changed.
ALTER TABLE workflow_intents
    -- Replaced by a wider one in the same statement.
    -- squawk-ignore ban-drop-constraint
    DROP CONSTRAINT workflow_intents_action_check,
    ADD CONSTRAINT workflow_intents_action_check
        CHECK (action IN ('start', 'restart', 'fulfil', 'refulfil', 'wake', 'end')) NOT VALID;
