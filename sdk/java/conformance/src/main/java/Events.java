import com.example.orders.ApiException;
import com.example.orders.EventFeed;
import com.example.orders.EventsResetException;
import com.example.orders.FollowOptions;
import com.example.orders.OrdersClient;
import com.example.orders.WebhookException;
import com.example.orders.WebhookVerifier;
import com.example.orders.model.Event;
import com.example.orders.model.FeedStart;
import com.example.orders.model.OrderEventActor;
import com.example.orders.model.OrderEventType;
import com.example.orders.model.WebhookPayload;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The scenarios that follow events and receive webhooks. */
final class Events {
    private static final OrderEventType CREATED = OrderEventType.CREATED;
    private static final OrderEventType UPDATED = OrderEventType.UPDATED;

    static final Map<String, Runner.Check> CHECKS = Map.of(
            "follow_feed", Events::feed,
            "follow_latest", Events::latest,
            "follow_filtered", Events::filtered,
            "follow_later", Events::later,
            "follow_silent", Events::silent,
            "follow_reset", Events::reset,
            "follow_refused", Events::refused,
            "webhook_verified", (client, customer) -> webhooks("webhook_verified"),
            "webhook_rejected", (client, customer) -> webhooks("webhook_rejected"),
            "webhook_repeated", (client, customer) -> repeated());

    private Events() {}

    private static Event first(OrdersClient client, FollowOptions options) {
        try (EventFeed feed = client.follow(options)) {
            return feed.next();
        }
    }

    private static List<Object> told(Event event) {
        return List.of(event.getType().getValue(), event.getOrderId());
    }

    private static void feed(OrdersClient client, long customer) {
        List<Long> made = new ArrayList<>(List.of(Runner.create(client, customer), Runner.create(client, customer)));
        client.updateOrder(made.get(0), Runner.total("12.34"));
        List<Event> seen = new ArrayList<>();
        try (EventFeed feed = client.follow(FollowOptions.all())) {
            for (Event event : feed) {
                seen.add(event);
                if (seen.size() == 3) {
                    made.add(Runner.create(client, customer));
                }
                if (seen.size() == 4) {
                    break;
                }
            }
        }
        List<OrderEventType> types = List.of(CREATED, CREATED, UPDATED, CREATED);
        Runner.equal(seen.stream().map(Event::getType).toList(), types);
        List<Long> ids = List.of(made.get(0), made.get(1), made.get(0), made.get(2));
        Runner.equal(seen.stream().map(Event::getOrderId).toList(), ids);
        List<Long> positions = seen.stream().map(Event::getPosition).toList();
        Runner.equal(List.copyOf(new TreeSet<>(positions)), positions);
        Runner.equal(seen.stream().map(Event::getSequence).toList(), List.of(1L, 1L, 2L, 1L));
        Runner.equal(seen.get(1).getData().getTotalAmount(), new BigDecimal("99.95"));
        Runner.equal(seen.get(2).getData().getTotalAmount(), new BigDecimal("12.34"));
        Runner.equal(seen.get(3).getActor(), OrderEventActor.CLIENT);
        Runner.equal(seen.get(3).getCustomerId(), customer);
    }

