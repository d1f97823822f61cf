DROP INDEX CONCURRENTLY IF EXISTS workflow_intents_wakes;
