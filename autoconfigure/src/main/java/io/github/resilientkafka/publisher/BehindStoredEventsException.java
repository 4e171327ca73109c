package io.github.resilientkafka.publisher;

/**
 * An event was not sent: earlier ones of its lane are in the database, and it must not overtake them.
 */
final class BehindStoredEventsException extends RuntimeException {

    static final BehindStoredEventsException INSTANCE = new BehindStoredEventsException();

    private BehindStoredEventsException() {
        super("stored behind earlier events of its lane, to keep the order of its key", null, false, false);
    }
}