    private static void latest(OrdersClient client, long customer) throws Exception {
        Runner.create(client, customer);
        first(client, FollowOptions.all());
        var delayed = CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS);
        var made = CompletableFuture.supplyAsync(() -> Runner.create(client, customer), delayed);
        Event event = first(client, FollowOptions.all().start(FeedStart.LATEST));
        Runner.equal(event.getOrderId(), made.get());
    }

    private static void filtered(OrdersClient client, long customer) {
        long id = Runner.create(client, customer);
        client.updateOrder(Runner.create(client, customer), Runner.total("3"));
        client.updateOrder(id, Runner.total("4"));
        FollowOptions options = FollowOptions.all().types(UPDATED).orderId(id).customerId(customer);
        Event event = first(client, options);
        Runner.equal(List.of(event.getOrderId(), event.getSequence()), List.of(id, 2L));
        client.updateOrder(id, Runner.total("5"));
        event = first(client, options.after(event.getPosition()));
        Runner.equal(List.of(event.getOrderId(), event.getSequence()), List.of(id, 3L));
    }

    private static void later(OrdersClient client, long customer) {
        long id = Runner.create(client, customer);
        long other = Runner.create(client, customer);
        client.updateOrder(id, Runner.total("3"));
        try (EventFeed feed = client.follow(FollowOptions.all())) {
            Runner.equal(told(feed.next()), List.of("imported", id));
            Runner.equal(told(feed.next()), List.of("imported", other));
            Runner.equal(told(feed.next()), List.of("updated", id));
        }
    }

    private static void silent(OrdersClient client, long customer) throws Exception {
        long id = Runner.create(client, customer);
        try (EventFeed feed = client.follow(FollowOptions.all().silence(Duration.ofMillis(1500)))) {
            Runner.equal(feed.next().getOrderId(), id);
            // Closing ends the iteration in another thread.
            CompletableFuture.runAsync(feed::close, CompletableFuture.delayedExecutor(200, TimeUnit.MILLISECONDS));
            Runner.equal(feed.hasNext(), false);
        }
    }

    private static void reset(OrdersClient client, long customer) throws Exception {
        FollowOptions options = FollowOptions.all();
        EventsResetException reset = Runner.fails(
                EventsResetException.class, () -> first(client, options.after(Runner.MISSING)));
        long id = Runner.create(client, customer);
        Event event = first(client, options.after(reset.position()));
        Runner.equal(List.of(event.getOrderId(), event.getPosition() > reset.position()), List.of(id, true));
    }

    private static void refusal(ApiException error, int status, String code) {
        Runner.equal(List.of(error.status(), error.code().get(), error.attempts()), List.of(status, code, 1));
    }

    private static void refused(OrdersClient client, long customer) throws Exception {
        FollowOptions others = FollowOptions.all().customerId(customer + 1);
        refusal(Runner.refused(() -> first(client, others)), 403, "customer_not_allowed");
        refusal(Runner.refused(() -> first(client, FollowOptions.all())), 410, "injected");
        ApiException page = Runner.refused(
                () -> client.feed().listEvents(Runner.MISSING, null, null, null, null, null, null, null));
        refusal(page, 410, "position_unknown");
    }

    private static JsonNode all(String name) throws IOException {
        return new ObjectMapper().readTree(new File("webhooks.json")).get(name);
    }

    private static WebhookVerifier verifier(JsonNode webhook) throws WebhookException {
        List<String> secrets = new ArrayList<>();
        webhook.get("secrets").forEach(secret -> secrets.add(secret.asText()));
        Clock clock = Clock.fixed(Instant.ofEpochSecond(webhook.get("now").asLong()), ZoneOffset.UTC);
        return new WebhookVerifier(secrets, Duration.ofMinutes(5), clock);
    }

    private static byte[] body(JsonNode webhook) {
        return webhook.get("body").asText().getBytes(StandardCharsets.UTF_8);
    }

    private static Map<String, String> headers(JsonNode webhook) {
        Map<String, String> headers = new HashMap<>();
        webhook.get("headers").fields().forEachRemaining(each -> headers.put(each.getKey(), each.getValue().asText()));
        return headers;
    }

    private static String given(JsonNode webhook) {
        try {
            WebhookPayload payload = verifier(webhook).verify(body(webhook), headers(webhook));
            Event event = payload.getData();
            if (event == null) {
                return payload.getType();
            }
            Runner.equal(event.getData().getTotalAmount(), new BigDecimal("1234567.89"));
            Runner.equal(event.getData().getReason(), "Größe geändert ✓");
            return payload.getType() + " " + event.getPosition() + " " + event.getType();
        } catch (WebhookException e) {
            return e.kind().name().toLowerCase();
        }
    }

    private static void webhooks(String name) throws IOException {
        for (JsonNode webhook : all(name)) {
            String what = webhook.get("what").asText();
            Runner.equal(what + ": " + given(webhook), what + ": " + webhook.get("gives").asText());
        }
    }

    /** What the README shows. */
    private record Receiver(WebhookVerifier verifier, Set<String> handled, Consumer<WebhookPayload> consumer) {
        void receive(byte[] body, Map<String, String> headers) throws WebhookException {
            WebhookPayload payload = verifier.verify(body, headers); // WebhookException: respond with 400
            if (!handled.contains(headers.get("webhook-id"))) { // the same for each repetition
                handle(payload);
                handled.add(headers.get("webhook-id"));
            }
        }

        void handle(WebhookPayload payload) {
            consumer.accept(payload);
        }
    }

    private static void repeated() throws Exception {
        JsonNode deliveries = all("webhook_repeated");
        List<Long> positions = new ArrayList<>();
        Receiver receiver = new Receiver(
                verifier(deliveries.get(0)), new HashSet<>(), payload -> positions.add(payload.getData().getPosition()));
        for (JsonNode delivery : deliveries) {
            receiver.receive(body(delivery), headers(delivery));
        }
        Runner.equal(positions, List.of(4711L, 4713L, 4712L));
    }
}
