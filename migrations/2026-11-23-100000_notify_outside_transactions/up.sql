-- Transactions with NOTIFY commit one after the other in the whole cluster, without group commit. So the
-- notification is sent after the commit; if it is lost, the dispatcher finds the intent by polling.
DROP TRIGGER workflow_intents_notify ON workflow_intents;
DROP FUNCTION notify_workflow_intents();
