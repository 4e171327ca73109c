package io.github.resilientkafka.publisher;

import io.github.resilientkafka.message.ConfigurationException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a producer that see what the application sends: its interceptors and its partitioner. Our producers send
 * bytes, of which such a part may make nothing, or nonsense, so that none is taken over silently.
 */
enum ObjectPlugins {
    INTERCEPTORS(
            ProducerConfig.INTERCEPTOR_CLASSES_CONFIG,
            "headers can be given with each event (OutgoingEvent.withHeader), and those of a trace are there already"),

    PARTITIONER(
            ProducerConfig.PARTITIONER_CLASS_CONFIG,
            "an event's partition can be chosen when it is published (OutgoingEvent.withPartition)");

    private final String setting;

    private final String instead;

    ObjectPlugins(String setting, String instead) {
        this.setting = setting;
        this.instead = instead;
    }

    /**
     * Fails unless the application has said what the publisher shall do with its parts.
     * @param application the settings of the application's producers
     * @param own what {@code resilient-kafka.publisher.properties} says of ours
     */
    static void refuseUnlessNamedFor(Map<String, Object> application, Map<String, String> own) {
        for (ObjectPlugins plugins : values()) {
            Object named = application.get(plugins.setting);
            if (!isEmpty(named) && !own.containsKey(plugins.setting)) {
                throw plugins.refusal(String.valueOf(named));
            }
        }
    }

    /**
     * Removes what is named as empty, which means none: Kafka would look for a class without a name.
     */
    static void removeEmpty(Map<String, Object> settings) {
        for (ObjectPlugins plugins : values()) {
            if (isEmpty(settings.get(plugins.setting))) {
                settings.remove(plugins.setting);
            }
        }
    }

    /**
     * Returns the parts that settings name.
     * @param settings those of one of our producers
     * @return a new map
     */
    static Map<String, String> namedIn(Map<String, Object> settings) {
        Map<String, String> named = new HashMap<>();
        for (ObjectPlugins plugins : values()) {
            Object value = settings.get(plugins.setting);
            if (value instanceof Collection<?> several) {
                named.put(plugins.setting, several.stream().map(String::valueOf).collect(Collectors.joining(",")));
            } else if (value instanceof Class<?> type) {
                named.put(plugins.setting, type.getName());
            } else if (value != null) {
                named.put(plugins.setting, value.toString());
            }
        }
        return named;
    }

    private ConfigurationException refusal(String named) {
        String cure = "resilient-kafka.publisher.properties." + this.setting;
        return new ConfigurationException(
                "spring.kafka.producer.properties." + this.setting,
                named + " is made for the objects that the application sends, but the event publisher's producer sends"
                        + " bytes, which it has serialised before",
                "Set " + cure + " to nothing to publish events without it, or to one that can work on bytes; "
                        + this.instead + ". The application's own producers keep what they have.");
    }

    private static boolean isEmpty(@Nullable Object named) {
        return named == null
                || named.toString().isBlank()
                || (named instanceof Collection<?> several && several.isEmpty());
    }
}
