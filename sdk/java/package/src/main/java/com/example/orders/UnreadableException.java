package com.example.orders;

/** The answer is not what the contract says, some proxy's page for instance. */
public class UnreadableException extends OrdersException {
    public UnreadableException(int attempts, Throwable cause) {
        super("the answer is not what the contract says", attempts, cause);
    }
}
