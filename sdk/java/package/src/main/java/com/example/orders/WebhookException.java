package com.example.orders;

/** A request that is not, or not provably, a recent webhook of the service. */
public class WebhookException extends Exception {
    /** What is wrong. */
    public enum Kind {
        /** A header is missing or malformed. */
        INVALID_HEADER,
        INVALID_SIGNATURE,
        TIMESTAMP_TOO_OLD,
        TIMESTAMP_TOO_NEW,
        INVALID_PAYLOAD,
        /** Your mistake, not the sender's. */
        INVALID_SECRET
    }

    private final Kind kind;

    public WebhookException(Kind kind, Throwable cause) {
        super(kind.name().toLowerCase(java.util.Locale.ROOT), cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
