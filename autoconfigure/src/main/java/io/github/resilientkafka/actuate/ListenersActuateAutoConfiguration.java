package io.github.resilientkafka.actuate;

import io.github.resilientkafka.supervisor.ListenerSupervisor;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * What the health of listeners needs; independent of the Spring Boot generation.
 */
@AutoConfiguration(afterName = "io.github.resilientkafka.supervisor.SupervisorAutoConfiguration")
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnBean(ListenerSupervisor.class)
@EnableConfigurationProperties(ListenersHealthProperties.class)
final class ListenersActuateAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    KafkaListenersHealth resilientKafkaListenersHealth(
            ListenerSupervisor supervisor, ObjectProvider<Clock> clocks, ListenersHealthProperties properties) {
        return new KafkaListenersHealth(supervisor, clocks.getIfUnique(Clock::systemUTC), properties.degradedAfter());
    }
}
