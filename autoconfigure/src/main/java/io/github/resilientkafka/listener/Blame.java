package io.github.resilientkafka.listener;

import java.util.List;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells failures of records from those that are their consumer's own. Of the latter nothing is decided and nothing is
 * counted: the consumer goes back to all that it was given, as far as it still has the partitions.
 */
final class Blame {

    private static final Logger logger = LoggerFactory.getLogger(Blame.class);

    private final String listener;

    private final ListenerPartitions partitions;

    Blame(String listener, ListenerPartitions partitions) {
        this.listener = listener;
        this.partitions = partitions;
    }

    /**
     * Returns whether records are to blame for what was thrown: not for commits that failed and polls that were interrupted,
     * nor for anything on a consumer that has lost their partition to another one, which handles them.
     */
    boolean isOn(List<? extends ConsumerRecord<?, ?>> records, Throwable thrown) {
        return !isConsumersOwn(thrown)
                && !isFailedCommit(records, thrown)
                && records.stream().allMatch(this::isOurs);
    }

    /**
     * Returns whether records were handled, and then could not be committed, though their consumer is in its group: that
     * is reported where failures of handlers are. What a handler throws has been wrapped.
     */
    boolean isFailedCommit(List<? extends ConsumerRecord<?, ?>> records, Throwable thrown) {
        return thrown instanceof KafkaException
                && !isConsumersOwn(thrown)
                && CurrentRecords.ofThread().returnedFor(records);
    }

    private static boolean isConsumersOwn(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof CommitFailedException
                    || cause instanceof RebalanceInProgressException
                    || cause instanceof WakeupException
                    || cause instanceof InterruptException) {
                return true;
            }
        }
        return false;
    }

    private boolean isOurs(ConsumerRecord<?, ?> record) {
        return this.partitions.isOurs(Partitions.of(record));
    }

    /**
     * Says so if a failure counts for nothing because it came too late.
     */
    void tellIfTooLate(ConsumerRecord<?, ?> record, Throwable thrown) {
        if (!isOurs(record)) {
            logger.info(
                    "Listener {}: record {}-{}@{} failed when another consumer had got its partition, which handles it: {}",
                    this.listener,
                    record.topic(),
                    record.partition(),
                    record.offset(),
                    Failure.types(ErrorTable.unwrap(thrown)));
        }
    }
}
