package io.github.resilientkafka.chaos;

/**
 * A line of a journal: what an application did, and when.
 */
sealed interface Entry {

    /** When, by the machine's clock. */
    long millis();

    /** It is about to publish an event. */
    record Published(long millis, String topic, String key, Payload payload) implements Entry {}

    /** An event's future completed normally: from now on it must never be lost. */
    record Kept(long millis, Payload payload, String outcome) implements Entry {}

    /** An event's future failed: nobody knows what became of it. */
    record Refused(long millis, Payload payload, String error) implements Entry {}

    /** A handler has done its work on a record. */
    record Handled(long millis, String group, Position position, Payload payload) implements Entry {}
}
