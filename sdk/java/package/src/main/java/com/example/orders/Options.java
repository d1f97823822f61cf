package com.example.orders;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** Options of a client. */
public final class Options {
    Duration timeout = Duration.ofSeconds(15);
    Duration totalTimeout = Duration.ofSeconds(60);
    int maxAttempts = 5;
    Duration firstPause = Duration.ofMillis(200);
    Duration longestPause = Duration.ofSeconds(10);
    Map<String, String> headers = Map.of();
    HttpClient client;
    String apiKey;
    Supplier<String> accessToken;

    /** Time-out of one attempt, including the response body. Default: 15 s. */
    public Options timeout(Duration value) {
        timeout = value;
        return this;
    }

    /** Time-out of all attempts and the pauses between them. Default: 60 s. */
    public Options totalTimeout(Duration value) {
        totalTimeout = value;
        return this;
    }

    /** Maximum number of attempts. Default: 5. */
    public Options maxAttempts(int value) {
        maxAttempts = value;
        return this;
    }

    /** Pause after the first attempt; doubles each time, shortened at random by up to half. Default: 200 ms. */
    public Options firstPause(Duration value) {
        firstPause = value;
        return this;
    }

    /** Longest pause. Default: 10 s. */
    public Options longestPause(Duration value) {
        longestPause = value;
        return this;
    }

    /** Headers sent with every request. */
    public Options headers(Map<String, String> value) {
        headers = Map.copyOf(value);
        return this;
    }

    /** An API key issued by the operator of the service. */
    public Options apiKey(String value) {
        apiKey = value;
        return onlyOne();
    }

    /** Called for each attempt to get an access token; excludes an API key. Its exception fails the call. */
    public Options accessToken(Supplier<String> value) {
        accessToken = value;
        return onlyOne();
    }

    private Options onlyOne() {
        if (apiKey != null && accessToken != null) {
            throw new IllegalArgumentException("set either an API key or an access token, not both");
        }
        return this;
    }

    /** Sends each attempt; set your own for proxies and certificates. */
    public Options client(HttpClient value) {
        client = value;
        return this;
    }
}
