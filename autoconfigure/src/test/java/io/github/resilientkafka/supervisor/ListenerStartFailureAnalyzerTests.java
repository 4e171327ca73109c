package io.github.resilientkafka.supervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.context.ApplicationContextException;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.listener.ConcurrentMessageListenerContainer;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.MessageListener;

/**
 * What is said of a container that cannot be started. No broker is asked.
 */
class ListenerStartFailureAnalyzerTests {

    private final Map<String, Object> settings = new HashMap<>(Map.of(
            "bootstrap.servers",
            "127.0.0.1:1",
            "group.id",
            "g",
            "key.deserializer",
            StringDeserializer.class,
            "value.deserializer",
            StringDeserializer.class));

    private FailureAnalysis start() {
        ContainerProperties properties = new ContainerProperties("orders");
        properties.setMessageListener((MessageListener<String, String>) record -> {});
        Throwable thrown = catchThrowable(() -> new ConcurrentMessageListenerContainer<>(
                        new DefaultKafkaConsumerFactory<>(this.settings), properties)
                .start());
        return new ListenerStartFailureAnalyzer()
                .analyze(new ApplicationContextException("Failed to start bean", thrown));
    }

    @Test
    @DisplayName("N1: a bad parameter is named, and where it comes from")
    void badParameter() {
        this.settings.put("auto.offset.reset", "sometimes");
        assertThat(start().getDescription())
                .contains("A Kafka listener cannot start", "auto.offset.reset", "sometimes");
        assertThat(start().getAction()).contains("Correct the setting", "spring.kafka.consumer.*", "@KafkaListener");
    }

    @Test
    @DisplayName("N1: a host name that does not resolve is a matter of DNS")
    void badHost() {
        this.settings.put("bootstrap.servers", "no-such-host.invalid:9092");
        assertThat(start().getAction()).contains("spring.kafka.bootstrap-servers");
    }

    @Test
    @DisplayName("N1: no group")
    void noGroup() {
        this.settings.remove("group.id");
        assertThat(start().getDescription()).contains("group.id");
        assertThat(start().getAction()).contains("spring.kafka.consumer.group-id");
    }

    @Test
    void whenItIsNotAboutAContainerThenNothingIsSaid() {
        assertThat(new ListenerStartFailureAnalyzer().analyze(new IllegalStateException("other")))
                .isNull();
    }
}
