package com.example.orders;

import java.util.Optional;

/** The order did not finish before the time-out. */
public class NotFinishedException extends OrdersException {
    private final transient OrderVersion lastSeen;

    public NotFinishedException(long id, OrderVersion lastSeen, Throwable cause) {
        super(
                "order " + id + " did not finish in time, last status: "
                        + (lastSeen == null ? "unknown" : lastSeen.order().getStatus()),
                1,
                cause);
        this.lastSeen = lastSeen;
    }

    /** The order as last read; empty if it could not be read. */
    public Optional<OrderVersion> lastSeen() {
        return Optional.ofNullable(lastSeen);
    }

    @Override
    public boolean isTransient() {
        return true;
    }
}
