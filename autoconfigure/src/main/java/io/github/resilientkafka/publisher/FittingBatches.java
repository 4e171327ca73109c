package io.github.resilientkafka.publisher;

import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes producers one after the other; each whose predecessor had to split batches makes smaller ones. Thread-safe.
 * <p>
 * A batch that is larger than its topic's {@code max.message.bytes} is split by Kafka's client, but never into less than
 * {@code batch.size} (3.9.2; 4.2.1 goes on halving: KAFKA-8350): it sends the same batch again and again and nothing behind
 * it, until the producer is given up. Its successor would do the same.
 */
final class FittingBatches implements Supplier<Producer<byte @Nullable [], byte @Nullable []>> {

    private static final Logger logger = LoggerFactory.getLogger(FittingBatches.class);

    /** From the relay's 128 KB to Kafka's default of 16 KB in one step; at last each record is a batch. */
    private static final int STEP = 8;

    private final String role;

    private final IntFunction<? extends Producer<byte @Nullable [], byte @Nullable []>> factory;

    private int batchSize;

    private @Nullable Producer<byte @Nullable [], byte @Nullable []> last;

    /**
     * Starts with batches of the given size.
     * @param role what the producers are for
     * @param batchSize bytes
     * @param factory makes a producer for a size of batches
     */
    FittingBatches(
            String role, int batchSize, IntFunction<? extends Producer<byte @Nullable [], byte @Nullable []>> factory) {
        this.role = role;
        this.batchSize = batchSize;
        this.factory = factory;
    }

    @Override
    public synchronized Producer<byte @Nullable [], byte @Nullable []> get() {
        if (this.last != null && hasSplit(this.last)) {
            int tooLarge = this.batchSize;
            this.batchSize = tooLarge / STEP;
            logger.warn(
                    "A topic's max.message.bytes is less than batches of the {} producer, of up to {} bytes, may have: {}",
                    this.role,
                    tooLarge,
                    (this.batchSize > 0)
                            ? "from now on they have " + this.batchSize
                            : "from now on each record is sent alone");
            this.last = null;
        }
        Producer<byte @Nullable [], byte @Nullable []> producer = this.factory.apply(this.batchSize);
        this.last = producer;
        return producer;
    }

    private static boolean hasSplit(Producer<?, ?> producer) {
        return producer.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("batch-split-total"))
                .anyMatch(metric -> metric.metricValue() instanceof Number total && total.doubleValue() > 0);
    }
}
