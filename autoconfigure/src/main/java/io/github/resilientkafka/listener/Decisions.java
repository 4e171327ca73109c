package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What was decided of the record that failed last on a consumer's thread, between the end of its handler and what the
 * container does about it. For a record that is decided on, the others of its poll go on at once: where the consumer seeks
 * back for all of them, as is usual, what was fetched for other partitions is thrown away, and fetched again behind a request
 * that may wait {@code fetch.max.wait.ms} for the failed record, which then comes first again: a record that fails more
 * often than that keeps other partitions from ever being handled.
 */
final class Decisions {

    private final ThreadLocal<@Nullable Decision> last = new ThreadLocal<>();

    private record Decision(ConsumerRecord<?, ?> record, boolean done) {}

    /**
     * Another record has failed.
     */
    void clear() {
        this.last.remove();
    }

    void set(ConsumerRecord<?, ?> record, boolean done) {
        this.last.set(new Decision(record, done));
    }

    /**
     * Returns whether the failed record is decided on.
     */
    boolean made() {
        return this.last.get() != null;
    }

    /**
     * Returns whether a record is done with, so that its offset may be committed.
     * @return null if nothing was decided yet: its failure was none of the handler's
     */
    @Nullable
    Boolean of(ConsumerRecord<?, ?> record) {
        Decision decision = this.last.get();
        return (decision != null && decision.record() == record) ? decision.done() : null;
    }

    /**
     * The last question about a record: whether its offset may be committed.
     */
    boolean endWithCommit() {
        Decision decision = this.last.get();
        clear();
        return decision == null || decision.done();
    }
}
