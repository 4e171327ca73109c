package io.github.resilientkafka.listener;

import java.lang.reflect.Field;
import java.time.Duration;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.listener.AbstractMessageListenerContainer;
import org.springframework.util.ReflectionUtils;

/**
 * What containers make their consumers with.
 */
final class ConsumerSettings {

    private static final Logger logger = LoggerFactory.getLogger(ConsumerSettings.class);

    static final String CONSUMER_FACTORY = "consumerFactory";

    private static final Duration MAX_POLL_INTERVAL = Duration.ofMinutes(5);

    private ConsumerSettings() {}

    /**
     * Returns a container's consumer factory. It cannot be asked for, so the field has to be read.
     * @return the factory, or null if this version of spring-kafka keeps it elsewhere
     */
    @SuppressWarnings("unchecked")
    static <K, V> @Nullable ConsumerFactory<K, V> factoryOf(AbstractMessageListenerContainer<K, V> container) {
        Field field = ReflectionUtils.findField(AbstractMessageListenerContainer.class, CONSUMER_FACTORY);
        if (field == null) {
            return null;
        }
        ReflectionUtils.makeAccessible(field);
        return (ConsumerFactory<K, V>) ReflectionUtils.getField(field, container);
    }

    /**
     * Returns how long a consumer may take between two polls.
     */
    static Duration maxPollInterval(Map<String, Object> settings) {
        Object setting = settings.get(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG);
        try {
            return (setting == null)
                    ? MAX_POLL_INTERVAL
                    : Duration.ofMillis(Long.parseLong(setting.toString().trim()));
        } catch (NumberFormatException ex) {
            logger.debug("Not a number: {}", setting, ex);
            return MAX_POLL_INTERVAL;
        }
    }
}
