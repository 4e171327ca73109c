package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * A record turned up that is not to be given to its handler. Nothing is counted for it.
 */
final class NotHandledException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    enum Reason {

        /** Its partition is to be paused. */
        PAUSED,

        /** It is durable elsewhere: it is done with. */
        DEAD_LETTERED,

        /** It could not be made durable elsewhere: only that is tried again. */
        DEAD_LETTER_DUE,

        /** It was moved to be tried again later, and that is not yet. */
        NOT_DUE,

        /** It was moved for another consumer group: it is done with. */
        OTHER_GROUP
    }

    private final Reason reason;

    private final transient ConsumerRecord<?, ?> record;

    NotHandledException(Reason reason, ConsumerRecord<?, ?> record) {
        super(
                "Record " + record.topic() + "-" + record.partition() + "@" + record.offset() + ": " + reason,
                null,
                false,
                false);
        this.reason = reason;
        this.record = record;
    }

    @Override
    public String toString() {
        return String.valueOf(getMessage());
    }

    Reason reason() {
        return this.reason;
    }

    ConsumerRecord<?, ?> record() {
        return this.record;
    }
}
