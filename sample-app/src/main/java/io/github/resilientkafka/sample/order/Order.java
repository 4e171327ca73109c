package io.github.resilientkafka.sample.order;

import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.GenerationType;
import jakarta.persistence.Id;
import jakarta.persistence.Table;
import java.time.Instant;
import java.util.UUID;

/**
 * An order as it is kept.
 */
@Entity
@Table(name = "orders")
class Order {

    @Id
    @GeneratedValue(strategy = GenerationType.UUID)
    private UUID id;

    private String customerId;

    private String item;

    private int amount;

    @Enumerated(EnumType.STRING)
    private OrderStatus status;

    private int attempts;

    private Instant createdAt;

    @SuppressWarnings("NullAway.Init")
    protected Order() {}

    @SuppressWarnings("NullAway.Init")
    Order(String customerId, String item, int amount, Instant createdAt) {
        this.customerId = customerId;
        this.item = item;
        this.amount = amount;
        this.createdAt = createdAt;
        this.status = OrderStatus.PENDING;
    }

    UUID getId() {
        return this.id;
    }

    String getItem() {
        return this.item;
    }

    OrderStatus getStatus() {
        return this.status;
    }

    int getAttempts() {
        return this.attempts;
    }

    int countAttempt() {
        return ++this.attempts;
    }

    /**
     * Decides about the order. One that has been decided about stays as it is: the same event may come twice.
     */
    void decide(int maxAmount) {
        if (!isDecided()) {
            this.status = (this.amount > maxAmount) ? OrderStatus.REJECTED : OrderStatus.CONFIRMED;
        }
    }

    void giveUp() {
        if (!isDecided()) {
            this.status = OrderStatus.FAILED;
        }
    }

    private boolean isDecided() {
        return this.status == OrderStatus.CONFIRMED || this.status == OrderStatus.REJECTED;
    }

    OrderPlaced toEvent() {
        return new OrderPlaced(this.id, this.customerId, this.item, this.amount);
    }
}
