package io.github.resilientkafka.sample.order;

/**
 * Where an order stands.
 */
enum OrderStatus {

    /**
     * Its event has not been handled yet.
     */
    PENDING,

    /**
     * Accepted.
     */
    CONFIRMED,

    /**
     * Refused: too many of one item.
     */
    REJECTED,

    /**
     * Its event could not be handled and is in the dead-letter topic.
     */
    FAILED
}
