package com.example.orders;

import com.example.orders.model.Order;

/** An order and the ETag of its version, for {@code ifMatch} and {@code getOrderIfChanged}. */
public record OrderVersion(Order order, String etag) {}
