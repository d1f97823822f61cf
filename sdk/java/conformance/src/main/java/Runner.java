import com.example.orders.ApiException;
import com.example.orders.ConnectionException;
import com.example.orders.CreatedOrder;
import com.example.orders.NotFinishedException;
import com.example.orders.Options;
import com.example.orders.OrderVersion;
import com.example.orders.OrdersClient;
import com.example.orders.OrdersFilter;
import com.example.orders.TimedOutException;
import com.example.orders.UnreadableException;
import com.example.orders.model.CreateOrderRequest;
import com.example.orders.model.Order;
import com.example.orders.model.OrderEvent;
import com.example.orders.model.OrderEventActor;
import com.example.orders.model.OrderEventType;
import com.example.orders.model.OrderStatus;
import com.example.orders.model.UpdateOrderRequest;
import com.example.orders.model.Violation;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Runs the scenarios of sdk/conformance/scenarios.json, by name, with the installed jar. */
public final class Runner {
    interface Check {
        void run(OrdersClient client, long customer) throws Exception;
    }

    static final long MISSING = 4_000_000_000_000L;
    private static final UpdateOrderRequest CANCEL = status(OrderStatus.CANCELLED);

    private static final Map<String, Check> CHECKS = Map.ofEntries(
            Map.entry("create_and_read", Runner::createAndRead),
            Map.entry("exact_amounts", Runner::exactAmounts),
            Map.entry("not_found", Runner::notFound),
            Map.entry("every_violation", Runner::everyViolation),
            Map.entry("conflict", Runner::conflict),
            Map.entry("stale_version", Runner::staleVersion),
            Map.entry("own_key", Runner::ownKey),
            Map.entry("key_reused", Runner::keyReused),
            Map.entry("not_a_problem", Runner::notAProblem),
            Map.entry("unreadable", Runner::unreadable),
            Map.entry("retry_503", Runner::create),
            Map.entry("retry_429", (client, customer) -> client.getOrder(create(client, customer))),
            Map.entry("retry_without_hint", (client, customer) -> client.getOrder(create(client, customer))),
            Map.entry("unkeyed_post", Runner::unkeyedPost),
            Map.entry("dropped_before", Runner::create),
            Map.entry("dropped_after", Runner::replayed),
            Map.entry("cut_answer", Runner::replayed),
            Map.entry("slow_answer", Runner::replayed),
            Map.entry("slow_body", Runner::replayed),
            Map.entry("attempts_end", Runner::attemptsEnd),
            Map.entry("hint_too_late", Runner::hintTooLate),
            Map.entry("total_timeout", Runner::totalTimeout),
            Map.entry("access_token", Runner::create),
            Map.entry("wrong_key", Runner::wrongKey),
            Map.entry("another_customer", Runner::anotherCustomer),
            Map.entry("nobody_there", Runner::nobodyThere),
            Map.entry("update_retried", Runner::updateRetried),
            Map.entry("update_ambiguous", Runner::updateAmbiguous),
            Map.entry("delete_retried", (client, customer) -> client.deleteOrder(create(client, customer))),
            Map.entry("delete_missing", Runner::deleteMissing),
            Map.entry("pages", Runner::pages),
            Map.entry("gateway", Runner::pages),
            Map.entry("filtered", Runner::filtered),
            Map.entry("history", Runner::history),
            Map.entry("wait", Runner::waitForIt),
            Map.entry("wait_through", Runner::waitForIt),
            Map.entry("wait_in_vain", (client, customer) -> inVain(client, customer, 1500, 5000)),
            Map.entry("wait_slow", (client, customer) -> inVain(client, customer, 2500, 6000)),
            Map.entry("new_enum_values", Runner::newEnumValues),
            Map.entry("new_field", Runner::newField));

