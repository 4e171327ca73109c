package io.github.resilientkafka.publisher;

/**
 * Decides whether a producer is closed and recreated after an error. Declare a bean of this type to decide otherwise
 * than {@link #defaultPolicy()}.
 * <p>
 * After a stall (no acknowledgement at all within {@code resilient-kafka.publisher.stall-timeout}) the error is an
 * {@link StalledException}. Called on a thread that must not be blocked.
 * <p>
 * It is not asked about a record that met an outage on its way while {@code resilient-kafka.publisher.ordering} is
 * {@code key}: that always ends the producer, or later records of its key would overtake it.
 */
@FunctionalInterface
public interface ProducerRecreationPolicy {

    /**
     * Decides.
     * @param error what happened
     * @return whether to close the producer, which fails everything in flight over to the database, and create another
     */
    boolean shouldRecreate(Throwable error);

    /**
     * Recreates after a stall and after errors from which a producer cannot recover: fenced, out of sequence,
     * authentication, unsupported version.
     * @return the default policy
     */
    static ProducerRecreationPolicy defaultPolicy() {
        return FatalErrors::mayBeCuredByNewProducer;
    }

    /**
     * Sends were outstanding, and Kafka acknowledged none of them for too long.
     */
    final class StalledException extends RuntimeException {

        StalledException(long outstanding, long silentMillis) {
            super("No acknowledgement from Kafka for " + silentMillis + " ms with " + outstanding
                    + " sends outstanding (resilient-kafka.publisher.stall-timeout)");
        }
    }
}
