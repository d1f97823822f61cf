package com.example.orders;

import java.util.Optional;

/** The order was not finished when the time to wait was over. */
public class NotFinishedException extends OrdersException {
    private final transient OrderVersion lastSeen;

    public NotFinishedException(long id, OrderVersion lastSeen, Throwable cause) {
        super(
                "order " + id + " did not finish in time, it was seen "
                        + (lastSeen == null ? "never" : lastSeen.order().getStatus()),
                1,
                cause);
        this.lastSeen = lastSeen;
    }

    /** The order as it was seen last, if it was seen at all. */
    public Optional<OrderVersion> lastSeen() {
        return Optional.ofNullable(lastSeen);
    }

    @Override
    public boolean isTransient() {
        return true;
    }
}
