package io.github.resilientkafka.sample.order;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.data.domain.Limit;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Keeps orders; every method is a transaction of its own.
 */
@Service
@Transactional
class OrderService {

    private static final Logger logger = LoggerFactory.getLogger(OrderService.class);

    private final OrderRepository orders;

    private final int maxAmount;

    OrderService(OrderRepository orders, @Value("${sample.max-amount}") int maxAmount) {
        this.orders = orders;
        this.maxAmount = maxAmount;
    }

    Order create(String customerId, String item, int amount) {
        return this.orders.save(new Order(customerId, item, amount, Instant.now()));
    }

    /**
     * Counts an attempt to handle an order's event; also those that fail later, as this transaction is over then.
     */
    int countAttempt(UUID orderId) {
        return this.orders.findById(orderId).map(Order::countAttempt).orElse(1);
    }

    void decide(UUID orderId) {
        change(orderId, order -> order.decide(this.maxAmount));
    }

    void giveUp(UUID orderId) {
        change(orderId, Order::giveUp);
    }

    private void change(UUID orderId, Consumer<Order> change) {
        this.orders
                .findById(orderId)
                .ifPresentOrElse(
                        change,
                        () -> logger.warn("Event for order {} ignored: this database does not know it", orderId));
    }

    @Transactional(readOnly = true)
    Optional<Order> find(UUID orderId) {
        return this.orders.findById(orderId);
    }

    @Transactional(readOnly = true)
    List<Order> list(@Nullable OrderStatus status, int limit) {
        return (status == null)
                ? this.orders.findByOrderByCreatedAtDesc(Limit.of(limit))
                : this.orders.findByStatusOrderByCreatedAtDesc(status, Limit.of(limit));
    }
}
