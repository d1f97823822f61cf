DROP INDEX orders_open;

DROP TABLE reconciliation;
