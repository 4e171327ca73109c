package io.github.resilientkafka.actuate;

import io.github.resilientkafka.listener.LagWatch;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;

/**
 * Metrics of listeners, where there is a meter registry: the only one or the primary one.
 */
@AutoConfiguration(
        afterName = {
            "io.github.resilientkafka.listener.ListenerAutoConfiguration",
            "org.springframework.boot.actuate.autoconfigure.metrics.CompositeMeterRegistryAutoConfiguration",
            "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration"
        })
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnSingleCandidate(MeterRegistry.class)
@ConditionalOnBean(LagWatch.class)
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
final class ListenerMetricsAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    ListenerMeters resilientKafkaListenerMeters(
            MeterRegistry registry, LagWatch lagWatch, ObjectProvider<Clock> clocks) {
        return new ListenerMeters(registry, lagWatch, clocks.getIfUnique(Clock::systemUTC));
    }
}
