package io.github.resilientkafka.listener;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.context.SmartLifecycle;
import org.springframework.kafka.config.AbstractKafkaListenerContainerFactory;
import org.springframework.kafka.config.ContainerCustomizer;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.util.ReflectionUtils;

/**
 * Sees every container before it starts: those of all container factories, also when they are made later, and containers
 * that are beans. They are looked after when the application starts, before any container does, so that what the application
 * does to them until then is known; what is made later is looked after at once.
 */
final class ContainerVisits implements BeanPostProcessor, SmartLifecycle {

    private static final Logger logger = LoggerFactory.getLogger(ContainerVisits.class);

    static final String CUSTOMIZER = "containerCustomizer";

    private final ObjectProvider<ListenerContainers> containers;

    private final ObjectProvider<LateContainers> late;

    private final Map<AbstractMessageListenerContainer<?, ?>, Map<String, Object>> waiting = new ConcurrentHashMap<>();

    private volatile boolean running;

    ContainerVisits(ObjectProvider<ListenerContainers> containers, ObjectProvider<LateContainers> late) {
        this.containers = containers;
        this.late = late;
    }

    @Override
    public Object postProcessAfterInitialization(Object bean, String name) {
        if (bean instanceof AbstractKafkaListenerContainerFactory<?, ?, ?> factory) {
            customize(factory);
        } else if (bean instanceof AbstractMessageListenerContainer<?, ?> container) {
            made(container, Map.of());
        }
        return bean;
    }

    /**
     * Adds to the factory's customizer. It can be set, but not asked for, so the field has to be read: the application's own
     * must go on working.
     */
    @SuppressWarnings("unchecked")
    private <C extends AbstractMessageListenerContainer<K, V>, K, V> void customize(
            AbstractKafkaListenerContainerFactory<C, K, V> factory) {
        Field field = ReflectionUtils.findField(AbstractKafkaListenerContainerFactory.class, CUSTOMIZER);
        if (field == null) {
            logger.warn(
                    "This version of spring-kafka is not known to us: containers that {} makes after the start are not looked"
                            + " after",
                    factory);
            return;
        }
        ReflectionUtils.makeAccessible(field);
        ContainerCustomizer<K, V, C> application =
                (ContainerCustomizer<K, V, C>) ReflectionUtils.getField(field, factory);
        factory.setContainerCustomizer(container -> {
            if (application != null) {
                application.configure(container);
            }
            made(container, settings(factory.getConsumerFactory()));
        });
    }

    private static Map<String, Object> settings(@Nullable ConsumerFactory<?, ?> factory) {
        return (factory == null) ? Map.of() : factory.getConfigurationProperties();
    }

    private void made(AbstractMessageListenerContainer<?, ?> container, Map<String, Object> settings) {
        if (this.running) {
            lookAfter(container, settings);
        } else {
            this.waiting.merge(container, settings, (known, other) -> known.isEmpty() ? other : known);
        }
    }

    private void lookAfter(AbstractMessageListenerContainer<?, ?> container, Map<String, Object> settings) {
        if (container.getContainerProperties().getMessageListener() == null) {
            this.late.getObject().add(container, settings);
        } else {
            this.containers.getObject().lookAfter(container, settings);
        }
    }

    @Override
    public void start() {
        this.running = true;
        List<AbstractMessageListenerContainer<?, ?>> seen = new ArrayList<>(this.waiting.keySet());
        seen.forEach(container -> {
            Map<String, Object> settings = this.waiting.remove(container);
            if (settings != null) {
                lookAfter(container, settings);
            }
        });
    }

    @Override
    public void stop() {
        this.running = false;
    }

    @Override
    public boolean isRunning() {
        return this.running;
    }

    /**
     * Before all containers, whatever phase they are in.
     */
    @Override
    public int getPhase() {
        return Integer.MIN_VALUE;
    }
}
