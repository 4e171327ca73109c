package io.github.resilientkafka.sample.order;

import io.github.resilientkafka.listener.DependencyDownException;
import io.github.resilientkafka.listener.DependencyProbe;
import java.util.UUID;
import org.springframework.stereotype.Component;

/**
 * Stands for a payment service that may be away. {@code resilient-kafka.listener.instances.orders.dependencies} names it.
 */
@Component("payments")
public class Payments implements DependencyProbe {

    private volatile boolean up = true;

    /**
     * Takes the service away, or gives it back.
     * @param up whether it is there from now on
     */
    public void setUp(boolean up) {
        this.up = up;
    }

    @Override
    public boolean isUp() {
        return this.up;
    }

    /**
     * Charges an order; one that was charged already is not charged again.
     */
    void charge(UUID orderId) {
        if (!this.up) {
            throw new DependencyDownException("payments");
        }
    }
}
