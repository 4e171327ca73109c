package io.github.resilientkafka.actuate;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/**
 * Health as Spring Boot 4 wants it.
 */
@AutoConfiguration(after = {ActuateAutoConfiguration.class, ListenersActuateAutoConfiguration.class})
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnClass(
        name = "org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator")
final class Boot4HealthAutoConfiguration {

    @Bean
    @ConditionalOnBean(KafkaPublisherHealth.class)
    @ConditionalOnMissingBean(name = {"kafkaPublisherHealthIndicator", "kafkaPublisherHealthContributor"})
    @ConditionalOnEnabledHealthIndicator("kafkaPublisher")
    HealthIndicator kafkaPublisherHealthIndicator(KafkaPublisherHealth health) {
        return () -> health(health.check());
    }

    @Bean
    @ConditionalOnBean(KafkaBrokerHealth.class)
    @ConditionalOnMissingBean(name = {"kafkaBrokerHealthIndicator", "kafkaBrokerHealthContributor"})
    @ConditionalOnEnabledHealthIndicator("kafkaBroker")
    HealthIndicator kafkaBrokerHealthIndicator(KafkaBrokerHealth health) {
        return () -> health(health.check());
    }

    @Bean
    @ConditionalOnBean(KafkaListenersHealth.class)
    @ConditionalOnMissingBean(name = {"kafkaListenersHealthIndicator", "kafkaListenersHealthContributor"})
    @ConditionalOnEnabledHealthIndicator("kafkaListeners")
    HealthIndicator kafkaListenersHealthIndicator(KafkaListenersHealth health) {
        return () -> health(health.check());
    }

    private static Health health(HealthReport report) {
        return Health.status(report.status()).withDetails(report.details()).build();
    }
}
