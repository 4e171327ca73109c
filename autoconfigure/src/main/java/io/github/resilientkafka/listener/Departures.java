package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Sends failed records of one listener elsewhere. Until a record is durable there its partition is paused: nothing is
 * skipped. Called on consumer threads only.
 */
final class Departures {

    private static final Logger logger = LoggerFactory.getLogger(Departures.class);

    /**
     * How long a consumer, and with it all its partitions, waits for a record to be durable. What takes longer goes on
     * beside it.
     */
    private static final long INLINE_MILLIS = 100;

    private final String listener;

    private final ListenerSettings settings;

    private final ListenerPartitions partitions;

    private final ListenerThreads threads;

    Departures(String listener, ListenerSettings settings, ListenerPartitions partitions, ListenerThreads threads) {
        this.listener = listener;
        this.settings = settings;
        this.partitions = partitions;
        this.threads = threads;
    }

    /**
     * Sends a record.
     * @return whether it is durable, and done with; otherwise its partition is paused until it is, or to try again
     */
    boolean send(FailedRecord record, RecordDestination destination) {
        CompletableFuture<?> durable = destination.send(record);
        if (await(durable)) {
            destination.arrived(record);
            return true;
        }
        TopicPartition partition = record.partition();
        Trouble trouble = this.partitions.pause(
                partition,
                PartitionState.DEAD_LETTER_BLOCKED,
                record.record().offset(),
                record.attempts(),
                record.failure(),
                null);
        if (trouble == null) {
            return false;
        }
        durable.whenComplete((result, error) -> this.threads.schedule(Duration.ZERO, () -> {
            if (error == null) {
                this.partitions.release(partition, trouble.generation(), true);
                destination.arrived(record);
            } else {
                blocked(record, trouble, error);
            }
        }));
        return false;
    }

    /**
     * Told as an error at the first try, the second, the fourth, the eighth: an outage lasts, and has many partitions.
     */
    private void blocked(FailedRecord record, Trouble trouble, Throwable error) {
        int tries = trouble.times();
        Duration delay = this.settings.pauseAfter(tries);
        logger.atLevel(Integer.bitCount(tries) == 1 ? Level.ERROR : Level.DEBUG)
                .log(
                        "Listener {}: record {}@{} could not be moved out of its partition, which has been paused for that since"
                                + " {}; this was try {}, the next one is in {} ms: {}",
                        this.listener,
                        record.partition(),
                        record.record().offset(),
                        trouble.since(),
                        tries,
                        delay.toMillis(),
                        ErrorTable.unwrap(error).toString());
        this.partitions.releaseAfter(delay, record.partition(), trouble.generation());
    }

    private static boolean await(CompletableFuture<?> future) {
        try {
            future.get(INLINE_MILLIS, TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException ex) {
            return false;
        } catch (InterruptedException ex) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
