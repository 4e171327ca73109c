package io.github.resilientkafka.actuate;

import io.github.resilientkafka.publisher.EventPublisher;
import io.micrometer.core.instrument.MeterRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/**
 * Metrics of the publisher and the relay, where there is a meter registry: the only one or the primary one.
 */
@AutoConfiguration(
        after = ActuateAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnSingleCandidate(MeterRegistry.class)
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
final class EventMetricsAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    PublisherMeters resilientKafkaPublisherMeters(MeterRegistry registry) {
        return new PublisherMeters(registry);
    }

    @Bean
    @ConditionalOnMissingBean
    DeliveryMeters resilientKafkaDeliveryMeters(MeterRegistry registry) {
        return new DeliveryMeters(registry);
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(EventPublisher.class)
    EventGauges resilientKafkaEventGauges(EventPublisher publisher, ObjectProvider<RetryFigures> figures) {
        return new EventGauges(publisher, figures.getIfAvailable());
    }
}
