-- Pages of orders by the status of their payment.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_payment_status ON orders ((fulfilment -> 'payment' ->> 'status'), id) WHERE fulfilment -> 'payment' ->> 'status' IS NOT NULL;
