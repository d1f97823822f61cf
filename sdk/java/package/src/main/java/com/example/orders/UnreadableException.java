package com.example.orders;

/** The response does not match the contract, for example a proxy's error page. */
public class UnreadableException extends OrdersException {
    public UnreadableException(int attempts, Throwable cause) {
        super("the response does not match the contract", attempts, cause);
    }
}
