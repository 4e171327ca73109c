package io.github.resilientkafka.actuate;

import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.publisher.KafkaProbe;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * What health, metrics and endpoint have in common; independent of the Spring Boot generation.
 */
@AutoConfiguration(
        afterName = {
            "io.github.resilientkafka.delivery.DeliveryAutoConfiguration",
            "io.github.resilientkafka.publisher.PublisherAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnBean(EventPublisher.class)
@EnableConfigurationProperties(BrokerHealthProperties.class)
final class ActuateAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(FailedEventRetryService.class)
    RetryFigures resilientKafkaRetryFigures(
            ObjectProvider<FailedEventRetryService> service, ObjectProvider<Clock> clock) {
        return new RetryFigures(service::getObject, clock.getIfUnique(Clock::systemUTC));
    }

    @Bean
    @ConditionalOnMissingBean
    KafkaPublisherHealth resilientKafkaPublisherHealth(EventPublisher publisher, ObjectProvider<RetryFigures> figures) {
        return new KafkaPublisherHealth(publisher, figures.getIfAvailable());
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnBean(KafkaProbe.class)
    @ConditionalOnBooleanProperty(name = "resilient-kafka.health.broker.enabled")
    KafkaBrokerHealth resilientKafkaBrokerHealth(KafkaProbe probe) {
        return new KafkaBrokerHealth(probe::describeCluster);
    }
}
