package com.example.orders;

import com.example.orders.model.Order;

/** An order created by this call, or by an earlier one with the same key ({@code replayed}). */
public record CreatedOrder(Order order, String etag, boolean replayed) {}
