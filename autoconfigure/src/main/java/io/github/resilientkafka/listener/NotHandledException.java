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

        /** Its dead letter is durable: it is done with. */
        DEAD_LETTERED,

        /** Its dead letter could not be made durable: only that is tried again. */
        DEAD_LETTER_DUE
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

    Reason reason() {
        return this.reason;
    }

    ConsumerRecord<?, ?> record() {
        return this.record;
    }
}
