package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.ListenerContainers;
import java.util.stream.Stream;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.CompositeHealthContributor;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthContributor;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.registry.HealthContributorRegistry;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;

/**
 * Health as Spring Boot 4 wants it.
 */
@AutoConfiguration(
        after = {ActuateAutoConfiguration.class, ListenersActuateAutoConfiguration.class},
        afterName = "io.github.resilientkafka.listener.ListenerAutoConfiguration")
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

    @Bean
    @Order(2)
    @ConditionalOnBean(ListenerContainers.class)
    HealthProbes<HealthContributor> resilientKafkaBoot4HealthProbes(
            ObjectProvider<HealthContributorRegistry> registries, BeanFactory beans) {
        return new HealthProbes<>(
                name -> {
                    HealthContributorRegistry registry = registries.getIfUnique();
                    return (registry == null) ? null : registry.getContributor(name);
                },
                beans,
                HealthContributor.class,
                Boot4HealthAutoConfiguration::statuses);
    }

    private static Stream<String> statuses(HealthContributor contributor) {
        if (contributor instanceof CompositeHealthContributor composite) {
            return composite.stream().flatMap(part -> statuses(part.contributor()));
        }
        Health health = (contributor instanceof HealthIndicator indicator) ? indicator.health() : null;
        return (health == null) ? Stream.empty() : Stream.of(health.getStatus().getCode());
    }

    private static Health health(HealthReport report) {
        return Health.status(report.status()).withDetails(report.details()).build();
    }
}
