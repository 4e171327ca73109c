package io.github.resilientkafka.delivery;

import io.github.resilientkafka.lifecycle.EventNotifier;
import io.github.resilientkafka.publisher.DeadLetters;
import io.github.resilientkafka.publisher.KafkaProbe;
import io.github.resilientkafka.publisher.PartitionHolds;
import io.github.resilientkafka.publisher.ProducerSessions;
import io.github.resilientkafka.publisher.PublisherCircuit;
import io.github.resilientkafka.publisher.RefusedTopics;
import io.github.resilientkafka.store.EventStore;
import io.github.resilientkafka.store.FailedEvents;
import io.github.resilientkafka.store.RetryProperties;
import io.github.resilientkafka.store.RetrySchedule;
import java.time.Clock;
import java.time.Duration;

/**
 * What all workers of the relay share.
 *
 * @param properties the settings
 * @param store the tables, hot side
 * @param failedEvents the tables, administrative side
 * @param circuit the circuit to Kafka
 * @param sessions the relay's producer
 * @param deliveryTimeout how long a send of that producer may take
 * @param deadLetters dead-letter topics
 * @param refusedTopics topics that publishers don't try at the moment
 * @param schedule when rows are due
 * @param holds partitions that have to wait
 * @param probe knows whether they have a leader
 * @param clock decides what is due
 * @param observer told of what was done
 * @param notifier announces dead letters
 */
record RelayContext(
        RetryProperties properties,
        EventStore store,
        FailedEvents failedEvents,
        PublisherCircuit circuit,
        ProducerSessions sessions,
        Duration deliveryTimeout,
        DeadLetters deadLetters,
        RefusedTopics refusedTopics,
        RetrySchedule schedule,
        PartitionHolds holds,
        KafkaProbe probe,
        Clock clock,
        DeliveryObserver observer,
        EventNotifier notifier) {}
