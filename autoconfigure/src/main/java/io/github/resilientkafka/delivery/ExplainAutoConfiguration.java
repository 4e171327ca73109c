package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.EventsUnderWay;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.RecordSearch;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.StoreScope;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of what explains events: also where none are stored.
 */
@AutoConfiguration(
        after = DeliveryAutoConfiguration.class,
        afterName = "io.github.resilientkafka.publisher.PublisherAutoConfiguration")
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnBean(ProducerSettings.class)
final class ExplainAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(EventExplainer.class)
    EventTracer resilientKafkaEventExplainer(
            ObjectProvider<EventsUnderWay> underWay,
            ObjectProvider<FailedEvents> stored,
            ProducerSettings settings,
            DeadLetters deadLetters,
            ObjectProvider<WaitingReason> waitingReason,
            StoreScope scope) {
        return new EventTracer(
                underWay,
                stored,
                new RecordSearch(settings)::find,
                deadLetters,
                new ExplanationText(waitingReason, stored.getIfAvailable() != null, scope.namespace()));
    }
}
