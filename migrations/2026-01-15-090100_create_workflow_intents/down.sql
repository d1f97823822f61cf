DROP TABLE workflow_intents;
DROP FUNCTION notify_workflow_intents;
