package io.github.resilientkafka.publisher;

/**
 * A record was not refused by Kafka: its producer was closed, by ourselves, because another record had met an outage.
 */
final class SessionEndedException extends IllegalStateException {

    SessionEndedException(Throwable reason) {
        super("The producer was closed to keep the order of events, because a record failed: " + reason);
    }
}
