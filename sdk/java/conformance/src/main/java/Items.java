import com.example.orders.ApiException;
import com.example.orders.DecidedOrder;
import com.example.orders.OrderCancellation;
import com.example.orders.OrderVersion;
import com.example.orders.OrdersClient;
import com.example.orders.model.Address;
import com.example.orders.model.CancellationOutcome;
import com.example.orders.model.CancellationReason;
import com.example.orders.model.CreateOrderRequest;
import com.example.orders.model.Decision;
import com.example.orders.model.DecisionAnswer;
import com.example.orders.model.ItemStatus;
import com.example.orders.model.NewOrderItem;
import com.example.orders.model.Order;
import com.example.orders.model.OrderItem;
import com.example.orders.model.OrderStatus;
import com.example.orders.model.OrderStep;
import com.example.orders.model.PaymentStatus;
import com.example.orders.model.ShipmentStatus;
import com.example.orders.model.Violation;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;

/** The scenarios with items, decisions, cancellations and retries. */
final class Items {
    static final Map<String, Runner.Check> CHECKS = Map.of(
            "items", Items::items,
            "contradiction", Items::contradiction,
            "decision", Items::decision,
            "decision_replayed", Items::decisionReplayed,
            "nothing_asked", Items::nothingAsked,
            "cancellation", Items::cancellation,
            "cancellation_at_once", Items::cancellationAtOnce,
            "cancellation_too_late", Items::cancellationTooLate,
            "retry", Items::retry,
            "retry_forbidden", Items::retryForbidden);

    private Items() {}

    /** Orders TEA-100 twice and another article, for 99 and some cents. */
    private static CreateOrderRequest order(long customer, String sku, String cents, String city) {
        return Runner.order(customer, "99." + cents)
                .addItemsItem(item("TEA-100", 2, "40"))
                .addItemsItem(item(sku, 1, "19." + cents))
                .shippingAddress(new Address()
                        .name("Ada Example")
                        .street("Example Street 1")
                        .postalCode("12345")
                        .city(city)
                        .country("DE"));
    }

    private static NewOrderItem item(String sku, int quantity, String price) {
        return new NewOrderItem().sku(sku).quantity(quantity).unitPrice(new BigDecimal(price));
    }

    static Order create(OrdersClient client, long customer, String sku, String cents, String city) {
        return client.createOrder(order(customer, sku, cents, city)).order();
    }

    /** Reads the order until it is as wanted. */
    static OrderVersion until(OrdersClient client, long id, Predicate<Order> wanted) throws Exception {
        for (long begun = System.nanoTime(); System.nanoTime() - begun < 60e9; Thread.sleep(100)) {
            OrderVersion seen = client.getOrder(id);
            if (wanted.test(seen.order())) {
                return seen;
            }
        }
        throw new AssertionError("order " + id + " does not get there");
    }

    private static Order finish(OrdersClient client, long id, OrderStatus status) {
        Order order = client.waitUntilFinished(id, Duration.ofMinutes(1)).order();
        Runner.equal(order.getStatus(), status);
        return order;
    }

    private static List<ItemStatus> statuses(Order order) {
        return order.getItems().stream().map(OrderItem::getStatus).toList();
    }

    private static void amount(BigDecimal actual, String expected) {
        Runner.equal(actual.setScale(2).toPlainString(), expected);
    }

    private static void refusal(ApiException error, int status, String code) {
        Runner.equal(List.of(error.status(), error.code().get(), error.attempts()), List.of(status, code, 1));
    }

    private static void items(OrdersClient client, long customer) {
        Order created = create(client, customer, "CUP-1", "95", "Exampleville");
        Runner.equal(statuses(created), List.of(ItemStatus.PENDING, ItemStatus.PENDING));
        OrderItem tea = created.getItems().get(0);
        Runner.equal(List.of(tea.getSku(), tea.getQuantity()), List.of("TEA-100", 2));
        amount(created.getItems().get(1).getUnitPrice(), "19.95");
        Order done = finish(client, created.getId(), OrderStatus.COMPLETED);
        Runner.equal(statuses(done), List.of(ItemStatus.SHIPPED, ItemStatus.SHIPPED));
        Runner.equal(done.getPayment().getStatus(), PaymentStatus.CAPTURED);
        amount(done.getPayment().getCapturedAmount(), "99.95");
        Runner.equal(done.getShipment().getStatus(), ShipmentStatus.DISPATCHED);
    }

    private static void contradiction(OrdersClient client, long customer) throws Exception {
        CreateOrderRequest wrong =
                order(customer, "CUP-1", "95", "Exampleville").totalAmount(new BigDecimal("100"));
        ApiException error = Runner.refused(() -> client.createOrder(wrong));
        refusal(error, 400, "invalid_request");
        List<String> pointers = error.violations().stream().map(Violation::getPointer).toList();
        Runner.equal(pointers, List.of("/total_amount"));
    }

