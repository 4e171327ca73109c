package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.ListenerContainers;
import io.github.resilientkafka.supervisor.ListenerSupervisor;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * The {@code kafkalisteners} endpoint, where it is exposed.
 */
@AutoConfiguration(after = ListenersActuateAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean({ListenerSupervisor.class, ListenerContainers.class})
@ImportRuntimeHints(ListenerEndpointRuntimeHints.class)
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
final class KafkaListenersEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint(endpoint = KafkaListenersEndpoint.class)
    KafkaListenersEndpoint kafkaListenersEndpoint(ListenerSupervisor supervisor, ListenerContainers containers) {
        return new KafkaListenersEndpoint(supervisor, containers);
    }

    @Bean
    @ConditionalOnAvailableEndpoint(endpoint = KafkaListenersEndpoint.class)
    KnownParametersAdvisor kafkaListenersKnownParametersAdvisor() {
        return new KnownParametersAdvisor(KafkaListenersEndpoint.ID);
    }
}
