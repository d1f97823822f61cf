import com.example.orders.Answer;
import com.example.orders.ApiException;
import com.example.orders.Options;
import com.example.orders.OrdersClient;
import com.example.orders.OrdersFilter;
import com.example.orders.api.AdministrationApi;
import com.example.orders.model.ApiKeyInfo;
import com.example.orders.model.CallerInfo;
import com.example.orders.model.CreateApiKeyRequest;
import com.example.orders.model.CreateWebhookRequest;
import com.example.orders.model.CreatedApiKey;
import com.example.orders.model.Order;
import com.example.orders.model.OrderEventType;
import com.example.orders.model.OrderProcessing;
import com.example.orders.model.OrderWorkflowStatus;
import com.example.orders.model.PartnerStatistics;
import com.example.orders.model.PaymentStatus;
import com.example.orders.model.RotateApiKeyRequest;
import com.example.orders.model.Scope;
import com.example.orders.model.ShipmentStatus;
import com.example.orders.model.StuckOrder;
import com.example.orders.model.WebhookDelivery;
import java.math.BigDecimal;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/** The scenarios of operators: filters of the list, processing, and API keys. */
final class Administration {
    /** An address where nothing listens. */
    private static final String NOWHERE = "http://127.0.0.1:1/";

    private Administration() {}

    /** The scenarios by name; the URL is for clients with other credentials. */
    static Map<String, Runner.Check> checks(String url) {
        return Map.of(
                "every_filter", Administration::everyFilter,
                "processing", Administration::processing,
                "api_key", (client, customer) -> apiKey(client, customer, url));
    }

    /** Waits until the call returns something. */
    private static <T> T eventually(Callable<Optional<T>> call) throws Exception {
        for (long begun = System.nanoTime(); System.nanoTime() - begun < 60e9; Thread.sleep(100)) {
            Optional<T> found = call.call();
            if (found.isPresent()) {
                return found.get();
            }
        }
        throw new AssertionError("it does not happen");
    }

    private static Order stuck(OrdersClient client, long customer) {
        return Items.create(client, customer, "CUP-1", "93", "Exampleville");
    }

    private static void everyFilter(OrdersClient client, long customer) throws Exception {
        long plain = Runner.create(client, customer);
        Order stuck = stuck(client, customer);
        Items.until(client, stuck.getId(), order -> order.getAttention() != null);
        OrdersFilter all = OrdersFilter.all().customerId(customer);
        BigDecimal amount = new BigDecimal("99.93");
        for (OrdersFilter filter : List.of(
                all.paymentStatus(PaymentStatus.AUTHORIZED),
                all.shipmentStatus(ShipmentStatus.DISPATCHED),
                all.needsAttention(true),
                all.createdFrom(stuck.getCreatedAt()),
                all.maxAmount(amount),
                all.paymentStatus(PaymentStatus.AUTHORIZED)
                        .shipmentStatus(ShipmentStatus.DISPATCHED)
                        .needsAttention(true)
                        // Its seconds are 0, which OffsetDateTime.toString omits.
                        .createdFrom(stuck.getCreatedAt().truncatedTo(ChronoUnit.DAYS))
                        .minAmount(amount)
                        .maxAmount(amount))) {
            Runner.equal(Runner.listed(client, filter), List.of(stuck.getId()));
        }
        for (OrdersFilter filter : List.of(
                all.needsAttention(false),
                all.createdBefore(stuck.getCreatedAt()),
                all.minAmount(new BigDecimal("99.94")))) {
            Runner.equal(Runner.listed(client, filter), List.of(plain));
        }

        Answer<List<Order>> first = page(client, customer, null);
        Runner.equal(first.linkedPage("prev"), Optional.empty());
        Answer<List<Order>> second = page(client, customer, cursor(first, "next"));
        Runner.equal(second.value().get(0).getId(), plain);
        Answer<List<Order>> back = page(client, customer, cursor(second, "prev"));
        Runner.equal(back.value().get(0).getId(), stuck.getId());
    }

    private static Answer<List<Order>> page(OrdersClient client, long customer, String cursor) {
        return client.api().listOrders(1, cursor, null, customer, null, null, null, null, null, null, null);
    }

