package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;

class ConsumerSettingsTests {

    @Test
    @DisplayName("N8: max.poll.interval.ms as Kafka reads it")
    void interval() {
        assertThat(ConsumerSettings.maxPollInterval(Map.of())).isEqualTo(Duration.ofMinutes(5));
        assertThat(ConsumerSettings.maxPollInterval(Map.of("max.poll.interval.ms", " 4000 ")))
                .isEqualTo(Duration.ofSeconds(4));
        assertThat(ConsumerSettings.maxPollInterval(Map.of("max.poll.interval.ms", 4_000)))
                .isEqualTo(Duration.ofSeconds(4));
    }

    @Test
    @DisplayName("W10: dead letters of a container are read from the cluster that it reads, whatever others there are")
    void factory() {
        ConsumerFactory<String, String> factory =
                new DefaultKafkaConsumerFactory<>(Map.of("bootstrap.servers", "other:9092"));
        assertThat(ConsumerSettings.factoryOf(
                        new ConcurrentMessageListenerContainer<>(factory, new ContainerProperties("orders"))))
                .isSameAs(factory);
    }
}
