-- Transactions that notify commit one after the other, in the whole cluster: none shares its write to
-- disk with another. Whoever writes intents notifies once they are committed; a dispatcher that was
-- not told finds them when it looks by itself.
DROP TRIGGER workflow_intents_notify ON workflow_intents;
DROP FUNCTION notify_workflow_intents();
