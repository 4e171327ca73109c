package io.github.resilientkafka.listener;

import java.time.Duration;

/**
 * A handler throws it to have the record handled again after a time of its own choice. The partition is paused meanwhile;
 * no attempt is counted, so a handler that throws it for ever blocks its partition for ever.
 */
public class RetryLaterException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final Duration delay;

    /**
     * Creates an exception.
     * @param delay how long the partition is paused
     * @throws IllegalArgumentException if it is negative
     */
    public RetryLaterException(Duration delay) {
        super("To be retried after " + delay);
        if (delay.isNegative()) {
            throw new IllegalArgumentException("The delay is negative: " + delay);
        }
        this.delay = delay;
    }

    /**
     * Returns how long the partition is paused.
     * @return as given
     */
    public Duration delay() {
        return this.delay;
    }
}
