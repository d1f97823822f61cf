package com.example.orders;

import com.example.orders.model.CancellationOutcome;
import com.example.orders.model.Order;

/** An order that is {@code cancelled}, or becomes so once everything is undone ({@code requested}). */
public record OrderCancellation(Order order, String etag, CancellationOutcome outcome) {}
