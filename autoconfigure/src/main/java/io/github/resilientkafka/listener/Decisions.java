package io.github.resilientkafka.listener;

import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
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

    /**
     * Partitions with a record that failed among those of the poll that the thread is going through.
     */
    private final ThreadLocal<Set<TopicPartition>> stopped = ThreadLocal.withInitial(HashSet::new);

    private record Decision(ConsumerRecord<?, ?> record, boolean done) {}

    /**
     * The thread asks for other records.
     */
    void nextPoll() {
        this.stopped.get().clear();
    }

    /**
     * Returns whether a record of a partition failed among those of the same poll. Those behind it must wait for it, also
     * when its pause has ended before they are reached.
     */
    boolean stopped(TopicPartition partition) {
        return this.stopped.get().contains(partition);
    }

    /**
     * Another record has failed.
     */
    void clear() {
        this.last.remove();
    }

    void set(ConsumerRecord<?, ?> record, boolean done) {
        this.last.set(new Decision(record, done));
        if (!done) {
            this.stopped.get().add(Partitions.of(record));
        }
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
