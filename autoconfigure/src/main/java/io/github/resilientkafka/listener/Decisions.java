package io.github.resilientkafka.listener;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/**
 * What was decided of the record that failed last on a consumer's thread, between the end of its handler and the
 * container's call of the error handler. A record that is done with needs no seek: the others of its poll go on at once,
 * where a seek costs each partition a fetch, which in a burst of bad records is felt.
 */
final class Decisions {

    private final ThreadLocal<@Nullable Decision> last = new ThreadLocal<>();

    private record Decision(ConsumerRecord<?, ?> record, boolean done) {}

    void set(ConsumerRecord<?, ?> record, boolean done) {
        this.last.set(new Decision(record, done));
    }

    /**
     * Returns whether the failed record is known to be done with.
     */
    boolean done() {
        Decision decision = this.last.get();
        return decision != null && decision.done();
    }

    /**
     * Takes the decision of a record.
     * @return whether it is done with, or null if nothing was decided yet: its failure was none of the handler's
     */
    @Nullable
    Boolean take(ConsumerRecord<?, ?> record) {
        Decision decision = this.last.get();
        this.last.remove();
        return (decision != null && decision.record() == record) ? decision.done() : null;
    }
}
