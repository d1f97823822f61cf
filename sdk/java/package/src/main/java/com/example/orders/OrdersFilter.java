package com.example.orders;

import com.example.orders.model.OrderStatus;
import java.util.List;

/**
 * Selects the orders to list; null means all.
 *
 * @param pageSize orders per request, 1 to 1000
 */
public record OrdersFilter(List<OrderStatus> status, Long customerId, Integer pageSize) {
    public static OrdersFilter all() {
        return new OrdersFilter(null, null, null);
    }

    public OrdersFilter status(OrderStatus... any) {
        return new OrdersFilter(List.of(any), customerId, pageSize);
    }

    public OrdersFilter customerId(long only) {
        return new OrdersFilter(status, only, pageSize);
    }

    public OrdersFilter pageSize(int orders) {
        return new OrdersFilter(status, customerId, orders);
    }
}
