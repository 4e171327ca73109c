package io.github.resilientkafka.listener;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.lifecycle.PartitionHeld;
import io.github.resilientkafka.lifecycle.PartitionPaused;
import io.github.resilientkafka.lifecycle.PartitionResumed;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.MessageListenerContainer;

/**
 * A listener that is looked after: its container, and where its partitions stand. Thread-safe. Internal.
 */
public final class ResilientListener {

    private static final Logger logger = LoggerFactory.getLogger(ResilientListener.class);

    private final String id;

    private final AbstractMessageListenerContainer<?, ?> container;

    private final ListenerPartitions partitions;

    private final DependencyGate gate;

    private final ListenerGuard guard;

    private final PartitionRebalanceListener rebalances;

    private final Map<String, Object> consumerSettings;

    private final boolean pausing;

    ResilientListener(
            String id,
            AbstractMessageListenerContainer<?, ?> container,
            ListenerPartitions partitions,
            DependencyGate gate,
            ListenerGuard guard,
            PartitionRebalanceListener rebalances,
            Map<String, Object> consumerSettings,
            boolean pausing) {
        this.id = id;
        this.container = container;
        this.partitions = partitions;
        this.gate = gate;
        this.guard = guard;
        this.rebalances = rebalances;
        this.consumerSettings = consumerSettings;
        this.pausing = pausing;
    }

    /**
     * Returns the listener's id.
     * @return the id given in {@code @KafkaListener}, else the one that Spring made
     */
    public String id() {
        return this.id;
    }

    /**
     * Returns the container as the application sees it.
     * @return the container, never a child of one
     */
    public AbstractMessageListenerContainer<?, ?> container() {
        return this.container;
    }

    /**
     * Returns whether failures pause partitions here. They do not where the application has an error handler of its own,
     * transactions or {@code @RetryableTopic}.
     * @return whether they do
     */
    public boolean pausesPartitions() {
        return this.pausing;
    }

    /**
     * Returns the partitions that this listener has now.
     * @return sorted by topic and number
     */
    public List<PartitionStatus> partitions() {
        return this.partitions.status();
    }

    /**
     * Returns whether the group was joined, and partitions assigned, or none for a standby, since the last start; or whether a
     * consumer has begun whose partitions were given to it without a group's doing.
     * @return whether it was
     */
    public boolean joined() {
        return this.partitions.joined();
    }

    /**
     * Returns how many records handlers were given and did not fail for, since the application's start: real progress.
     * @return the number
     */
    public long handledRecords() {
        return this.guard.handledCount();
    }

    /**
     * Returns the error that a handler ended the container with, the last one if there were several, and forgets it.
     * @return the error, or null if no handler did since this was last asked
     */
    public @Nullable Error takeFatalError() {
        return this.guard.takeFatalError();
    }

    /**
     * Returns the consumer that a thread had when partitions were assigned to it. For one that is dead and has left its
     * consumer behind: a consumer belongs to its thread while there is one.
     * @param thread the consumer thread
     * @return its consumer, or null if nothing was assigned to it
     */
    public @Nullable Consumer<?, ?> consumerOf(Thread thread) {
        return this.rebalances.consumerOf(thread);
    }

    /**
     * Returns the settings that the consumers are made with. There are secrets among them.
     * @return the settings
     */
    public Map<String, Object> consumerSettings() {
        return this.consumerSettings;
    }

    /**
     * Returns the settings that another client, that of an administrator, can connect with as the consumers do. There are
     * secrets among them.
     * @return a new map
     */
    public Map<String, Object> connectionSettings() {
        return LagClients.connection(this.consumerSettings);
    }

    /**
     * Returns how long a consumer may take between two polls.
     * @return {@code max.poll.interval.ms}
     */
    public Duration maxPollInterval() {
        return ConsumerSettings.maxPollInterval(this.consumerSettings);
    }

    Set<TopicPartition> assignedPartitions() {
        return this.partitions.assignedPartitions();
    }

    /**
     * Forgets what was known of partitions whose consumer died without giving them back, unless another one has got them.
     * @param gone the partitions
     * @param thread the consumer's thread, or null if it is not known
     */
    public void lost(Collection<TopicPartition> gone, @Nullable Thread thread) {
        this.gate.forget(this.partitions.revoked(gone, true, thread));
    }

    /**
     * A consumer begins. To be called on its thread.
     */
    void begin(MessageListenerContainer part) {
        this.partitions.begin(part);
    }

    /**
     * A consumer is about to poll, and has its partitions if no group is to give it any.
     */
    void begun(MessageListenerContainer part) {
        Collection<TopicPartition> given = part.getAssignedPartitions();
        if (isAssignedByHand() && given != null) {
            this.rebalances.assignedByHand(given);
        }
    }

    /**
     * A consumer is about to end. To be called on its thread.
     */
    void ends(Consumer<?, ?> consumer, @Nullable Collection<TopicPartition> partitions) {
        if (isAssignedByHand() && partitions != null) {
            this.rebalances.endsByHand(consumer, partitions);
        }
    }

    private boolean isAssignedByHand() {
        return this.container.getContainerProperties().getTopicPartitions() != null;
    }

    /**
     * Forgets what was known of the partitions. To be called when the container has stopped, before it is started again.
     */
    public void reset() {
        Collection<TopicPartition> gone = this.partitions.assignedPartitions();
        this.gate.forget(gone);
        this.partitions.clear();
    }

    /**
     * Tells what happens to partitions: as application events, and in the log that they go on.
     */
    static PartitionEvents events(String id, EventNotifier notifier, Clock clock) {
        return new PartitionEvents() {

            @Override
            public void paused(TopicPartition partition, Trouble trouble) {
                if (trouble.state() == PartitionState.HELD) {
                    notifier.publish(new PartitionHeld(
                            clock.instant(),
                            id,
                            partition.topic(),
                            partition.partition(),
                            trouble.offset(),
                            dependency(trouble.failure().dependency())));
                } else {
                    notifier.publish(new PartitionPaused(
                            clock.instant(),
                            id,
                            partition.topic(),
                            partition.partition(),
                            trouble.offset(),
                            trouble.reason()));
                }
            }

            @Override
            public void recovered(TopicPartition partition, long offset, Trouble trouble) {
                logger.atLevel(trouble.isFailure() ? Level.INFO : Level.DEBUG)
                        .log(
                                "Listener {}: {} goes on, after {} at offset {}",
                                id,
                                partition,
                                trouble.age(clock.instant()),
                                trouble.offset());
                notifier.publish(
                        new PartitionResumed(clock.instant(), id, partition.topic(), partition.partition(), offset));
            }
        };
    }

    private static String dependency(@Nullable String name) {
        return (name == null) ? "unknown" : name;
    }
}