    static void equal(Object actual, Object expected) {
        if (!Objects.equals(actual, expected)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    static <E extends Exception> E fails(Class<E> kind, Callable<?> call) throws Exception {
        Object result;
        try {
            result = call.call();
        } catch (Exception e) {
            if (kind.isInstance(e)) {
                return kind.cast(e);
            }
            throw e;
        }
        throw new AssertionError("expected " + kind.getSimpleName() + ", got " + result);
    }

    static ApiException refused(Callable<?> call) throws Exception {
        return fails(ApiException.class, call);
    }

    static CreateOrderRequest order(long customer, String amount) {
        return new CreateOrderRequest().customerId(customer).totalAmount(new BigDecimal(amount));
    }

    private static UpdateOrderRequest status(OrderStatus status) {
        return new UpdateOrderRequest().status(status);
    }

    static UpdateOrderRequest total(String amount) {
        return new UpdateOrderRequest().totalAmount(new BigDecimal(amount));
    }

    static long create(OrdersClient client, long customer) {
        return client.createOrder(order(customer, "99.95")).order().getId();
    }

    static List<Long> listed(OrdersClient client, OrdersFilter filter) {
        return StreamSupport.stream(client.orders(filter).spliterator(), false).map(Order::getId).toList();
    }

    private static long since(long begun) {
        return (System.nanoTime() - begun) / 1_000_000;
    }

    private static void createAndRead(OrdersClient client, long customer) {
        CreatedOrder created = client.createOrder(order(customer, "99.95"));
        Order order = created.order();
        equal(List.of(order.getCustomerId(), order.getStatus()), List.of(customer, OrderStatus.PENDING));
        equal(order.getTotalAmount(), new BigDecimal("99.95"));
        equal(List.of(created.replayed(), created.etag()), List.of(false, "\"1\""));
        Duration age = Duration.between(order.getCreatedAt(), OffsetDateTime.now()).abs();
        equal(age.compareTo(Duration.ofMinutes(1)) < 0, true);
        equal(client.getOrder(order.getId()), new OrderVersion(order, created.etag()));
    }

    private static void exactAmounts(OrdersClient client, long customer) {
        for (String text : List.of("0.00", "0.01", "0.10", "0.29", "19.99", "1234567.89", "99999999.99")) {
            BigDecimal amount = client.createOrder(order(customer, text)).order().getTotalAmount();
            equal(amount.setScale(2).toPlainString(), text);
        }
    }

    private static void notFound(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> client.getOrder(MISSING));
        equal(List.of(error.status(), error.code().get(), error.title()), List.of(404, "order_not_found", "Not Found"));
        equal(List.of(error.attempts(), error.violations(), error.retryAfter()), List.of(1, List.of(), Optional.empty()));
        equal(error.detail().get().contains("4000000000000"), true);
        equal(error.requestId().get().length() > 8, true);
    }

    private static void everyViolation(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> client.createOrder(order(0, "0.001")));
        equal(List.of(error.status(), error.code().get()), List.of(400, "invalid_request"));
        List<String> pointers = error.violations().stream().map(Violation::getPointer).toList();
        equal(pointers, List.of("/customer_id", "/total_amount"));
        equal(error.violations().get(0).getDetail(), "0 is less than the minimum of 1");
    }

    private static void conflict(OrdersClient client, long customer) throws Exception {
        long id = create(client, customer);
        equal(client.updateOrder(id, CANCEL).order().getStatus(), OrderStatus.CANCELLED);
        ApiException error = refused(() -> client.updateOrder(id, status(OrderStatus.COMPLETED)));
        equal(List.of(error.status(), error.code().get()), List.of(409, "transition_not_allowed"));
    }

    private static void staleVersion(OrdersClient client, long customer) throws Exception {
        CreatedOrder first = client.createOrder(order(customer, "1"));
        long id = first.order().getId();
        OrderVersion second = client.updateOrder(id, total("2.5"), first.etag());
        equal(second.order().getTotalAmount().compareTo(new BigDecimal("2.5")), 0);
        ApiException error = refused(() -> client.updateOrder(id, total("3"), first.etag()));
        equal(List.of(error.status(), error.code().get()), List.of(412, "version_mismatch"));
        OrderVersion third = client.updateOrder(id, status(OrderStatus.PROCESSING), second.etag());
        equal(client.getOrderIfChanged(id, third.etag()), Optional.empty());
    }

    private static void ownKey(OrdersClient client, long customer) {
        String key = "own-" + UUID.randomUUID();
        CreatedOrder first = client.createOrder(order(customer, "7"), key);
        CreatedOrder second = client.createOrder(order(customer, "7"), key);
        equal(List.of(first.replayed(), second.replayed()), List.of(false, true));
        equal(second.order(), first.order());
    }

