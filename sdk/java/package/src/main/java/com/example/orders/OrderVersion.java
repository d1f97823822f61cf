package com.example.orders;

import com.example.orders.model.Order;

/** An order, and the version of it that this is, for {@code ifMatch} and {@code getOrderIfChanged}. */
public record OrderVersion(Order order, String etag) {}
