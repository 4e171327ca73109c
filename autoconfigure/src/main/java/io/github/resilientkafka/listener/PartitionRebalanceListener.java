package io.github.resilientkafka.listener;

import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.WeakHashMap;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.ConsumerAwareRebalanceListener;

/**
 * Keeps book of a listener's partitions as they come and go, around the application's own rebalance listener.
 */
final class PartitionRebalanceListener implements ConsumerAwareRebalanceListener {

    private static final Logger logger = LoggerFactory.getLogger(PartitionRebalanceListener.class);

    private static final Duration POSITION_TIMEOUT = Duration.ofSeconds(2);

    private final String listener;

    private final @Nullable ConsumerRebalanceListener application;

    private final ListenerPartitions partitions;

    private final DependencyGate gate;

    private volatile @Nullable CollectingBatchListener<?, ?> collector;

    private final Map<Thread, Consumer<?, ?>> consumers = Collections.synchronizedMap(new WeakHashMap<>());

    PartitionRebalanceListener(
            String listener,
            @Nullable ConsumerRebalanceListener application,
            ListenerPartitions partitions,
            DependencyGate gate) {
        this.listener = listener;
        this.application = application;
        this.partitions = partitions;
        this.gate = gate;
    }

    @Override
    public void onPartitionsAssigned(Consumer<?, ?> consumer, Collection<TopicPartition> came) {
        this.consumers.put(Thread.currentThread(), consumer);
        try {
            if (this.application instanceof ConsumerAwareRebalanceListener aware) {
                aware.onPartitionsAssigned(consumer, came);
            } else if (this.application != null) {
                this.application.onPartitionsAssigned(came);
            }
        } finally {
            logger.info("Listener {}: assigned {}", this.listener, came);
            this.partitions.assigned(came, positionsOfRemembered(consumer, came));
            this.gate.forget(came);
        }
    }

    /**
     * A consumer begins that has its partitions without a group's doing: nobody else will say so.
     */
    void assignedByHand(Collection<TopicPartition> given) {
        this.partitions.assignedByHand(given);
    }

    /**
     * Such a consumer is about to end. To be called on its thread: what it has collected is handed over and committed.
     */
    void endsByHand(Consumer<?, ?> consumer, Collection<TopicPartition> given) {
        if (this.collector != null) {
            this.collector.flush(given, consumer);
        }
        this.gate.forget(this.partitions.revoked(given, true));
    }

    /**
     * Returns the consumer that a thread had at its last assignment.
     */
    @Nullable
    Consumer<?, ?> consumerOf(Thread thread) {
        return this.consumers.get(thread);
    }

    private Map<TopicPartition, Long> positionsOfRemembered(Consumer<?, ?> consumer, Collection<TopicPartition> came) {
        Map<TopicPartition, Long> positions = new HashMap<>();
        for (TopicPartition partition : came) {
            if (this.partitions.isRemembered(partition)) {
                try {
                    positions.put(partition, consumer.position(partition, POSITION_TIMEOUT));
                } catch (KafkaException ex) {
                    logger.info(
                            "{} came back, and its position is not known: its attempts are counted anew",
                            partition,
                            ex);
                }
            }
        }
        return positions;
    }

    /**
     * Sets who collects batches: what is about to go is handed over first.
     */
    void collector(CollectingBatchListener<?, ?> listener) {
        this.collector = listener;
    }

    @Override
    public void onPartitionsRevokedBeforeCommit(Consumer<?, ?> consumer, Collection<TopicPartition> going) {
        if (this.collector != null) {
            this.collector.flush(going, consumer);
        }
        if (this.application instanceof ConsumerAwareRebalanceListener aware) {
            aware.onPartitionsRevokedBeforeCommit(consumer, going);
        } else if (this.application != null) {
            this.application.onPartitionsRevoked(going);
        }
    }

    @Override
    public void onPartitionsRevokedAfterCommit(Consumer<?, ?> consumer, Collection<TopicPartition> gone) {
        try {
            if (this.application instanceof ConsumerAwareRebalanceListener aware) {
                aware.onPartitionsRevokedAfterCommit(consumer, gone);
            }
        } finally {
            logger.info("Listener {}: revoked {}", this.listener, gone);
            this.gate.forget(this.partitions.revoked(gone, false));
        }
    }

    @Override
    public void onPartitionsLost(Consumer<?, ?> consumer, Collection<TopicPartition> gone) {
        if (this.collector != null) {
            this.collector.forget(gone, consumer);
        }
        try {
            if (this.application instanceof ConsumerAwareRebalanceListener aware) {
                aware.onPartitionsLost(consumer, gone);
            } else if (this.application != null) {
                this.application.onPartitionsLost(gone);
            }
        } finally {
            logger.warn("Listener {}: lost {}", this.listener, gone);
            this.gate.forget(this.partitions.revoked(gone, true));
        }
    }
}
