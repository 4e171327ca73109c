package io.github.resilientkafka.publisher;

/**
 * An event was refused because too many bytes are already accepted and not durable yet. Found in the (already failed)
 * future; the event was neither sent nor stored.
 */
public class PublishQueueFullException extends RuntimeException {

    /**
     * Creates the exception; for publishers, real or recording.
     * @param eventBytes the size of the event
     * @param queuedBytes bytes that wait to become durable
     * @param maxQueueBytes how many there may be
     */
    public PublishQueueFullException(long eventBytes, long queuedBytes, long maxQueueBytes) {
        super("Publish queue full: an event of " + eventBytes + " bytes does not fit beside " + queuedBytes
                + " bytes that wait to become durable (resilient-kafka.publisher.max-queue-bytes is " + maxQueueBytes
                + "). Publish more slowly, or raise that property.");
    }
}
