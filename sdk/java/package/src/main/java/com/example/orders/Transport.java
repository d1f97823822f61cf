package com.example.orders;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Sends requests, and retries them where that is safe. */
public final class Transport {
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "OPTIONS", "PUT", "DELETE");
    private static final HttpHeaders NO_HEADERS = HttpHeaders.of(Map.of(), (name, value) -> true);
    static final ObjectMapper MAPPER = JsonMapper.builder()
            .addModule(new JavaTimeModule())
            .serializationInclusion(JsonInclude.Include.NON_NULL)
            .enable(JsonGenerator.Feature.WRITE_BIGDECIMAL_AS_PLAIN)
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
            .disable(DeserializationFeature.ADJUST_DATES_TO_CONTEXT_TIME_ZONE)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private final String baseUrl;
    private final Options options;
    private final HttpClient client;
    private final Duration totalTimeout;

    Transport(String baseUrl, Options options) {
        this(
                baseUrl.replaceAll("/+$", ""),
                options,
                // With HTTP/2 and no TLS, each connection would begin with an upgrade.
                options.client != null
                        ? options.client
                        : HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build(),
                options.totalTimeout);
    }

    private Transport(String baseUrl, Options options, HttpClient client, Duration totalTimeout) {
        this.baseUrl = baseUrl;
        this.options = options;
        this.client = client;
        this.totalTimeout = totalTimeout;
    }

    /** Returns a copy with a lower total time-out. */
    Transport within(Duration limit) {
        Duration less = limit.compareTo(totalTimeout) < 0 ? limit : totalTimeout;
        return new Transport(baseUrl, options, client, less);
    }

    /** Returns successes and 304; everything else is an {@link OrdersException}. */
    public <T> Answer<T> send(Request request, TypeReference<T> type) {
        HttpRequest.Builder prepared = prepare(request);
        // A POST with a key is safe to retry: the service recognizes the key.
        boolean safe = IDEMPOTENT.contains(request.method) || request.headers.containsKey("Idempotency-Key");
        long deadline = System.nanoTime() + totalTimeout.toNanos();
        for (int attempt = 1; ; attempt++) {
            try {
                authorize(prepared);
                return read(sendOnce(prepared.build(), deadline, attempt), type, attempt);
            } catch (OrdersException e) {
                if (attempt > 1
                        && request.method.equals("DELETE")
                        && e instanceof ApiException answer
                        && answer.status() == 404) {
                    // An earlier attempt deleted it, and the response was lost.
                    return new Answer<>(204, NO_HEADERS, null);
                }
                Duration pause = pause(attempt, e);
                boolean last = attempt >= options.maxAttempts
                        || System.nanoTime() + pause.toNanos() - deadline >= 0;
                if (last || !safe || !e.isTransient()) {
                    throw e;
                }
                sleep(pause, attempt);
            }
        }
    }

    private void authorize(HttpRequest.Builder request) {
        if (options.apiKey != null) {
            request.setHeader("X-API-Key", options.apiKey);
        }
        if (options.accessToken != null) {
            request.setHeader("Authorization", "Bearer " + options.accessToken.get());
        }
    }

    private HttpRequest.Builder prepare(Request request) {
        Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        headers.put("User-Agent", "order-processing-sdk-java/" + Version.VERSION);
        headers.putAll(options.headers);
        headers.putAll(request.headers);
        HttpRequest.BodyPublisher body = BodyPublishers.noBody();
        if (request.body != null) {
            headers.put("Content-Type", "application/json");
            try {
                body = BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(request.body));
            } catch (JsonProcessingException e) {
                throw new OrdersException("the request could not be serialized", 0, e);
            }
        }
        HttpRequest.Builder builder =
                HttpRequest.newBuilder(URI.create(baseUrl + request.target())).method(request.method, body);
        headers.forEach(builder::setHeader);
        return builder;
    }

    private HttpResponse<byte[]> sendOnce(HttpRequest request, long deadline, int attempt) {
        long left = Math.max(0, deadline - System.nanoTime());
        Duration limit = Duration.ofNanos(Math.min(left, options.timeout.toNanos()));
        // HttpRequest's own time-out does not cover the response body.
        return await(client.sendAsync(request, BodyHandlers.ofByteArray()), limit, attempt);
    }

    private static <T> T await(CompletableFuture<T> sent, Duration limit, int attempt) {
        try {
            return sent.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            sent.cancel(true);
            throw new TimedOutException(limit, attempt, e);
        } catch (ExecutionException e) {
            throw new ConnectionException(attempt, e.getCause());
        } catch (InterruptedException e) {
            sent.cancel(true);
            throw interrupted(attempt, e);
        }
    }

    /** Opens a stream of server-sent events; one attempt. */
    void stream(Request request, Pieces body) {
        HttpRequest.Builder prepared = prepare(request);
        authorize(prepared);
        var sent = client.sendAsync(prepared.build(), BodyHandlers.ofPublisher());
        var response = await(sent, body.silence(), body.attempt());
        response.body().subscribe(body);
        if (response.statusCode() >= 400) {
            ByteArrayOutputStream problem = new ByteArrayOutputStream();
            for (Integer next = body.read(); next != null; next = body.read()) {
                problem.write(next);
            }
            throw ApiException.of(
                    MAPPER, response.statusCode(), response.headers(), problem.toByteArray(), body.attempt());
        }
        String type = response.headers().firstValue("Content-Type").orElse("no content type");
        if (!type.startsWith("text/event-stream")) {
            throw new UnreadableException(body.attempt(), new IOException("expected text/event-stream, got " + type));
        }
    }

    private static <T> Answer<T> read(HttpResponse<byte[]> response, TypeReference<T> type, int attempt) {
        byte[] body = response.body();
        if (response.statusCode() >= 400) {
            throw ApiException.of(MAPPER, response.statusCode(), response.headers(), body, attempt);
        }
        try {
            T value = body.length == 0 ? null : MAPPER.readValue(body, type);
            return new Answer<>(response.statusCode(), response.headers(), value);
        } catch (IOException e) {
            throw new UnreadableException(attempt, e);
        }
    }

    Duration pause(int attempt, OrdersException error) {
        Duration doubled = options.firstPause.multipliedBy(1L << Math.min(attempt - 1, 20));
        Duration grown = doubled.compareTo(options.longestPause) < 0 ? doubled : options.longestPause;
        grown = Duration.ofNanos((long) (grown.toNanos() * ThreadLocalRandom.current().nextDouble(0.5, 1)));
        Duration asked = error instanceof ApiException answer ? answer.retryAfter().orElse(Duration.ZERO) : Duration.ZERO;
        return asked.compareTo(grown) > 0 ? asked : grown;
    }

    static void sleep(Duration pause, int attempt) {
        try {
            TimeUnit.NANOSECONDS.sleep(pause.toNanos());
        } catch (InterruptedException e) {
            throw interrupted(attempt, e);
        }
    }

    static OrdersException interrupted(int attempt, InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new OrdersException("interrupted", attempt, cause);
    }
}
