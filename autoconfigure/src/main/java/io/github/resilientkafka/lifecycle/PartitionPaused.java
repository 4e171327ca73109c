package io.github.resilientkafka.lifecycle;

import java.time.Instant;

/**
 * A record failed: its partition is paused until it is tried again, or its dead letter is durable.
 *
 * @param at when
 * @param listener the listener's id
 * @param topic the partition's topic
 * @param partition its number
 * @param offset the failed record's
 * @param reason why
 */
public record PartitionPaused(Instant at, String listener, String topic, int partition, long offset, String reason)
        implements ResilientKafkaEvent {}
