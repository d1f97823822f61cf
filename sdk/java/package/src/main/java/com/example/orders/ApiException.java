package com.example.orders;

import com.example.orders.model.Problem;
import com.example.orders.model.Violation;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The service returned an error response. */
public class ApiException extends OrdersException {
    private static final Set<Integer> TRANSIENT = Set.of(408, 429, 503, 504);

    private final int status;
    private final transient Problem problem;
    private final String requestId;
    private final Duration retryAfter;

    private ApiException(
            String message, int status, Problem problem, String requestId, Duration retryAfter, int attempts) {
        super(message, attempts, null);
        this.status = status;
        this.problem = problem;
        this.requestId = requestId;
        this.retryAfter = retryAfter;
    }

    static ApiException of(ObjectMapper mapper, int status, HttpHeaders headers, byte[] body, int attempts) {
        Problem problem = problem(mapper, status, body);
        String id = problem.getRequestId();
        StringBuilder message = new StringBuilder().append(status).append(' ');
        message.append(problem.getCode() == null ? problem.getTitle() : problem.getCode());
        if (problem.getDetail() != null) {
            message.append(": ").append(problem.getDetail());
        }
        return new ApiException(
                message.toString(),
                status,
                problem,
                id == null ? headers.firstValue("X-Request-Id").orElse(null) : id,
                headers.firstValue("Retry-After").map(ApiException::retryAfter).orElse(null),
                attempts);
    }

    private static Problem problem(ObjectMapper mapper, int status, byte[] body) {
        try {
            Problem problem = mapper.readValue(body, Problem.class);
            if (problem != null && problem.getCode() != null) {
                return problem;
            }
        } catch (IOException e) {
            // For example a proxy's error page: only the status is known.
        }
        return new Problem().title("HTTP " + status);
    }

    /** Parses seconds or a date (RFC 9110, section 10.2.3). */
    private static Duration retryAfter(String value) {
        try {
            if (value.matches("\\d{1,9}")) {
                return Duration.ofSeconds(Long.parseLong(value));
            }
            Instant then = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
            Duration left = Duration.between(Instant.now(), then);
            return left.isNegative() ? Duration.ZERO : left;
        } catch (DateTimeException e) {
            return null;
        }
    }

    /** The HTTP status. */
    public int status() {
        return status;
    }

    /** The stable name of the problem; empty when the response was not a problem document. */
    public Optional<String> code() {
        return Optional.ofNullable(problem.getCode());
    }

    /** The kind of problem. */
    public String title() {
        return problem.getTitle();
    }

    /** A description of this occurrence. */
    public Optional<String> detail() {
        return Optional.ofNullable(problem.getDetail());
    }

    /** Quote it when you ask for support. */
    public Optional<String> requestId() {
        return Optional.ofNullable(requestId);
    }

    /** All violations of the contract in the request. */
    public List<Violation> violations() {
        return problem.getErrors() == null ? List.of() : List.copyOf(problem.getErrors());
    }

    /** How long the service asks to wait. */
    public Optional<Duration> retryAfter() {
        return Optional.ofNullable(retryAfter);
    }

    @Override
    public boolean isTransient() {
        return TRANSIENT.contains(status);
    }
}
