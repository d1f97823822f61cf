package com.example.orders;

import com.example.orders.model.Order;

/** An order with the answer of this call, or of an earlier one with the same key ({@code replayed}). */
public record DecidedOrder(Order order, String etag, boolean replayed) {}
