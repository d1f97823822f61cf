package com.example.orders;

import com.example.orders.api.AdministrationApi;
import com.example.orders.api.EventsApi;
import com.example.orders.api.HealthApi;
import com.example.orders.api.OrdersApi;
import com.example.orders.api.WebhookEndpointsApi;
import com.example.orders.model.Cancellation;
import com.example.orders.model.CreateOrderRequest;
import com.example.orders.model.DecideOrderRequest;
import com.example.orders.model.DecisionAnswer;
import com.example.orders.model.Order;
import com.example.orders.model.OrderEvent;
import com.example.orders.model.OrderStatus;
import com.example.orders.model.UpdateOrderRequest;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A client of the Order Processing API. It is thread-safe. Requests are retried where that is safe; every
 * failure is an {@link OrdersException}.
 */
public final class OrdersClient {
    private final Transport transport;
    private final OrdersApi api;
    private final EventsApi feed;
    private final WebhookEndpointsApi webhooks;
    private final AdministrationApi administration;
    private final HealthApi health;

    public OrdersClient(String baseUrl) {
        this(baseUrl, new Options());
    }

    public OrdersClient(String baseUrl, Options options) {
        transport = new Transport(baseUrl, options);
        api = new OrdersApi(transport);
        feed = new EventsApi(transport);
        webhooks = new WebhookEndpointsApi(transport);
        administration = new AdministrationApi(transport);
        health = new HealthApi(transport);
    }

    /** Every operation of the contract, with the same time-outs, retries and errors. */
    public OrdersApi api() {
        return api;
    }

    public EventsApi feed() {
        return feed;
    }

    public WebhookEndpointsApi webhooks() {
        return webhooks;
    }

    public AdministrationApi administration() {
        return administration;
    }

    public HealthApi health() {
        return health;
    }

    /** Creates one order, even if the request has to be sent several times. */
    public CreatedOrder createOrder(CreateOrderRequest order) {
        return createOrder(order, UUID.randomUUID().toString());
    }

    /** Creates an order with your own key, to be able to repeat the call after a crash. */
    public CreatedOrder createOrder(CreateOrderRequest order, String idempotencyKey) {
        Answer<Order> answer = api.createOrder(order, idempotencyKey);
        return new CreatedOrder(answer.value(), answer.header("ETag"), isReplay(answer));
    }

    public OrderVersion getOrder(long id) {
        return versioned(api.getOrder(id, null));
    }

    /** Reads an order; empty when it is still at the version of {@code etag}. */
    public Optional<OrderVersion> getOrderIfChanged(long id, String etag) {
        return changed(api.getOrder(id, etag));
    }

    /** Updates the fields set in {@code change}. */
    public OrderVersion updateOrder(long id, UpdateOrderRequest change) {
        return updateOrder(id, change, null);
    }

    /** Updates the fields set in {@code change}, only if the order is at the version of {@code ifMatch}. */
    public OrderVersion updateOrder(long id, UpdateOrderRequest change, String ifMatch) {
        return versioned(api.updateOrder(id, change, ifMatch));
    }

    public void deleteOrder(long id) {
        deleteOrder(id, null);
    }

    /** Deletes the order, only if it is at the version of {@code ifMatch}. */
    public void deleteOrder(long id, String ifMatch) {
        api.deleteOrder(id, ifMatch);
    }

    /** Answers the question in {@code decision} of an order, even if the request has to be sent several times. */
    public DecidedOrder decideOrder(long id, DecisionAnswer answer) {
        return decideOrder(id, answer, null, UUID.randomUUID().toString());
    }

    /**
     * Answers with your own key, to be able to repeat the call after a crash; only if the order is at the version
     * of {@code ifMatch}, unless that is null.
     */
    public DecidedOrder decideOrder(long id, DecisionAnswer decision, String ifMatch, String idempotencyKey) {
        DecideOrderRequest request = new DecideOrderRequest().answer(decision);
        Answer<Order> answer = api.decideOrder(id, request, ifMatch, idempotencyKey);
        return new DecidedOrder(answer.value(), answer.header("ETag"), isReplay(answer));
    }

