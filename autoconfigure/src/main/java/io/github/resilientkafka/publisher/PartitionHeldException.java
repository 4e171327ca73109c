package io.github.resilientkafka.publisher;

/**
 * An event was not sent: its partition has just failed to take a record, and is not tried for some seconds.
 */
final class PartitionHeldException extends RuntimeException {

    static final PartitionHeldException INSTANCE = new PartitionHeldException();

    private PartitionHeldException() {
        super("its partition has just failed to take a record, and is tried again in some seconds", null, false, false);
    }
}
