package com.example.orders;

import com.example.orders.model.FeedStart;
import com.example.orders.model.OrderEventType;
import java.time.Duration;
import java.util.List;

/**
 * Selects the events to follow; null means all, from the oldest on.
 *
 * @param after only events after this position
 * @param start where to begin without a position
 * @param silence how long the stream may send nothing before it is opened again; 45 s by default
 */
public record FollowOptions(
        Long after, FeedStart start, List<OrderEventType> types, Long orderId, Long customerId, Duration silence) {
    public static FollowOptions all() {
        return new FollowOptions(null, null, null, null, null, Duration.ofSeconds(45));
    }

    public FollowOptions after(long position) {
        return new FollowOptions(position, start, types, orderId, customerId, silence);
    }

    public FollowOptions start(FeedStart value) {
        return new FollowOptions(after, value, types, orderId, customerId, silence);
    }

    public FollowOptions types(OrderEventType... any) {
        return new FollowOptions(after, start, List.of(any), orderId, customerId, silence);
    }

    public FollowOptions orderId(long only) {
        return new FollowOptions(after, start, types, only, customerId, silence);
    }

    public FollowOptions customerId(long only) {
        return new FollowOptions(after, start, types, orderId, only, silence);
    }

    public FollowOptions silence(Duration value) {
        return new FollowOptions(after, start, types, orderId, customerId, value);
    }
}
