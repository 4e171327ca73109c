package io.github.resilientkafka.supervisor;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.listener.ListenerContainers;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;

/**
 * Auto-configuration of the supervisor.
 */
@AutoConfiguration(afterName = "io.github.resilientkafka.listener.ListenerAutoConfiguration")
@ConditionalOnBooleanProperty(
        name = {"resilient-kafka.enabled", "resilient-kafka.listener.enabled"},
        matchIfMissing = true)
@ConditionalOnBean(ListenerContainers.class)
@EnableConfigurationProperties(SupervisorProperties.class)
@ImportRuntimeHints(SupervisorRuntimeHints.class)
final class SupervisorAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(ListenerSupervisor.class)
    ContainerSupervisor resilientKafkaListenerSupervisor(
            ListenerContainers containers,
            SupervisorProperties properties,
            ObjectProvider<KafkaListenerEndpointRegistry> registries,
            ApplicationContext context,
            EventNotifier notifier,
            ObjectProvider<Clock> clocks) {
        return new ContainerSupervisor(
                containers,
                properties,
                new Registries(registries::stream),
                context,
                notifier,
                clocks.getIfUnique(Clock::systemUTC));
    }

    @Bean
    ContainerEvents resilientKafkaContainerEvents(ObjectProvider<ContainerSupervisor> supervisor) {
        return new ContainerEvents(supervisor);
    }
}
