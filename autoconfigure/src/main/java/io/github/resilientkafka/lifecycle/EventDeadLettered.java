package io.github.resilientkafka.lifecycle;

import java.time.Instant;
import java.util.UUID;

/**
 * An event was dead-lettered, or its dead-letter topic refused it.
 *
 * @param at when
 * @param topic its topic
 * @param eventId its id
 * @param deadLetterTopic where it went, or should have gone
 * @param durable whether the dead-letter topic acknowledged it; if not, it stays in the database as DLQ_FAILED
 * @param reason why Kafka refused it
 */
public record EventDeadLettered(
        Instant at, String topic, UUID eventId, String deadLetterTopic, boolean durable, String reason)
        implements ResilientKafkaEvent {}
