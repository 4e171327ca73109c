package io.github.resilientkafka.delivery;

import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.KafkaProbe;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.RawPublisher;
import io.github.resilientkafka.store.DeadLetterRows;
import io.github.resilientkafka.store.FailedEvents;
import java.time.Clock;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.kafka.config.KafkaListenerEndpointRegistry;

/**
 * Auto-configuration of what replays dead letters: also where none are stored, since their topics are there.
 */
@AutoConfiguration(
        after = DeliveryAutoConfiguration.class,
        afterName = "io.github.resilientkafka.publisher.PublisherAutoConfiguration")
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnBean({ProducerSettings.class, RawPublisher.class})
@EnableConfigurationProperties(DlqReplayProperties.class)
final class ReplayAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    TopicReplayContext resilientKafkaTopicReplayContext(
            DlqReplayProperties properties,
            ProducerSettings settings,
            RawPublisher publisher,
            PublisherCircuit circuit,
            KafkaProbe probe,
            DeadLetters deadLetters,
            ObjectProvider<DeliveryObserver> observers,
            ObjectProvider<Clock> clocks) {
        return new TopicReplayContext(
                properties,
                new ReplayConsumers(settings),
                publisher,
                circuit,
                probe,
                deadLetters,
                DeliveryObserver.of(observers.orderedStream()),
                clocks.getIfUnique(Clock::systemUTC));
    }

    @Bean
    @ConditionalOnMissingBean
    ReplayJobs resilientKafkaReplayJobs(
            ObjectProvider<DeadLetterRows> rows, ObjectProvider<FailedEvents> events, TopicReplayContext topics) {
        DeadLetterRows deadLetters = rows.getIfAvailable();
        FailedEvents failedEvents = events.getIfAvailable();
        @Nullable
        StoreReplayContext stored = (deadLetters == null || failedEvents == null)
                ? null
                : new StoreReplayContext(deadLetters, failedEvents);
        return new ReplayJobs(stored, topics);
    }

    @Bean
    @ConditionalOnMissingBean
    ReplaySchedule resilientKafkaReplaySchedule(
            TopicReplayContext context, ReplayJobs jobs, ObjectProvider<KafkaListenerEndpointRegistry> registries) {
        return new ReplaySchedule(context, jobs, new ReplayTopics(context, registries));
    }
}
