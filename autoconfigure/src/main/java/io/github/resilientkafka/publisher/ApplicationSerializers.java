package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.ConfigurationException;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.BeanUtils;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.util.ClassUtils;

/**
 * The application's own serializers: those its producer factory supplies, else those its settings name.
 *
 * @param key for keys
 * @param value for bodies
 * @param ownKey whether the one for keys was made here, and is ours to close
 * @param ownValue whether the one for bodies was made here, and is ours to close
 */
record ApplicationSerializers(Serializer<Object> key, Serializer<Object> value, boolean ownKey, boolean ownValue) {

    private static final Logger logger = LoggerFactory.getLogger(ApplicationSerializers.class);

    static ApplicationSerializers of(ProducerFactory<?, ?> factory) {
        Map<String, Object> settings = factory.getConfigurationProperties();
        Serializer<?> key = factory.getKeySerializerSupplier().get();
        Serializer<?> value = factory.getValueSerializerSupplier().get();
        return new ApplicationSerializers(
                orNamed(key, settings, ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, true),
                orNamed(value, settings, ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, false),
                key == null,
                value == null);
    }

    /**
     * Says that serializers are of no use where they are named for the publisher's producer: that sends bytes.
     * @param own what {@code resilient-kafka.publisher.properties} names
     */
    static void warnOfUseless(Map<String, String> own) {
        for (String setting :
                List.of(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG)) {
            if (own.containsKey(setting)) {
                logger.warn(
                        "resilient-kafka.publisher.properties.{} is not used, as events are serialised like all else that"
                                + " the application sends: set {}, or name another ProducerFactory bean with"
                                + " resilient-kafka.publisher.producer-factory",
                        setting,
                        property(setting));
            }
        }
    }

    private static String property(String setting) {
        return "spring.kafka.producer." + setting.replace('.', '-');
    }

    void closeOwn() {
        if (this.ownKey) {
            this.key.close();
        }
        if (this.ownValue) {
            this.value.close();
        }
    }

    @SuppressWarnings("unchecked") // a wrong type is found at the first event, and reported with its cure
    private static Serializer<Object> orNamed(
            @Nullable Serializer<?> supplied, Map<String, Object> settings, String setting, boolean isKey) {
        if (supplied != null) {
            return (Serializer<Object>) supplied;
        }
        Serializer<Object> serializer = (Serializer<Object>) instantiate(settings.get(setting), setting);
        serializer.configure(settings, isKey);
        return serializer;
    }

    private static Serializer<?> instantiate(@Nullable Object named, String setting) {
        try {
            if (named == null) {
                return new StringSerializer();
            }
            if (named instanceof Serializer<?> instance) {
                return instance;
            }
            Class<?> type = (named instanceof Class<?> given)
                    ? given
                    : ClassUtils.forName(named.toString().trim(), null);
            return (Serializer<?>) BeanUtils.instantiateClass(type);
        } catch (ReflectiveOperationException | LinkageError | RuntimeException ex) {
            String property = property(setting);
            throw new ConfigurationException(
                    property,
                    named + " cannot be used as a serializer: " + ex.getMessage(),
                    "Set " + property + " to a class that implements org.apache.kafka.common.serialization.Serializer"
                            + " and has a public constructor without arguments.",
                    ex);
        }
    }
}
