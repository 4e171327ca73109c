package io.github.resilientkafka.listener;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.mockito.Mockito.mock;

import io.github.resilientkafka.AllAutoConfigurations;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.jdbc.DataSourceAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.kafka.event.ConcurrentContainerStoppedEvent;
import org.springframework.kafka.event.ConsumerFailedToStartEvent;
import org.springframework.kafka.event.ConsumerStartedEvent;
import org.springframework.kafka.event.ConsumerStartingEvent;
import org.springframework.kafka.event.ConsumerStoppedEvent;
import org.springframework.kafka.event.ConsumerStoppingEvent;
import org.springframework.kafka.event.ContainerStoppedEvent;

/**
 * Containers that are none of those we look after, such as spring-kafka 4's of share consumers. They publish on their consumer
 * thread, which ends when a listener of events throws.
 */
class OtherContainersTests {

    private final ApplicationContextRunner runner = new ApplicationContextRunner()
            .withClassLoader(new FilteredClassLoader("org.springframework.boot.health"))
            .withConfiguration(AutoConfigurations.of(KafkaAutoConfiguration.class, DataSourceAutoConfiguration.class))
            .withConfiguration(AutoConfigurations.of(AllAutoConfigurations.classes()))
            .withPropertyValues(
                    "spring.application.name=test",
                    "spring.kafka.bootstrap-servers=127.0.0.1:1",
                    "spring.datasource.url=jdbc:h2:mem:other-containers;DB_CLOSE_DELAY=-1");

    @Test
    @DisplayName("P1: events of containers of another type are left alone")
    void eventsOfContainersOfAnotherTypeAreLeftAlone() {
        Object share = new Object();
        this.runner.run(context -> assertThat(List.of(
                        new ConsumerStartingEvent(share, share),
                        new ConsumerStartedEvent(share, share),
                        new ConsumerFailedToStartEvent(share, share),
                        new ConsumerStoppingEvent(share, share, mock(Consumer.class), List.of()),
                        new ConsumerStoppedEvent(share, share, ConsumerStoppedEvent.Reason.NORMAL),
                        new ContainerStoppedEvent(share, share),
                        new ConcurrentContainerStoppedEvent(share, ConsumerStoppedEvent.Reason.NORMAL)))
                .allSatisfy(event ->
                        assertThatCode(() -> context.publishEvent(event)).doesNotThrowAnyException()));
    }
}
