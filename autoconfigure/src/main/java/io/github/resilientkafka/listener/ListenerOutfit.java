package io.github.resilientkafka.listener;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.RawPublisher;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.jspecify.annotations.Nullable;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListener;

/**
 * What a container gets that is looked after: its failures go to our error handler, its handler is guarded, its partitions
 * are kept book of.
 */
final class ListenerOutfit {

    private static final Duration POLL_TIMEOUT = Duration.ofMillis(250);

    private final ErrorTable errors;

    private final Dependencies dependencies;

    private final DeadLetters deadLetters;

    private final RawPublisher rawPublisher;

    private final EventPublisher publisher;

    private final EventNotifier notifier;

    private final ListenerObserver observer;

    private final ListenerThreads threads;

    private final Clock clock;

    ListenerOutfit(
            ErrorTable errors,
            Dependencies dependencies,
            DeadLetters deadLetters,
            RawPublisher rawPublisher,
            EventPublisher publisher,
            EventNotifier notifier,
            ListenerObserver observer,
            ListenerThreads threads,
            Clock clock) {
        this.errors = errors;
        this.dependencies = dependencies;
        this.deadLetters = deadLetters;
        this.rawPublisher = rawPublisher;
        this.publisher = publisher;
        this.notifier = notifier;
        this.observer = observer;
        this.threads = threads;
        this.clock = clock;
    }

    /**
     * What watches a container, whoever handles its failures.
     */
    private record Watch(
            ListenerPartitions partitions,
            DependencyGate gate,
            ListenerGuard guard,
            PartitionRebalanceListener rebalances) {}

    /**
     * Keeps book of a container's partitions; its failures are somebody else's.
     */
    ResilientListener watch(
            AbstractMessageListenerContainer<?, ?> container,
            ListenerSettings settings,
            Map<String, Object> consumerSettings) {
        return listener(
                container,
                watch(container, settings, new Decisions(), RetryMoves.NONE, consumerSettings),
                consumerSettings,
                false);
    }

    private Watch watch(
            AbstractMessageListenerContainer<?, ?> container,
            ListenerSettings settings,
            Decisions decisions,
            RetryMoves moves,
            Map<String, Object> consumerSettings) {
        String id = container.getListenerId();
        ContainerProperties properties = container.getContainerProperties();
        ListenerPartitions partitions = new ListenerPartitions(
                new PartitionPauser(container),
                this.threads,
                this.clock,
                ResilientListener.events(id, this.notifier, this.clock));
        DependencyGate gate = new DependencyGate(settings, this.dependencies, partitions, this.threads);
        PartitionRebalanceListener rebalances =
                new PartitionRebalanceListener(id, properties.getConsumerRebalanceListener(), partitions, gate);
        properties.setConsumerRebalanceListener(rebalances);
        PollBudget budget = new PollBudget(id, ConsumerSettings.maxPollInterval(consumerSettings));
        return new Watch(
                partitions,
                gate,
                new ListenerGuard(id, partitions, gate, decisions, moves, this.observer, budget),
                rebalances);
    }

    private static ResilientListener listener(
            AbstractMessageListenerContainer<?, ?> container,
            Watch watch,
            Map<String, Object> consumerSettings,
            boolean pausing) {
        return new ResilientListener(
                container.getListenerId(),
                container,
                watch.partitions(),
                watch.gate(),
                watch.guard(),
                watch.rebalances(),
                Collections.unmodifiableMap(consumerSettings),
                pausing);
    }

