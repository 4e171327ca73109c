package io.github.resilientkafka.sample.order;

import io.github.resilientkafka.listener.BadDataException;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.stereotype.Component;

/**
 * Decides about orders: a plain listener. Events arrive at least once, so handling one twice must change nothing. Two
 * items make trouble on purpose: {@code poison} can never be handled, {@code flaky} can at the third attempt.
 */
@Component
class OrderListener {

    private static final int FLAKY_ATTEMPTS = 3;

    private final OrderService orders;

    private final Payments payments;

    OrderListener(OrderService orders, Payments payments) {
        this.orders = orders;
        this.payments = payments;
    }

    @KafkaListener(id = "orders", idIsGroup = false, topics = OrderPlaced.TOPIC)
    void on(OrderPlaced event) {
        if (event.item().equals("poison")) {
            throw new BadDataException("Nobody can deliver poison");
        }
        this.payments.charge(event.orderId());
        int attempt = this.orders.countAttempt(event.orderId());
        if (event.item().equals("flaky") && attempt < FLAKY_ATTEMPTS) {
            throw new IllegalStateException("Attempt " + attempt + " of something flaky");
        }
        this.orders.decide(event.orderId());
    }

    /**
     * An event was given up: somebody has to look after its order.
     */
    @KafkaListener(id = "given-up-orders", topics = OrderPlaced.DEAD_LETTERS)
    void onDeadLetter(OrderPlaced event) {
        this.orders.giveUp(event.orderId());
    }
}
