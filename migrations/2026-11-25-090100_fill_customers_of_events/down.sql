-- Nothing to take back: the column goes with the migration before.
SELECT 1;
