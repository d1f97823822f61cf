DROP INDEX CONCURRENTLY IF EXISTS orders_shipment_status;
