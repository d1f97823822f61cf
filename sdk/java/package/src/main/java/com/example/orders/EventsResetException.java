package com.example.orders;

/**
 * The events after the last position are no longer, or not yet, available. Read the orders again, then follow the
 * events after {@link #position}.
 */
public class EventsResetException extends OrdersException {
    private final long position;

    public EventsResetException(long position) {
        super("the events up to position " + position + " are not available", 1, null);
        this.position = position;
    }

    public long position() {
        return position;
    }
}
