package com.example.orders;

import com.example.orders.model.OrderStatus;
import com.example.orders.model.PaymentStatus;
import com.example.orders.model.ShipmentStatus;
import java.math.BigDecimal;
import java.time.OffsetDateTime;
import java.util.List;

/**
 * Selects the orders to list; null means all.
 *
 * @param createdFrom accepted at this time or later
 * @param pageSize orders per request, 1 to 1000
 */
public record OrdersFilter(
        List<OrderStatus> status,
        Long customerId,
        List<PaymentStatus> paymentStatus,
        List<ShipmentStatus> shipmentStatus,
        Boolean needsAttention,
        OffsetDateTime createdFrom,
        OffsetDateTime createdBefore,
        BigDecimal minAmount,
        BigDecimal maxAmount,
        Integer pageSize) {
    public static OrdersFilter all() {
        return new OrdersFilter(null, null, null, null, null, null, null, null, null, null);
    }

    public OrdersFilter status(OrderStatus... any) {
        return new OrdersFilter(
                List.of(any), customerId, paymentStatus, shipmentStatus, needsAttention, createdFrom, createdBefore,
                minAmount, maxAmount, pageSize);
    }

    public OrdersFilter customerId(long only) {
        return new OrdersFilter(
                status, only, paymentStatus, shipmentStatus, needsAttention, createdFrom, createdBefore, minAmount,
                maxAmount, pageSize);
    }

    public OrdersFilter paymentStatus(PaymentStatus... any) {
        return new OrdersFilter(
                status, customerId, List.of(any), shipmentStatus, needsAttention, createdFrom, createdBefore,
                minAmount, maxAmount, pageSize);
    }

    public OrdersFilter shipmentStatus(ShipmentStatus... any) {
        return new OrdersFilter(
                status, customerId, paymentStatus, List.of(any), needsAttention, createdFrom, createdBefore, minAmount,
                maxAmount, pageSize);
    }

    public OrdersFilter needsAttention(boolean value) {
        return new OrdersFilter(
                status, customerId, paymentStatus, shipmentStatus, value, createdFrom, createdBefore, minAmount,
                maxAmount, pageSize);
    }

    public OrdersFilter createdFrom(OffsetDateTime time) {
        return new OrdersFilter(
                status, customerId, paymentStatus, shipmentStatus, needsAttention, time, createdBefore, minAmount,
                maxAmount, pageSize);
    }

    public OrdersFilter createdBefore(OffsetDateTime time) {
        return new OrdersFilter(
                status, customerId, paymentStatus, shipmentStatus, needsAttention, createdFrom, time, minAmount,
                maxAmount, pageSize);
    }

    public OrdersFilter minAmount(BigDecimal amount) {
        return new OrdersFilter(
                status, customerId, paymentStatus, shipmentStatus, needsAttention, createdFrom, createdBefore, amount,
                maxAmount, pageSize);
    }

    public OrdersFilter maxAmount(BigDecimal amount) {
        return new OrdersFilter(
                status, customerId, paymentStatus, shipmentStatus, needsAttention, createdFrom, createdBefore,
                minAmount, amount, pageSize);
    }

    public OrdersFilter pageSize(int orders) {
        return new OrdersFilter(
                status, customerId, paymentStatus, shipmentStatus, needsAttention, createdFrom, createdBefore,
                minAmount, maxAmount, orders);
    }
}
