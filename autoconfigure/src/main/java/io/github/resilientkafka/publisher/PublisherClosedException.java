package io.github.resilientkafka.publisher;

/**
 * An event was published while the application was shutting down; it was neither sent nor stored.
 */
public class PublisherClosedException extends IllegalStateException {

    /**
     * Creates the exception; for publishers, real or recording.
     */
    public PublisherClosedException() {
        super("The event publisher is closed: the application is shutting down. The event was not accepted.");
    }
}