    private static void keyReused(OrdersClient client, long customer) throws Exception {
        String key = "own-" + UUID.randomUUID();
        client.createOrder(order(customer, "7"), key);
        ApiException error = refused(() -> client.createOrder(order(customer, "8"), key));
        equal(List.of(error.status(), error.code().get()), List.of(422, "idempotency_key_reused"));
    }

    private static void notAProblem(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> client.getOrder(1));
        equal(List.of(error.status(), error.code(), error.attempts()), List.of(502, Optional.empty(), 1));
    }

    private static void unreadable(OrdersClient client, long customer) throws Exception {
        equal(fails(UnreadableException.class, () -> client.getOrder(1)).attempts(), 1);
    }

    private static void unkeyedPost(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> client.api().createOrder(order(customer, "1"), null));
        equal(List.of(error.status(), error.attempts()), List.of(503, 1));
    }

    private static void replayed(OrdersClient client, long customer) {
        equal(client.createOrder(order(customer, "1")).replayed(), true);
    }

    private static void attemptsEnd(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> client.getOrder(1));
        equal(List.of(error.status(), error.code().get(), error.attempts()), List.of(503, "injected", 3));
        equal(error.retryAfter(), Optional.of(Duration.ofSeconds(1)));
        equal(error.requestId(), Optional.of("request-of-the-proxy"));
    }

    private static void hintTooLate(OrdersClient client, long customer) throws Exception {
        long begun = System.nanoTime();
        ApiException error = refused(() -> client.getOrder(1));
        equal(List.of(error.status(), error.retryAfter().get(), error.attempts()), List.of(503, Duration.ofMinutes(1), 1));
        equal(since(begun) < 3000, true);
    }

    private static void totalTimeout(OrdersClient client, long customer) throws Exception {
        long begun = System.nanoTime();
        TimedOutException error = fails(TimedOutException.class, () -> client.getOrder(1));
        long taken = since(begun);
        equal(List.of(error.attempts(), taken >= 3900, taken < 7000), List.of(2, true, true));
    }

    private static void wrongKey(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> client.getOrder(1));
        equal(List.of(error.status(), error.code().get(), error.attempts()), List.of(401, "unauthorized", 1));
    }

    private static void anotherCustomer(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> create(client, customer + 1));
        equal(List.of(error.status(), error.code().get()), List.of(403, "customer_not_allowed"));
    }

    private static void nobodyThere(OrdersClient client, long customer) throws Exception {
        equal(fails(ConnectionException.class, () -> client.getOrder(1)).attempts(), 2);
    }

    private static void updateRetried(OrdersClient client, long customer) {
        long id = create(client, customer);
        equal(client.updateOrder(id, CANCEL).order().getStatus(), OrderStatus.CANCELLED);
    }

    private static void updateAmbiguous(OrdersClient client, long customer) throws Exception {
        CreatedOrder created = client.createOrder(order(customer, "1"));
        long id = created.order().getId();
        ApiException error = refused(() -> client.updateOrder(id, CANCEL, created.etag()));
        equal(List.of(error.status(), error.attempts()), List.of(412, 2));
    }

    private static void deleteMissing(OrdersClient client, long customer) throws Exception {
        ApiException error = refused(() -> {
            client.deleteOrder(MISSING);
            return "success";
        });
        equal(error.status(), 404);
    }

    private static void pages(OrdersClient client, long customer) {
        List<Long> made = new ArrayList<>();
        for (int count = 0; count < 5; count++) {
            made.add(create(client, customer));
        }
        Collections.reverse(made);
        equal(listed(client, OrdersFilter.all().customerId(customer).pageSize(2)), made);
    }

    private static void filtered(OrdersClient client, long customer) {
        long pending = create(client, customer);
        long cancelled = create(client, customer);
        long completed = create(client, customer);
        client.updateOrder(cancelled, CANCEL);
        client.updateOrder(completed, status(OrderStatus.COMPLETED));
        OrdersFilter filter = OrdersFilter.all().customerId(customer);
        List<Long> both = listed(client, filter.status(OrderStatus.PENDING, OrderStatus.CANCELLED));
        equal(both, List.of(cancelled, pending));
        equal(listed(client, filter.status(OrderStatus.COMPLETED)), List.of(completed));
    }

    private static void history(OrdersClient client, long customer) {
        long id = create(client, customer);
        client.updateOrder(id, total("12.34"));
        List<Object> told = new ArrayList<>();
        for (OrderEvent event : client.events(id, 1)) {
            told.add(List.of(event.getSequence(), event.getType(), event.getActor(), event.getData().getTotalAmount()));
        }
        equal(told, List.of(
                List.of(1L, OrderEventType.CREATED, OrderEventActor.CLIENT, new BigDecimal("99.95")),
                List.of(2L, OrderEventType.UPDATED, OrderEventActor.CLIENT, new BigDecimal("12.34"))));
    }

    private static void waitForIt(OrdersClient client, long customer) {
        OrderVersion finished = client.waitUntilFinished(create(client, customer), Duration.ofMinutes(1));
        equal(finished.order().getStatus(), OrderStatus.COMPLETED);
    }

    private static void inVain(OrdersClient client, long customer, long timeout, long limit) throws Exception {
        long id = create(client, customer);
        long begun = System.nanoTime();
        NotFinishedException error = fails(
                NotFinishedException.class, () -> client.waitUntilFinished(id, Duration.ofMillis(timeout)));
        equal(error.lastSeen().get().order().getStatus(), OrderStatus.PENDING);
        equal(since(begun) < limit, true);
    }

    /** Does not compile unless every known status has a case. */
    private static String told(OrderStatus status) {
        return switch (status.known()) {
            case PENDING, PROCESSING -> "open";
            case COMPLETED, CANCELLED -> "final";
            case UNRECOGNIZED -> "unknown: " + status;
        };
    }

    private static void newEnumValues(OrdersClient client, long customer) {
        Order order = client.createOrder(order(customer, "99.95")).order();
        OrderStatus status = order.getStatus();
        equal(List.of(status.toString(), told(status), told(OrderStatus.PENDING)),
                List.of("on_hold", "unknown: on_hold", "open"));
        equal(status, OrderStatus.fromValue("on_hold"));
        OrdersFilter filter = OrdersFilter.all().customerId(customer).status(status);
        equal(listed(client, filter), List.of(order.getId()));
        equal(client.updateOrder(order.getId(), status(status)).order().getStatus(), status);
        OrderEvent event = client.events(order.getId(), 10).iterator().next();
        equal(List.of(event.getType().getValue(), event.getType().known(), event.getActor()),
                List.of("imported", OrderEventType.Known.UNRECOGNIZED, OrderEventActor.CLIENT));
    }

    private static void newField(OrdersClient client, long customer) {
        equal(client.getOrder(create(client, customer)).order().getCustomerId(), customer);
    }

    private static String run(JsonNode scenario) {
        String name = scenario.get("name").asText();
        JsonNode settings = scenario.get("client");
        Options options = new Options()
                .timeout(Duration.ofMillis(settings.path("timeout_ms").asLong(10_000)))
                .totalTimeout(Duration.ofMillis(settings.path("total_timeout_ms").asLong(30_000)))
                .maxAttempts(settings.path("max_attempts").asInt(5))
                .firstPause(Duration.ofMillis(50));
        if (settings.has("access_token")) {
            options.accessToken(() -> settings.get("access_token").asText());
        } else if (settings.has("api_key")) {
            options.apiKey(settings.get("api_key").asText());
        }
        try {
            String url = scenario.get("url").asText();
            OrdersClient client = new OrdersClient(url, options);
            Check check = Stream.of(CHECKS, Items.CHECKS, Events.CHECKS, Administration.checks(url))
                    .map(checks -> checks.get(name))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElseThrow();
            check.run(client, scenario.get("customer_id").asLong());
            return "ok " + name;
        } catch (Exception | AssertionError e) {
            return "failed " + name + ": " + e.toString().replaceAll("\\s+", " ");
        }
    }

    public static void main(String[] args) throws Exception {
        List<Callable<String>> runs = new ArrayList<>();
        for (JsonNode scenario : new ObjectMapper().readTree(new File(args[0]))) {
            if (!scenario.get("snippet").asBoolean()) {
                runs.add(() -> run(scenario));
            }
        }
        // Concurrently: they spend most of their time waiting.
        var threads = Executors.newFixedThreadPool(runs.size());
        for (var said : threads.invokeAll(runs)) {
            System.out.println(said.get());
        }
        threads.shutdown();
    }
}
