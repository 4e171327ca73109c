package io.github.resilientkafka.delivery;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.KafkaProbe;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerRecreationPolicy;
import io.github.resilientkafka.publisher.ProducerSessions;
import io.github.resilientkafka.publisher.ProducerSettings;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.PublisherObserver;
import io.github.resilientkafka.publisher.PublisherProperties;
import io.github.resilientkafka.publisher.RefusedTopics;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.GroupCommitWriter;
import io.github.resilientkafka.store.RetryProperties;
import io.github.resilientkafka.store.RetrySchedule;
import java.time.Clock;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * Auto-configuration of the relay, where events are stored.
 */
@AutoConfiguration(
        afterName = {
            "io.github.resilientkafka.store.StoreAutoConfiguration",
            "io.github.resilientkafka.publisher.PublisherAutoConfiguration"
        })
@ConditionalOnBooleanProperty(name = "resilient-kafka.enabled", matchIfMissing = true)
@ConditionalOnBean({EventStore.class, PublisherCircuit.class})
final class DeliveryAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    WaitingReason resilientKafkaWaitingReason(
            RetryProperties properties, PublisherCircuit circuit, PartitionHolds holds, ObjectProvider<Clock> clocks) {
        return new WaitingReason(properties, circuit, holds, clocks.getIfUnique(Clock::systemUTC));
    }

    @Bean
    @ConditionalOnMissingBean(FailedEventRetryService.class)
    Relay resilientKafkaRelay(
            RetryProperties properties,
            PublisherProperties publisherProperties,
            EventStore store,
            FailedEvents failedEvents,
            GroupCommitWriter writer,
            PublisherCircuit circuit,
            ProducerSettings settings,
            ProducerRecreationPolicy policy,
            DeadLetters deadLetters,
            RefusedTopics refusedTopics,
            PartitionHolds holds,
            KafkaProbe probe,
            RetrySchedule schedule,
            ReplayJobs replays,
            EventNotifier notifier,
            ObjectProvider<Clock> clocks,
            ObjectProvider<PublisherObserver> publisherObservers,
            ObjectProvider<DeliveryObserver> observers) {
        Clock clock = clocks.getIfUnique(Clock::systemUTC);
        ProducerSettings relaySettings = settings.forRelay(properties.lease());
        PublisherObserver publisherObserver = PublisherObserver.of(publisherObservers.orderedStream());
        ProducerSessions sessions = new ProducerSessions(
                "relay",
                relaySettings.producers("relay", publisherObserver),
                relaySettings.partitions(probe),
                circuit,
                policy,
                publisherProperties.stallTimeout(),
                publisherProperties.ordering() == PublisherProperties.Ordering.KEY,
                () -> {},
                circuit::suspectOutage,
                publisherObserver);
        RelayContext context = new RelayContext(
                properties,
                store,
                failedEvents,
                circuit,
                sessions,
                relaySettings.deliveryTimeout(),
                deadLetters,
                refusedTopics,
                schedule,
                holds,
                probe,
                clock,
                DeliveryObserver.of(observers.orderedStream()),
                notifier);
        return new Relay(context, writer, new Purge(failedEvents, properties.retention(), clock), replays);
    }
}
