package io.github.resilientkafka.sample.order;

import java.util.UUID;

/**
 * An order was placed: the event on topic {@value #TOPIC}, with the customer's id as its key.
 *
 * @param orderId the order
 * @param customerId who placed it
 * @param item what was ordered
 * @param amount how many of it
 */
public record OrderPlaced(UUID orderId, String customerId, String item, int amount) {

    /**
     * Where these events go.
     */
    public static final String TOPIC = "orders.placed";

    /**
     * Where those go that could not be handled.
     */
    public static final String DEAD_LETTERS = TOPIC + ".dlq";
}