    /** Cancels the order, until it is dispatched. Repeating it changes nothing. */
    public OrderCancellation cancelOrder(long id) {
        return cancelOrder(id, null);
    }

    /** Cancels the order, only if it is at the version of {@code ifMatch}. */
    public OrderCancellation cancelOrder(long id, String ifMatch) {
        Answer<Cancellation> answer = api.cancelOrder(id, ifMatch);
        Cancellation cancellation = answer.value();
        return new OrderCancellation(cancellation.getOrder(), answer.header("ETag"), cancellation.getOutcome());
    }

    /** Retries the step in {@code attention} of the order now. Needs the scope {@code orders:admin}. */
    public OrderVersion retryOrder(long id) {
        return retryOrder(id, null);
    }

    /** Retries the step in {@code attention}, only if the order is at the version of {@code ifMatch}. */
    public OrderVersion retryOrder(long id, String ifMatch) {
        return versioned(api.retryOrder(id, ifMatch));
    }

    /** Iterates over all matching orders, newest first. Pages are fetched on demand. */
    public Iterable<Order> orders(OrdersFilter filter) {
        return () -> new Pages<>(
                "cursor",
                cursor -> api.listOrders(
                        filter.pageSize(),
                        cursor,
                        filter.status(),
                        filter.customerId(),
                        filter.paymentStatus(),
                        filter.shipmentStatus(),
                        filter.needsAttention(),
                        filter.createdFrom(),
                        filter.createdBefore(),
                        filter.minAmount(),
                        filter.maxAmount()));
    }

    /** Iterates over the order's events, oldest first. Pages are fetched on demand. */
    public Iterable<OrderEvent> events(long id) {
        return events(id, null);
    }

    /** Iterates over the order's events, with {@code pageSize} events per request. */
    public Iterable<OrderEvent> events(long id, Integer pageSize) {
        return () -> new Pages<>(
                "after", after -> api.listOrderEvents(id, pageSize, after == null ? null : Long.valueOf(after), null));
    }

    /** Follows the events of all orders. Close the feed to end the connection. */
    public EventFeed follow(FollowOptions options) {
        return new EventFeed(transport, options);
    }

    /**
     * Waits until the order is completed or cancelled, and returns it. Continues through outages of the service.
     *
     * @throws NotFinishedException after the time-out
     */
    public OrderVersion waitUntilFinished(long id, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        OrderVersion seen = null;
        OrdersException cause = null;
        double pause = 0.1e9;
        for (long left = timeout.toNanos(); left > 0; left = deadline - System.nanoTime()) {
            try {
                OrdersApi hurried = new OrdersApi(transport.within(Duration.ofNanos(left)));
                seen = changed(hurried.getOrder(id, seen == null ? null : seen.etag())).orElse(seen);
            } catch (OrdersException e) {
                if (!e.isTransient()) {
                    throw e;
                }
                cause = e;
            }
            if (seen != null && isFinal(seen.order().getStatus())) {
                return seen;
            }
            double jittered = pause * ThreadLocalRandom.current().nextDouble(0.5, 1);
            long rest = Math.max(0, deadline - System.nanoTime());
            Transport.sleep(Duration.ofNanos(Math.min(rest, (long) jittered)), 1);
            pause = Math.min(pause * 1.5, 5e9);
        }
        throw new NotFinishedException(id, seen, cause);
    }

    private static boolean isFinal(OrderStatus status) {
        return status == OrderStatus.COMPLETED || status == OrderStatus.CANCELLED;
    }

    private static Optional<OrderVersion> changed(Answer<Order> answer) {
        return answer.status() == 304 ? Optional.empty() : Optional.of(versioned(answer));
    }

    private static boolean isReplay(Answer<?> answer) {
        return answer.header("Idempotent-Replayed").equals("true");
    }

    private static OrderVersion versioned(Answer<Order> answer) {
        return new OrderVersion(answer.value(), answer.header("ETag"));
    }
}
