package com.example.orders;

import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.function.Supplier;

/** How requests are sent. */
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

    /** For one attempt, its answer's body included: 15 s. */
    public Options timeout(Duration value) {
        timeout = value;
        return this;
    }

    /** For all attempts and the pauses between them: 60 s. */
    public Options totalTimeout(Duration value) {
        totalTimeout = value;
        return this;
    }

    /** 5 by default. */
    public Options maxAttempts(int value) {
        maxAttempts = value;
        return this;
    }

    /** After the first attempt, 200 ms; each later pause is twice as long, less up to a half at random. */
    public Options firstPause(Duration value) {
        firstPause = value;
        return this;
    }

    /** 10 s by default. */
    public Options longestPause(Duration value) {
        longestPause = value;
        return this;
    }

    /** Sent with every request. */
    public Options headers(Map<String, String> value) {
        headers = Map.copyOf(value);
        return this;
    }

    /** A key that the operator of the service has made for you. */
    public Options apiKey(String value) {
        apiKey = value;
        return onlyOne();
    }

    /** What gives an access token, for each attempt; in place of an API key. What it throws ends the call. */
    public Options accessToken(Supplier<String> value) {
        accessToken = value;
        return onlyOne();
    }

    private Options onlyOne() {
        if (apiKey != null && accessToken != null) {
            throw new IllegalArgumentException("give an API key or an access token, not both");
        }
        return this;
    }

    /** With your proxies and certificates. */
    public Options client(HttpClient value) {
        client = value;
        return this;
    }
}
