package com.example.orders;

/** The service could not be reached, or the connection ended before the response did. */
public class ConnectionException extends OrdersException {
    public ConnectionException(int attempts, Throwable cause) {
        super("the connection failed: " + cause, attempts, cause);
    }

    @Override
    public boolean isTransient() {
        return true;
    }
}
