package io.github.resilientkafka.publisher;

import io.github.resilientkafka.connection.ConnectionError;
import io.github.resilientkafka.store.WriterStats;
import org.jspecify.annotations.Nullable;

/**
 * The publisher's figures at one moment.
 *
 * @param asyncEnabled whether publish returns before the event is durable
 * @param storeFailures whether events that Kafka cannot take are stored
 * @param circuitBreakerState CLOSED, OPEN, HALF_OPEN (or one of Resilience4j's special states)
 * @param connectionState what was last heard of Kafka
 * @param healthy whether an event published now can be made durable, in Kafka or in the database
 * @param ready whether Kafka has answered since the start and the publisher is open
 * @param queuedBytes bytes of events accepted and not durable yet
 * @param queuedEvents events accepted and not durable yet
 * @param divertedLanes how many of the 64 lanes do not send directly: their events are stored, or wait, behind earlier ones
 * @param lostEvents events since the start whose future failed, or that could not be stored
 * @param lastError the last error that counted as an outage, or null
 * @param connectionError why Kafka cannot be reached and what to do about it, or null while it can be
 * @param writer figures of the writer threads, or null when nothing is stored
 */
public record PublisherStats(
        boolean asyncEnabled,
        boolean storeFailures,
        String circuitBreakerState,
        ConnectionState connectionState,
        boolean healthy,
        boolean ready,
        long queuedBytes,
        long queuedEvents,
        int divertedLanes,
        long lostEvents,
        @Nullable String lastError,
        @Nullable ConnectionError connectionError,
        @Nullable WriterStats writer) {}
