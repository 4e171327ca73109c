package io.github.resilientkafka.listener;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.RawPublisher;
import java.lang.reflect.Method;
import java.time.Clock;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DelegatingMessageListener;
import org.springframework.kafka.listener.MessageListener;
import org.springframework.kafka.listener.RecordInterceptor;
import org.springframework.kafka.listener.adapter.AsyncRepliesAware;
import org.springframework.kafka.listener.adapter.KafkaBackoffAwareMessageListenerAdapter;
import org.springframework.util.ReflectionUtils;

/**
 * All listeners of the application's. A container is looked after from before its start: its failures go to our error
 * handler, its handler is guarded, its partitions are kept book of, around whatever the application has set itself.
 * Thread-safe. Internal.
 */
public final class ListenerContainers implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ListenerContainers.class);

    private final ListenerProperties properties;

    private final ErrorTable errors;

    private final Dependencies dependencies;

    private final DeadLetters deadLetters;

    private final RawPublisher rawPublisher;

    private final EventPublisher publisher;

    private final EventNotifier notifier;

    private final ListenerObserver observer;

    private final Clock clock;

    private final Supplier<Map<String, Object>> defaultConsumerSettings;

    private final ListenerThreads threads = new ListenerThreads();

    private final Map<AbstractMessageListenerContainer<?, ?>, ResilientListener> listeners = new ConcurrentHashMap<>();

    ListenerContainers(
            ListenerProperties properties,
            ErrorTable errors,
            Dependencies dependencies,
            DeadLetters deadLetters,
            RawPublisher rawPublisher,
            EventPublisher publisher,
            EventNotifier notifier,
            ListenerObserver observer,
            Clock clock,
            Supplier<Map<String, Object>> defaultConsumerSettings) {
        this.properties = properties;
        this.errors = errors;
        this.dependencies = dependencies;
        this.deadLetters = deadLetters;
        this.rawPublisher = rawPublisher;
        this.publisher = publisher;
        this.notifier = notifier;
        this.observer = observer;
        this.clock = clock;
        this.defaultConsumerSettings = defaultConsumerSettings;
    }

    /**
     * Returns all listeners that are looked after.
     * @return a copy
     */
    public List<ResilientListener> all() {
        return List.copyOf(this.listeners.values());
    }

    /**
     * Returns a listener.
     * @param id its id
     * @return the listener, or empty if there is none, or it is not looked after
     */
    public Optional<ResilientListener> find(String id) {
        return this.listeners.values().stream()
                .filter(listener -> listener.id().equals(id))
                .findFirst();
    }

    /**
     * Returns who is told what listeners do.
     * @return all observers in one; none of them can disturb the caller
     */
    public ListenerObserver observer() {
        return this.observer;
    }

    /**
     * Looks after a container, which must not have been started. Does nothing if it is looked after already.
     */
    void lookAfter(AbstractMessageListenerContainer<?, ?> container, Map<String, Object> consumerSettings) {
        if (!this.listeners.containsKey(container) && !container.isRunning()) {
            Map<String, Object> settings =
                    new HashMap<>(consumerSettings.isEmpty() ? this.defaultConsumerSettings.get() : consumerSettings);
            Properties own = container.getContainerProperties().getKafkaConsumerProperties();
            own.stringPropertyNames().forEach(name -> settings.put(name, own.getProperty(name)));
            ResilientListener listener = adopt(container, settings);
            this.listeners.put(container, listener);
            this.observer.added(listener);
        }
    }

    private ResilientListener adopt(
            AbstractMessageListenerContainer<?, ?> container, Map<String, Object> consumerSettings) {
        String id = container.getListenerId();
        ContainerProperties containerProperties = container.getContainerProperties();
        boolean batch = containerProperties.getMessageListener() instanceof BatchMessageListener;
        ListenerSettings settings = ListenerSettings.of(this.properties, id, batch);
        this.dependencies.requireProbes(settings.dependencies(), this.properties.dependenciesProperty(id));
        ListenerPartitions partitions = new ListenerPartitions(
                new PartitionPauser(container, this.threads),
                this.threads,
                this.clock,
                ResilientListener.events(id, this.notifier, this.clock));
        DependencyGate gate = new DependencyGate(settings, this.dependencies, partitions, this.threads);
        ListenerGuard guard = new ListenerGuard(id, partitions, gate, this.observer);
        ConsumerRebalanceListener application = containerProperties.getConsumerRebalanceListener();
        PartitionRebalanceListener rebalances = new PartitionRebalanceListener(id, application, partitions, gate);
        containerProperties.setConsumerRebalanceListener(rebalances);
        String left = whyLeftAlone(container);
        if (left == null) {
            Decisions decisions = new Decisions();
            boolean commits = !commitsByItself(containerProperties, consumerSettings);
            FailedRecords failedRecords = new FailedRecords(
                    id,
                    settings,
                    this.errors,
                    partitions,
                    gate,
                    new DeadLetterSender(
                            group(container),
                            new RawRecordReader(consumerSettings),
                            this.deadLetters,
                            this.rawPublisher,
                            this.publisher,
                            this.threads,
                            this.clock),
                    this.threads,
                    this.observer);
            FailedBatches failedBatches = new FailedBatches(failedRecords, partitions, commits);
            container.setCommonErrorHandler(new PartitionPausingErrorHandler(
                    decisions,
                    failedRecords,
                    failedBatches,
                    new FailedPolls(id, failedRecords, commits, this.threads),
                    partitions));
            intercept(container, failedRecords, decisions);
            guard(containerProperties, guard);
            if (batch && settings.batch().collect()) {
                BatchCollection.collect(container, settings.batch(), failedBatches, rebalances);
            }
            tellOfSettings(container, id);
        } else {
            logger.info("Listener {}: failures do not pause single partitions, as {}", id, left);
        }
        return new ResilientListener(
                id,
                container,
                partitions,
                gate,
                guard,
                rebalances,
                Collections.unmodifiableMap(consumerSettings),
                left == null);
    }

    private static String group(AbstractMessageListenerContainer<?, ?> container) {
        String group = container.getGroupId();
        return (group == null) ? "" : group;
    }

    private static @Nullable String whyLeftAlone(AbstractMessageListenerContainer<?, ?> container) {
        ContainerProperties containerProperties = container.getContainerProperties();
        if (container.getCommonErrorHandler() != null) {
            return "the application has an error handler of its own for it: "
                    + container.getCommonErrorHandler().getClass().getName();
        }
        if (containerProperties.getKafkaAwareTransactionManager() != null) {
            return "it is transactional: its AfterRollbackProcessor decides";
        }
        Object listener = containerProperties.getMessageListener();
        while (listener instanceof DelegatingMessageListener<?> delegating) {
            if (listener instanceof KafkaBackoffAwareMessageListenerAdapter) {
                return "@RetryableTopic looks after it";
            }
            listener = delegating.getDelegate();
        }
        return null;
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

    /**
     * The application's interceptor cannot be asked for before spring-kafka 4 without reflection.
     */
    @SuppressWarnings("unchecked")
    private static <K, V> void intercept(
            AbstractMessageListenerContainer<K, V> container, FailedRecords failedRecords, Decisions decisions) {
        Method getter = ReflectionUtils.findMethod(AbstractMessageListenerContainer.class, "getRecordInterceptor");
        if (getter != null) {
            ReflectionUtils.makeAccessible(getter);
            RecordInterceptor<K, V> application =
                    (RecordInterceptor<K, V>) ReflectionUtils.invokeMethod(getter, container);
            ContainerProperties properties = container.getContainerProperties();
            boolean outOfOrder = properties.isAsyncAcks()
                    || (properties.getMessageListener() instanceof AsyncRepliesAware replies
                            && replies.isAsyncReplies());
            container.setRecordInterceptor(new FailureInterceptor<>(application, failedRecords, decisions, outOfOrder));
        }
    }

    private static void guard(ContainerProperties containerProperties, ListenerGuard guard) {
        Object listener = containerProperties.getMessageListener();
        if (listener instanceof BatchMessageListener<?, ?> batch) {
            if (containerProperties.getSubBatchPerPartition() == null) {
                containerProperties.setSubBatchPerPartition(true);
            }
            containerProperties.setMessageListener(new GuardedBatchListener<>(batch, guard));
        } else if (listener instanceof MessageListener<?, ?> single) {
            containerProperties.setMessageListener(new GuardedRecordListener<>(single, guard));
        }
    }

    private void tellOfSettings(AbstractMessageListenerContainer<?, ?> container, String id) {
        if (id.contains("#") && !this.properties.instances().containsKey(id)) {
            logger.info(
                    "Listener {} of {} has no id of its own: give it one, @KafkaListener(id = \"...\", idIsGroup = false),"
                            + " to set {}instances.<id>.* for it alone",
                    id,
                    (container.getContainerProperties().getTopics() == null)
                            ? "a pattern or partitions"
                            : String.join(
                                    ", ", container.getContainerProperties().getTopics()),
                    ListenerProperties.PREFIX);
        }
    }

    @Override
    public void close() {
        this.threads.close();
        this.dependencies.close();
    }
}
