package io.github.resilientkafka.listener;

/**
 * Told what listeners do, for metrics. Called on consumer threads; must not block. All methods do nothing by default.
 */
public interface ListenerObserver {

    /**
     * A listener is looked after from now on. It has not been started yet.
     * @param listener the listener, to ask how it stands
     */
    default void added(ResilientListener listener) {}

    /**
     * A listener has stopped and is gone for good.
     * @param listener the listener
     */
    default void removed(ResilientListener listener) {}

    /**
     * Handlers returned.
     * @param listener the listener's id
     * @param records how many records the handler was given: 1, or a batch
     * @param batch whether it was given a batch
     * @param nanos how long it took
     */
    default void handled(String listener, int records, boolean batch, long nanos) {}

    /**
     * A handler failed, or a record could not be deserialised.
     * @param listener the listener's id
     * @param errorClass what it means
     */
    default void failed(String listener, ErrorClass errorClass) {}

    /**
     * A record was given up.
     * @param listener the listener's id
     * @param durable whether it is a dead letter now; otherwise it was skipped
     */
    default void givenUp(String listener, boolean durable) {}

    /**
     * A listener, or one of its consumers, was started again after a crash.
     * @param listener the listener's id
     * @param reason why it had stopped: one of a handful of words, in lower case
     */
    default void restarted(String listener, String reason) {}
}
