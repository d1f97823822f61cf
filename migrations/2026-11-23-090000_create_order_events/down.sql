UPDATE workflow_intents SET action = 'start' WHERE action = 'restart';

ALTER TABLE workflow_intents
    DROP CONSTRAINT workflow_intents_action_check,
    ADD CONSTRAINT workflow_intents_action_check CHECK (action IN ('start', 'end'));

DROP TABLE order_events;

DROP FUNCTION refuse_order_event_changes;
