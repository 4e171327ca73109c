package io.github.resilientkafka.lifecycle;

import java.time.Instant;
import java.util.UUID;

/**
 * Events were stored in the database instead of being sent. At most one of these a second.
 *
 * @param at when
 * @param events how many since the last event of this type
 * @param topic the topic of the last one
 * @param eventId the id of the last one
 * @param reason why Kafka did not take it
 */
public record EventStored(Instant at, long events, String topic, UUID eventId, String reason)
        implements ResilientKafkaEvent {}
