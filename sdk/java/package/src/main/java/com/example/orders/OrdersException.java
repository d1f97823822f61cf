package com.example.orders;

/** Base class of all failures of a call. */
public class OrdersException extends RuntimeException {
    private final int attempts;

    public OrdersException(String message, int attempts, Throwable cause) {
        super(message, cause);
        this.attempts = attempts;
    }

    /** How often the request was sent. */
    public int attempts() {
        return attempts;
    }

    /** Whether the same call may succeed later. */
    public boolean isTransient() {
        return false;
    }
}
