package io.github.resilientkafka.listener;

import io.github.resilientkafka.message.ConfigurationException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.kafka.listener.BatchMessageListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DelegatingMessageListener;
import org.springframework.kafka.listener.adapter.KafkaBackoffAwareMessageListenerAdapter;

/**
 * All listeners of the application's. A container is looked after from before its start, around whatever the application
 * has set itself. Thread-safe. Internal.
 */
public final class ListenerContainers implements AutoCloseable {

    private static final Logger logger = LoggerFactory.getLogger(ListenerContainers.class);

    private final ListenerProperties properties;

    private final ListenerOutfit outfit;

    private final RetryStrategies strategies;

    private final Dependencies dependencies;

    private final ListenerObserver observer;

    private final Supplier<Map<String, Object>> defaultConsumerSettings;

    private final Map<AbstractMessageListenerContainer<?, ?>, ResilientListener> listeners = new ConcurrentHashMap<>();

    ListenerContainers(
            ListenerProperties properties,
            ListenerOutfit outfit,
            RetryStrategies strategies,
            Dependencies dependencies,
            ListenerObserver observer,
            Supplier<Map<String, Object>> defaultConsumerSettings) {
        this.properties = properties;
        this.outfit = outfit;
        this.strategies = strategies;
        this.dependencies = dependencies;
        this.observer = observer;
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
     * Returns the listener of a container, or null if it is not looked after.
     */
    @Nullable
    ResilientListener of(AbstractMessageListenerContainer<?, ?> container) {
        return this.listeners.get(container);
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
        if (this.listeners.containsKey(container)) {
            return;
        }
        if (container.isRunning()) {
            logger.warn(
                    "Listener {} was started before the application's lifecycle: nobody looks after it. Let Spring start it",
                    container.getListenerId());
            return;
        }
        Map<String, Object> settings =
                new HashMap<>(consumerSettings.isEmpty() ? settingsOf(container) : consumerSettings);
        Properties own = container.getContainerProperties().getKafkaConsumerProperties();
        own.stringPropertyNames().forEach(name -> settings.put(name, own.getProperty(name)));
        add(adopt(container, settings));
    }

    private Map<String, Object> settingsOf(AbstractMessageListenerContainer<?, ?> container) {
        ConsumerFactory<?, ?> factory = ConsumerSettings.factoryOf(container);
        return (factory == null) ? this.defaultConsumerSettings.get() : factory.getConfigurationProperties();
    }

    /**
     * Looks no longer after a listener, which has stopped and will not be started again.
     * @param listener the listener
     */
    public void forget(ResilientListener listener) {
        if (this.listeners.remove(listener.container(), listener)) {
            this.observer.removed(listener);
        }
    }

    private void add(ResilientListener listener) {
        if (this.listeners.putIfAbsent(listener.container(), listener) == null) {
            this.observer.added(listener);
        }
    }

    private ResilientListener adopt(
            AbstractMessageListenerContainer<?, ?> container, Map<String, Object> consumerSettings) {
        String id = container.getListenerId();
        boolean batch = container.getContainerProperties().getMessageListener() instanceof BatchMessageListener;
        ListenerSettings settings = ListenerSettings.of(this.properties, id, batch);
        this.dependencies.requireProbes(settings.dependencies(), this.properties.dependenciesProperty(id));
        String left = whyLeftAlone(container);
        if (left != null) {
            logger.info("Listener {}: failures do not pause single partitions, as {}", id, left);
            return this.outfit.watch(container, settings, consumerSettings);
        }
        tellOfSettings(container, id);
        String group = group(container);
        RetryStrategies.Retries retries =
                switch (settings.strategy()) {
                    case PAUSE -> RetryStrategies.Retries.IN_PLACE;
                    case REPUBLISH -> this.strategies.atTheEnd(id, group);
                    case RETRY_TOPIC -> elsewhere(container, settings, group, consumerSettings);
                };
        return this.outfit.equip(container, settings, group, consumerSettings, retries);
    }

    private RetryStrategies.Retries elsewhere(
            AbstractMessageListenerContainer<?, ?> container,
            ListenerSettings settings,
            String group,
            Map<String, Object> consumerSettings) {
        requireResults(container);
        AbstractMessageListenerContainer<?, ?> reader = this.strategies.readerFor(container, group, consumerSettings);
        Map<String, Object> readerSettings = new HashMap<>(consumerSettings);
        Properties own = reader.getContainerProperties().getKafkaConsumerProperties();
        own.stringPropertyNames().forEach(name -> readerSettings.put(name, own.getProperty(name)));
        ResilientListener listener = this.outfit.equip(
                reader, settings.withoutCollecting(), group, readerSettings, this.strategies.ofRetryTopic(group));
        this.strategies.follow(container, reader, () -> add(listener));
        return this.strategies.elsewhere(container.getListenerId(), group);
    }

    /**
     * The failed futures of both containers come by one way: nobody could tell whose they are.
     */
    private static void requireResults(AbstractMessageListenerContainer<?, ?> container) {
        Object listener = container.getContainerProperties().getMessageListener();
        if (listener != null && FailedFutures.adapterOf(listener) != null) {
            String property = ListenerProperties.PREFIX + "instances." + container.getListenerId() + ".strategy";
            throw new ConfigurationException(
                    property,
                    "the listener returns futures, whose failures cannot be told from those of its retry topic",
                    "Set " + property + " to republish or pause, or let the listener wait for its result.");
        }
    }

    private static String group(AbstractMessageListenerContainer<?, ?> container) {
        String group = container.getGroupId();
        return (group == null) ? "" : group;
    }

    private static @Nullable String whyLeftAlone(AbstractMessageListenerContainer<?, ?> container) {
        ContainerProperties containerProperties = container.getContainerProperties();
        boolean acksKnown = ExpectedAcks.known() || !ExpectedAcks.areOutOfOrder(containerProperties);
        if (!ContainerInterceptors.known() || !acksKnown) {
            return "this version of spring-kafka is not known to us";
        }
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
        this.strategies.close();
        this.dependencies.close();
    }
}
