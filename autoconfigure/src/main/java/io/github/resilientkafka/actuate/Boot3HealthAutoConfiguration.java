package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.ListenerContainers;
import java.util.stream.Stream;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.CompositeHealthContributor;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthContributor;
import org.springframework.boot.actuate.health.HealthContributorRegistry;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.core.annotation.Order;

/**
 * Health as Spring Boot 3 wants it.
 */
@AutoConfiguration(
        after = {ActuateAutoConfiguration.class, ListenersActuateAutoConfiguration.class},
        afterName = "io.github.resilientkafka.listener.ListenerAutoConfiguration")
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnClass(name = "org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator")
final class Boot3HealthAutoConfiguration {

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
    HealthProbes<HealthContributor> resilientKafkaBoot3HealthProbes(
            ObjectProvider<HealthContributorRegistry> registries, BeanFactory beans) {
        return new HealthProbes<>(
                name -> {
                    HealthContributorRegistry registry = registries.getIfUnique();
                    return (registry == null) ? null : registry.getContributor(name);
                },
                beans,
                HealthContributor.class,
                Boot3HealthAutoConfiguration::statuses);
    }

    private static Stream<String> statuses(HealthContributor contributor) {
        if (contributor instanceof CompositeHealthContributor composite) {
            return composite.stream().flatMap(part -> statuses(part.getContributor()));
        }
        return (contributor instanceof HealthIndicator indicator)
                ? Stream.of(indicator.health().getStatus().getCode())
                : Stream.empty();
    }

    private static Health health(HealthReport report) {
        return Health.status(report.status()).withDetails(report.details()).build();
    }
}
