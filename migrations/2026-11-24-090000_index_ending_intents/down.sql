DROP INDEX workflow_intents_end;
