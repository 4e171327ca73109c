package io.github.resilientkafka.actuate;

import io.github.resilientkafka.delivery.DeadLetterReplays;
import io.github.resilientkafka.delivery.EventExplainer;
import io.github.resilientkafka.delivery.FailedEventRetryService;
import io.github.resilientkafka.publisher.EventPublisher;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.autoconfigure.endpoint.condition.ConditionalOnAvailableEndpoint;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * The {@code kafkaevents} endpoint, where it is exposed.
 */
@AutoConfiguration(after = ActuateAutoConfiguration.class)
@ConditionalOnClass(ConditionalOnAvailableEndpoint.class)
@ConditionalOnBean(EventPublisher.class)
@ImportRuntimeHints(EndpointRuntimeHints.class)
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
final class KafkaEventsEndpointAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnAvailableEndpoint(endpoint = KafkaEventsEndpoint.class)
    KafkaEventsEndpoint kafkaEventsEndpoint(
            EventPublisher publisher,
            ObjectProvider<RetryFigures> figures,
            ObjectProvider<FailedEvents> events,
            ObjectProvider<FailedEventRetryService> retryService,
            ObjectProvider<DeadLetterReplays> replays,
            ObjectProvider<EventExplainer> explainer,
            ObjectProvider<Clock> clock) {
        return new KafkaEventsEndpoint(
                publisher, figures, events, retryService, replays, explainer, clock.getIfUnique(Clock::systemUTC));
    }

    @Bean
    @ConditionalOnAvailableEndpoint(endpoint = KafkaEventsEndpoint.class)
    KnownParametersAdvisor kafkaEventsKnownParametersAdvisor() {
        return new KnownParametersAdvisor(KafkaEventsEndpoint.ID);
    }
}