    private static void decision(OrdersClient client, long customer) throws Exception {
        long id = create(client, customer, "SOLD-OUT-1", "95", "Exampleville").getId();
        OrderVersion asking = until(client, id, order -> order.getDecision() != null);
        Decision asked = asking.order().getDecision();
        Runner.equal(asked.getUnavailableItems(), List.of(1));
        Runner.equal(asked.getOptions().get(0), DecisionAnswer.ACCEPT_AVAILABLE);
        Runner.equal(asked.getDeadline().isAfter(OffsetDateTime.now()), true);
        String key = UUID.randomUUID().toString();
        DecidedOrder decided = client.decideOrder(id, DecisionAnswer.ACCEPT_AVAILABLE, asking.etag(), key);
        Runner.equal(List.of(decided.replayed(), decided.order().getDecision() == null), List.of(true, true));
        Order done = finish(client, id, OrderStatus.COMPLETED);
        Runner.equal(statuses(done), List.of(ItemStatus.SHIPPED, ItemStatus.CANCELLED));
        amount(done.getPayment().getCapturedAmount(), "80.00");
    }

    private static void decisionReplayed(OrdersClient client, long customer) throws Exception {
        long id = create(client, customer, "SOLD-OUT-1", "95", "Exampleville").getId();
        until(client, id, order -> order.getDecision() != null);
        String key = "decision-" + UUID.randomUUID();
        DecidedOrder first = client.decideOrder(id, DecisionAnswer.CANCEL, null, key);
        DecidedOrder second = client.decideOrder(id, DecisionAnswer.CANCEL, null, key);
        Runner.equal(List.of(first.replayed(), second.replayed()), List.of(false, true));
        DecisionAnswer accept = DecisionAnswer.ACCEPT_AVAILABLE;
        refusal(Runner.refused(() -> client.decideOrder(id, accept, null, key)), 422, "idempotency_key_reused");
        Order done = finish(client, id, OrderStatus.CANCELLED);
        Runner.equal(done.getCancellationReason(), CancellationReason.DECISION_CANCEL);
    }

    private static void nothingAsked(OrdersClient client, long customer) throws Exception {
        long id = Runner.create(client, customer);
        refusal(Runner.refused(() -> client.decideOrder(id, DecisionAnswer.CANCEL)), 409, "nothing_asked");
    }

    private static void cancellation(OrdersClient client, long customer) throws Exception {
        long id = create(client, customer, "CUP-1", "95", "Stuck").getId();
        until(client, id, order -> order.getShipment() != null);
        OrderCancellation asked = client.cancelOrder(id);
        Runner.equal(asked.outcome(), CancellationOutcome.REQUESTED);
        Runner.equal(List.of(asked.order().getId(), asked.etag().length() > 2), List.of(id, true));
        Order done = finish(client, id, OrderStatus.CANCELLED);
        Runner.equal(done.getCancellationReason(), CancellationReason.CUSTOMER_REQUEST);
        Runner.equal(done.getPayment().getStatus(), PaymentStatus.VOIDED);
    }

    private static void cancellationAtOnce(OrdersClient client, long customer) {
        OrderCancellation cancelled = client.cancelOrder(Runner.create(client, customer));
        Runner.equal(cancelled.outcome(), CancellationOutcome.CANCELLED);
        Runner.equal(cancelled.order().getStatus(), OrderStatus.CANCELLED);
    }

    private static void cancellationTooLate(OrdersClient client, long customer) throws Exception {
        long id = create(client, customer, "CUP-1", "95", "Exampleville").getId();
        finish(client, id, OrderStatus.COMPLETED);
        refusal(Runner.refused(() -> client.cancelOrder(id)), 409, "order_ended");
    }

    private static void retry(OrdersClient client, long customer) throws Exception {
        long id = create(client, customer, "CUP-1", "93", "Exampleville").getId();
        Order stuck = until(client, id, order -> order.getAttention() != null).order();
        Runner.equal(stuck.getAttention().getStep(), OrderStep.CAPTURE);
        Runner.equal(stuck.getAttention().getCode(), "over_capture");
        Runner.equal(client.retryOrder(id).order().getId(), id);
        finish(client, id, OrderStatus.COMPLETED);
        refusal(Runner.refused(() -> client.retryOrder(id)), 409, "nothing_to_retry");
    }

    private static void retryForbidden(OrdersClient client, long customer) throws Exception {
        refusal(Runner.refused(() -> client.retryOrder(1)), 403, "forbidden");
    }
}
