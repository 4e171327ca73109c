package io.github.resilientkafka.sample.order;

import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.stereotype.Component;

/**
 * Decides about orders: a plain listener. Events arrive at least once, so handling one twice must change nothing.
 */
@Component
class OrderListener {

    private final OrderService orders;

    OrderListener(OrderService orders) {
        this.orders = orders;
    }

    @KafkaListener(topics = OrderPlaced.TOPIC)
    void on(OrderPlaced event) {
        this.orders.decide(event.orderId());
    }
}