    /**
     * Takes a container's failures into our hands.
     * @param group the group in whose name its records fail
     * @param retries where its records wait that are to be tried again
     */
    ResilientListener equip(
            AbstractMessageListenerContainer<?, ?> container,
            ListenerSettings settings,
            String group,
            Map<String, Object> consumerSettings,
            RetryStrategies.Retries retries) {
        String id = container.getListenerId();
        ListenerQueue queue = this.threads.queueFor(id);
        RawRecords rawRecords =
                new RawRecords(new RawRecordReader(consumerSettings, queue::hasEnded), queue, this.threads);
        DeadLetterSender sender = new DeadLetterSender(
                id, group, rawRecords, this.deadLetters, this.rawPublisher, this.publisher, this.observer, this.clock);
        RetryMoves moves = retries.moves(id, settings, rawRecords, sender);
        Decisions decisions = new Decisions();
        Watch watch = watch(container, settings, decisions, moves, consumerSettings);
        ListenerPartitions partitions = watch.partitions();
        FailedRecords failedRecords = new FailedRecords(
                id,
                settings,
                this.errors,
                partitions,
                watch.gate(),
                new Departures(id, settings, partitions, this.threads),
                sender,
                moves,
                this.observer,
                this.clock);
        boolean commits = !commitsByItself(container.getContainerProperties(), consumerSettings);
        Blame blame = new Blame(id, partitions);
        FailedBatches failedBatches = new FailedBatches(blame, failedRecords, partitions, commits);
        FailedPolls failedPolls = new FailedPolls(id, failedRecords, commits, queue);
        container.setCommonErrorHandler(new PartitionPausingErrorHandler(
                decisions, blame, failedRecords, failedBatches, failedPolls, partitions));
        intercept(container, watch.guard(), blame, failedRecords, decisions);
        boolean batch = container.getContainerProperties().getMessageListener() instanceof BatchMessageListener;
        guard(
                container.getContainerProperties(),
                watch.guard(),
                new FailedFutures(
                        id, settings, this.errors, sender, moves, this.threads, queue, this.observer, this.clock));
        if (batch) {
            CollectingBatchListener<?, ?> collector = settings.batch().collect()
                    ? BatchCollection.collect(container, settings.batch(), failedBatches)
                    : null;
            if (collector != null) {
                watch.rebalances().collector(collector);
                failedPolls.collector(collector);
            }
            interceptPolls(container, watch.guard(), collector);
        }
        // Partitions are resumed between polls.
        PollTimeout.atMost(POLL_TIMEOUT, container.getContainerProperties());
        return listener(container, watch, consumerSettings, true);
    }

    private static boolean commitsByItself(
            ContainerProperties containerProperties, Map<String, Object> consumerSettings) {
        Object autoCommit = containerProperties
                .getKafkaConsumerProperties()
                .getOrDefault(
                        ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                        consumerSettings.getOrDefault(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false"));
        return Boolean.parseBoolean(String.valueOf(autoCommit));
    }

    private static <K, V> void intercept(
            AbstractMessageListenerContainer<K, V> container,
            ListenerGuard guard,
            Blame blame,
            FailedRecords failedRecords,
            Decisions decisions) {
        ContainerProperties properties = container.getContainerProperties();
        boolean seeksForAll = ExpectedAcks.areOutOfOrder(properties) || properties.isPauseImmediate();
        container.setRecordInterceptor(new FailureInterceptor<>(
                ContainerInterceptors.ofRecords(container), guard, blame, failedRecords, decisions, seeksForAll));
    }

    private static <K, V> void interceptPolls(
            AbstractMessageListenerContainer<K, V> container,
            ListenerGuard guard,
            @Nullable CollectingBatchListener<?, ?> collector) {
        container.setBatchInterceptor(
                new PollInterceptor<>(ContainerInterceptors.ofBatches(container), guard, collector));
    }

    private static void guard(
            ContainerProperties containerProperties, ListenerGuard guard, FailedFutures failedFutures) {
        Object listener = containerProperties.getMessageListener();
        if (listener instanceof BatchMessageListener<?, ?> batch) {
            if (containerProperties.getSubBatchPerPartition() == null) {
                containerProperties.setSubBatchPerPartition(true);
            }
            containerProperties.setMessageListener(new GuardedBatchListener<>(batch, guard));
        } else if (listener instanceof MessageListener<?, ?> single) {
            containerProperties.setMessageListener(new GuardedRecordListener<>(single, guard, failedFutures));
        }
    }
}
