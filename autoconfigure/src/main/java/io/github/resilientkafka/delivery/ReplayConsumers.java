package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.ProducerSettings;
import java.time.Duration;
import java.util.Set;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/**
 * Makes the consumers of replays. Thread-safe; what it makes is not.
 */
final class ReplayConsumers {

    /**
     * After which a consumer gives up a question.
     */
    static final Duration TIMEOUT = Duration.ofSeconds(3);

    private static final Duration CLOSE = Duration.ofSeconds(1);

    private final ProducerSettings settings;

    ReplayConsumers(ProducerSettings settings) {
        this.settings = settings;
    }

    Consumer<byte @Nullable [], byte @Nullable []> create(String group, int maxRecords) {
        return new KafkaConsumer<>(
                this.settings.groupConsumer("replay", group, TIMEOUT, maxRecords),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer());
    }

    /**
     * Asks what there is to replay.
     * @throws ReplayRefusedException if there is no such dead-letter topic
     */
    ReplayRange range(ReplayRoute route) {
        Consumer<?, ?> consumer = create(route.group(), 1);
        try {
            return ReplayRange.of(consumer, route.source(), TIMEOUT);
        } finally {
            consumer.close(CLOSE);
        }
    }

    /**
     * Returns the names of all topics.
     */
    Set<String> topics(String group) {
        Consumer<?, ?> consumer = create(group, 1);
        try {
            return Set.copyOf(consumer.listTopics(TIMEOUT).keySet());
        } finally {
            consumer.close(CLOSE);
        }
    }
}
