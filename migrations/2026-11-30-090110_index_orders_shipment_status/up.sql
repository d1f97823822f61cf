-- Pages of orders by the status of their shipment.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_shipment_status ON orders ((fulfilment -> 'shipment' ->> 'status'), id) WHERE fulfilment -> 'shipment' ->> 'status' IS NOT NULL;
