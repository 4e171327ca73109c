package io.github.resilientkafka.chaos;

/**
 * A line of a journal: what an application did, and when.
 */
sealed interface Entry {

    /** When, by the machine's clock. */
    long millis();

    /** Who. */
    String instance();

    /** Something about an event of its own. */
    sealed interface OfEvent extends Entry {

        Payload payload();

        @Override
        default String instance() {
            return payload().instance();
        }
    }

    /** It is about to publish an event. */
    record Published(long millis, String topic, String key, Payload payload) implements OfEvent {}

    /** An event's future completed normally: from now on it must never be lost. */
    record Kept(long millis, Payload payload, String outcome) implements OfEvent {}

    /** An event's future failed, or there was none: nobody knows what became of it. */
    record Refused(long millis, Payload payload, String error) implements OfEvent {}

    /** A handler of an instance has done its work on a record. */
    record Handled(long millis, String instance, String group, Position position, Payload payload) implements Entry {}

    /** An instance's circuit has opened. */
    record CircuitOpened(long millis, String instance) implements Entry {}

    /** A run of an instance has ended by itself: its publisher is closed, and everything it had to say is written down. */
    record Ended(long millis, String instance, int incarnation) implements Entry {}
}
