package com.example.orders;

import java.time.Duration;

/** The service did not respond in time. */
public class TimedOutException extends OrdersException {
    public TimedOutException(Duration limit, int attempts, Throwable cause) {
        super("no response within " + limit, attempts, cause);
    }

    @Override
    public boolean isTransient() {
        return true;
    }
}