    private static String cursor(Answer<List<Order>> page, String relation) {
        return page.linkedPage(relation).orElseThrow().get("cursor");
    }

    private static void processing(OrdersClient client, long customer) throws Exception {
        AdministrationApi administration = client.administration();
        CallerInfo caller = administration.getCaller().value();
        Runner.equal(caller.getName().startsWith("key:"), true);
        Runner.equal(caller.getScopes(), List.of(Scope.ORDERS_ADMIN));
        Runner.equal(caller.getCustomerId(), null);
        CreateWebhookRequest request = new CreateWebhookRequest().url(NOWHERE).customerId(customer);
        long endpoint = client.webhooks().createWebhook(request).value().getId();
        long id = stuck(client, customer).getId();
        WebhookDelivery oldest = eventually(() -> {
            List<WebhookDelivery> deliveries = client.api().listOrderDeliveries(id, null, null).value();
            return deliveries.stream().reduce((newer, older) -> older);
        });
        Runner.equal(List.of(oldest.getWebhookId(), oldest.getOrderId()), List.of(endpoint, id));
        Runner.equal(oldest.getEventType(), OrderEventType.CREATED);
        client.webhooks().deleteWebhook(endpoint);
        Items.until(client, id, order -> order.getAttention() != null);
        List<StuckOrder> orders = administration.getAttentionReport().value().getOrders();
        StuckOrder stuck = orders.stream().filter(each -> each.getOrderId() == id).findFirst().orElseThrow();
        Runner.equal(stuck.getAttention().getCode(), "over_capture");
        OrderProcessing seen = client.api().getOrderProcessing(id).value();
        Runner.equal(seen.getTemporalAvailable(), true);
        Runner.equal(seen.getWorkflow().getId(), "order-" + id);
        Runner.equal(seen.getWorkflow().getStatus(), OrderWorkflowStatus.RUNNING);
        List<PartnerStatistics> partners = administration.getStatistics().value().getPartners();
        Runner.equal(
                partners.stream().map(PartnerStatistics::getPartner).sorted().toList(),
                List.of("inventory", "payment", "shipping"));
    }

    private static void apiKey(OrdersClient client, long customer, String url) throws Exception {
        AdministrationApi administration = client.administration();
        List<Scope> scopes = List.of(Scope.ORDERS_READ, Scope.ORDERS_WRITE);
        CreateApiKeyRequest request = new CreateApiKeyRequest().name("shop").scopes(scopes).customerId(customer);
        CreatedApiKey created = administration.createApiKey(request).value();
        long key = created.getInfo().getId();
        OrdersClient shop = new OrdersClient(url, new Options().apiKey(created.getKey()));
        long id = Runner.create(shop, customer);
        CallerInfo caller = shop.administration().getCaller().value();
        Runner.equal(
                List.of(caller.getName(), caller.getScopes(), caller.getCustomerId()),
                List.of("key:" + key, scopes, customer));
        Runner.equal(Runner.refused(() -> shop.administration().listApiKeys()).status(), 403);

        CreatedApiKey replacement = administration.rotateApiKey(key, new RotateApiKeyRequest()).value();
        Runner.equal(replacement.getInfo().getClientId(), created.getInfo().getClientId());
        OrdersClient renewed = new OrdersClient(url, new Options().apiKey(replacement.getKey()));
        Runner.equal(renewed.getOrder(id).order().getId(), id);

        Runner.equal(administration.revokeApiKey(key).value().getRevokedAt() != null, true);
        ApiException refusal = eventually(() -> {
            try {
                shop.getOrder(id);
                return Optional.empty();
            } catch (ApiException e) {
                return Optional.of(e);
            }
        });
        Runner.equal(List.of(refusal.status(), refusal.code().get()), List.of(401, "unauthorized"));
        Runner.equal(renewed.getOrder(id).order().getId(), id);
        List<ApiKeyInfo> keys = administration.listApiKeys().value();
        List<Long> valid = keys.stream()
                .filter(each -> each.getRevokedAt() == null)
                .map(ApiKeyInfo::getId)
                .toList();
        Runner.equal(valid.contains(key), false);
        Runner.equal(valid.contains(replacement.getInfo().getId()), true);
    }
}
